/**
 * The daemon's side of a backfill: it asks the command, which sees the files, for one block of lines after the other, and takes
 * them in between those of the logs that it follows. When the command goes away, what was read by then holds.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { FileReader } from '../service/archive/file-reader.ts';
import type { ArchivedFile } from '../service/archive/arrange.ts';
import { backfill, backfillJournal, type Backfilled, type HeldIndex } from '../service/operations.ts';
import type { Block, FileBlock, JournalPosition, Position } from '../source/source.ts';
import { blockIn, filePositionIn, journalPositionIn, logIn, ofLog, seriesIn, yearIn } from './backfill-messages.ts';
import { Wire, type Received } from './wire.ts';

/** Milliseconds without a sign of life. */
const STALLED_MS = 60_000;
/** The same for a command to go when it is refused. */
const FAREWELL_MS = 5000;

/** Until the command has asked for all that it wants, or goes. `now`: unix seconds. */
export async function takeBackfill(
  request: IncomingMessage,
  response: ServerResponse,
  held: HeldIndex,
  now: number,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  held.signal.addEventListener('abort', () => request.destroy(), { signal: gone.signal });
  request.socket.setTimeout(STALLED_MS);
  response.writeHead(200, { connection: 'close' });
  const intake = new Intake(new Wire(request, response), held, { gone, now });
  try {
    await intake.run();
  } catch (error) {
    const late = setTimeout(() => request.destroy(), FAREWELL_MS);
    await intake.refuse(error instanceof Error ? error.message : String(error)).catch(() => {});
    clearTimeout(late);
  }
  response.end();
}

class Intake {
  readonly #wire: Wire;
  readonly #held: HeldIndex;
  readonly #stop: AbortController;
  readonly #signal: AbortSignal;
  readonly #now: number;
  /** Why no more can be read. */
  #failure: { readonly error: unknown } | undefined;
  /** Up to where all has been taken in. */
  #reached: { readonly bytes: number; readonly at: number | undefined } | undefined;

  constructor(wire: Wire, held: HeldIndex, { gone, now }: { gone: AbortController; now: number }) {
    this.#wire = wire;
    this.#held = held;
    this.#stop = gone;
    this.#signal = AbortSignal.any([gone.signal, held.signal]);
    this.#now = now;
  }

  async run(): Promise<void> {
    await this.#wire.send({ index: this.#held.config.index.path });
    for (let asked; (asked = await this.#wire.receive());) {
      const done = await this.#answer(asked.message);
      if (this.#failure) throw this.#failure.error;
      await this.#wire.send({ done });
    }
  }

  /** Resolves when the command has gone. */
  async refuse(why: string): Promise<void> {
    await this.#wire.send({ failed: why });
    await this.#wire.passOver();
  }

  #answer(message: Received['message']): Promise<Backfilled> {
    const options = { now: this.#now, signal: this.#signal, onProblem: () => {} };
    if ('journal' in message) {
      const log = logIn(message['journal']);
      const entries = (position: JournalPosition | undefined): AsyncIterable<Block> =>
        this.#blocks({ entries: position ?? null }, ofLog(log.path, journalPositionIn));
      return backfillJournal(this.#held, log, { ...options, entries });
    }
    const allSeries = seriesIn(message);
    const numbers = new Map(allSeries.flatMap(({ archivedFiles }) => archivedFiles).map((file, i) => [file, i]));
    const onProgress = (_path: string, bytes: number, at: number | undefined): void => {
      this.#reached = { bytes, at };
    };
    const reader = this.#readerOf(numbers);
    return backfill(this.#held, { allSeries }, { ...options, year: yearIn(message), onProgress, reader });
  }

  #readerOf(numbers: ReadonlyMap<ArchivedFile, number>): FileReader {
    return {
      known: async (file, positions) => {
        await this.#wire.send({ known: numbers.get(file), positions });
        const { message } = await this.#reply();
        const position = positions.find(({ id }) => id === message['id']);
        return position && { position, isWhole: message['isWhole'] === true };
      },
      blocks: (file, { from, complete }) =>
        this.#blocks(
          { read: numbers.get(file), complete, ...(from && { from }) },
          ofLog(file.log, filePositionIn),
        ) satisfies AsyncIterable<FileBlock>,
    };
  }

  /** @throws when the command is gone, or stops */
  async #reply(): Promise<Received> {
    const received = await this.#wire.receive();
    if (!received) throw new Error('the command has gone');
    return received;
  }

  /** The next block is on its way while the one before is taken in; the command may stop before any of them. */
  async *#blocks<P extends Position>(what: object, positionIn: (value: unknown) => P): AsyncGenerator<Block<P>> {
    this.#reached = undefined;
    await this.#wire.send(what);
    let next = this.#next(positionIn);
    for (;;) {
      const block = await next;
      // What was taken in up to here is stored as if the command had stopped.
      if (block === undefined) this.#stop.abort();
      if (block === undefined || block === 'end' || this.#signal.aborted) return;
      next = this.#next(positionIn);
      yield block;
      // Whoever else waits comes first.
      await setImmediate();
    }
  }

  /** Undefined when the command stops, is gone, or says what it should not. It may end so while nobody waits for it. */
  async #next<P extends Position>(positionIn: (value: unknown) => P): Promise<Block<P> | 'end' | undefined> {
    try {
      await this.#wire.send({ next: this.#reached ?? null });
      const { message, bytes } = await this.#reply();
      if (message['stopped'] === true) return undefined;
      return message['end'] === true ? 'end' : blockIn(message, bytes, positionIn);
    } catch (error) {
      this.#failure = { error };
      return undefined;
    }
  }
}

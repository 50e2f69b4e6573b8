/**
 * The command's side of a backfill while a daemon holds the index: it reads the files, which the daemon may not see, and hands
 * over their lines block by block, as the daemon asks for them.
 */
import type { Config } from '../config/config.ts';
import type { LogConfig } from '../config/log-tables.ts';
import { readHere } from '../service/archive/file-reader.ts';
import type { ArchivedFile, Arrangement } from '../service/archive/arrange.ts';
import type { GivenLog } from '../service/given-logs.ts';
import { entriesFrom } from '../service/ingest-journal.ts';
import type { BackfillOptions, Backfilled } from '../service/operations.ts';
import type { Block } from '../source/source.ts';
import { filePositionIn, filesRequest, journalPositionIn } from './backfill-messages.ts';
import { exchangeWith, problemIn, type Exchange } from './client.ts';
import { BACKFILL } from './socket.ts';
import { Wire, type Received } from './wire.ts';

const LOST =
  'the daemon has ended, or begins anew, in the middle of this: who was seen in what it had read is stored; give the same command again for the rest';

type Options = Pick<BackfillOptions, 'signal' | 'onProgress' | 'onProblem'>;
type Blocks = AsyncIterator<Block>;
type Message = Received['message'];

export class DaemonIntake {
  /** Of the daemon. */
  readonly index: string;
  readonly #exchange: Exchange;
  readonly #wire: Wire;
  readonly #rest: () => void;

  private constructor(exchange: Exchange, wire: Wire, index: string) {
    this.#exchange = exchange;
    this.#wire = wire;
    this.#rest = wire.stayAlive();
    this.index = index;
  }

  /** Undefined where no daemon holds the index. @throws a sentence where there is one that takes nothing */
  static async open(config: Config): Promise<DaemonIntake | undefined> {
    const exchange = await exchangeWith(config, { method: 'POST', path: BACKFILL, hasBody: true });
    if (!exchange) return undefined;
    if (exchange.response.statusCode !== 200) {
      const problem = await problemIn(exchange);
      exchange.request.destroy();
      throw new Error(problem);
    }
    const wire = new Wire(exchange.response, exchange.request);
    const begun = await wire.receive();
    if (!begun) throw new Error(LOST);
    return new DaemonIntake(exchange, wire, String(begun.message['index']));
  }

  /** As `operations.backfill`. @throws a sentence, also when the daemon goes away */
  async backfill(
    { allSeries }: Pick<Arrangement<GivenLog>, 'allSeries'>,
    year: number | undefined,
    options: Options,
  ): Promise<Backfilled> {
    const files = allSeries.flatMap(({ archivedFiles }) => archivedFiles);
    await this.#send(filesRequest(allSeries, year));
    let file: ArchivedFile | undefined;
    const { signal, onProblem } = options;
    return this.#serve(options, {
      known: async ({ known, positions }) => {
        const found = files[Number(known)];
        const all = (positions as readonly unknown[]).map(filePositionIn);
        const { position, isWhole = false } = (found && (await readHere.known(found, all))) ?? {};
        await this.#send({ id: position?.id ?? null, isWhole });
      },
      read: ({ read, from, complete }) => {
        file = files[Number(read)];
        if (!file) throw new Error(LOST);
        const begin = from === undefined ? {} : { from: filePositionIn(from) };
        const how = { ...begin, signal, onProblem, complete: complete === true };
        return readHere.blocks(file, how)[Symbol.asyncIterator]();
      },
      reached: (bytes, at) => file && options.onProgress?.(file.path, bytes, at),
    });
  }

  /** As `operations.backfillJournal`. @throws as `backfill` */
  async backfillJournal(log: LogConfig, options: Omit<Options, 'onProgress'>): Promise<Backfilled> {
    await this.#send({ journal: log });
    return this.#serve(options, {
      read: ({ entries }) => {
        const from = entries === null ? undefined : journalPositionIn(entries);
        return entriesFrom(from, log.path, options.onProblem).blocks(options.signal);
      },
    });
  }

  close(): void {
    this.#rest();
    this.#exchange.request.destroy();
  }

  /** Answers whatever the daemon wants to know, until it is done. */
  async #serve({ signal }: Pick<Options, 'signal'>, answers: Answers): Promise<Backfilled> {
    let blocks: Blocks | undefined;
    try {
      for (let received; (received = await this.#wire.receive());) {
        const { message } = received;
        if (message['done'] !== undefined) return message['done'] as Backfilled;
        if (typeof message['failed'] === 'string') throw new Error(message['failed']);
        if ('known' in message) await answers.known?.(message);
        else if ('next' in message) {
          tellReached(message['next'], answers);
          await this.#hand(await blocks?.next(), signal);
        } else blocks = answers.read(message);
      }
    } finally {
      await blocks?.return?.();
    }
    throw new Error(LOST);
  }

  async #hand(next: IteratorResult<Block, unknown> | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return this.#send({ stopped: true });
    if (!next || next.done === true) return this.#send({ end: true });
    const { bytes, continues, position, isBehindLoss } = next.value;
    return this.#send({ continues, position, ...(isBehindLoss === true && { isBehindLoss }) }, bytes);
  }

  async #send(message: object, bytes?: Buffer): Promise<void> {
    await this.#wire.send(message, bytes).catch((cause: unknown) => {
      throw new Error(LOST, { cause });
    });
  }
}

interface Answers {
  readonly known?: (message: Message) => Promise<void>;
  readonly read: (message: Message) => Blocks;
  /** Bytes of the file that is read have been taken in, up to the instant `at`, unix seconds. */
  readonly reached?: (bytes: number, at: number | undefined) => void;
}

function tellReached(next: unknown, { reached }: Answers): void {
  const { bytes, at } = (next ?? {}) as { readonly bytes?: number; readonly at?: number };
  if (bytes !== undefined) reached?.(bytes, at);
}

/** What the journal has of a log by now into the index, for `backfill`; `run` goes on from there. */
import { JournalFollower } from '../source/journal.ts';
import { journalOf } from '../source/journal-name.ts';
import type { Block, JournalPosition, Position } from '../source/source.ts';
import { consume, storeOnce } from './consume.ts';
import { goingOn } from './first-start.ts';
import type { IngestOptions } from './ingest.ts';
import type { LogState } from './log-state.ts';
import type { WriteBuffer } from './write-buffer.ts';

export type IngestJournalOptions = Pick<
  IngestOptions,
  'config' | 'users' | 'log' | 'horizon' | 'signal' | 'onProblem'
> & {
  readonly writeBuffer: WriteBuffer;
  /** This reads the log from now on. */
  readonly begin: (logState: LogState) => void;
  /** From that place on, where another process reads them. */
  readonly entries?: ((position: JournalPosition | undefined) => AsyncIterable<Block>) | undefined;
};

/** Bytes after which the place that was reached is stored. */
const COMMIT_BYTES = 32 * 1024 * 1024;

/** Rejects when the journal cannot be read, with a sentence. */
export async function ingestJournal(options: IngestJournalOptions): Promise<LogState> {
  const { writeBuffer, log, users, signal, onProblem } = options;
  const { path } = log;
  const logState = goingOn(options);
  options.begin(logState);
  const from = writeBuffer.logs.journalPosition(path);
  const blocks = options.entries?.(from) ?? entriesFrom(from, path, onProblem).blocks(signal);
  let position: Position | undefined = from;
  let bytes = 0;
  const commit = async (): Promise<void> => {
    if (position) await writeBuffer.commit(path, logState, [position], []);
    bytes = 0;
  };
  await consume(blocks, {
    apply: (block) => {
      if (block.isBehindLoss) logState.loseLines();
      const place = { id: path, position, known: [] };
      const batch = logState.decode(block.bytes, block.continues, () => place);
      logState.sessions.takeRun(batch, 0, batch.count);
      users.settle();
      ({ position } = block);
      bytes += block.bytes.length;
    },
    commit: async () => {
      if (bytes >= COMMIT_BYTES) await commit();
    },
    store: storeOnce,
  });
  const rest = logState.decodeRest();
  logState.sessions.takeRun(rest, 0, rest.count);
  await commit();
  return logState;
}

/** What the journal has of a log from that place on by now. */
export function entriesFrom(
  position: JournalPosition | undefined,
  path: string,
  onProblem: (sentence: string) => void,
): JournalFollower {
  const notice = ({ text }: { readonly text: string }): void => onProblem(text);
  return new JournalFollower({ path, entries: journalOf(path) ?? path, follow: false, position, notice });
}

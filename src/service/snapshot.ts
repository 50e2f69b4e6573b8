/** What the index says by itself, without a log: for `count` and `check`. */
import type { Sample } from '../activity/active-window.ts';
import { coveredWindows, OPEN_IN_SILENCE, type LogCoverage } from '../activity/coverage.ts';
import { Sessions } from '../activity/sessions.ts';
import type { Users } from '../activity/user-table.ts';
import { newUsers } from './new-users.ts';
import type { Config } from '../config/config.ts';
import { LastSeenIndex } from '../index/last-seen.ts';
import { WriteBuffer, type StoredState } from './write-buffer.ts';

export interface Snapshot {
  readonly writeBuffer: WriteBuffer;
  /** What the logs that were read into the index cover. */
  readonly coverage: readonly LogCoverage[];
  /** Of the last line taken in, unix seconds. */
  readonly lastLine: number | undefined;
  /** The counts at one instant, unix seconds; to be asked once. */
  sample(at: number): readonly Sample[];
  close(): Promise<void>;
}

/**
 * So long after the last line of a log that nobody follows, seconds, its open sessions still count. Their ends may be in files
 * that were not given; without this they would count for ever.
 */
const OPEN_FOR = 86_400;

/** As it is at `now`, unix seconds. Rejects with an IndexError when the index is missing, locked or damaged. */
export async function openSnapshot(config: Config, now: number): Promise<Snapshot> {
  const users = newUsers(config);
  const index = await LastSeenIndex.open(config.index.path, { create: false });
  const writeBuffer = await WriteBuffer.open(index, users, now).catch(async (error: unknown) => {
    await index.close();
    throw error;
  });
  const followed = new Set(config.logs.map(({ path }) => path));
  const coverage = [...writeBuffer.logs].map(([path, { log }]): LogCoverage => ({
    spans: log.coverage,
    state: followed.has(path) ? 'current' : 'over',
  }));
  return {
    writeBuffer,
    coverage,
    lastLine: writeBuffer.lastLine,
    sample(at) {
      for (const [path, stored] of writeBuffer.logs)
        if (at - lastOf(stored) <= (followed.has(path) ? OPEN_IN_SILENCE : OPEN_FOR))
          restored(stored, users, config, at).passTime(at);
      const covered = coveredWindows(coverage, at);
      return users.sample(at).map((counts) => ({ ...counts, covered }));
    },
    close: () => writeBuffer.close(),
  };
}

function lastOf({ log }: StoredState): number {
  return log.reader.clock.last ?? -Infinity;
}

/** As they are at `at`: a clock that is a little ahead lets some begin later. */
function restored({ log, sessions }: StoredState, users: Users, { count }: Config, at: number): Sessions {
  const all = new Sessions(users, count);
  all.restore(
    sessions.filter(([, { since }]) => since <= at),
    log,
  );
  return all;
}

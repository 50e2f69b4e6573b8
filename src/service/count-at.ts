/** The counts at one instant, whoever asks for them: the daemon each hour, a command of the index, `history` of its samples. */
import type { Sample } from '../activity/active-window.ts';
import { coveredWindows, type LogCoverage } from '../activity/coverage.ts';
import type { Over } from '../activity/time-alone.ts';
import type { Users } from '../activity/user-table.ts';

/** Seconds by which an index may be ahead of the time asked for: what came since changes little. */
export const SLACK = 3600;

/** What one log tells of an instant. */
export interface LogAt {
  readonly coverage: LogCoverage;
  /** Those of its sessions that do not count, though nothing has ended them. */
  readonly over: Iterable<Over>;
}

/** By host. `at`: unix seconds. `logs`: as they are then, all that `users` are known from. */
export function countAt(
  users: Pick<Users, 'sample' | 'windows'>,
  logs: readonly LogAt[],
  at: number,
): readonly Sample[] {
  const covered = coveredWindows(
    logs.map(({ coverage }) => coverage),
    at,
    users.windows,
  );
  const over = logs.flatMap((log) => [...log.over]);
  return users.sample(at, over).map((counts) => ({ ...counts, covered }));
}

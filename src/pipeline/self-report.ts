/** What the daemon tells about itself with each count: how much it has read, how well, and how far it is behind. */
import { WINDOWS } from '../activity/active-window.ts';
import type { LineCounts } from '../dialect/reader.ts';
import type { LogStatus } from '../index/status-file.ts';
import type { FollowStatus } from '../log/follow.ts';
import type { LiveLog } from './live-log.ts';
import { sumCounts } from './tally.ts';

/** Its place among the windows. */
const MONTH = WINDOWS.indexOf(2_592_000);

export interface Figures {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  /** Gauges of one log each, by its path. */
  readonly logs: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What is counted from the start of the daemon. */
interface Counted extends LineCounts {
  rotations: number;
  truncations: number;
  skippedLines: number;
}

export class SelfReport {
  #told = counted([]);

  /** At the instant `at`, unix seconds, when the logs cover `covered`. Counters are what was added since the last call. */
  figures(logs: readonly LiveLog[], covered: readonly number[], at: number): Figures {
    const now = counted(logs);
    const counters = added(this.#told, now);
    this.#told = now;
    const last = Math.max(...logs.map(({ tally }) => tally.last ?? -Infinity));
    return {
      counters,
      gauges: {
        lag_seconds: Math.max(0, ...logs.map((log) => lag(log, at))),
        ...(Number.isFinite(last) && { last_event_age_seconds: Math.max(0, at - last) }),
        coverage_seconds: covered[MONTH] ?? 0,
      },
      logs: Object.fromEntries(logs.map(({ path, status }) => [path, placeOf(status)])),
    };
  }
}

/** How a log stands at this moment. */
export function logStatus({ status, tally }: LiveLog): LogStatus {
  const { pieces: _, ...followed } = status;
  const { lines, rejected, foreign } = tally.counts;
  return { ...followed, lines, rejected: rejected + foreign };
}

function counted(logs: readonly LiveLog[]): Counted {
  const sum = (of: (log: LiveLog) => number): number => logs.reduce((total, log) => total + of(log), 0);
  return {
    ...sumCounts(logs.map(({ tally }) => tally.counts)),
    rotations: sum(({ status }) => status.rotations),
    truncations: sum(({ status }) => status.truncations),
    skippedLines: sum(({ status }) => status.skippedLines),
  };
}

function placeOf({ offset, lagBytes }: FollowStatus): Record<string, number> {
  return { position_bytes: offset, lag_bytes: lagBytes };
}

function added(before: Counted, now: Counted): Record<string, number> {
  return {
    lines_read: now.lines - before.lines,
    events: now.events - before.events,
    rejected: now.rejected + now.foreign - before.rejected - before.foreign,
    skipped_lines: now.skippedLines - before.skippedLines,
    rotations: now.rotations - before.rotations,
    truncations: now.truncations - before.truncations,
  };
}

function lag({ status, tally }: LiveLog, at: number): number {
  return status.lagBytes > 0 ? Math.max(0, at - (tally.last ?? at)) : 0;
}

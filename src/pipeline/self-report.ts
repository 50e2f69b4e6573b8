/** What the daemon tells about itself with each count: how much it has read, how well, and how far it is behind. */
import { coveredSeconds, type Span } from '../activity/coverage.ts';
import type { LineCounts } from '../dialect/reader.ts';
import type { LogStatus } from '../index/status-file.ts';
import type { FollowStatus } from '../log/follow.ts';
import type { LiveLog } from './live-log.ts';
import { sumCounts } from './tally.ts';

const MONTH = 30 * 86_400;

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
  readonly #before: readonly Span[];
  #told = counted([]);

  /** `before`: spans covered by logs that were read and are not followed. */
  constructor(before: readonly Span[]) {
    this.#before = before;
  }

  /** At the instant `at`, unix seconds. Counters are what was added since the last call. */
  figures(logs: readonly LiveLog[], at: number): Figures {
    const now = counted(logs);
    const counters = added(this.#told, now);
    this.#told = now;
    const last = Math.max(...logs.map(({ tally }) => tally.last ?? -Infinity));
    return {
      counters,
      gauges: {
        lag_seconds: Math.max(0, ...logs.map((log) => lag(log, at))),
        ...(Number.isFinite(last) && { last_event_age_seconds: Math.max(0, at - last) }),
        coverage_seconds: this.#covered(logs, at),
      },
      logs: Object.fromEntries(logs.map(({ path, status }) => [path, placeOf(status)])),
    };
  }

  /** Of the log that covers least: a month's figures are those of all hosts. A log that never was there covers no host. */
  #covered(logs: readonly LiveLog[], at: number): number {
    const covered = logs
      .filter(({ tally }) => tally.coverage.length > 0)
      .map((log) => coveredSeconds([...this.#before, ...spans(log, at)], at - MONTH, at));
    return covered.length === 0 ? coveredSeconds(this.#before, at - MONTH, at) : Math.min(...covered);
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

/** A log that has been read to its end covers the time up to now, however quiet the server is. */
function spans({ status, tally }: LiveLog, at: number): readonly Span[] {
  const end = tally.coverage.at(-1);
  const isCurrent = status.lagBytes === 0 && status.unreadable === undefined;
  return end && isCurrent ? [...tally.coverage, [end[1], at]] : tally.coverage;
}

/**
 * What the daemon tells about itself: how much it has read, how well, and how far it is behind. StatsD repeats a gauge for ever,
 * also when the daemon has died; a counter it sets back to 0, so the heartbeat is one.
 */
import { WINDOWS } from '../activity/active-window.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import type { LogStatus } from '../index/status-file.ts';
import type { SourceStatus } from '../source/source.ts';
import type { LiveLog } from './live-log.ts';
import { sumCounts } from './log-reader.ts';

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
  lostSegments: number;
}

/** At the instant `at`, when the logs cover `covered`, after a count for the instant `countedAt`; unix seconds. */
export interface Moment {
  readonly at: number;
  readonly covered: readonly number[];
  readonly countedAt: number;
  /** What else is told. */
  readonly gauges: Readonly<Record<string, number>>;
}

export class SelfMetrics {
  #told = counted([]);

  /** With a count: counters are what was added since the last call. */
  figures(logs: readonly LiveLog[], moment: Moment): Figures {
    const now = counted(logs);
    const counters = added(this.#told, now);
    this.#told = now;
    return { ...snapshot(logs, moment), counters };
  }
}

/** Each minute. */
export function heartbeat(logs: readonly LiveLog[], moment: Moment): Figures {
  return { ...snapshot(logs, moment), ...BEAT };
}

/** Each minute, until there has been a count. */
export const BEAT = { counters: { heartbeat: 1 } };

function snapshot(logs: readonly LiveLog[], { at, covered, countedAt, gauges }: Moment): Omit<Figures, 'counters'> {
  const last = Math.max(...logs.map(({ logState }) => logState.last ?? -Infinity));
  return {
    gauges: {
      lag_seconds: Math.max(0, ...logs.map((log) => lag(log, at))),
      ...(Number.isFinite(last) && { last_event_age_seconds: Math.max(0, at - last) }),
      last_count_timestamp: countedAt,
      coverage_seconds: covered[MONTH] ?? 0,
      ...gauges,
    },
    logs: Object.fromEntries(logs.map(({ path, status }) => [path, placeOf(status)])),
  };
}

/** How a log stands at this moment. */
export function logStatus({ status, logState, waits }: LiveLog): LogStatus {
  const { segments: _, ...followed } = status;
  const { lines, rejected, foreign } = logState.counts;
  const { server, version } = logState;
  const writer = server !== undefined && { writer: writerOf(server, version) };
  return { ...followed, lines, rejected: rejected + foreign, ...writer, ...(waits && { waits }) };
}

/** As in `prosody 0.12.3`. */
export function writerOf(server: string, version: string | undefined): string {
  return version === undefined ? server : `${server} ${version}`;
}

function counted(logs: readonly LiveLog[]): Counted {
  const sum = (of: (log: LiveLog) => number): number => logs.reduce((total, log) => total + of(log), 0);
  return {
    ...sumCounts(logs.map(({ logState }) => logState.counts)),
    rotations: sum(({ status }) => status.rotations),
    truncations: sum(({ status }) => status.truncations),
    skippedLines: sum(({ status }) => status.skippedLines),
    lostSegments: sum(({ status }) => status.lostSegments),
  };
}

function placeOf({ offset, lagBytes }: SourceStatus): Record<string, number> {
  return { position_bytes: offset, lag_bytes: lagBytes };
}

/** A log that is read again from an earlier place may have counted less. */
function added(before: Counted, now: Counted): Record<string, number> {
  const since = {
    lines_read: now.lines - before.lines,
    events: now.events - before.events,
    rejected: now.rejected + now.foreign - before.rejected - before.foreign,
    skipped_lines: now.skippedLines - before.skippedLines,
    lost_segments: now.lostSegments - before.lostSegments,
    rotations: now.rotations - before.rotations,
    truncations: now.truncations - before.truncations,
  };
  return Object.fromEntries(Object.entries(since).map(([name, n]) => [name, Math.max(0, n)]));
}

function lag({ status, logState }: LiveLog, at: number): number {
  return status.lagBytes > 0 ? Math.max(0, at - (logState.last ?? at)) : 0;
}

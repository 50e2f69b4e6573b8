/**
 * Which spans of time the lines read really cover. With nine days of log missing a monthly figure is a lower bound, and
 * nothing in the figure tells; the spans do.
 */
import { WINDOWS } from './active-window.ts';

/** From the first line to the last of what was read without a gap; unix seconds. */
export type Span = readonly [from: number, to: number];

/**
 * Between two files of a rotated log so much may pass without a line before a file is taken to be missing. A quiet server
 * writes nothing all night; within one file there is no gap, as nothing can be missing there.
 */
export const LONGEST_SILENCE = 12 * 3600;

/** After so long without a line, seconds, it is not known any more who has an open session. */
export const OPEN_IN_SILENCE = 31 * 86_400;

/** Spans that overlap, or are less than LONGEST_SILENCE apart, as one; in the order of time. */
export function joinSpans(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && span[0] - last[1] <= LONGEST_SILENCE) joined[joined.length - 1] = [last[0], Math.max(last[1], span[1])];
    else joined.push(span);
  }
  return joined;
}

/** What of the spans lies in none of the holes. */
export function withoutSpans(spans: readonly Span[], holes: readonly Span[]): readonly Span[] {
  return holes.reduce<readonly Span[]>(
    (left, [from, to]) =>
      left.flatMap(([begin, end]): Span[] => {
        if (to <= begin || from >= end) return [[begin, end]];
        return [[begin, from] as const, [to, end] as const].filter(([first, last]) => first < last);
      }),
    spans,
  );
}

/** What of the spans lies behind an instant, unix seconds. */
export const spansSince = (spans: readonly Span[], since: number): readonly Span[] =>
  withoutSpans(spans, [[-Infinity, since]]);

/** What lies between the spans, in the order of time. */
export function gapsBetween(spans: readonly Span[]): readonly Span[] {
  const joined = joinSpans(spans);
  return joined.slice(1).map((span, i): Span => [joined[i]?.[1] ?? span[0], span[0]]);
}

/** How many seconds from `from` to `to` lie in one of the spans. */
function secondsIn(spans: readonly Span[], from: number, to: number): number {
  let seconds = 0;
  let counted = from;
  for (const [begin, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    seconds += Math.max(0, Math.min(end, to) - Math.max(begin, counted));
    counted = Math.max(counted, end);
  }
  return seconds;
}

/** What the lines of one log cover. */
export interface LogCoverage {
  readonly spans: readonly Span[];
  /** `current`: read up to the present. `behind`: there are lines that could not be read yet. `over`: no more lines come. */
  readonly state: 'current' | 'behind' | 'over';
}

/**
 * How many seconds from `from` to `to` the logs cover together: those of the log that covers least, as a count is one of all
 * hosts. Logs that are over tell of the time before, and help each of the others. A log without any line covers no host, and
 * takes nothing away.
 */
export function coveredByAll(logs: readonly LogCoverage[], from: number, to: number): number {
  const spansOf = (isOver: boolean): (readonly Span[])[] =>
    logs
      .filter(({ state }) => (state === 'over') === isOver)
      .map((log) => knownAt(log, to))
      .filter((spans) => spans.length > 0);
  const over = spansOf(true).flat();
  const covered = spansOf(false).map((spans) => secondsIn([...over, ...spans], from, to));
  return covered.length > 0 ? Math.min(...covered) : secondsIn(over, from, to);
}

/** `coveredByAll` of each of the windows, in seconds, that end at `at`. */
export function coveredWindows(
  logs: readonly LogCoverage[],
  at: number,
  windows: readonly number[] = WINDOWS,
): readonly number[] {
  return windows.map((window) => coveredByAll(logs, at - window, at));
}

/** A log that has been read to its end covers the silence behind its last line, too, unless it is too long. */
function knownAt({ spans, state }: LogCoverage, at: number): readonly Span[] {
  const begun = spans.filter(([from]) => from <= at).toSorted((a, b) => a[1] - b[1]);
  const last = begun.at(-1);
  if (!last || state === 'behind') return begun;
  return [...begun.slice(0, -1), [last[0], last[1] + LONGEST_SILENCE]];
}

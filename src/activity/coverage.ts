/**
 * Which spans of time the lines read really cover. With nine days of log missing a monthly figure is a lower bound, and
 * nothing in the figure tells; the spans do.
 */

/** From the first line to the last of what was read without a gap; unix seconds. */
export type Span = readonly [from: number, to: number];

/**
 * Between two files of a rotated log so much may pass without a line before a file is taken to be missing. A quiet server
 * writes nothing all night; within one file there is no gap, as nothing can be missing there.
 */
export const LONGEST_SILENCE = 12 * 3600;

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

/** What lies between the spans, in the order of time. */
export function gapsBetween(spans: readonly Span[]): readonly Span[] {
  const joined = joinSpans(spans);
  return joined.slice(1).map((span, i): Span => [joined[i]?.[1] ?? span[0], span[0]]);
}

/** How many seconds from `from` to `to` the spans cover. */
export function coveredSeconds(spans: readonly Span[], from: number, to: number): number {
  return joinSpans(spans).reduce((sum, span) => sum + Math.max(0, Math.min(span[1], to) - Math.max(span[0], from)), 0);
}

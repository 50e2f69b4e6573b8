/**
 * Which points a series needs, so that each archive of its whisper file ends up holding what it can hold.
 *
 * Whisper puts a point into the finest archive that reaches back to the point's age, and from there rolls up into the coarser
 * ones, but only where enough of the finer slots are filled (xFilesFactor, by default half). One point an hour fills one in 360 slots of
 * ten seconds, so nothing is ever rolled up, and a graph of more than the first archive is empty. Therefore the value of an hour is
 * repeated in every slot: at the step of the archive that covers that age, oldest first. Old slots are written straight into
 * their archive, recent ones reach the coarser archives by whisper's own roll-up.
 */
import { longestSpan, type Retention } from './retention.ts';

/** The values of one series in the order of time; `at[i]` belongs to `values[i]`. */
export interface Series {
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** A time in unix seconds and its value. */
export type Point = readonly [at: number, value: number];

/**
 * Carbon's clock decides the archive. Where it is a little behind ours, a point meant for the coarser archive would land alone in
 * the finer one and not be rolled up; so the finer points begin a little before their archive does.
 */
const clockSkew = 60;

/**
 * The points to send, ascending. A value holds from its sample to the next, but not longer than `hold` seconds: over a gap in
 * the samples there is nothing. Nothing lies in the future. Without archives it is the samples themselves.
 */
export function* pointsOf(series: Series, archives: readonly Retention[], hold: number, now: number): Generator<Point> {
  if (archives.length === 0) yield* samplesUpTo(series, now);
  else yield* fill(series, slots(archives, now, series.at[0] ?? now), hold);
}

/** How many samples are too old for every archive. */
export function outsideOf(series: Series, archives: readonly Retention[], now: number): number {
  if (archives.length === 0) return 0;
  const edge = now - longestSpan(archives);
  const first = series.at.findIndex((at) => at >= edge);
  return first === -1 ? series.at.length : first;
}

function* samplesUpTo({ at, values }: Series, now: number): Generator<Point> {
  for (const [i, time] of at.entries()) {
    if (time <= now) yield [time, values[i] ?? 0];
  }
}

/** Starts of slots, from the oldest that any archive has (but not before `from`) up to now. */
function* slots(archives: readonly Retention[], now: number, from: number): Generator<number> {
  for (let i = archives.length - 1; i >= 0; i--) {
    const { step, span } = archives[i] ?? { step: 1, span: 0 };
    const finer = archives[i - 1];
    // A slot as old as the span shares its place in the ring with the slot of now.
    const oldest = Math.max(from, now - span - (i === archives.length - 1 ? -1 : clockSkew));
    const newest = finer === undefined ? now : now - finer.span - clockSkew - 1;
    for (let slot = Math.ceil(oldest / step) * step; slot <= newest; slot += step) yield slot;
  }
}

function* fill({ at, values }: Series, times: Iterable<number>, hold: number): Generator<Point> {
  let i = -1;
  for (const time of times) {
    while ((at[i + 1] ?? Number.POSITIVE_INFINITY) <= time) i++;
    const since = at[i];
    const value = values[i];
    if (since !== undefined && value !== undefined && time < since + hold) yield [time, value];
  }
}

/**
 * How far into the future a stamp is believed when old logs are read. A line from the future would make its user active for
 * ever, since last seen is a maximum; but a log whose administrator gives its year, or one that lies in the future as a whole
 * and is only looked at, says more about our clock than about itself.
 */
import type { Arrangement } from '../source/archive/arrange.ts';

export const BELIEVED_AHEAD = 300;

export interface BeliefOptions {
  readonly arrangement: Arrangement;
  /** `--year`. */
  readonly year: number | undefined;
  /** Unix seconds. */
  readonly now: number;
  /** Whether what is read will be stored. */
  readonly permanent: boolean;
}

/** The latest instant believed, unix seconds. */
export function believedUntil({ arrangement, year, now, permanent }: BeliefOptions): number {
  const ahead = now + BELIEVED_AHEAD;
  if (year !== undefined) return Math.max(ahead, Date.UTC(year + 1, 0, 2) / 1000);
  const pieces = arrangement.chains.flatMap((chain) => chain.pieces);
  const first = Math.min(...pieces.map(({ firstAt, lastAt }) => Math.min(firstAt, lastAt)));
  return !permanent && first > ahead ? Infinity : ahead;
}

/**
 * How far into the future a stamp is believed when old logs are read. A line from the future would make its user active for
 * ever, since last seen is a maximum; but a log whose administrator gives its year, or one that lies in the future as a whole
 * and is only looked at, says more about our clock than about itself.
 */
import type { Arrangement } from './archive/arrange.ts';

export const MAX_AHEAD = 300;

export interface MaxTimeOptions {
  readonly arrangement: Pick<Arrangement, 'allSeries'>;
  /** `--year`. */
  readonly year: number | undefined;
  /** Unix seconds. */
  readonly now: number;
  /** Whether what is read will be stored. */
  readonly permanent: boolean;
}

/** The latest instant believed, unix seconds. */
export function maxTime({ arrangement, year, now, permanent }: MaxTimeOptions): number {
  const ahead = now + MAX_AHEAD;
  if (year !== undefined) return Math.max(ahead, Date.UTC(year + 1, 0, 2) / 1000);
  const archivedFiles = arrangement.allSeries.flatMap((series) => series.archivedFiles);
  const first = Math.min(...archivedFiles.map(({ firstAt, lastAt }) => Math.min(firstAt, lastAt)));
  return !permanent && first > ahead ? Infinity : ahead;
}

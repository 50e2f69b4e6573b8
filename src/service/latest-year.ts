/**
 * The year of a log that is being written, whose stamps have none: a daemon may wait for weeks, over the turn of a year,
 * for a log to appear, and its first line may be of the last second of the old year.
 */
import { Clock } from '../format/time/clock.ts';
import { tellingLines } from '../format/format.ts';
import { recogniseStamp } from '../format/time/stamp-choice.ts';
import type { StampForm, WallTime } from '../format/time/stamp-form.ts';

/** From one 29 February to the next, as 2100 has none. */
const YEARS_BACK = 8;

export interface LatestYearOptions {
  /** The form of the stamps, where it is given. */
  readonly stamp: StampForm | undefined;
  readonly timezone: string;
  /** Unix seconds. */
  readonly horizon: number;
}

/** The year of the first stamped line; where the stamp has none, the latest in which it does not lie after the horizon. */
export function latestYear(all: readonly string[], options: LatestYearOptions): number {
  const lines = tellingLines(all);
  const wall = firstStamp(lines, options.stamp ?? recogniseStamp(lines));
  // Somewhere the next year has begun.
  const newest = new Date(options.horizon * 1000).getUTCFullYear() + 1;
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, i) => newest - i);
  return years.find((year) => isBy(options, wall, year)) ?? newest - 1;
}

function firstStamp(lines: readonly string[], form: StampForm | undefined): WallTime | undefined {
  for (const line of form ? lines : []) {
    const wall = form?.read(line, 0);
    if (wall) return wall;
  }
  return undefined;
}

function isBy({ horizon, timezone }: LatestYearOptions, wall: WallTime | undefined, year: number): boolean {
  const at = wall && new Clock(timezone, { year, last: undefined }).read(wall);
  return at !== undefined && at <= horizon && (wall?.year ?? year) === year;
}

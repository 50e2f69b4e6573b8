/**
 * The year of a log that is being written, whose stamps have none: a daemon may wait for weeks, over the turn of a year,
 * for a log to appear, and its first line may be of the last second of the old year.
 */
import { Clock } from '../dialect/clock.ts';
import { recogniseStamp, type WallTime } from '../dialect/timestamp.ts';

/** From one 29 February to the next, as 2100 has none. */
const YEARS_BACK = 8;

/** The latest year in which the first stamped line does not lie after `horizon`, unix seconds. */
export function latestYear(lines: readonly string[], timezone: string, horizon: number): number {
  const wall = firstStamp(lines);
  // Somewhere the next year has begun.
  const newest = new Date(horizon * 1000).getUTCFullYear() + 1;
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, i) => newest - i);
  return years.find((year) => isBy(horizon, wall, timezone, year)) ?? newest - 1;
}

function firstStamp(lines: readonly string[]): WallTime | undefined {
  const form = recogniseStamp(lines);
  for (const line of form ? lines : []) {
    const wall = form?.read(line, 0);
    if (wall) return wall;
  }
  return undefined;
}

function isBy(horizon: number, wall: WallTime | undefined, timezone: string, year: number): boolean {
  const at = wall && new Clock(timezone, { year, last: undefined }).read(wall);
  return at !== undefined && at <= horizon;
}

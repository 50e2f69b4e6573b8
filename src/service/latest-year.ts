/**
 * The year of a log that is being written, whose stamps have none: a daemon may wait for weeks, over the turn of a year,
 * for a log to appear, and its first line may be of the last second of the old year.
 */
import { waysThrough, type Point } from '../format/dating/turns.ts';
import { instantOf } from '../format/dating/years.ts';
import { tellingLines } from '../format/format.ts';
import { zoneInstants } from '../format/time/clock.ts';
import { recogniseStamp } from '../format/time/stamp-choice.ts';
import { daysIn, type StampForm } from '../format/time/stamp-form.ts';

/** From one 29 February to the next, as 2100 has none. */
const YEARS_BACK = 8;

export interface LatestYearOptions {
  /** The form of the stamps, where it is given. */
  readonly stamp: StampForm | undefined;
  readonly timezone: string;
  /** Unix seconds. */
  readonly horizon: number;
}

/** Where the lines begin in the latest year in which most of them do not lie after the horizon. */
export function latestStart(all: readonly string[], options: LatestYearOptions): { year: number; near?: number } {
  const lines = tellingLines(all);
  const form = options.stamp ?? recogniseStamp(lines);
  const walls = lines.map((line) => form?.read(line, 0)).filter((wall) => wall !== undefined);
  const points = waysThrough(walls, form?.hasYear === true)[0]?.points ?? [];
  const zone = { instants: zoneInstants(options.timezone) };
  // Somewhere the next year has begun.
  const newest = new Date(options.horizon * 1000).getUTCFullYear() + 1;
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, i) => newest - i);
  const instant = ({ wall, turn }: Point, year: number): number =>
    wall.day > daysIn(wall.month, year + turn) ? Infinity : (instantOf(wall, year + turn, zone) ?? Infinity);
  const isBy = (year: number): boolean =>
    points.filter((point) => instant(point, year) <= options.horizon).length * 2 > points.length;
  const year = points[0]?.wall.year ?? years.find(isBy);
  const near = year !== undefined && points[0] ? instant(points[0], year) : undefined;
  return { year: year ?? newest - 1, ...(near !== undefined && Number.isFinite(near) && { near }) };
}

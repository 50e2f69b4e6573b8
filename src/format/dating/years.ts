/**
 * Where files belong in time. The lines of a file tell where it may begin and end, and how many times the year turned in it;
 * which year it was, where stamps have none, and which lines are stray ones, other things tell, and each of them lies now and
 * then: modification times (a copy has that of the copying), dates in names, the order of numbered names, where another file
 * ends and this one begins, 29 February. So every place of a file has a cost, higher the more of these it contradicts, and of
 * a series of files the cheapest combination is taken.
 */
import { daysIn, type WallTime } from '../time/stamp-form.ts';
import { instantsOf, wallSeconds } from '../time/clock.ts';
import type { Extent } from './extents.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const MONTH = 31 * DAY;
const YEAR = 365.25 * DAY;
/** No server of any dialect wrote logs before. */
const EARLIEST = 1999;

/** A contradiction costs so much. Only their ratios matter: a gzip header is believed before a file system, and both before the wish for a small gap. */
const COST = {
  /** The order of the names. */
  order: 50,
  /** After now, and no modification time says so. */
  future: 20,
  gzipTime: 10,
  dateInName: 8,
  /** A year between two files though they fit each other to the hour in another year. */
  gapBetweenFitting: 8,
  aligned: 8,
  fileTime: 6,
  /** Of a file that was written together with others of other days: they were copied. */
  copyTime: 1,
  /** The last line is later than the modification. */
  modifiedBefore: 3,
  /** Not modified within a month after the last line. */
  month: 1,
  gapYear: 1,
  /** Between the last line and the modification: only to choose where nothing else does. */
  ageYear: 0.001,
} as const;

/** What is known of a file. */
export interface Clues {
  readonly extents: readonly Extent[];
  /** Unix seconds. */
  readonly gzipTime: number | undefined;
  /** Unix seconds; those of all copies. */
  readonly fileTimes: readonly number[];
  /** The file time is shared by files of other days. */
  readonly isCopy: boolean;
  /** Noon of the date in the name, unix seconds. */
  readonly dateInName: number | undefined;
}

/** Where a file may belong in time. */
export interface Place {
  /** Of the first line, and of the last one. */
  readonly year: number;
  readonly lastYear: number;
  /** Unix seconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly cost: number;
  /** A modification time or a date in the name says the same. */
  readonly isSure: boolean;
}

export interface YearOptions {
  /** IANA name; `instants` are its. */
  readonly timezone: string;
  readonly instants: (wall: number) => readonly number[];
  /** Unix seconds. */
  readonly now: number;
  /** No line is of a later year. */
  readonly year?: number | undefined;
}

/** Where a file may belong; of two that cost the same, the latest place first. */
export function placesOf(file: Clues, options: YearOptions): Place[] {
  const latest = options.year ?? yearOf(Math.max(options.now, file.gzipTime ?? 0, ...file.fileTimes) + YEAR);
  const spans = file.extents.flatMap((extent) => spansOf(extent, latest, options));
  const fitsSomeYear = (time: number): boolean => spans.some(({ lastAt }) => isSoonAfter(lastAt, time, DAY));
  const { gzipTime, fileTimes } = file;
  const fitting = {
    isGzipTime: gzipTime !== undefined && fitsSomeYear(gzipTime),
    isFileTime: fileTimes.some(fitsSomeYear),
  };
  return spans.map((span) => {
    const { cost, isSure } = judge(file, span.lastAt, fitting, options);
    return { ...span, cost: span.cost + cost, isSure };
  });
}

const yearOf = (at: number): number => new Date(at * 1000).getUTCFullYear();

type Span = Omit<Place, 'isSure'>;

/** Of stamps with a year there is one. */
function spansOf(extent: Extent, latest: number, options: YearOptions): Span[] {
  const { year } = extent.first;
  const [from, to] = year === undefined ? [EARLIEST, latest - extent.turns] : [year, year];
  const spans: Span[] = [];
  for (let each = to; each >= from; each--) spans.push(...spanIn(each, extent, options));
  return spans;
}

function spanIn(year: number, { first, last, turns, leaps, cost }: Extent, options: YearOptions): Span[] {
  const hasDays = leaps.every((turn) => daysIn(2, first.year === undefined ? year + turn : undefined) === 29);
  const lastYear = last.year ?? year + turns;
  const firstAt = instantOf(first, year, options);
  const lastAt = instantOf(last, lastYear, options);
  if (!hasDays || firstAt === undefined || lastAt === undefined) return [];
  return [{ year, lastYear, firstAt, lastAt, cost }];
}

export function instantOf(
  wall: WallTime,
  year: number,
  { instants }: Pick<YearOptions, 'instants'>,
): number | undefined {
  return instantsOf(wall, wallSeconds(wall, wall.year ?? year), instants)[0];
}

/** `fitting`: whether these times come soon after the last line in any of the years that there may be. */
function judge(
  file: Clues,
  lastAt: number,
  fitting: { readonly isGzipTime: boolean; readonly isFileTime: boolean },
  options: YearOptions,
): Pick<Place, 'cost' | 'isSure'> {
  const { gzipTime, fileTimes, dateInName } = file;
  const times = gzipTime === undefined ? fileTimes : [gzipTime, ...fileTimes];
  const fits = times.some((time) => isSoonAfter(lastAt, time, DAY));
  const fitsName = dateInName !== undefined && Math.abs(dateInName - lastAt) < 2.5 * DAY;
  const fitsMonth = times.some((time) => isSoonAfter(lastAt, time, MONTH));
  const oldest = Math.min(...times);
  let cost = Math.max(0, oldest - lastAt) * (COST.ageYear / YEAR);
  if (gzipTime !== undefined && fitting.isGzipTime && !isSoonAfter(lastAt, gzipTime, DAY)) cost += COST.gzipTime;
  if (dateInName !== undefined && !fitsName) cost += COST.dateInName;
  // Who gives the year does so because the file system does not know it.
  if (options.year !== undefined) return { cost, isSure: fits || fitsName };
  if (fitting.isFileTime && !fileTimes.some((time) => isSoonAfter(lastAt, time, DAY)))
    cost += file.isCopy ? COST.copyTime : COST.fileTime;
  if (!fitsMonth && !file.isCopy) cost += COST.month;
  if (times.every((time) => lastAt > time + DAY)) cost += COST.modifiedBefore;
  if (lastAt > options.now + DAY && !fits) cost += COST.future;
  return { cost, isSure: fits || fitsName || (fitsMonth && !file.isCopy) };
}

/** The modification comes at or after the last line, at most `within` seconds; clocks differ a little. */
function isSoonAfter(lastAt: number, time: number, within: number): boolean {
  return time > lastAt - HOUR && time < lastAt + within;
}

function fitsInSomeYear(gap: number, before: number, after: number): boolean {
  const years = Math.round(gap / YEAR);
  // 365 or 366 days, in any order: the remainder is off by less than a day.
  const rest = gap - years * YEAR;
  return rest > -before - DAY && rest < after + DAY;
}

/**
 * The cheapest places of the files of a series, given newest first; undefined for a file that has none. `settled` are the
 * places of other files: to end or begin where one of them ends or begins is a sign of the right year.
 */
export function placeSeries(
  series: readonly (readonly Place[])[],
  settled: readonly Place[],
): { readonly places: readonly (Place | undefined)[]; readonly cost: number } {
  let paths: readonly Path[] = [{ cost: 0, place: undefined, newer: undefined, rank: 0 }];
  for (const places of series) {
    if (places.length === 0) continue;
    const cheapestFirst = paths.toSorted((a, b) => a.cost - b.cost);
    paths = places.map((place, rank) => cheapest({ place, rank }, cheapestFirst, settled));
  }
  const best = paths.reduce((a, b) => (b.cost < a.cost ? b : a));
  const chosen: Place[] = [];
  for (let path: Path | undefined = best; path?.place; path = path.newer) chosen.push(path.place);
  return { places: series.map((places) => (places.length > 0 ? chosen.pop() : undefined)), cost: best.cost };
}

interface Path {
  readonly cost: number;
  readonly place: Place | undefined;
  readonly newer: Path | undefined;
  /** Of two that cost the same the lower one is taken. */
  readonly rank: number;
}

/** `paths`: the cheapest first. No gap costs less than nothing, so most of them need no look. */
function cheapest(
  { place, rank }: { readonly place: Place; readonly rank: number },
  paths: readonly Path[],
  settled: readonly Place[],
): Path {
  const own = place.cost - (isAligned(place, settled) ? COST.aligned : 0);
  let best: { readonly cost: number; readonly newer: Path } | undefined;
  for (const newer of paths) {
    if (best && newer.cost + own > best.cost) break;
    const cost = newer.cost + own + (newer.place ? gapCost(newer.place.firstAt - place.lastAt) : 0);
    const isBetter = !best || cost < best.cost || (cost === best.cost && newer.rank < best.newer.rank);
    if (isBetter) best = { cost, newer };
  }
  return { cost: best?.cost ?? own, place, newer: best?.newer, rank };
}

function gapCost(gap: number): number {
  if (gap < -2 * HOUR) return COST.order;
  const cost = COST.gapYear * Math.max(0, gap / YEAR);
  const fitsEarlier = gap > YEAR - 2 * DAY && fitsInSomeYear(gap, 0, 6 * HOUR);
  return fitsEarlier ? cost + COST.gapBetweenFitting : cost;
}

/** Whether a file begins or ends where another one does. */
export function isAligned(place: Place, others: readonly Place[]): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) < HOUR;
  return others.some(
    (other) =>
      near(place.firstAt, other.lastAt) ||
      near(place.lastAt, other.firstAt) ||
      near(place.firstAt, other.firstAt) ||
      near(place.lastAt, other.lastAt),
  );
}

/**
 * Which form the stamps of a log have. Most stamps fit one form only. Where they fit several, as 03/04/26 does, the right
 * one is that in which the lines are in order, lie close together, and end when the file was written; if that tells
 * nothing, nothing is guessed.
 */
import { YEAR_FIRST } from './stamp-patterns.ts';
import { STAMP_FORMS, type StampForm } from './stamp-form.ts';
import type { WallTime } from './wall-time.ts';

const DAY = 86_400;
const YEAR = 365.25 * DAY;
/** Lines out of order by less are in order: the hour that repeats, and some more. */
const DISORDER = 2 * 3600;
/** No server of any dialect wrote logs before. */
const EARLIEST = Date.UTC(1999) / 1000;
/** A file is written to its last line. */
const SOON = 2 * DAY;
/** No zone is so far from UTC, and no noon so far from the end of its day. */
const ANY_ZONE = 27 * 3600;
/** Lines of so many days that follow each other are no chance. */
const TELLING_DAYS = 3;
/** One stray line may be out of order in the right form, and in order in a wrong one. */
const STRAY = 1;

/** What the stamps of some lines are in one form, in the order of the lines. */
export interface Reading {
  readonly form: StampForm;
  readonly walls: readonly WallTime[];
}

export interface Evidence {
  /** Unix seconds: when the last of the lines may have been written, as by modification times and dates in names. */
  readonly times: readonly number[];
  /** Unix seconds; no line is later. */
  readonly now: number;
}

/** One form, or several between which nothing decides; none when no line begins with a stamp. */
export interface Choice {
  readonly readings: readonly Reading[];
  /** The lines looked at are of the same times in each of them. */
  readonly isAlike: boolean;
}

const NO_EVIDENCE: Evidence = { times: [], now: Infinity };

/**
 * What these lines may say: the forms that read most of them, of those the ones that read most of each stamp, and of those
 * the ones with seconds, as Nov 03 06:22:40 is not the year 2006.
 */
export function readingsOf(lines: readonly string[], forms: readonly StampForm[] = STAMP_FORMS): readonly Reading[] {
  const scored = forms.map((form) => {
    const walls = lines.map((line) => form.read(line, 0)).filter((wall) => wall !== undefined);
    const length = walls.reduce((sum, { end }) => sum + end, 0);
    const withSeconds = walls.filter(({ secondAt }) => secondAt !== undefined).length;
    return { form, walls, score: [walls.length, length, withSeconds] };
  });
  const [best] = scored.toSorted((a, b) => compare(b.score, a.score));
  if (!best || best.walls.length === 0) return [];
  return scored.filter(({ score }) => compare(score, best.score) === 0);
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((each, i) => each - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

export function chooseForm(readings: readonly Reading[], evidence: Evidence = NO_EVIDENCE): Choice {
  if (readings.length < 2) return { readings, isAlike: true };
  const orderly = narrowed(narrowed(readings, isBy(Math.max(evidence.now, ...evidence.times))), isInOrder(readings));
  const likely = usual(surely(orderly, evidence));
  // That a file is older than its lines makes no rare form likely.
  const possible = narrowed(likely, isBy(Math.max(...evidence.times)));
  const written = possible.filter((each) => endsSoonBefore(each, evidence));
  const close = closest(possible);
  // Where they contradict each other one of them is chance, and nobody knows which.
  const told = written.length === 0 ? close : written.filter((each) => close.length === 0 || close.includes(each));
  const left = told.length > 0 ? told : possible;
  const isAlike = left.every((each) => readsAlike(each, left[0]));
  return { readings: left, isAlike };
}

/** The form of these lines; undefined when none begins with a stamp, or when they may be read in two ways. */
export function recogniseStamp(lines: readonly string[], evidence?: Evidence): StampForm | undefined {
  const { readings, isAlike } = chooseForm(readingsOf(lines), evidence);
  return isAlike ? readings[0]?.form : undefined;
}

function narrowed(readings: readonly Reading[], fits: (reading: Reading) => boolean): readonly Reading[] {
  const fitting = readings.filter(fits);
  return fitting.length > 0 ? fitting : readings;
}

function usual(readings: readonly Reading[]): readonly Reading[] {
  const least = Math.min(...readings.map(({ form }) => form.rank));
  return readings.filter(({ form }) => form.rank === least);
}

/**
 * The rare forms for which there is more than what chance makes: the days follow each other, or the file was written to the
 * last line, while the usual ones end years before it. That a day and a month, exchanged, fit a file that was copied is chance.
 */
function surely(readings: readonly Reading[], evidence: Evidence): readonly Reading[] {
  const known = usual(readings);
  const rare = readings.filter((each) => !known.includes(each) && each.form.family !== YEAR_FIRST);
  if (rare.length === 0) return readings;
  const close = closest(readings);
  const areOld = known.every(({ walls }) => endsLongBefore(walls, evidence));
  const narrow = (each: Reading): boolean => known.every((other) => spanOf(each) <= spanOf(other));
  const written = areOld ? readings.filter((each) => endsSoonBefore(each, evidence) && narrow(each)) : [];
  const told = close.length > 0 ? close : written;
  return told.length > 0 && told.every((each) => rare.includes(each)) ? told : readings;
}

function readsAlike({ walls }: Reading, other: Reading | undefined): boolean {
  return walls.every((wall, i) => {
    const same = other?.walls[i];
    return same !== undefined && secondsOf(wall) === secondsOf(same) && wall.year === same.year;
  });
}

/** Of a stamp without a year, in some leap year. The zone matters little here. */
function secondsOf({ year, month, day, hour, minute, second, offset }: WallTime): number {
  return Date.UTC(year ?? 2000, month - 1, day, hour, minute, second) / 1000 - (offset ?? 0);
}

/** Seconds from one stamp to the next one; without a year, as few as possible. */
function step(from: WallTime, to: WallTime): number {
  const seconds = secondsOf(to) - secondsOf(from);
  if (from.year !== undefined && to.year !== undefined) return seconds;
  return seconds - Math.round(seconds / YEAR) * YEAR;
}

const steps = ({ walls }: Reading): number[] =>
  walls.flatMap((wall, i) => (i === 0 ? [] : [step(walls[i - 1] ?? wall, wall)]));

const spanOf = (reading: Reading): number => steps(reading).reduce((sum, seconds) => sum + Math.abs(seconds), 0);

/** Whether the last line is not later than an instant; of stamps without a year, and of none, that says nothing. */
function isBy(latest: number): (reading: Reading) => boolean {
  return ({ form, walls }) => {
    const last = walls.at(-1);
    // Behind a whole year stands the month: that a clock or the time of a file is wrong is likelier than any other order.
    if (last?.year === undefined || form.family === YEAR_FIRST) return true;
    const at = secondsOf(last);
    return at >= EARLIEST && at <= latest + ANY_ZONE;
  };
}

function isInOrder(readings: readonly Reading[]): (reading: Reading) => boolean {
  const back = (reading: Reading): number => steps(reading).filter((seconds) => seconds < -DISORDER).length;
  const least = Math.min(...readings.map(back));
  return (reading) => back(reading) <= least + STRAY;
}

function endsSoonBefore({ walls }: Reading, { times }: Evidence): boolean {
  const last = walls.at(-1);
  if (!last) return false;
  return times.some((time) => {
    const d = new Date(time * 1000);
    const gap = step(last, {
      ...last,
      year: last.year && d.getUTCFullYear(),
      month: d.getUTCMonth() + 1,
      ...clockOf(d),
    });
    return gap > -ANY_ZONE && gap < SOON;
  });
}

function endsLongBefore(walls: readonly WallTime[], { times }: Evidence): boolean {
  const last = walls.at(-1);
  return last?.year !== undefined && times.every((time) => secondsOf(last) < time - YEAR);
}

const clockOf = (d: Date) => ({
  day: d.getUTCDate(),
  hour: d.getUTCHours(),
  minute: d.getUTCMinutes(),
  second: d.getUTCSeconds(),
  offset: 0,
});

/** The reading in which the lines are of days that follow each other, while they are far apart in all others. */
function closest(readings: readonly Reading[]): readonly Reading[] {
  const spans = readings.map(spanOf);
  const least = Math.min(...spans);
  const close = readings.filter((_, i) => (spans[i] ?? 0) <= 4 * least);
  return close.length < readings.length && close.every(({ walls }) => daysOf(walls) >= TELLING_DAYS) ? close : [];
}

const daysOf = (walls: readonly WallTime[]): number =>
  new Set(walls.map(({ year, month, day }) => `${year} ${month} ${day}`)).size;

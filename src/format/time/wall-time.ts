/** What the parts of a stamp, as a pattern found them, say together: a wall time, or nothing if it cannot be one. */

/** What a stamp shows, as written. */
export interface WallTime {
  /** Undefined when the stamp has none. */
  readonly year: number | undefined;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 0..60; a fraction is dropped, as the servers' own counts are in whole seconds. 0 when the stamp has none. */
  readonly second: number;
  /** Seconds east of UTC; undefined when the stamp names no zone by a number. */
  readonly offset: number | undefined;
  /** The abbreviation of a zone. */
  readonly zone?: string | undefined;
  /** Where the stamp ends in the text, exclusive. */
  readonly end: number;
  /** Where the digits of its minute and its second are in the text; undefined when it has none. */
  readonly minuteAt?: number | undefined;
  readonly secondAt?: number | undefined;
}

export type Groups = Readonly<Record<string, string | undefined>>;

const DAY = 86_400;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** Of TAI64N, as daemontools, runit and multilog write it: 2^62, and the 10 seconds that TAI was ahead in 1970. */
const TAI = 2n ** 62n + 10n;

const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;
const shortName = (name: string): string => name.slice(0, 3).toLowerCase();
const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** Days in a month; 29 February is possible where the year is not known. */
export function daysIn(month: number, year: number | undefined): number {
  return new Date(Date.UTC(year ?? 2024, month, 0)).getUTCDate();
}

/** The groups are named as in `stamp-patterns.ts`. Undefined for a time that there is not, as 31 November. */
export function wallTime(groups: Groups, start: number, end: number): WallTime | undefined {
  if (groups['epoch'] !== undefined) return fromEpoch(Number(groups['epoch']), end);
  if (groups['tai'] !== undefined) return fromEpoch(Number(BigInt(`0x${groups['tai']}`) - TAI), end);
  const date = dateOf(groups);
  if (!date) return undefined;
  const { year, month, day } = date;
  const minuteAt = start + (groups['before']?.length ?? 0);
  const between = groups['between'];
  // Written out, as this is done for many lines and spreading costs ten times as much.
  const wall = {
    year,
    month,
    day,
    hour: hourOf(groups),
    minute: Number(groups['minute']),
    second: Number(groups['second'] ?? 0),
    offset: offsetSeconds(groups['zone']),
    zone: groups['abbreviation'],
    end,
    // Behind the minute AM or PM is still to come.
    minuteAt: groups['half'] === undefined ? minuteAt : undefined,
    // A second elsewhere than behind the minute is only read.
    secondAt: groups['second'] === undefined || between === undefined ? undefined : minuteAt + 2 + between.length,
  };
  return isPossible(wall, groups) ? wall : undefined;
}

type Day = Pick<WallTime, 'year' | 'month' | 'day'>;

function dateOf(groups: Groups): Day | undefined {
  const year = fullYear(groups);
  const { name, yday } = { name: groups['name'], yday: groups['yday'] };
  if (groups['day'] === undefined && year !== undefined)
    return yday === undefined ? dayOfWeek(groups, year) : dayOfYear(year, Number(yday));
  const month = name === undefined ? Number(groups['month']) : MONTHS.indexOf(shortName(name)) + 1;
  return { year, month, day: Number(groups['day']) };
}

function fullYear(groups: Groups): number | undefined {
  const year = numberOf(groups['year']);
  if (year === undefined || groups['year']?.length !== 2) return year;
  return (groups['century'] === undefined ? 2000 : Number(groups['century']) * 100) + year;
}

function dayOfYear(year: number, yday: number): Day | undefined {
  return yday >= 1 && yday <= 365 + daysIn(2, year) - 28 ? dayAt(Date.UTC(year, 0, yday) / 1000) : undefined;
}

/** `%V` with `%G`, or `%U` and `%W` with `%Y`: see strftime(3). */
function dayOfWeek(groups: Groups, year: number): Day | undefined {
  const { week, sundays, mondays } = { week: groups['week'], sundays: groups['sundays'], mondays: groups['mondays'] };
  const weekday = weekdayOf(groups);
  if (weekday === undefined) return undefined;
  const sinceBegin = (day: number): number => (sundays === undefined ? (day + 6) % 7 : day);
  const newYear = sinceBegin(new Date(Date.UTC(year, 0, 1)).getUTCDay());
  // Of ISO the week of 4 January is the first; of the others the first one that begins in the year.
  const isFirst = week === undefined ? newYear === 0 : newYear <= 3;
  const weeks = Number(week ?? sundays ?? mondays) - (isFirst ? 1 : 0);
  return dayAt(Date.UTC(year, 0, 1 - newYear + weeks * 7 + sinceBegin(weekday)) / 1000);
}

/** 0 is Sunday. */
function weekdayOf(groups: Groups): number | undefined {
  const { weekday, wday } = { weekday: groups['weekday'], wday: groups['wday'] };
  if (weekday !== undefined) return WEEKDAYS.indexOf(shortName(weekday));
  return wday === undefined ? undefined : Number(wday) % 7;
}

function dayAt(seconds: number): Day {
  const d = new Date(seconds * 1000);
  return { year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate() };
}

function hourOf(groups: Groups): number {
  const hour = Number(groups['hour']);
  const half = groups['half'];
  return half === undefined ? hour : (hour % 12) + (/^p/i.test(half) ? 12 : 0);
}

function offsetSeconds(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  const m = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (!m) return 0;
  return (m[1] === '-' ? -1 : 1) * (Number(m[2]) * 3600 + Number(m[3] ?? 0) * 60);
}

function fromEpoch(seconds: number, end: number): WallTime | undefined {
  if (!within(seconds, 0, 2 ** 40)) return undefined;
  const rest = seconds % DAY;
  const time = { hour: Math.floor(rest / 3600), minute: Math.floor(rest / 60) % 60, second: rest % 60 };
  return { ...dayAt(seconds), ...time, offset: 0, end };
}

function isPossible(wall: WallTime, groups: Groups): boolean {
  return (
    within(wall.month, 1, 12) &&
    within(wall.day, 1, daysIn(wall.month, wall.year)) &&
    within(wall.hour, 0, 23) &&
    within(wall.minute, 0, 59) &&
    within(wall.second, 0, 60) &&
    (groups['half'] === undefined || within(Number(groups['hour']), 1, 12)) &&
    isItsWeekday(wall, groups)
  );
}

/** The day of the week, where there is one, tells 03/04 from 04/03. */
function isItsWeekday({ year, month, day }: WallTime, groups: Groups): boolean {
  const weekday = weekdayOf(groups);
  return (
    weekday === undefined || year === undefined || new Date(Date.UTC(year, month - 1, day)).getUTCDay() === weekday
  );
}

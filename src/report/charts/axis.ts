/**
 * Round numbers and calendar dates for the two axes of a chart, on a terminal as in an SVG. Users are counted in whole people
 * and from zero: an axis that starts elsewhere makes a quiet week look like a collapse.
 */
import { TZDate } from '@date-fns/tz';

/** Ticks from 0 to a round number not below the largest value. */
export interface CountAxis {
  readonly top: number;
  readonly ticks: readonly number[];
}

export interface TimeTick {
  /** Unix seconds. */
  readonly at: number;
  readonly label: string;
}

/** At most `most` steps, of 1, 2 or 5 times a power of ten. */
export function countAxis(largest: number, most: number): CountAxis {
  const wanted = Math.max(largest, 1) / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= wanted) ?? 10 * power;
  const count = Math.max(1, Math.ceil(largest / step));
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

/** 950, 1.5k, 20k, 2.5M: short, and exact for the steps of an axis. */
export function shortCount(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e4 ? `${value / 1e3}k` : String(value);
}

type Unit = 'hour' | 'day' | 'month' | 'year';

/** From the finest to the coarsest; the first one with few enough ticks is taken. */
const steps: readonly (readonly [unit: Unit, every: number])[] = [
  ...([1, 3, 6, 12] as const).map((every) => ['hour', every] as const),
  ...([1, 2, 7, 14] as const).map((every) => ['day', every] as const),
  ...([1, 3, 6] as const).map((every) => ['month', every] as const),
  ...([1, 2, 5, 10, 100] as const).map((every) => ['year', every] as const),
];

const roughSeconds: Record<Unit, number> = { hour: 3600, day: 86_400, month: 30.44 * 86_400, year: 365.24 * 86_400 };

/**
 * Full hours, midnights, first days of a month or of a year in the zone, at most `most` of them, between two times (unix seconds).
 * @throws RangeError when the zone is unknown.
 */
export function timeTicks(from: number, to: number, timezone: string, most: number): TimeTick[] {
  const step = steps.find(([unit, every]) => (to - from) / (roughSeconds[unit] * every) <= most) ?? ['year', 1000];
  const [unit, every] = step;
  return starts(unit, every, from, to, timezone).map((at) => ({ at, label: tickLabel(unit, at, timezone) }));
}

/** `24 Nov 2025`. */
export function dateLabel(at: number, timezone: string): string {
  return format(at, timezone, { day: 'numeric', month: 'short', year: 'numeric' });
}

function starts(unit: Unit, every: number, from: number, to: number, timezone: string): number[] {
  const first = new TZDate(from * 1000, timezone);
  const found: number[] = [];
  for (let i = 0; ; i++) {
    const date = startOf(unit, first, i);
    const at = date.getTime() / 1000;
    if (at > to) return found;
    // Where clocks go forward two hours of the calendar are the same instant.
    if (at >= from && at !== found.at(-1) && isMultiple(unit, every, date)) found.push(at);
  }
}

function startOf(unit: Unit, first: TZDate, steps: number): TZDate {
  const [year, month, day, zone] = [first.getFullYear(), first.getMonth(), first.getDate(), first.timeZone ?? 'UTC'];
  if (unit === 'year') return new TZDate(year + steps, 0, 1, zone);
  if (unit === 'month') return new TZDate(year, month + steps, 1, zone);
  if (unit === 'day') return new TZDate(year, month, day + steps, zone);
  return new TZDate(year, month, day, steps, zone);
}

/** Counted from fixed points of the calendar, so that ticks stay where they are when the chart moves on: weeks begin on Mondays. */
function isMultiple(unit: Unit, every: number, date: TZDate): boolean {
  if (unit === 'year') return date.getFullYear() % every === 0;
  if (unit === 'month') return date.getMonth() % every === 0;
  if (unit === 'hour') return date.getHours() % every === 0;
  const monday = Date.UTC(1970, 0, 5);
  const days = Math.round((Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - monday) / 86_400_000);
  return days % every === 0;
}

/** Where a greater unit begins, that one is named: the day at midnight, the year in January. */
function tickLabel(unit: Unit, at: number, timezone: string): string {
  const date = new TZDate(at * 1000, timezone);
  if (unit === 'year' || (unit === 'month' && date.getMonth() === 0)) return String(date.getFullYear());
  if (unit === 'month') return format(at, timezone, { month: 'short' });
  if (unit === 'day' || date.getHours() === 0) return format(at, timezone, { day: 'numeric', month: 'short' });
  return `${String(date.getHours()).padStart(2, '0')}:00`;
}

/** en-US, because en-GB has a "Sept" of four letters. */
function format(at: number, timeZone: string, fields: Intl.DateTimeFormatOptions): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, ...fields }).formatToParts(at * 1000);
  const text = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? '';
  return [text('day'), text('month'), text('year')].filter((part) => part !== '').join(' ');
}

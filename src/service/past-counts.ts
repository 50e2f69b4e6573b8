/**
 * What was counted at each full hour, kept for years: who was active is not in it, only how many. In memory it is what the index
 * holds, a short text per host and day.
 */
import { WINDOWS, type Sample } from '../activity/active-window.ts';
import { HOURS, packDay, unpackDay, type DayColumns } from '../index/packed-day.ts';

const HOUR = 3600;
const DAY = 86_400;
/** Of the key: days up to the year 4707, in the order of time. */
const DAY_DIGITS = 6;

/** Keeps a change, to be written; undefined deletes. */
export type Keep = (key: string, packed: string | undefined) => void;

export class PastCounts {
  readonly #days = new Map<number, Map<string, string>>();
  readonly #keep: Keep;

  constructor(keep: Keep = () => {}) {
    this.#keep = keep;
  }

  /** What the index, or a daemon, has of one host and day. */
  restore(key: string, packed: string): void {
    const [day, host] = [Number(key.slice(0, DAY_DIGITS)), key.slice(DAY_DIGITS + 1)];
    const ofDay = this.#days.get(day) ?? new Map<string, string>();
    this.#days.set(day, ofDay.set(host, packed));
  }

  /** By key. */
  *all(): Iterable<readonly [key: string, packed: string]> {
    for (const [day, hosts] of this.#days) for (const [host, packed] of hosts) yield [keyOf(day, host), packed];
  }

  /** The same, of the days with any second from `from` to `to`, unix seconds. */
  *daysBetween(from: number, to: number): Iterable<readonly [key: string, packed: string]> {
    for (const [day, hosts] of this.#days)
      if ((day + 1) * DAY > from && day * DAY <= to)
        for (const [host, packed] of hosts) yield [keyOf(day, host), packed];
  }

  /** Samples that were taken at a full hour take the place of what was known of it. */
  note(samples: readonly Sample[]): void {
    this.#put(samples, () => true);
  }

  /**
   * Those of them that tell more than what is known of their hour: where nothing is, or less of the windows was covered. Gives
   * how many did.
   */
  fill(samples: readonly Sample[]): number {
    return this.#put(samples, (sample, known) => known === undefined || sumOf(sample.covered) > sumOf(known.covered));
  }

  /** The samples of a full hour, by host; none where nothing is known of it. */
  at(instant: number): readonly Sample[] {
    return [...(this.#days.get(dayOf(instant)) ?? [])].flatMap(([host, packed]) => {
      const sample = sampleOf(unpackDay(packed), host, instant);
      return sample ? [sample] : [];
    });
  }

  /** All samples from `from` to `to`, unix seconds: those of an hour together, in the order of time. */
  *between(from: number, to: number): Iterable<readonly Sample[]> {
    for (const day of [...this.#days.keys()].toSorted((a, b) => a - b)) {
      if ((day + 1) * DAY <= from || day * DAY > to) continue;
      const hosts = [...(this.#days.get(day) ?? [])].map(([host, packed]) => [host, unpackDay(packed)] as const);
      for (let at = day * DAY; at < (day + 1) * DAY; at += HOUR) {
        const samples = at < from || at > to ? [] : hosts.map(([host, columns]) => sampleOf(columns, host, at));
        const known = samples.filter((sample) => sample !== undefined);
        if (known.length > 0) yield known;
      }
    }
  }

  /** Drops the days that were over before `second`. */
  dropBefore(second: number): void {
    for (const [day, hosts] of this.#days) {
      if ((day + 1) * DAY > second) continue;
      for (const host of hosts.keys()) this.#keep(keyOf(day, host), undefined);
      this.#days.delete(day);
    }
  }

  #put(samples: readonly Sample[], isWanted: (sample: Sample, known: Sample | undefined) => boolean): number {
    const changed = new Map<string, DayColumns>();
    let put = 0;
    for (const sample of samples) {
      const day = dayOf(sample.at);
      const key = keyOf(day, sample.host);
      const columns = changed.get(key) ?? unpackDay(this.#days.get(day)?.get(sample.host) ?? '');
      if (!isWanted(sample, sampleOf(columns, sample.host, sample.at))) continue;
      for (const [name, value] of columnsOf(sample)) setHour(columns, name, hourOf(sample.at), value);
      changed.set(key, columns);
      put++;
    }
    for (const [key, columns] of changed) {
      const packed = packDay(columns);
      this.restore(key, packed);
      this.#keep(key, packed);
    }
    return put;
  }
}

const dayOf = (instant: number): number => Math.floor(instant / DAY);
const hourOf = (instant: number): number => Math.floor((instant - dayOf(instant) * DAY) / HOUR);
const keyOf = (day: number, host: string): string => `${String(day).padStart(DAY_DIGITS, '0')} ${host}`;
export const isDayKey = (key: string): boolean => new RegExp(`^\\d{${DAY_DIGITS}} .`, 's').test(key);
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** What is not covered of a window is mostly nothing, and then it has no column. */
const missingOf = (days: number): string => `d${days}-missing`;

/** Seconds; the half year only where it is counted. */
const windowsWith = (d180: number | undefined): readonly number[] =>
  d180 === undefined ? WINDOWS : [...WINDOWS, 180 * DAY];

function columnsOf({
  online,
  d1,
  d7,
  d30,
  d180,
  covered,
}: Sample): readonly (readonly [name: string, value: number])[] {
  const missing = windowsWith(d180).map(
    (window, i) => [missingOf(window / DAY), Math.max(0, Math.round(window - (covered[i] ?? 0)))] as const,
  );
  return [
    ['online', online],
    ['d1', d1],
    ['d7', d7],
    ['d30', d30],
    ...(d180 === undefined ? [] : [['d180', d180] as const]),
    ...missing,
  ];
}

function setHour(columns: DayColumns, name: string, hour: number, value: number): void {
  const isImplied = value === 0 && name.endsWith('-missing');
  const values = columns.get(name);
  if (!values && isImplied) return;
  const all = Array.from({ length: HOURS }, (_, i) => (i === hour ? value : values?.[i]));
  columns.set(name, all.slice(0, all.findLastIndex((each) => each !== undefined) + 1));
}

function sampleOf(columns: DayColumns, host: string, at: number): Sample | undefined {
  const of = (name: string): number | undefined => {
    const value = columns.get(name)?.[hourOf(at)];
    return value === undefined || value < 0 || !Number.isSafeInteger(value) ? undefined : value;
  };
  const [online, d1, d7, d30] = [of('online'), of('d1'), of('d7'), of('d30')];
  if (online === undefined || d1 === undefined || d7 === undefined || d30 === undefined) return undefined;
  const d180 = of('d180');
  const covered = windowsWith(d180).map((window) => window - (of(missingOf(window / DAY)) ?? 0));
  return { at, host, online, d1, d7, d30, ...(d180 !== undefined && { d180 }), covered };
}

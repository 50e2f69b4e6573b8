/**
 * The counts of one host on one day, hour by hour, as one short text: columns with names, so that a window more or less changes
 * nothing of what is there. `online AwEAAg d1 ...`: each column is base64 of a number per hour, the difference to the known one
 * before it, as a varint; 0 stands for an hour of which nothing is known.
 */

/** Of the UTC day; undefined where nothing is known. Counts are whole numbers from 0 to 2^31. */
export type DayColumns = Map<string, (number | undefined)[]>;

export const HOURS = 24;

export function packDay(columns: DayColumns): string {
  return [...columns].map(([name, values]) => `${name} ${packColumn(values)}`).join(' ');
}

/** @throws nothing: what is no number is not known. */
export function unpackDay(text: string): DayColumns {
  const parts = text === '' ? [] : text.split(' ');
  const columns: DayColumns = new Map();
  for (let i = 0; i + 1 < parts.length; i += 2) columns.set(parts[i]!, unpackColumn(parts[i + 1]!));
  return columns;
}

function packColumn(values: readonly (number | undefined)[]): string {
  const bytes: number[] = [];
  let before = 0;
  for (const value of values.slice(0, HOURS)) {
    putVarint(bytes, value === undefined ? 0 : zigzag(value - before) + 1);
    before = value ?? before;
  }
  return Buffer.from(bytes).toString('base64url');
}

function unpackColumn(text: string): (number | undefined)[] {
  const bytes = Buffer.from(text, 'base64url');
  const values: (number | undefined)[] = [];
  let before = 0;
  for (let at = 0; at < bytes.length && values.length < HOURS;) {
    let [number, scale] = [0, 1];
    do {
      number += (bytes[at]! & 127) * scale;
      scale *= 128;
    } while (bytes[at++]! & 128 && at < bytes.length);
    if (number > 0) before += unzigzag(number - 1);
    values.push(number > 0 ? before : undefined);
  }
  return values;
}

function putVarint(bytes: number[], number: number): void {
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}

const zigzag = (difference: number): number => (difference < 0 ? -2 * difference - 1 : 2 * difference);
const unzigzag = (number: number): number => (number % 2 === 1 ? -(number + 1) / 2 : number / 2);

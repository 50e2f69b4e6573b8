/** Samples as text: for programs (CSV, JSON) and for a reader's eye (a plain table). Hosts are in the order of their bytes. */
import { TZDate } from '@date-fns/tz';
import type { Sample } from '../activity/active-window.ts';
import { countOf, isCovered, WINDOW_NAMES, windows, windowsOf, type Window } from './metric-name.ts';
import { hostLabel, totalOf } from './total.ts';

/** Header of CSV. `coverage`: also how many seconds of each window the logs cover. `counted`: their days. */
export function csvHeader({ coverage = false }: CsvLook = {}, counted: readonly number[] = windows): string {
  const names = counted.map((window) => `d${window}`);
  return `${['time', 'host', ...names, ...(coverage ? names.map((name) => `${name}_covered`) : [])].join(',')}\n`;
}

export interface CsvLook {
  /** IANA name: times are in ISO 8601 with the offset of this zone. Without it they are unix seconds. */
  readonly timezone?: string;
  /** Also the seconds of each window that the logs cover. */
  readonly coverage?: boolean;
}

/** One line of CSV, with its newline. A host is quoted only if it holds a comma, a quote or a line end. */
export function csvLine(sample: Sample, { timezone, coverage = false }: CsvLook = {}): string {
  const time = timezone === undefined ? sample.at : isoTime(sample.at, timezone);
  const counts = windowsOf(sample).map((window) => countOf(sample, window));
  return `${time},${csvField(sample.host)},${[...counts, ...(coverage ? sample.covered : [])].join(',')}\n`;
}

type Counts = Pick<Sample, 'd1' | 'd7' | 'd30' | 'd180'>;

/** All hosts at one instant; what `count --json` prints. */
export interface CountObject {
  readonly time: number;
  readonly hosts: Readonly<Record<string, Counts>>;
  /** Seconds of each window that the logs cover; where that is less than the window, its counts are lower bounds. */
  readonly covered?: Counts;
}

/** The samples of one instant as an object. `time` is unix seconds; no samples give no hosts. */
export function countObject(time: number, samples: readonly Sample[]): CountObject {
  const sorted = samples.toSorted((a, b) => compareText(a.host, b.host));
  // fromEntries defines properties, so that a host named __proto__ is a host like any other.
  const hosts = Object.fromEntries(sorted.map((sample) => [sample.host, countsOf(sample)]));
  const [d1 = 0, d7 = 0, d30 = 0, d180] = samples[0]?.covered ?? [];
  return { time, hosts, ...(samples.length > 0 && { covered: countsOf({ d1, d7, d30, d180 }) }) };
}

function countsOf({ d1, d7, d30, d180 }: Omit<Counts, 'd180'> & { readonly d180?: number | undefined }): Counts {
  return { d1, d7, d30, ...(d180 !== undefined && { d180 }) };
}

/** History as JSON: one line for the samples of one instant, of the form that `count --json` prints. */
export function jsonLine(samples: readonly Sample[]): string {
  const time = samples[0]?.at;
  return time === undefined ? '' : `${JSON.stringify(countObject(time, samples))}\n`;
}

/** A table of one instant: a line per host, numbers aligned, and below several hosts one for all together. `atLeast` stands before lower bounds. */
export function countTable(samples: readonly Sample[], atLeast: string): string {
  const counted = windowsOf(samples[0] ?? {});
  const header = ['host', ...counted.map((window) => WINDOW_NAMES[window])];
  const total = samples.length > 1 ? totalOf(samples) : undefined;
  const rows = [...samples.toSorted((a, b) => compareText(a.host, b.host)), ...(total ? [total] : [])].map((sample) => [
    printable(hostLabel(sample.host)),
    ...counted.map((window) => figure(sample, window, atLeast)),
  ]);
  return alignedTable([header, ...rows]);
}

/** Columns of text, the first one to the left and the others to the right. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${alignedRow(row, widths)}\n`).join('');
}

/** A host and its counts, as they are or were. */
type Counted = Pick<Sample, 'host' | 'd1' | 'd7' | 'd30' | 'd180'> & Partial<Pick<Sample, 'covered'>>;

/** The same in one line, as counted at `at`, unix seconds, of at most `most` hosts: those with the most users. */
export function countLine(samples: readonly Counted[], at: number, most: number): string {
  const all = samples.map((sample) => ({ at: 0, covered: [], online: 0, ...sample }));
  const sorted = all.toSorted((a, b) => b.d30 - a.d30 || compareText(a.host, b.host));
  const total = sorted.length > 1 ? totalOf(all) : undefined;
  const shown = [...(total ? [total] : []), ...sorted.slice(0, most)];
  const counted = windowsOf(all[0] ?? {});
  const words = shown.map(
    (sample) =>
      `${printable(hostLabel(sample.host))} ${counted.map((window) => figure(sample, window, '>=')).join(' ')}`,
  );
  const left = sorted.length - Math.min(sorted.length, most);
  const counts = [...words, ...(left > 0 ? [`${left} more`] : [])].join(', ') || 'none';
  const days = `${counted.slice(0, -1).join(', ')} and ${counted.at(-1)}`;
  return `users of ${days} days at ${new Date(at * 1000).toISOString().slice(0, 16)}Z: ${counts}`;
}

/** Characters that could steer a terminal, or turn the order of what it shows. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;

function figure(sample: Sample, window: Window, atLeast: string): string {
  return `${isCovered(sample, window) ? '' : atLeast}${countOf(sample, window)}`;
}

/** Text from a log on its way to a terminal: control characters are shown as `?`. */
export function printable(text: string): string {
  return text.replace(STEERING, '?');
}

/** The same where it matters which they are: `\x1b`, `\u202e`. */
export function escaped(text: string): string {
  return text.replace(STEERING, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code > 0xffff) return `\\u{${digits}}`;
    return code > 0xff ? `\\u${digits.padStart(4, '0')}` : `\\x${digits.padStart(2, '0')}`;
  });
}

function alignedRow(row: readonly string[], widths: readonly number[]): string {
  return row.map((cell, column) => align(cell, widths[column] ?? 0, column)).join('  ');
}

function align(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** `2026-03-02T02:00:00+01:00`, and `Z` for an offset of nothing. */
function isoTime(at: number, timezone: string): string {
  return new TZDate(at * 1000, timezone).toISOString().replace('.000', '').replace('+00:00', 'Z');
}

export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Not localeCompare: the order must not depend on the machine's language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

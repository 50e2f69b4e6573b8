/**
 * What rotation and compression add to the name of a log, in one grammar, read in both directions: which log a file is of
 * when only its name is known, and what a file is to a log whose name is known. A name only orders and prefers; what a file
 * is, its content tells.
 */
import { basename, dirname, join, parse } from 'node:path';

/** What is added to the name of a log. */
interface Added {
  /** `time`: only the time of its last change tells the order. */
  readonly by: 'count' | 'date' | 'time';
  /** What is greater is newer, of those with a count or with a date. */
  readonly order: readonly [number, number];
  /** The date in the name, as unix seconds of its noon in UTC, where it is a whole one. */
  readonly date?: number;
}

/** How a file came to be, by its name. */
export interface Rotation extends Added {
  readonly compressed: boolean;
}

/** With the live path: the name without what rotation and compression have added. Of the live file only that. */
export interface RotatedName extends Partial<Added> {
  readonly log: string;
}

/** Also such as cannot be read: then it is said. */
const COMPRESSED = /\.(?:gz|xz|zst|zstd|bz2|z|lz4|br|zip)$/i;
const COUNT = String.raw`\.(?<count>\d{1,5})`;
/** `-20260101`, `.2026-01-01_01-02-03`, `-202601` (a month or a week), `-2026010100`, and seconds since 1970. */
const DATE = String.raw`[-._](?:(?<year>(?:19|20)\d\d)(?<more>(?:[-_.T:]?\d+)*)|(?<epoch>1\d{9}))`;
/** `-01-02-2026`: which is the day, nobody knows. */
const DAY_FIRST = String.raw`[-._]\d\d[-._]?\d\d[-._]?(?:19|20)\d\d`;
/** logrotate puts `.backup` behind the date when a server has made its log before logrotate could. */
const WORD = String.raw`[-._](?:old|bak|backup)`;
const ADDED = `(?:${WORD})?(?:${COUNT}|${DATE}|${DAY_FIRST})(?:${WORD})?|${WORD}`;
const IS_ADDED = new RegExp(`^(?:${ADDED})$`);
const BEHIND = new RegExp(`^(?<live>.+?)(?<added>${ADDED})$`);
const BEFORE = /^(?<date>\d[-\d_.T:]*)[-_.](?<live>.+)$/;

/** How `name` came to be, if it is a rotated file of the log called `live`. */
export function rotationOf(live: string, name: string): Rotation | undefined {
  if (name === live || !name.includes(stemOf(live))) return undefined;
  const plain = name.replace(COMPRESSED, '');
  // guard: F10
  const compressed = plain !== name;
  if (plain === live) return { by: 'time', order: [0, 0], compressed };
  const added = addedTo(live, plain);
  const found = added === undefined ? undefined : readAdded(added);
  // guard: F17
  return found && { ...found, compressed };
}

/** Whether a file may be meant to be of the log: all of the log's name is in its own, with something before or behind it. */
export function isAkin(live: string, name: string): boolean {
  return name !== live && (name.startsWith(live) || /[-_.]/.test(name.charAt(name.indexOf(live) - 1)));
}

/** The name of what a file was compressed from; its own if it is not compressed. */
export function uncompressedName(path: string): string {
  return path.replace(COMPRESSED, '');
}

export function rotatedName(path: string): RotatedName {
  const name = basename(path).replace(COMPRESSED, '');
  const { log = name, added = '' } = splitName(name) ?? {};
  return { log: join(dirname(path), log), ...readAdded(added) };
}

const CUSTOMS = ['count', 'date', 'time'];

/** Newest first: the live file, then the dates downwards or the numbers upwards. */
export function byAge(a: RotatedName, b: RotatedName): number {
  const rankOf = ({ by = 'time' }: RotatedName): number => CUSTOMS.indexOf(by);
  return rankOf(b) - rankOf(a) || byOrder(b, a);
}

/** Of names of one custom, the oldest first. */
export function byOrder(
  { order: [a, b] = [0, 0] }: Partial<Added>,
  { order: [c, d] = [0, 0] }: Partial<Added>,
): number {
  return a - c || b - d;
}

/** What stands behind, in, or before the name of the log, as if it stood behind. */
function addedTo(live: string, name: string): string | undefined {
  if (name.length > live.length && name.startsWith(live)) return name.slice(live.length);
  if (name.length > live.length && name.endsWith(live)) return asBehind(name.slice(0, -live.length));
  const { name: stem, ext } = parse(live);
  if (ext === '' || name.length <= live.length || !name.startsWith(stem) || !name.endsWith(ext)) return undefined;
  return name.slice(stem.length, -ext.length);
}

/** What is in the name of every file of the log. */
export const stemOf = (live: string): string => parse(live).name;

/** `20260101-` as `-20260101`. */
const asBehind = (before: string): string => `${before.slice(-1)}${before.slice(0, -1)}`;

function splitName(name: string): { readonly log: string; readonly added: string } | undefined {
  const { name: stem, ext } = parse(name);
  const before = BEFORE.exec(name)?.groups;
  // `x.log-20251123`; `x-20251123.log`, which logrotate's `extension` makes; `20251123-x.log`.
  return (
    splitBehind(name, '') ??
    (ext === '' ? undefined : splitBehind(stem, ext)) ??
    (before && readAdded(`-${before['date']}`) ? { log: `${before['live']}`, added: `-${before['date']}` } : undefined)
  );
}

function splitBehind(stem: string, ext: string): { readonly log: string; readonly added: string } | undefined {
  const { live, added } = BEHIND.exec(stem)?.groups ?? {};
  return live !== undefined && added !== undefined && readAdded(added) ? { log: `${live}${ext}`, added } : undefined;
}

function readAdded(added: string): Added | undefined {
  const groups = IS_ADDED.exec(added)?.groups;
  if (!groups) return undefined;
  const { count, year, more = '', epoch } = groups;
  if (count !== undefined) return { by: 'count', order: [0 - Number(count), 0] };
  if (epoch !== undefined) return { by: 'date', order: [0, Number(epoch)] };
  if (year === undefined) return { by: 'time', order: [0, 0] };
  return readDate(`${year}${more.replaceAll(/\D/g, '')}`);
}

/** Of a year and what follows it: month and day, or a month or a week alone, and the time of day or a counter. */
function readDate(digits: string): Added | undefined {
  const [day, rest] = [digits.slice(0, 8), Number(digits.slice(8))];
  const order = [Number(day.padEnd(8, '0')), rest] as const;
  if (day.length < 8) return Number(day.slice(4, 6)) > 53 ? undefined : { by: 'date', order };
  const [year, month, date] = [day.slice(0, 4), day.slice(4, 6), day.slice(6)].map(Number);
  if (year === undefined || !isIn(month, 1, 12) || !isIn(date, 1, 31)) return undefined;
  return { by: 'date', order, date: Date.UTC(year, month - 1, date, 12) / 1000 };
}

const isIn = (n: number | undefined, from: number, to: number): n is number => n !== undefined && n >= from && n <= to;

/** What the name of a file says about its place in a series of rotated files, and which live log the series is of. */
import { basename, dirname, join, parse } from 'node:path';

export interface RotatedName {
  /** The live path: the name without what rotation and compression have added. */
  readonly log: string;
  /** logrotate's number; a greater one is older. Undefined for the live file and for names with a date. */
  readonly count?: number;
  /** The date in the name, as unix seconds of its noon in UTC. */
  readonly date?: number;
  /** Orders names of the same date. */
  readonly rest?: number;
}

const COMPRESSED = /\.(?:gz|xz|zst|zstd|bz2)$/i;
/** Of logrotate, where a server has made its log before logrotate could. */
const BACKUP = /\.backup$/;
const COUNT = /^(?<live>.+)\.(?<count>\d{1,5})$/;
const DATE = /^(?<live>.+?)[-._](?<year>[12]\d{3})-?(?<month>\d\d)-?(?<day>\d\d)(?<rest>(?:[-_.T:]?\d+)*)$/;

export function rotatedName(path: string): RotatedName {
  const directory = dirname(path);
  const name = basename(path).replace(COMPRESSED, '').replace(BACKUP, '');
  const { name: stem, ext } = parse(name);
  // `x.log-20251123`, and `x-20251123.log`, which logrotate's `extension` makes.
  const found = named(name, '') ?? (ext === '' ? undefined : named(stem, ext));
  return { ...found, log: join(directory, found?.log ?? name) };
}

function named(name: string, extension: string): RotatedName | undefined {
  const date = DATE.exec(name)?.groups;
  const at = date && Date.UTC(Number(date['year']), Number(date['month']) - 1, Number(date['day']), 12) / 1000;
  if (date && Number(date['month']) <= 12 && Number(date['day']) <= 31 && at !== undefined)
    return { log: `${date['live']}${extension}`, date: at, rest: Number(date['rest']?.replaceAll(/\D/g, '')) };
  const count = extension === '' ? COUNT.exec(name)?.groups : undefined;
  return count && { log: `${count['live']}`, count: Number(count['count']) };
}

/** Newest first: the live file, then the numbers upwards or the dates downwards. */
export function byAge(a: RotatedName, b: RotatedName): number {
  return (
    (a.count ?? -1) - (b.count ?? -1) || (b.date ?? Infinity) - (a.date ?? Infinity) || (b.rest ?? 0) - (a.rest ?? 0)
  );
}

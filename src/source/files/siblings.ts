/**
 * The rotated siblings of a log: which names beside it are earlier pieces of it, and in what order they were written.
 *
 * `x.log` becomes `x.log.1` (logrotate), `x.log-2024013117.backup` (logrotate, which found one where it wanted to make it), `x.log.0` (ejabberd, savelog), `x.log-20240131` or `x.log-20240131-1706659200`
 * (dateext), `x-20240131.log` (dateext with `extension`), each perhaps compressed. `x.log.err` or `x.log-errors` is
 * another log.
 */
import { readdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import { inodeOf, type FileStat, type Position } from '../follow/position.ts';

export interface Rotation {
  /** `count`: 1 is newer than 2. `date`: what is greater is newer. */
  readonly by: 'count' | 'date';
  readonly order: readonly [number, number];
  readonly compressed: boolean;
}

export interface Sibling extends FileStat {
  readonly rotation: Rotation;
}

/** A compressed file that breaks off is still being written if it has changed within this time. */
const BEING_WRITTEN_MS = 60_000;

const ATTEMPTS = 5;
const COUNT = /^[.](\d{1,5})$/;
const DATE = /^[.-](\d{4})-?(\d\d)-?(\d\d)((?:[-_.T:]?\d+)*)$/;
const COMPRESSED = /[.](?:gz|xz|zst|bz2)$/;
/** logrotate puts this behind the day and hour when a server has made its log before logrotate could: `createOutputFile`. */
const BACKUP = /[.]backup$/;

/** How `name` came to be, if it is a rotated piece of the log called `live`. */
export function rotationOf(live: string, name: string): Rotation | undefined {
  const plain = name.replace(COMPRESSED, '');
  const compressed = plain !== name;
  const suffix = suffixOf(live, plain.replace(BACKUP, ''));
  const count = suffix === undefined ? null : COUNT.exec(suffix);
  if (count !== null) return { by: 'count', order: [Number(count[1]), 0], compressed };
  const date = suffix === undefined ? null : DATE.exec(suffix);
  if (date === null) return undefined;
  const [, year, month, day, rest = ''] = date;
  return { by: 'date', order: [Number(`${year}${month}${day}`), Number(rest.replaceAll(/\D/g, ''))], compressed };
}

function suffixOf(live: string, name: string): string | undefined {
  if (name.length > live.length && name.startsWith(live)) return name.slice(live.length);
  const { name: stem, ext } = parse(live);
  if (ext === '' || !name.startsWith(stem) || !name.endsWith(ext)) return undefined;
  return name.slice(stem.length, -ext.length);
}

/** The directories in which pieces of a log may be: its own, and that of the file it is a link to. */
export function homesOf(path: string): string[] {
  try {
    return [...new Set([path, realpathSync(path)])];
  } catch {
    return [path];
  }
}

export interface Listing {
  /** Oldest first. */
  readonly siblings: readonly Sibling[];
  /** Whether two listings agreed; if not, a file may be missing, or its name may be an earlier one. */
  readonly stable: boolean;
}

/**
 * The rotated siblings of the given paths. Names are listed while a rotation may be renaming them, so they are listed
 * until two listings agree, but not for ever.
 * @throws the error of a directory that cannot be listed
 */
export function listSiblings(paths: readonly string[]): Listing {
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const found = paths.flatMap(listOnce);
    const now = found.map(({ path, dev, ino }) => `${path} ${dev} ${ino}`).join('\n');
    const stable = now === before;
    if (stable || attempt === ATTEMPTS) return { siblings: inOrder(withoutRepeats(found)), stable };
    before = now;
  }
}

/** The rotated siblings of a live log, oldest first; none when its directory cannot be listed. */
export function rotatedFiles(live: string): readonly Sibling[] {
  try {
    return listSiblings(homesOf(live)).siblings;
  } catch {
    return [];
  }
}

function listOnce(live: string): Sibling[] {
  const directory = dirname(live);
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const rotation = rotationOf(basename(live), name);
      const path = join(directory, name);
      const file = rotation && fileAt(path);
      return rotation && file ? [{ ...file, rotation }] : [];
    });
}

/** The regular files of a directory; none when it cannot be listed. */
export function filesIn(directory: string): FileStat[] {
  try {
    return readdirSync(directory).flatMap((name) => fileAt(join(directory, name)) ?? []);
  } catch {
    return [];
  }
}

/** The regular file at a path, if there is one and it can be looked at. */
export function fileAt(path: string): FileStat | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() ? statOf(path, stats) : undefined;
  } catch {
    return undefined;
  }
}

export function statOf(path: string, { dev, ino, size, mtimeMs }: Stats): FileStat {
  return { path, dev, ino, size, mtimeMs };
}

/** Both paths of a linked log can lead to the same files. */
function withoutRepeats(siblings: readonly Sibling[]): Sibling[] {
  return [...new Map(siblings.map((sibling) => [inodeOf(sibling), sibling])).values()];
}

/** By what the names say; where they follow different customs, by the time of the last change. */
function inOrder(siblings: Sibling[]): Sibling[] {
  const customs = new Set(siblings.map(({ rotation }) => rotation.by));
  return siblings.sort((a, b) => (customs.size > 1 ? 0 : byName(a.rotation, b.rotation)) || byTime(a, b));
}

function byName(a: Rotation, b: Rotation): number {
  const [older, newer] = a.by === 'count' ? [b, a] : [a, b];
  return older.order[0] - newer.order[0] || older.order[1] - newer.order[1];
}

/** Of a plain and a compressed file of the same time the plain one comes first: it is whole. */
function byTime(a: Sibling, b: Sibling): number {
  return a.mtimeMs - b.mtimeMs || Number(a.rotation.compressed) - Number(b.rotation.compressed);
}

/** A clock may have been set back since. */
export function isBeingWritten({ mtimeMs }: FileStat, now: number): boolean {
  return Math.abs(now - mtimeMs) < BEING_WRITTEN_MS;
}

/**
 * Whether the file is being compressed: what it is compressed from is still there, and whole. Of an older one the names tell
 * nothing: who stops to compress has an `x.log.1.gz` beside the next `x.log.1`.
 */
export function isHalf(sibling: Sibling, siblings: readonly Sibling[], now: number): boolean {
  const { compressed, by, order } = sibling.rotation;
  if (!compressed || !isBeingWritten(sibling, now)) return false;
  const from = ({ rotation: other }: Sibling) =>
    !other.compressed && other.by === by && other.order[0] === order[0] && other.order[1] === order[1];
  return siblings.some(from);
}

const UNROTATED: Rotation = { by: 'count', order: [-1, 0], compressed: false };

/**
 * Files that hold something of ours, and have no name that we would look for: a log that is a link was pointed elsewhere while
 * we were away, or the log was moved (`x.log.old`). They are looked for where they were; what was read last, also by its inode,
 * but only when it is none of `found`: to look at a whole directory takes time, and files are rotated meanwhile.
 */
export function straysOf(positions: readonly Position[], found: readonly FileStat[]): Sibling[] {
  const open = positions.flatMap(({ done, file, readAt }) => (done === true || !file ? [] : [{ file, readAt }]));
  const readLast = Math.max(...open.map(({ readAt }) => readAt));
  const isFound = new Set(found.map(inodeOf));
  const missing = open.filter(({ file, readAt }) => readAt === readLast && !isFound.has(inodeOf(file)));
  const inodes = new Set(missing.map(({ file }) => inodeOf(file)));
  const elsewhere = [...new Set(missing.map(({ file }) => dirname(file.path)))].flatMap(filesIn);
  const strays = [
    ...[...new Set(open.map(({ file }) => file.path))].flatMap((path) => fileAt(path) ?? []),
    ...elsewhere.filter((file) => inodes.has(inodeOf(file))),
  ].filter((file) => !isFound.has(inodeOf(file)));
  return [...new Map(strays.map((file) => [inodeOf(file), { ...file, rotation: UNROTATED }])).values()];
}

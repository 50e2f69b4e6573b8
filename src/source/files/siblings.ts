/**
 * The files in which lines of a log may be: those beside it and beside the file that it is a link to, those of a directory that
 * they are moved to (`olddir`), and those that the configuration names. In what order they were written, their names tell.
 */
import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileAt, filesIn, inodeOf, namesIn, type FileStat } from './file-stat.ts';
import { filesLike } from './glob.ts';
import { byOrder, isAkin, rotationOf, stemOf, uncompressedName, type Rotation } from './rotated-name.ts';

export interface Sibling extends FileStat {
  readonly rotation: Rotation;
}

/** A compressed file that breaks off is still being written if it has changed within this time. */
// guard: F21
const BEING_WRITTEN_MS = 60_000;

const ATTEMPTS = 5;
const BY_TIME: Rotation = { by: 'time', order: [0, 0], compressed: false };

/** The live path, and that of the file that it is a link to: their directories are where rotated files are first of all. */
export function homesOf(path: string): string[] {
  try {
    // guard: F16
    return [...new Set([path, realpathSync(path)])];
  } catch {
    return [path];
  }
}

/** Where the rotated files of a log may be, beside its homes. */
export interface Places {
  /** Directories to which some were moved before. */
  readonly directories?: readonly string[];
  /** Globs of the configuration. */
  readonly rotated?: readonly string[];
}

export interface Listing {
  /** Oldest first. */
  readonly siblings: readonly Sibling[];
  /** Files beside the log whose names begin like its own, and are none that rotation makes. */
  readonly others: readonly FileStat[];
  /** Whether two listings agreed; if not, a file may be missing, or its name may be an earlier one. */
  readonly stable: boolean;
}

/**
 * The rotated files of the log at `path`. Names are listed while a rotation may be renaming them, so they are listed until two
 * listings agree, but not for ever.
 * @throws the error of a directory of the log that cannot be listed
 */
export function listSiblings(path: string, places: Places = {}): Listing {
  const homes = homesOf(path);
  const own = new Set(homes.map((home) => dirname(home)));
  const elsewhere = (places.directories ?? []).filter((directory) => !own.has(directory));
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const found = [
      ...homes.flatMap((home) => listed(home, dirname(home), readdirSync(dirname(home)))),
      ...homes.flatMap((home) => elsewhere.flatMap((directory) => listThere(home, directory))),
      ...(places.rotated ?? []).flatMap((glob) => listLike(glob, homes)),
    ];
    const now = found.map(({ path: each, dev, ino }) => `${each} ${dev} ${ino}`).join('\n');
    const stable = now === before;
    if (stable || attempt === ATTEMPTS) return { ...sorted(found), stable };
    before = now;
  }
}

/** As `listSiblings`; nothing when its directory cannot be listed. */
export function rotatedFiles(path: string, { rotated = [] }: Places = {}): Listing {
  try {
    return listSiblings(path, { directories: oldDirectories(path), rotated });
  } catch {
    return { siblings: [], others: [], stable: false };
  }
}

interface Listed extends FileStat {
  /** Undefined if the name says nothing. */
  readonly rotation: Rotation | undefined;
}

const isSibling = (each: Listed): each is Sibling => each.rotation !== undefined;

function listed(live: string, directory: string, names: readonly string[]): Listed[] {
  const name = basename(live);
  const stem = stemOf(name);
  // There may be many logs in one directory.
  const akin = names.filter((each) => each.includes(stem)).toSorted();
  return akin.flatMap((each) => {
    const rotation = rotationOf(name, each);
    const file = rotation || isAkin(name, each) ? fileAt(join(directory, each)) : undefined;
    return file ? [{ ...file, rotation }] : [];
  });
}

/** In another directory than that of the log only what rotation names. */
const listThere = (live: string, directory: string): Listed[] =>
  listed(live, directory, namesIn(directory)).filter(isSibling);

function listLike(glob: string, homes: readonly string[]): Listed[] {
  return filesLike(glob).flatMap((path) => {
    const file = homes.includes(path) ? undefined : fileAt(path);
    const [rotation = BY_TIME] = homes.flatMap((home) => rotationOf(basename(home), basename(path)) ?? []);
    return file ? [{ ...file, rotation }] : [];
  });
}

/**
 * The directory below that of the log to which its rotated files are moved, on whatever file system. One in which there is a
 * log of the same name belongs to that; and of several nobody knows which it is.
 */
export function oldDirectories(path: string): string[] {
  return homesOf(path).flatMap(oldDirectory);
}

function oldDirectory(live: string): string[] {
  const name = basename(live);
  const isOld = (directory: string): boolean => {
    const names = namesIn(directory);
    return !names.includes(name) && names.some((each) => rotationOf(name, each) !== undefined);
  };
  const found = directoriesIn(dirname(live)).filter(isOld);
  return found.length === 1 ? found : [];
}

function directoriesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => join(directory, entry.name));
  } catch {
    return [];
  }
}

/** Both paths of a linked log can lead to the same files; a name that says something counts more than one that does not. */
function sorted(found: readonly Listed[]): Pick<Listing, 'siblings' | 'others'> {
  const known = new Map<string, Listed>();
  for (const each of found) if (!known.get(inodeOf(each))?.rotation) known.set(inodeOf(each), each);
  const all = [...known.values()];
  return { siblings: inOrder(all.filter(isSibling)), others: all.filter((each) => !isSibling(each)) };
}

/** By what the names say; where they follow different customs, by the time of the last change. */
function inOrder(siblings: Sibling[]): Sibling[] {
  const customs = new Set(siblings.map(({ rotation }) => rotation.by));
  return siblings.sort((a, b) => (customs.size > 1 ? 0 : byOrder(a.rotation, b.rotation)) || byTime(a, b));
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
  if (!sibling.rotation.compressed || !isBeingWritten(sibling, now)) return false;
  const from = uncompressedName(sibling.path);
  return siblings.some(({ path }) => path === from);
}

/**
 * Files that may be `missing`, segments that were not read to their end, and that have no name that we would look for: a log
 * that is a link was pointed elsewhere while we were away, or the log was moved or copied (`x.log.before-upgrade`). They are
 * looked for where they were, by their inodes, and among the `others` beside the log; but only when they are missing: to look at
 * a whole directory takes time, and files are rotated meanwhile.
 */
export function movedOf(
  missing: readonly FileStat[],
  found: readonly FileStat[],
  others: readonly FileStat[],
): Sibling[] {
  if (missing.length === 0) return [];
  const isFound = new Set(found.map(inodeOf));
  const inodes = new Set(missing.map(inodeOf));
  const elsewhere = [...new Set(missing.map(({ path }) => dirname(path)))].flatMap(filesIn);
  const moved = [
    ...missing.flatMap(({ path }) => fileAt(path) ?? []),
    ...elsewhere.filter((file) => inodes.has(inodeOf(file))),
    ...others,
  ].filter((file) => !isFound.has(inodeOf(file)));
  return [...new Map(moved.map((file) => [inodeOf(file), { ...file, rotation: BY_TIME }])).values()];
}

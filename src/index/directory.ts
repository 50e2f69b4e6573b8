/**
 * The directory that holds the index: is it ours, is it whole, and moving it out of the way.
 *
 * LevelDB would make itself at home in any directory, start afresh when its CURRENT file is lost, and forget the end of
 * its write-ahead log when a bit of it flips. A small file beside its own, which LevelDB leaves alone, guards
 * against all three. It names the directory as ours before LevelDB is let in, and it holds the number of the last batch
 * that was written: an index that knows of fewer batches has lost some. One that was not written for this index is damage
 * like any other.
 */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { damaged, IndexError, unusable } from './index-error.ts';

const WATERMARK = 'xmpp-active-users';
const NOT_OURS_TO_MIND = /^(?:damaged-.*|lost\+found|control\.sock)$/;

/** A directory that was opened, and the file by which LevelDB keeps others out, by their inodes. */
export interface Place {
  readonly inode: bigint | undefined;
  readonly lock: bigint | undefined;
}

export const placeOf = (path: string): Place => ({ inode: inodeOf(path), lock: inodeOf(join(path, 'LOCK')) });

/** Whether it is the same directory with the same lock, and an index. */
export function isStillThere(path: string, { inode, lock }: Place): boolean {
  const now = placeOf(path);
  return (
    inode !== undefined && now.inode === inode && now.lock === lock && inodeOf(join(path, 'CURRENT')) !== undefined
  );
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** Makes sure that LevelDB may open `path`: an index of ours, or (with `create`) a directory without content. True if it is there already. */
export async function prepareDirectory(path: string, create: boolean): Promise<boolean> {
  const names = await list(path);
  if (names?.includes(WATERMARK)) {
    if (names.includes('CURRENT')) return true;
    if (!isUnused(path, names)) throw damaged(path, 'its file CURRENT is missing');
  } else if (names !== undefined && names.length > 0) {
    throw foreign(path, names);
  }
  if (!create) throw missing(path);
  await createIn(path, names !== undefined);
  return false;
}

async function list(path: string): Promise<string[] | undefined> {
  try {
    return (await readdir(path)).filter((name) => !NOT_OURS_TO_MIND.test(name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unusable(path, error);
  }
}

/** Readable for its owner only: it says who was last seen when. */
async function createIn(path: string, exists: boolean): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    if (!exists) await mkdir(path, { mode: 0o700 });
    writeWatermark(path, { generation: 0 }, { sync: true });
  } catch (error) {
    throw unusable(path, error);
  }
}

function foreign(path: string, names: readonly string[]): IndexError {
  const sentence = `The directory ${path} is no index of xmpp-active-users (it holds ${names.slice(0, 3).join(', ')}) and was left as it is: set index.path (--index) to an empty directory or one that does not exist yet`;
  return new IndexError('NOT_LEVELDB', sentence);
}

function missing(path: string): IndexError {
  const sentence = `There is no index in ${path} yet: start the daemon (xmpp-active-users run), read logs with xmpp-active-users backfill, or set index.path (--index) to where it is`;
  return new IndexError('MISSING', sentence);
}

/** Whether nothing was ever written: the file is that of a new index, or a full disk kept it from being written. */
function isUnused(path: string, names: readonly string[]): boolean {
  const text = watermarkIn(path);
  return text === watermarkText({ generation: 0 }) || (text === '' && names.length === 1);
}

/** What a watermark is written for: the number of the last batch, and which index it is of; none before the first batch. */
export interface Mark {
  readonly generation: number;
  readonly id?: string;
}

/**
 * The number of the last batch known to be written to the index that stands at `now`; undefined when the file was not
 * written for it.
 */
export function readWatermark(path: string, { generation, id }: Mark): number | undefined {
  const text = watermarkIn(path);
  const written = Number(text?.slice(-22, -10));
  if (id !== undefined && text === watermarkText({ generation: written, id })) return written;
  // Before its first batch an index has no name, and in version 0.1.0 it had none at all.
  const isNameless = id === undefined || generation - written <= 1;
  return isNameless && text === watermarkText({ generation: written }) ? written : undefined;
}

/** Undefined when it is no file that can be read. */
function watermarkIn(path: string): string | undefined {
  try {
    return readFileSync(join(path, WATERMARK), 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') throw unusable(path, error);
    return undefined;
  }
}

/**
 * Called after a batch is safely on disk, never before. Always the same length and written over itself, so that a full
 * disk or a power cut leaves the old number or the new one; either is true.
 */
export function writeWatermark(path: string, mark: Mark, o: { sync: boolean } = { sync: false }): void {
  const fd = openForOverwriting(join(path, WATERMARK));
  try {
    writeSync(fd, watermarkText(mark), 0, 'latin1');
    if (o.sync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function openForOverwriting(file: string): number {
  try {
    return openSync(file, 'r+');
  } catch {
    return openSync(file, 'w', 0o600);
  }
}

/** The name goes into the checksum only, so that the length stays what it was before indexes had names. */
function watermarkText({ generation, id = '' }: Mark): string {
  const text = `index of xmpp-active-users\nbatch ${String(generation).padStart(12, '0')}`;
  return `${text} ${crc32(`${text}${id}`).toString(16).padStart(8, '0')}\n`;
}

/** LevelDB's account of what it did before it was last opened. It may name keys, and nobody reads it. */
export async function removeOldLog(path: string): Promise<void> {
  await rm(join(path, 'LOG.old'), { force: true });
}

/**
 * Moves a damaged index out of the way so that a new one can be built in `path`, and returns where it is now:
 * `PATH.damaged-TIME`, or `PATH/damaged-TIME` where `path` itself cannot be renamed, as systemd's state directories.
 * Nobody may have it open.
 */
export async function moveAside(path: string, now: Date = new Date()): Promise<string> {
  const time = now.toISOString();
  try {
    await rename(path, `${path}.damaged-${time}`);
    return `${path}.damaged-${time}`;
  } catch {
    return moveContentAside(path, join(path, `damaged-${time}`));
  }
}

/** CURRENT goes first and the watermark last: broken off in between, the rest is still ours and still seen as damaged. */
async function moveContentAside(path: string, target: string): Promise<string> {
  const place = (name: string): number => (name === 'CURRENT' ? 0 : name === WATERMARK ? 2 : 1);
  try {
    const names = (await list(path)) ?? [];
    await mkdir(target, { mode: 0o700 });
    for (const name of names.toSorted((a, b) => place(a) - place(b)))
      await rename(join(path, name), join(target, name));
    return target;
  } catch (error) {
    throw unusable(path, error);
  }
}

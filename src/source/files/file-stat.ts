/** What the system says of a file: by that files are found again, and known to be as they were. What they are, their content tells. */
import { readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';

export interface FileStat {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  /** Bytes on disk: of the compressed file, if it is compressed. */
  readonly size: number;
  readonly mtimeMs: number;
}

export function statOf(path: string, { dev, ino, size, mtimeMs }: Stats): FileStat {
  return { path, dev, ino, size, mtimeMs };
}

type Inode = Pick<FileStat, 'dev' | 'ino'>;

/** Tells the inodes of one machine apart, as long as they exist. */
export function inodeOf({ dev, ino }: Inode): string {
  return `${dev} ${ino}`;
}

export function sameInode(a: Inode, b: Inode): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Tells a file in a certain state, as far as the system can tell. */
export function stateOf(file: FileStat): string {
  return `${inodeOf(file)} ${file.size} ${file.mtimeMs}`;
}

/** Of what is at a path, if there is something and it can be looked at. */
export function statsAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** The same of a regular file. */
export function fileAt(path: string): FileStat | undefined {
  const stats = statsAt(path);
  return stats?.isFile() ? statOf(path, stats) : undefined;
}

/** The regular files of a directory; none when it cannot be listed. */
export function filesIn(directory: string): FileStat[] {
  return namesIn(directory).flatMap((name) => fileAt(join(directory, name)) ?? []);
}

/** Nothing when the directory cannot be listed. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

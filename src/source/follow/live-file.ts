/**
 * Pins whatever file stands at the live path, as soon as it is noticed and however long the reading of earlier segments
 * takes: what is held open cannot be lost, even if it is rotated, compressed and deleted before its turn comes.
 */
import { realpathSync, statSync } from 'node:fs';
import { inodeOf, sameInode, statOf, type FileStat } from '../files/file-stat.ts';
import { closeFile, openFile, plainText, type Opened } from '../files/text.ts';

/** Deleted files that are held keep their space on the disk: no more of them than this wait for their turn. */
const MOST = 32;
/** Of files that may not be opened so many are remembered. */
const MOST_REFUSED = 32;

export class LiveFile {
  readonly path: string;
  /** Why nothing can be read at the live path. */
  trouble: NodeJS.ErrnoException | undefined;
  /** What stands at the live path; undefined if nothing does, or if it cannot be opened. */
  private current: FileStat | undefined;
  private readonly pins: Opened[] = [];
  /** Files that stood at the live path and could not be opened: they are ours to read, wherever they are moved. */
  readonly refused = new Set<string>();
  /** Unix milliseconds: since when the live path is looked at. */
  readonly since = Date.now();

  constructor(path: string) {
    this.path = path;
  }

  // guard: F11
  look(): void {
    try {
      this.pin();
      this.trouble = undefined;
    } catch (error) {
      this.trouble = error instanceof Error ? error : new Error(String(error));
      // guard: F14
      this.current = undefined;
    }
  }

  /** Whether this file is held, and not claimed yet. */
  holds(file: FileStat): boolean {
    return this.pins.some(({ stat }) => sameInode(stat, file));
  }

  /** The files pinned since the last call, in the order in which they stood there. Who claims them closes them. */
  claim(): Opened[] {
    return this.pins.splice(0);
  }

  /** The file is to be opened anew: the descriptor has become useless (a network filesystem came back). */
  forget(): void {
    this.current = undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.claim().map(closeFile));
  }

  private pin(): void {
    const stat = statOf(this.path, statSync(this.path));
    if (this.current && sameInode(this.current, stat)) return;
    if (this.pins.length >= MOST) return;
    const path = realpathSync(this.path);
    const opened = this.open(stat);
    this.current = { ...opened.stat, path };
    this.pins.push({ ...opened, stat: this.current });
  }

  private open(seen: FileStat): Opened {
    try {
      const opened = openFile(this.path, plainText);
      this.refused.delete(inodeOf(opened.stat));
      return opened;
    } catch (error) {
      this.refused.add(inodeOf(seen));
      for (const inode of this.refused) if (this.refused.size > MOST_REFUSED) this.refused.delete(inode);
      throw error;
    }
  }
}

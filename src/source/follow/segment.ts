/**
 * One segment of a log that is being read, held open: an open descriptor pins the inode, so that no rename can put another
 * file in its place and its inode number cannot be used for another file.
 *
 * What is asked of the system about a file is asked synchronously: it takes microseconds, and between a listing, a look and
 * an opening a rotation has as little time as possible.
 */
import { fstatSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BeforeCorruptIn } from '../files/corrupt.ts';
import { statOf, type FileStat } from '../files/file-stat.ts';
import { LineReader, type Reading } from '../files/lines.ts';
import { closeFile, type Opened } from '../files/text.ts';
import { positionOf, type Position, type ReadState } from './position.ts';

/** In ticks. A file that is in no directory any more can only be read as long as it is held. */
const QUIET = 10;
const QUIET_UNLINKED = 60;
/** Where an open file is by now; undefined where there is no /proc, and if it was deleted. */
function pathBehind(fd: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    return path.startsWith('/') && !path.endsWith(' (deleted)') ? path : undefined;
  } catch {
    return undefined;
  }
}

export class Segment {
  readonly id: string;
  readonly fd: number;
  readonly reader: LineReader;
  /** Where it was found last, and as it was at the last look. */
  stat: FileStat;
  /** No longer at the live path: by `performance.now()`, since when it has not changed. */
  quietSince: number | undefined;
  /** At the last reading there was nothing left in it. */
  isDrained = false;
  /** The directory in which it was when its position was stored. */
  storedIn: string;
  /** Compared with what is known: what it is is settled. */
  isIdentified: boolean;
  private isUnlinked = false;
  private isVerified = false;
  private lookedAt = 0;

  constructor(id: string, { fd, text, stat }: Opened, state: ReadState, isIdentified: boolean) {
    this.id = id;
    this.fd = fd;
    this.reader = new LineReader(text, state);
    this.stat = stat;
    this.storedIn = dirname(stat.path);
    this.isIdentified = isIdentified;
  }

  get isPlain(): boolean {
    return this.reader.text.plain;
  }

  get state(): ReadState {
    return this.reader.state;
  }

  /** Anything of it has been read. */
  get isBegun(): boolean {
    return this.state.offset > this.state.start;
  }

  /** Bytes that are there and have not been read; of a compressed segment nobody knows before it has been read. */
  get lag(): number {
    return this.isPlain ? Math.max(0, this.stat.size - this.state.offset) : 0;
  }

  /** A rotated segment that has become quiet need not be looked at with each line that comes to the live one. */
  isDue(tickMs: number): boolean {
    const now = performance.now();
    return this.quietSince === undefined || now - this.quietSince < tickMs || now - this.lookedAt >= tickMs;
  }

  /** Nobody writes to it any more, as far as one can tell. */
  isQuiet(tickMs: number): boolean {
    if (this.quietSince === undefined) return false;
    // guard: F8
    if (!this.isPlain) return true;
    const ticks = this.isUnlinked ? QUIET_UNLINKED : QUIET;
    // guard: F18
    return performance.now() - this.quietSince >= ticks * tickMs;
  }

  /** Asks what the file is by now, and returns where its text ends at this moment. */
  refresh(): number {
    const now = performance.now();
    const stats = fstatSync(this.fd);
    this.lookedAt = now;
    const { size, mtimeMs } = this.stat;
    if (this.quietSince !== undefined && (stats.size !== size || stats.mtimeMs !== mtimeMs)) this.quietSince = now;
    this.isUnlinked = stats.nlink === 0;
    const path = this.quietSince === undefined ? undefined : pathBehind(this.fd);
    this.stat = statOf(path ?? this.stat.path, stats);
    // guard: F3
    return this.isPlain ? stats.size : Infinity;
  }

  async nextLines(limit: number, beforeCorruptIn: BeforeCorruptIn): Promise<Reading> {
    // guard: F22-verify
    if (!this.isVerified) await this.reader.text.verify?.(beforeCorruptIn);
    this.isVerified = true;
    return this.reader.nextLines(limit);
  }

  position(log: string, state: ReadState, of: Pick<Position, 'done' | 'awaited'>): Position {
    const readAt = Math.floor(Date.now() / 1000);
    return positionOf(state, { id: this.id, log, readAt, file: this.stat, ...of });
  }

  /** The same open file as another segment, read on from `state`. This one is not to be used any more. */
  as(id: string, state: ReadState): Segment {
    const { fd, stat, reader, quietSince, isUnlinked, storedIn } = this;
    const other = new Segment(id, { fd, stat, text: reader.text }, state, true);
    return Object.assign(other, { quietSince, isUnlinked, storedIn });
  }

  close(): Promise<void> {
    return closeFile({ fd: this.fd, text: this.reader.text });
  }
}

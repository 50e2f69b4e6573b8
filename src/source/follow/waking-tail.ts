/**
 * `tail` follows one pinned inode through `/proc/self/fd/N`, so that no rename can make it read another file. What it reads
 * is not taken over: that a line is there is the hint, and whoever takes it reads it from the file, marker and all.
 */
import { Tail } from 'tail';

declare module 'tail' {
  interface Tail {
    /** What the package does at each event: reads from its cursor to the end of the file. */
    change(): void;
    latestPosition(): number;
    watch(cursor: number, flush: boolean): void;
  }
}

/** `tail` keeps an unfinished line in memory, whatever its length: so far it may get ahead of us. */
const FARTHEST = 1024 * 1024;

export interface LineHints {
  /** Called when complete lines have been seen that end at the offset `end`. */
  readonly lines: (end: number) => void;
  /** Called at most once, when it can follow no longer: the file was renamed, deleted, truncated or cannot be watched. */
  readonly stopped: () => void;
}

class PinnedTail extends Tail {
  readonly end: { at: number } = { at: Infinity };

  override change(): void {
    if (this.latestPosition() - this.end.at > FARTHEST) throw new Error('more than tail should hold in memory');
    super.change();
  }
}

/**
 * Follows the open file `fd` from `offset` on; returns what ends it. Where there is no /proc there are no such hints.
 */
export function hintLines(fd: number, offset: number, watch: LineHints): () => void {
  let over = false;
  const stop = () => {
    if (over) return;
    over = true;
    tail?.unwatch();
  };
  const fail = () => {
    if (over) return;
    stop();
    watch.stopped();
  };
  const tail = pinnedTail(fd);
  if (tail === undefined) return stop;
  tail.on('error', fail);
  tail.on('line', (line: string) => {
    tail.end.at += line.length + 1;
    if (!over) watch.lines(tail.end.at);
  });
  tail.unwatch();
  tail.end.at = offset;
  try {
    tail.watch(offset, true);
  } catch {
    fail();
  }
  return stop;
}

/** In latin1 a character is a byte, whatever the bytes are, and lines end at byte 10 only. */
function pinnedTail(fd: number): PinnedTail | undefined {
  try {
    return new PinnedTail(`/proc/self/fd/${fd}`, { encoding: 'latin1', separator: '\n', follow: false });
  } catch {
    return undefined;
  }
}

/**
 * Events that say that something may have happened to a log: soon, but not reliably. Events get lost, merged and re-ordered, inotify
 * watches run out, some filesystems have none; so an event only says "look", and whoever takes it looks now and then anyway.
 */
import { dirname } from 'node:path';
import { watchDirectory, type DirectoryListener } from './watched-directory.ts';
import { wakeOnChange } from './waking-tail.ts';
import type { Segment } from './segment.ts';
import { inodeOf, statsAt } from '../files/file-stat.ts';
import { homesOf } from '../files/siblings.ts';

export interface WatchOptions extends DirectoryListener {
  readonly path: string;
  readonly tickMs: number;
  /** Something was written to the live segment. */
  readonly wake: () => void;
}

export class Watch {
  private readonly options: WatchOptions;
  private homes = new Map<string, () => Promise<void>>();
  private closed = false;
  private followed:
    { readonly segment: Segment; readonly since: number; stopped: boolean; stop: () => void } | undefined;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  /** Watches the directories in which the log is now; one that has been replaced is watched anew. */
  async watch(): Promise<void> {
    if (this.closed) return;
    const { path } = this.options;
    const current = new Set<string>();
    for (const home of homesOf(path)) {
      const stats = statsAt(dirname(home));
      if (!stats) continue;
      const inode = inodeOf(stats);
      const key = `${inode} ${home}`;
      current.add(key);
      if (!this.homes.has(key)) this.homes.set(key, watchDirectory(home, inode, this.options));
    }
    const gone = [...this.homes].filter(([key]) => !current.has(key));
    for (const [key] of gone) this.homes.delete(key);
    await Promise.all(gone.map(([, end]) => end()));
  }

  /** Follows this segment, which has just been read to its end; begun again after an end at most once per tick. */
  follow(segment: Segment | undefined): void {
    const now = performance.now();
    const { followed } = this;
    if (followed !== undefined && followed.segment === segment) {
      if (!followed.stopped || now - followed.since < this.options.tickMs) return;
    }
    followed?.stop();
    this.followed = undefined;
    if (segment === undefined) return;
    const next = { segment, since: now, stopped: false, stop: () => {} };
    this.followed = next;
    next.stop = wakeOnChange(segment.fd, this.options.wake, () => {
      next.stopped = true;
      this.options.changed(true);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.followed?.stop();
    await Promise.all([...this.homes.values()].map((end) => end()));
    this.homes.clear();
  }
}

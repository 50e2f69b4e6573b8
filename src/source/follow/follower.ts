/**
 * Follows one live log through every kind of rotation, so that no line that was on disk is lost or delivered twice.
 *
 * A pass looks which file stands at the live path, compares the files beside it with what is known when there is reason to,
 * and then drains all segments that are open, oldest first; of the newer ones no more than was there when the draining
 * began, for what a writer puts into the new file comes after what it puts into the old one. Events only decide when the
 * next pass begins; the tick begins one anyway. A place moves when, and only when, the next block is asked for.
 */
import { Waker } from './waker.ts';
import type { Watch } from './watch.ts';
import { Discovery, type Beside } from './discover.ts';
import type { BeforeCorruptIn } from '../files/corrupt.ts';
import type { FileBlock, Source, SourceStatus } from '../source.ts';
import { LiveFile } from './live-file.ts';
import type { Notice, NoticeKind } from './notices.ts';
import { Drain, type Outcome } from './drain.ts';
import { SegmentList } from './segment-list.ts';
import { whyNotPermitted } from '../files/permission.ts';
import type { Position } from './position.ts';
import { Verdicts, type StoredVerdicts } from './verdicts.ts';

export interface FollowOptions {
  /** The live path; it may be absent, and may be a symbolic link. */
  readonly path: string;
  /** What was stored about this log's segments; none on a first start, which then reads the live file from its beginning. */
  readonly positions: readonly Position[];
  readonly notice?: (notice: Notice) => void;
  /** The live path, when it has been looked at before the follower is made; whoever iterates over the blocks closes it by that. */
  readonly live?: LiveFile;
  /** Inodes of rotated files that are to be read, whatever is known of their neighbours; `dev ino`. */
  readonly pending?: readonly string[];
  /** As the last block has them that had any. */
  readonly verdicts?: StoredVerdicts | undefined;
  /** What is believed of a damaged compressed file that begins with these lines. */
  readonly beforeCorruptIn: BeforeCorruptIn;
  /** Globs of rotated files that are not beside the log. */
  readonly rotated?: readonly string[];
  /** Whether what is written next may wait for a quarter of a second: as nothing was to be learnt from what came last. */
  readonly mayWait?: () => boolean;
  /** Milliseconds between two looks when there are no events; default 1000. */
  readonly tickMs?: number;
}

/** In ticks: how often the directories that are watched are looked up anew. */
const WATCH_EVERY = 10;
/** In ticks: where nothing has come for so long, and events tell of what comes, the next looks are so far apart. */
const QUIET = 10;
const REST = 5;
/** Lines that may wait are read so long after those before, all together. */
const JOINED_MS = 250;
/** Until a rotation that is under way has moved on. */
const SOON_MS = 10;

export class Follower implements Source {
  private readonly options: FollowOptions;
  private readonly tickMs: number;
  private readonly live: LiveFile;
  private readonly list: SegmentList;
  private readonly drain: Drain;
  /** From the first tick on: before that, what is there is read. */
  private watch: Watch | undefined;
  private readonly waker = new Waker();
  private readonly notified = new Map<string, string>();
  private readonly waiting: (() => void)[] = [];
  private watchedAt: number | undefined;
  private ticking: NodeJS.Timeout | undefined;
  private passedAt = 0;
  /** Lines that may wait come one after the other: it is looked for them now and then, and nobody tells of each. */
  private isJoining = false;
  private takenBefore = 0;
  /** When something was read, or told, last. */
  private newsAt = performance.now();
  private isAtRest = false;
  private hasEvents = true;
  private isOver = false;

  constructor(options: FollowOptions) {
    const { path, positions, pending = [], rotated = [], tickMs = 1000, beforeCorruptIn } = options;
    this.options = options;
    this.tickMs = tickMs;
    this.live = options.live ?? new LiveFile(path);
    this.list = new SegmentList(positions);
    const notify: Beside['notify'] = (kind, text) => this.notify(kind, text);
    const verdicts = new Verdicts(options.verdicts, positions);
    const discovery = new Discovery({ path, rotated, notify }, this.list, verdicts, this.live.since);
    pending.forEach((inode) => discovery.pending.add(inode));
    this.drain = new Drain({ path, tickMs, live: this.live, list: this.list, discovery, beforeCorruptIn, notify });
  }

  /**
   * What is in the log and what comes to it, until the signal aborts; to be iterated over once. `caughtUp` tells when what was
   * there has been read.
   */
  async *blocks(signal: AbortSignal): AsyncGenerator<FileBlock, void, undefined> {
    const wake = (): void => this.waker.wake();
    signal.addEventListener('abort', wake);
    this.live.look();
    // guard: F19
    this.tickLater();
    try {
      while (!signal.aborted) yield* this.passAndWait(signal);
    } finally {
      this.isOver = true;
      clearTimeout(this.ticking);
      this.waker.cancel();
      signal.removeEventListener('abort', wake);
      await this.watch?.close();
      await this.list.close();
      await this.live.close();
      this.waiting.splice(0).forEach((resolve) => resolve());
    }
  }

  /** Resolves once all complete lines that were on disk at the call, and can be read, have been given and stored. */
  caughtUp(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.drain.isSurveyDue = true;
      this.waker.wake();
    });
  }

  status(): SourceStatus {
    const { path, trouble } = this.live;
    const unreadable = trouble && trouble.code !== 'ENOENT' ? { unreadable: trouble.message } : {};
    return { path, ...this.drain.status(), ...unreadable };
  }

  get isThere(): boolean {
    return this.live.trouble === undefined;
  }

  close(): Promise<void> {
    return this.live.close();
  }

  private async *passAndWait(signal: AbortSignal): AsyncGenerator<FileBlock, void, undefined> {
    const waiting = this.waiting.length;
    const { taken } = this.drain;
    const outcome = yield* this.pass(signal);
    this.passedAt = performance.now();
    if (this.drain.taken > taken) this.newsAt = this.passedAt;
    this.isAtRest = outcome === 'settled' && this.mayRest();
    if (outcome === 'settled') this.waiting.splice(0, waiting).forEach((resolve) => resolve());
    // At rest the tick is enough, and what both find at the same time would be looked for twice.
    const soonest = this.isAtRest ? 2 * this.period : this.tickMs;
    // guard: F19-wait
    if (!signal.aborted) await this.waker.wait(outcome === 'again' ? Math.min(SOON_MS, this.tickMs) : soonest);
  }

  /** The log is there, and no other file of it is held, to which something could still be written. */
  private mayRest(): boolean {
    const isQuiet = performance.now() - this.newsAt > QUIET * this.tickMs;
    return isQuiet && this.hasEvents && this.isThere && this.list.open.length === 1;
  }

  /** Milliseconds from one look to the next. */
  private get period(): number {
    return this.isAtRest ? REST * this.tickMs : this.tickMs;
  }

  /** A life may be short: to be ready to be told what comes takes time, which nothing that is there has to wait for. */
  private async beginWatching(): Promise<void> {
    const { path } = this.options;
    const { tickMs } = this;
    const { Watch } = await import('./watch.ts');
    if (this.isOver) return;
    this.watch = new Watch({
      path,
      tickMs,
      wake: () => this.wake(),
      changed: (sibling) => this.changed(sibling),
      failed: (error) => {
        this.hasEvents = false;
        this.notify('no-events', `No file events for ${path} (${error.message}); looking every ${tickMs} ms`);
      },
    });
    await this.watch.watch();
    // What happened before that nobody has told.
    this.waker.wake();
  }

  private wake(): void {
    const { mayWait } = this.options;
    this.newsAt = performance.now();
    const since = performance.now() - this.passedAt;
    this.isJoining = mayWait?.() === true && since < JOINED_MS;
    if (this.isJoining) this.waker.wakeWithin(JOINED_MS - since);
    else this.waker.wake();
  }

  /** To be told of the next line; but not as long as each look finds some anyway, of which none says anything. */
  private listen(): void {
    const { taken } = this.drain;
    // Also when they have stopped: the last may have come before anybody would tell of it.
    if (this.isJoining) this.waker.wakeWithin(JOINED_MS);
    this.isJoining &&= taken > this.takenBefore && this.options.mayWait?.() === true;
    this.takenBefore = taken;
    this.watch?.follow(this.isJoining ? undefined : this.list.live);
  }

  private async *pass(signal: AbortSignal): AsyncGenerator<FileBlock, Outcome, undefined> {
    try {
      // guard: F20
      this.live.look();
      this.notifyTrouble();
      const outcome = yield* this.drain.pass(signal);
      if (outcome === 'settled') this.listen();
      this.notified.delete('failed');
      return outcome;
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      this.notifyOnce('failed', 'unreadable', `${this.options.path} cannot be followed at the moment: ${said}`);
      return 'failed';
    }
  }

  private tickLater(): void {
    this.ticking = setTimeout(() => this.tick(), this.period);
  }

  private tick(): void {
    // guard: F20-tick
    this.look();
    const now = performance.now();
    if (this.watchedAt === undefined) void this.beginWatching();
    else if (now - this.watchedAt >= WATCH_EVERY * this.tickMs) void this.watch?.watch();
    else return this.tickLater();
    this.watchedAt = now;
    this.tickLater();
  }

  /** Looks at the live path even while the storing of a block takes long, so that no file that stands there is missed. */
  private look(): void {
    this.live.look();
    this.waker.wake();
  }

  private changed(sibling: boolean): void {
    if (sibling) this.drain.isSurveyDue = true;
    this.newsAt = performance.now();
    this.look();
  }

  private notifyTrouble(): void {
    const { path, trouble } = this.live;
    if (trouble === undefined) {
      if (this.notified.delete('live')) this.notify('readable', `${path} is there and can be read`);
    } else if (trouble.code === 'ENOENT') {
      this.notifyOnce('live', 'waiting', `${path} does not exist; waiting for it`);
    } else {
      const reason = trouble.code === 'EACCES' ? whyNotPermitted(path) : `cannot be read (${trouble.message})`;
      this.notifyOnce('live', 'unreadable', `${path} ${reason}; trying again every ${this.tickMs} ms`);
    }
  }

  private notifyOnce(about: string, kind: NoticeKind, text: string): void {
    if (this.notified.get(about) === text) return;
    this.notified.set(about, text);
    this.notify(kind, text);
  }

  private notify(kind: NoticeKind, text: string): void {
    this.options.notice?.({ kind, log: this.options.path, text });
  }
}

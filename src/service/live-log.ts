/** One followed log of the daemon: what comes to it is taken in, and committed together with the position reached. */
import type { LogCoverage } from '../activity/coverage.ts';
import type { EventBatch } from '../format/event-batch.ts';
import type { Rest } from '../format/log-format.ts';
import type { Awaited } from '../index/status-file.ts';
import type { Block, Source, SourceStatus } from '../source/source.ts';
import { consume, storeWithPatience, type Store } from './consume.ts';
import { EarlyEvents } from './early-events.ts';
import { HourBarrier } from './hour-barrier.ts';
import type { WriteBuffer } from './write-buffer.ts';
import { coveredIn, type LogState } from './log-state.ts';

/**
 * A server writes all lines of a message at once, and a file without events is looked at every second. What has waited for the end of
 * its message twice as long is told without, milliseconds.
 */
const WRITTEN_MS = 1200;
/** Beside the full hour lines are late by at most so many seconds, as a server writes what several parts of it have to say. */
const LATE = 10;

export interface LiveLogOptions {
  readonly path: string;
  readonly logState: LogState;
  readonly writeBuffer: WriteBuffer;
  readonly source: Source;
  /** Whether lines are read again that were not believed before: that is told once. */
  readonly hasGoneBack: boolean;
  readonly tell: (level: 'warning' | 'notice', sentence: string) => void;
  /** Called when it cannot go on, for whatever reason but the state of files and disks. */
  readonly fail: (error: unknown) => void;
}

/** What is to be stored with what a block has changed. */
type Stored = Omit<Block, 'log' | 'bytes'>;

export class LiveLog {
  readonly path: string;
  readonly hasGoneBack: boolean;
  readonly logState: LogState;
  readonly #barrier = new HourBarrier();
  readonly #options: LiveLogOptions;
  readonly #over = new AbortController();
  readonly #write: Store;
  #consuming: Promise<void> | undefined;
  /** Events of the seconds behind the hour, while late lines of the hour before may still come, and stray ones. */
  readonly #early = new EarlyEvents();
  #isIdle = false;
  /** Whether a block is being taken in. */
  #isTaking = false;
  /** What was read cannot be stored. */
  #isUnstorable = false;
  /** The same, up to its being stored. */
  #isUnderWay = false;
  #between: (() => void)[] = [];
  /** Whether the event before was one of them, and later than lines are late. */
  #isAhead = false;
  /** Of blocks that are taken in but for those: their positions must not be stored without them. */
  #unstored: Stored[] = [];
  #ticking: NodeJS.Timeout | undefined;
  #ticks: (() => void)[] = [];

  constructor(options: LiveLogOptions) {
    const { path, logState, tell } = options;
    this.path = path;
    this.hasGoneBack = options.hasGoneBack;
    this.logState = logState;
    this.#options = options;
    this.#write = storeWithPatience({
      signal: this.#over.signal,
      trouble: (reason) => {
        this.#isUnstorable = true;
        this.#goOnBetween();
        tell('warning', `What was read from ${path} cannot be stored: ${reason}`);
      },
      over: () => {
        this.#isUnstorable = false;
        tell('notice', `What was read from ${path} has been stored at last`);
      },
    });
  }

  start(): void {
    const { signal } = this.#over;
    this.#consuming = consume(this.#options.source.blocks(signal), {
      apply: (block) => {
        this.#isUnderWay = true;
        return this.#apply(block);
      },
      commit: async (block) => {
        await this.#commit(block);
        this.#isUnderWay = false;
        this.#goOnBetween();
      },
      store: this.#write,
    }).catch((error: unknown) => {
      // Stopped in the middle of a block, it is read again at the next start.
      if (!signal.aborted) this.#options.fail(error);
    });
  }

  /**
   * Does something at a moment at which no block is half taken in, and all that was is stored, or will be, with its place.
   * False when the log is closed, and so it was not done. @throws a sentence where that would take until there is room on the disk
   */
  async between(work: () => void): Promise<boolean> {
    const { signal } = this.#over;
    while (!signal.aborted && (this.#isUnderWay || this.#unstored.length > 0)) {
      if (this.#isUnstorable)
        throw new Error(
          `what was read from ${this.path} cannot be stored: mend what the journal of the daemon names first`,
        );
      await new Promise<void>((resolve) => this.#between.push(resolve));
    }
    if (!signal.aborted) work();
    return !signal.aborted;
  }

  #goOnBetween(): void {
    for (const resolve of this.#between.splice(0)) resolve();
  }

  /** Events after `instant`, unix seconds, wait until this is called again. */
  stopAfter(instant: number): void {
    this.#barrier.closeAfter(instant);
    this.#early.takeUntil(instant);
    if (this.#unstored.length > 0 && this.#early.count === 0)
      void this.#write(() => this.#store([])).catch(() => undefined);
  }

  /**
   * Resolves when all lines that are on disk now have been taken in, or those up to the instant at which it stops; those also that
   * wait for the lines that come next, as far as they can be told without. `isStart`: when that is nobody could know.
   */
  async reached(isStart: boolean): Promise<void> {
    await Promise.race([this.#options.source.caughtUp(), this.#barrier.waiting()]);
    if (!isStart) for (let ticks = 0; ticks < 2 && this.#mayTell; ticks++) await this.#tick();
    if (!this.#isTaking && this.logState.waiting > 0) this.#takeRest(isStart ? 'end' : 'now');
  }

  /** Whether it is there and can be read. */
  get isThere(): boolean {
    return this.#options.source.isThere;
  }

  /** Whether the last lines said nothing. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  get waits(): Awaited | undefined {
    if (this.#isUnstorable) return 'disk';
    if (this.#barrier.isHolding) return 'hour';
    return this.isThere || this.status.unreadable !== undefined ? undefined : 'log';
  }

  get status(): SourceStatus {
    return this.#options.source.status();
  }

  get coverage(): LogCoverage {
    const { lagBytes, unreadable } = this.status;
    const isBehind = lagBytes > 0 || unreadable !== undefined || this.logState.isBehindLoss;
    return { spans: coveredIn(this.logState), state: isBehind ? 'behind' : 'current' };
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#endTick();
    this.#goOnBetween();
    this.#barrier.close();
    await (this.#consuming ?? this.#options.source.close());
  }

  async #commit(block: Block): Promise<void> {
    // Their text may be long.
    const { log: _log, bytes: _bytes, ...stored } = block;
    if (this.#early.count > 0) this.#unstored.push(stored);
    else await this.#store([stored]);
  }

  async #store(blocks: readonly Stored[]): Promise<void> {
    const { writeBuffer } = this.#options;
    const all = [...this.#unstored, ...blocks];
    await writeBuffer.commitSoon(this, all);
    this.#unstored = this.#unstored.filter((block) => !all.includes(block));
    this.#goOnBetween();
  }

  /** Rejects when the program stops in the middle of the block: it is read again at the next start. */
  async #apply({ bytes, continues, position, isBehindLoss = false }: Block): Promise<void> {
    if (isBehindLoss) {
      this.#takeRest('file');
      this.logState.loseLines();
    }
    const place = () => this.#options.writeBuffer.logs.placeOf(this.path, position.id);
    const batch = this.logState.decode(bytes, continues, place);
    const { count } = batch;
    this.#isIdle = count === 0;
    this.#isTaking = true;
    for (let event = 0; event < count; event++) {
      event = this.#takeInTime(batch, event);
      if (event < count) await this.#takeBehind(batch, event);
    }
    this.#isTaking = false;
    this.#tickLater();
  }

  /** Takes in what is not behind the hour, and returns where that ends. */
  #takeInTime(batch: EventBatch, first: number): number {
    const end = batch.firstAfter(this.#barrier.closedAfter, first, batch.count);
    if (end === first) return end;
    this.#isAhead = false;
    this.#early.takeRunWith(this.logState.sessions, batch, first, end);
    return end;
  }

  async #takeBehind(batch: EventBatch, event: number): Promise<void> {
    const { sessions } = this.logState;
    const at = batch.at(event);
    if (this.#isEarly(at)) this.#early.add(sessions, batch, event);
    else if (await this.#barrier.pass(at)) this.#early.takeWith(sessions, batch, event);
    else throw new Error('stopped while waiting for the hour to be counted');
  }

  #tick(): Promise<void> {
    return new Promise((resolve) => this.#ticks.push(resolve));
  }

  /** Whether time tells whose text the last lines are. */
  get #mayTell(): boolean {
    return this.logState.isHolding && !this.#isTaking && !this.#over.signal.aborted;
  }

  #tickLater(): void {
    if (!this.#mayTell) return this.#endTick();
    this.#ticking ??= setTimeout(() => {
      this.#endTick();
      if (this.#mayTell) this.#takeRest('late');
    }, WRITTEN_MS);
  }

  #endTick(): void {
    clearTimeout(this.#ticking);
    this.#ticking = undefined;
    for (const resolve of this.#ticks.splice(0)) resolve();
  }

  /** What is behind the hour is taken in when that has been counted. */
  #takeRest(rest: Rest): void {
    const batch = this.logState.decodeRest(rest);
    const { sessions } = this.logState;
    for (let event = 0; event < batch.count; event++)
      if (batch.at(event) > this.#barrier.closedAfter) this.#early.add(sessions, batch, event);
      else this.#early.takeWith(sessions, batch, event);
    if (this.#early.count === 0) void this.#write(() => this.#store([])).catch(() => undefined);
    this.#tickLater();
  }

  /** One line from a later time may be a stray, and lines of this hour follow: only the second in a row says that it has come. */
  #isEarly(at: number): boolean {
    const { closedAfter } = this.#barrier;
    const wasAhead = this.#isAhead;
    this.#isAhead = at > closedAfter + LATE;
    return at > closedAfter && !(this.#isAhead && wasAhead);
  }
}

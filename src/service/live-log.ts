/** One followed log of the daemon: what its follower delivers is taken in, and committed together with the position reached. */
import type { LogCoverage } from '../activity/coverage.ts';
import { Follower, type FollowerStatus } from '../source/follow/follower.ts';
import type { Notice } from '../source/follow/notices.ts';
import type { Block } from '../source/files/lines.ts';
import type { LiveFile } from '../source/follow/live-file.ts';
import { EarlyEvents } from './early-events.ts';
import { HourBarrier } from './hour-barrier.ts';
import type { WriteBuffer } from './write-buffer.ts';
import { coveredIn, type LogState } from './log-state.ts';

/** Beside the full hour lines are late by at most so many seconds, as a server writes what several parts of it have to say. */
const LATE = 10;

export interface LiveLogOptions {
  readonly path: string;
  readonly logState: LogState;
  readonly writeBuffer: WriteBuffer;
  readonly live: LiveFile;
  /** As the follower has it. */
  readonly awaited: readonly string[];
  readonly rotated: readonly string[];
  /** Whether lines are read again that were not believed before: that is told once. */
  readonly hasGoneBack: boolean;
  readonly notice: (notice: Notice) => void;
}

/** What is to be stored with what a block has changed. */
type Stored = Omit<Block, 'log' | 'bytes'>;

export class LiveLog {
  readonly path: string;
  readonly hasGoneBack: boolean;
  readonly logState: LogState;
  readonly #barrier = new HourBarrier();
  readonly #options: LiveLogOptions;
  readonly #follower: Follower;
  /** Taken in, and perhaps not yet committed: when the commit fails, the same block is offered again. */
  #taken: Block | undefined;
  #closing = false;
  /** Events of the seconds behind the hour, while late lines of the hour before may still come, and stray ones. */
  readonly #early = new EarlyEvents();
  /** Whether the event before was one of them, and later than lines are late. */
  #isAhead = false;
  /** Of blocks that are taken in but for those: their positions must not be stored without them. */
  #unstored: Stored[] = [];

  constructor(options: LiveLogOptions) {
    const { path, logState, writeBuffer, live, awaited, rotated, notice } = options;
    this.path = path;
    this.hasGoneBack = options.hasGoneBack;
    this.logState = logState;
    this.#options = options;
    this.#follower = new Follower({
      path,
      positions: writeBuffer.positions(path),
      verdicts: writeBuffer.verdicts(path),
      live,
      awaited,
      rotated,
      deliver: (block) => this.#deliver(block),
      // That a block is turned away at the end is no news.
      notice: (each) => (this.#closing ? undefined : notice(each)),
    });
  }

  start(): Promise<void> {
    return this.#follower.start();
  }

  /** Events after `instant`, unix seconds, wait until this is called again. */
  stopAfter(instant: number): void {
    this.#barrier.closeAfter(instant);
    this.#early.takeUntil(instant);
    if (this.#unstored.length > 0 && this.#early.count === 0) void this.#store([]).catch(() => undefined);
  }

  /** Resolves when all lines that are on disk now have been taken in, or those up to the instant at which it stops. */
  async reached(): Promise<void> {
    await Promise.race([this.#follower.caughtUp(), this.#barrier.waiting()]);
  }

  /** Whether its file is there and can be read. */
  get isThere(): boolean {
    return this.#options.live.trouble === undefined;
  }

  get status(): FollowerStatus {
    return this.#follower.status();
  }

  get coverage(): LogCoverage {
    const { lagBytes, unreadable } = this.status;
    const isBehind = lagBytes > 0 || unreadable !== undefined;
    return { spans: coveredIn(this.logState), state: isBehind ? 'behind' : 'current' };
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#barrier.close();
    await this.#follower.close();
  }

  async #deliver(block: Block): Promise<void> {
    if (block !== this.#taken) await this.#take(block);
    this.#taken = block;
    // Their text may be long.
    const { log: _log, bytes: _bytes, ...stored } = block;
    if (this.#early.count > 0) this.#unstored.push(stored);
    else await this.#store([block]);
  }

  async #store(blocks: readonly Stored[]): Promise<void> {
    const { writeBuffer } = this.#options;
    const all = [...this.#unstored, ...blocks];
    await writeBuffer.commitSoon(this, all);
    this.#unstored = this.#unstored.filter((block) => !all.includes(block));
  }

  /** Rejects when the program stops in the middle of the block: it is read again at the next start. */
  async #take({ bytes, position, isBehindLoss = false }: Block): Promise<void> {
    if (isBehindLoss) this.logState.loseLines();
    const place = () => this.#options.writeBuffer.placeOf(this.path, position.id);
    const batch = this.logState.decode(bytes, position.offset > bytes.length, place);
    const { sessions } = this.logState;
    for (let event = 0; event < batch.count; event++) {
      const at = batch.at(event);
      if (this.#isEarly(at)) this.#early.add(sessions, batch, event);
      else if (at <= this.#barrier.closedAfter || (await this.#barrier.pass(at)))
        this.#early.takeWith(sessions, batch, event);
      else throw new Error('stopped while waiting for the hour to be counted');
    }
  }

  /** One line from a later time may be a stray, and lines of this hour follow: only the second in a row says that it has come. */
  #isEarly(at: number): boolean {
    const { closedAfter } = this.#barrier;
    const wasAhead = this.#isAhead;
    this.#isAhead = at > closedAfter + LATE;
    return at > closedAfter && !(this.#isAhead && wasAhead);
  }
}

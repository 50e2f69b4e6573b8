/** One followed log of the daemon: what its follower delivers is taken in, and committed together with the position reached. */
import type { LogCoverage } from '../activity/coverage.ts';
import type { Gap } from '../activity/sessions.ts';
import type { SessionEvent } from '../dialect/dialect.ts';
import { Follower, type FollowStatus, type Notice } from '../log/follow.ts';
import type { Block } from '../log/lines.ts';
import type { LiveFile } from '../log/live-file.ts';
import { Gate } from './gate.ts';
import type { Ledger } from './ledger.ts';
import type { Tally } from './tally.ts';

export interface LiveLogOptions {
  readonly path: string;
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly live: LiveFile;
  /** As the follower has it. */
  readonly awaited: readonly string[];
  readonly notice: (notice: Notice) => void;
  /** Told why a block could not be stored; it is offered again. */
  readonly refused: (error: unknown) => void;
}

export class LiveLog {
  readonly path: string;
  readonly tally: Tally;
  readonly #gate = new Gate();
  readonly #options: LiveLogOptions;
  readonly #follower: Follower;
  /** Taken in, and perhaps not yet committed: when the commit fails, the same block is offered again. */
  #taken: Block | undefined;
  #closing = false;

  constructor(options: LiveLogOptions) {
    const { path, tally, ledger, live, awaited, notice } = options;
    this.path = path;
    this.tally = tally;
    this.#options = options;
    this.#follower = new Follower({
      path,
      positions: ledger.positions(path),
      live,
      awaited,
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
    this.#gate.closeAfter(instant);
  }

  /** Resolves when all lines that are on disk now have been taken in, or those up to the instant at which it stops. */
  async reached(): Promise<void> {
    await Promise.race([this.#follower.caughtUp(), this.#gate.parked()]);
  }

  /** Whether its file is there and can be read. */
  get isThere(): boolean {
    return this.#options.live.trouble === undefined;
  }

  get status(): FollowStatus {
    return this.#follower.status();
  }

  get coverage(): LogCoverage {
    const { lagBytes, unreadable } = this.status;
    const isBehind = lagBytes > 0 || unreadable !== undefined;
    return { spans: this.tally.coverage, state: isBehind ? 'behind' : 'current' };
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#gate.shut();
    await this.#follower.close();
  }

  async #deliver(block: Block): Promise<void> {
    if (block !== this.#taken) await this.#take(block);
    this.#taken = block;
    const { ledger, refused } = this.#options;
    try {
      await ledger.commitSoon(this, block, refused);
    } catch (error) {
      refused(error);
      throw error;
    }
  }

  /** Rejects when the program stops in the middle of the block: it is read again at the next start. */
  async #take({ bytes, position }: Block): Promise<void> {
    const events: (SessionEvent | Gap)[] = [];
    this.tally.read(
      bytes,
      position.offset > bytes.length,
      (event) => events.push(event),
      () => this.#options.ledger.placeOf(this.path, position.id),
    );
    for (const event of events) {
      if (!(await this.#gate.pass(event.at))) throw new Error('stopped while waiting for the hour to be counted');
      this.tally.sessions.take(event);
    }
  }
}

/**
 * What systemd is told of the daemon: that it is ready, how it stands, and that it is well, which is looked up each time and not
 * merely said. Without `NOTIFY_SOCKET` nobody wants to know, and nothing is started.
 */
import type { DaemonStatus } from '../index/status-file.ts';
import type { HeldIndex } from '../service/operations.ts';
import { behindNow, standingStill, type Behind } from './health.ts';
import { Notify, type Assignments, type NotifyOptions } from './notify.ts';
import { statusLine } from './status-line.ts';

/** Milliseconds between two looks where no watchdog says how often. */
const LOOK_MS = 60_000;
/** So many looks in the time of the watchdog: one that is late kills nobody. */
const LOOKS = 3;

export interface ManagerOptions extends NotifyOptions {
  /** Milliseconds without a word after which the daemon is killed; undefined where it is not. */
  readonly watchdogMs: number | undefined;
  /** Microseconds of CLOCK_MONOTONIC. */
  readonly monotonic: () => bigint;
}

export class ServiceManager {
  readonly #options: ManagerOptions;
  readonly #notify: Notify | undefined;
  #logs: readonly string[] = [];
  #held: HeldIndex | undefined;
  #isCaughtUp = false;
  #delay: string | undefined;
  #said: string | undefined;
  #looking: NodeJS.Timeout | undefined;
  #isLooking = false;
  #behind: Behind = new Map();
  #still: readonly string[] = [];

  constructor(options: ManagerOptions) {
    this.#options = options;
    if (options.env['NOTIFY_SOCKET']) this.#notify = new Notify(options);
  }

  /** From now on these logs are followed. */
  begin(logs: readonly string[]): void {
    this.#logs = logs;
    this.hold(undefined);
  }

  /** The index that is open; undefined while there is none. */
  hold(held: HeldIndex | undefined): void {
    this.#held = held;
    this.#isCaughtUp = false;
    this.#delay = undefined;
    this.#behind = new Map();
  }

  /** The index cannot be opened for the moment. */
  delayed(why: string): void {
    this.#delay = why;
    this.#say({});
  }

  ready(): void {
    if (!this.#notify) return;
    this.#say({ READY: '1' });
    const { watchdogMs } = this.#options;
    const period = watchdogMs === undefined ? LOOK_MS : watchdogMs / LOOKS;
    this.#looking ??= setInterval(() => void this.#look(), period);
  }

  caughtUp(): void {
    this.#isCaughtUp = true;
    this.#say({});
  }

  /** There are new counts. */
  counted(): void {
    this.#say({});
  }

  /** To be followed by `ready`, or by `reloaded` where everything stays as it was. */
  reloading(): void {
    this.#say({ RELOADING: '1', MONOTONIC_USEC: String(this.#options.monotonic()) });
  }

  reloaded(): void {
    this.#say({ READY: '1' });
  }

  close(): void {
    clearInterval(this.#looking);
  }

  /** Where the index does not answer, this does not come to its end, and neither does one that begins later. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const held = this.#held;
    // What cannot be written is told by whoever wrote it; that it cannot is an answer.
    await held?.writeBuffer.commitUsers().catch(() => undefined);
    this.#isLooking = false;
    const isWell = !held || held !== this.#held || this.#allMove(held.standing());
    this.#say(isWell && this.#options.watchdogMs !== undefined ? { WATCHDOG: '1' } : {});
  }

  #allMove(standing: DaemonStatus): boolean {
    const before = this.#behind;
    this.#behind = behindNow(standing);
    const still = standingStill(before, this.#behind);
    const isNew = still.some((path) => !this.#still.includes(path));
    this.#still = still;
    if (isNew)
      this.#options.tell(
        'warning',
        `${still.join(', ')}: there are lines that nobody reads; systemd is told no longer that all is well`,
      );
    return still.length === 0;
  }

  /** And the status, if it is another one. */
  #say(assignments: Assignments): void {
    if (!this.#notify) return;
    const standing = this.#held?.standing();
    const status = statusLine({ logs: this.#logs, standing, isCaughtUp: this.#isCaughtUp, delay: this.#delay });
    const all = { ...assignments, ...(status !== this.#said && { STATUS: status }) };
    this.#said = status;
    if (Object.keys(all).length > 0) void this.#notify.say(all);
  }
}

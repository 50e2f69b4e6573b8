/**
 * `run`: reads what the logs already hold, follows them, and counts: shortly after the start, as soon as all logs have been
 * caught up with, and then every hour on the hour. Nothing is sent before that, and never a part of a count: until an
 * instant has been counted, no log is read beyond it.
 */
import { WINDOWS, type Sample } from '../activity/active-window.ts';
import type { Users } from '../activity/user-table.ts';
import { newUsers } from './new-users.ts';
import type { Config } from '../config/config.ts';
import { MAX_AHEAD } from './max-time.ts';
import type { WriteBuffer } from './write-buffer.ts';
import { openCounter } from './cluster.ts';
import type { Counter } from './counter.ts';
import { FollowedLogs } from './followed-logs.ts';
import { openWriteBuffer } from './open-index.ts';
import { IndexError } from '../index/last-seen.ts';
import type { DaemonStatus } from '../index/status-file.ts';
import type { HeldIndex } from './operations.ts';
import { Outputs } from './outputs.ts';
import { firstAfter } from './sampler.ts';

const HOUR = 3600;
const DAY = 86_400;
/** After the hour, for lines that the server still holds in its buffer; seconds. */
const SETTLE = 2;
/** Milliseconds between two looks at the clock: a machine that was suspended wakes with the hour long past. */
const LOOK_MS = 60_000;
/** Milliseconds between two signs of life. */
const MINUTE_MS = 60_000;

export type Level = 'error' | 'warning' | 'notice' | 'info';

export interface DaemonOptions {
  readonly config: Config;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: Level, sentence: string) => void;
  /** Aborted when the daemon is to stop. */
  readonly signal: AbortSignal;
  /** Called when the logs have been looked at for the first time, as many of them as are there. */
  readonly looked?: () => void;
  /** Called when all logs have been caught up with. */
  readonly started?: () => void;
  /** Called after each count. */
  readonly counted?: () => void;
  /** Called when the index cannot be opened for the moment, with the reason. */
  readonly delayed?: (why: string) => void;
  /** Called when the index is open, with what can be asked of it until it is closed. */
  readonly opened?: (held: HeldIndex) => Promise<void>;
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #users: Users;
  readonly #outputs: Outputs;
  readonly #again = new AbortController();
  /** Of the end, whoever wants it. */
  readonly #signal: AbortSignal;
  readonly #logs: FollowedLogs;
  readonly #writeBuffer: WriteBuffer;
  readonly #counter: Counter;
  #pruned = -Infinity;
  #noting: NodeJS.Timeout | undefined;
  /** Why a log can be followed no longer. */
  #failure: { readonly error: unknown } | undefined;

  private constructor(options: DaemonOptions, writeBuffer: WriteBuffer, users: Users, outputs: Outputs) {
    this.#options = options;
    this.#writeBuffer = writeBuffer;
    this.#users = users;
    this.#outputs = outputs;
    this.#signal = AbortSignal.any([options.signal, this.#again.signal]);
    const { config, now, tell } = options;
    const common = { config, users, writeBuffer, now, tell, signal: this.#signal };
    this.#counter = openCounter(common);
    const until = (): number => this.#counter.startAt(Math.floor(now()));
    this.#logs = new FollowedLogs({ ...common, until, fail: (error) => this.#fail(error) });
  }

  /**
   * Runs until the signal, or until it has to be begun anew as the clock was set. Rejects with a sentence when it cannot
   * run.
   */
  static async run(options: DaemonOptions): Promise<void> {
    const outputs = new Outputs(options);
    const users = newUsers(options.config);
    let daemon: Daemon | undefined;
    const lost = (why: Error): void => {
      if (daemon) daemon.#beginAnew(why);
    };
    const writeBuffer = await openWriteBuffer({ ...options, lost }, users);
    if (!writeBuffer) return;
    daemon = await Daemon.#over(options, writeBuffer, users, outputs);
    try {
      await options.opened?.(daemon.#held);
      await daemon.#follow();
    } catch (error) {
      // Whatever was under way may say that it was broken off.
      if (!daemon.#signal.aborted) throw error;
    } finally {
      await daemon.#close();
    }
    if (daemon.#failure) throw daemon.#failure.error;
  }

  /** Where it cannot be one, as without the key of its cluster, the index is free for others again. */
  static async #over(
    options: DaemonOptions,
    writeBuffer: WriteBuffer,
    users: Users,
    outputs: Outputs,
  ): Promise<Daemon> {
    try {
      return new Daemon(options, writeBuffer, users, outputs);
    } catch (error) {
      await writeBuffer.close();
      await outputs.close();
      throw error;
    }
  }

  get #held(): HeldIndex {
    return {
      ...{ config: this.#options.config, users: this.#users, writeBuffer: this.#writeBuffer },
      logsAt: (at) => this.#logs.at(at),
      signal: this.#signal,
      intoLog: (log, read) => this.#logs.intoLog(log, read),
      standing: () => this.#standing,
    };
  }

  get #standing(): DaemonStatus {
    const { cluster } = this.#counter;
    return { ...this.#outputs.standing(this.#logs.all), ...(cluster && { cluster }) };
  }

  async #follow(): Promise<void> {
    const { now, started } = this.#options;
    this.#noteStatus();
    this.#noting = setInterval(() => this.#everyMinute(), MINUTE_MS);
    const opening = this.#logs.openAll();
    this.#options.looked?.();
    await opening;
    if (this.#signal.aborted) return;
    const start = this.#counter.startAt(Math.floor(now()));
    this.#logs.stopAfter(start);
    if (!(await this.#reached(true))) return;
    started?.();
    this.#tellStarted();
    await this.#countEveryHour(start);
  }

  /** What memory does not know is to be read again from the logs that are there. */
  #beginAnew({ message }: Error): void {
    if (this.#signal.aborted) return;
    this.#options.tell('warning', `${message}: beginning anew`);
    this.#again.abort();
  }

  /** It cannot go on. What was under way when it was to stop may say that it was broken off. */
  #fail(error: unknown): void {
    if (this.#signal.aborted) return;
    // As it was to be read while lines were taken in.
    if (this.#users.absent && error instanceof IndexError) return this.#beginAnew(error);
    this.#failure ??= { error };
    this.#again.abort();
  }

  /** So that the journal says of a daemon that works that it works. Of a log that cannot be read its follower tells. */
  #tellStarted(): void {
    const { host, port, protocol } = this.#options.config.statsd;
    const target = protocol === 'uds' ? host : `${host}:${port}`;
    const read = this.#logs.all.filter((log) => log.isThere).map(({ path }) => path);
    const begun = read.length > 0 ? `caught up with ${read.join(', ')}` : 'there is no log to read yet';
    const when = this.#counter.cluster ? 'every hour, from one of the nodes for all' : 'now and every hour';
    this.#options.tell('info', `${begun}; counts go to ${target} (${protocol}) ${when}`);
  }

  async #countEveryHour(start: number): Promise<void> {
    if (this.#counter.countsAtStart) await this.#count(start);
    this.#beat();
    await this.#logs.tellFailures(start);
    const stopRepeating = this.#outputs.repeat();
    let hour = this.#hourAfter(start);
    while (await this.#isTimeFor(hour)) {
      const counted = hour;
      await this.#logs.inTurn(async () => {
        if (await this.#reachedHour(counted)) await this.#count(counted);
      });
      hour = this.#hourAfter(hour);
    }
    stopRepeating();
  }

  /** Hours that were slept through are not counted: it would be hours late, and StatsD takes all for now. */
  #hourAfter(counted: number): number {
    return Math.max(firstAfter(counted, HOUR), firstAfter(this.#options.now() - HOUR, HOUR));
  }

  async #isTimeFor(hour: number): Promise<boolean> {
    this.#counter.stopAfter(hour);
    this.#logs.stopAfter(hour);
    await this.#sleepUntil(hour + SETTLE);
    return !this.#signal.aborted;
  }

  async #reachedHour(hour: number): Promise<boolean> {
    const { believed } = this.#logs;
    // Long behind the hour, the clock was set: begun anew, the count is one of now.
    if (believed.length > 0 && this.#options.now() - hour > MAX_AHEAD) this.#again.abort();
    for (const log of believed) await this.#logs.readAgain(log);
    return this.#reached(false);
  }

  /** All lines up to the instant have been taken in; false when it is the end. */
  async #reached(isStart: boolean): Promise<boolean> {
    await this.#untilStopped(this.#logs.reached(isStart));
    return !this.#signal.aborted;
  }

  async #count(at: number): Promise<void> {
    const covered = this.#logs.coveredAt(at, this.#users.windows);
    const outcome = await this.#counter.count({ at, logs: this.#logs.at(at), covered });
    if (this.#signal.aborted) return;
    if (outcome.kind !== 'none') {
      const { kind, samples: counted } = outcome;
      // A gauge stands until it is told otherwise.
      const gone = this.#writeBuffer.sent.note(counted.map(({ host }) => host));
      const samples = [...counted, ...gone.map((host) => ({ ...nobody(this.#users.windows), at, host, covered }))];
      if (at % HOUR === 0) this.#writeBuffer.past.note(counted);
      const isSender = kind === 'counted';
      this.#outputs.counts(samples, this.#logs.all, { at, covered, isSender, gauges: this.#counter.gauges });
      // Other nodes send it as long as nobody says that it is sent.
      if (isSender && this.#counter.cluster) await this.#untilStopped(this.#outputs.sent());
    }
    this.#logs.tellDoubts(at);
    this.#noteStatus();
    this.#options.counted?.();
    if (at - this.#pruned >= DAY) await this.#prune(at);
    await this.#commitUsers();
    if (outcome.kind === 'counted') await this.#counter.confirm(at);
  }

  async #prune(at: number): Promise<void> {
    this.#pruned = at;
    this.#logs.dropSilent(at);
    const { historyDays, retentionDays } = this.#options.config.index;
    this.#writeBuffer.past.dropBefore(at - historyDays * DAY);
    await this.#writeBuffer.pruneBeside(retentionDays);
  }

  async #commitUsers(): Promise<void> {
    try {
      await this.#writeBuffer.commitUsers();
    } catch (error) {
      // The next block's commit writes it.
      this.#options.tell('warning', error instanceof Error ? error.message : String(error));
    }
  }

  async #sleepUntil(instant: number): Promise<void> {
    const { now, tell } = this.#options;
    for (let left; !this.#signal.aborted && (left = instant - now()) > 0;) {
      if (left > 2 * HOUR) {
        tell('warning', 'the clock was set back by more than an hour: beginning anew');
        return this.#again.abort();
      }
      let timer: NodeJS.Timeout | undefined;
      const wait = Math.min(left * 1000, LOOK_MS);
      const ahead = now() - performance.now() / 1000;
      await this.#untilStopped(new Promise<void>((resolve) => (timer = setTimeout(resolve, wait))));
      clearTimeout(timer);
      // The clock was set; else it is looked at only before a count, as the log may come from where the clock is ahead.
      const isAhead = now() - performance.now() / 1000 - ahead > MAX_AHEAD;
      if (isAhead && this.#logs.believed.length > 0) this.#again.abort();
    }
  }

  async #untilStopped(work: Promise<unknown>): Promise<void> {
    if (this.#signal.aborted) return;
    const over = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      this.#signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
    });
    await Promise.race([work, stopped]).finally(() => over.abort());
  }

  #everyMinute(): void {
    const at = Math.floor(this.#options.now());
    this.#counter.everyMinute(at, this.#logs.at(at));
    this.#noteStatus();
    this.#beat();
    // What is written by then goes where nobody finds it again.
    if (!this.#writeBuffer.isInPlace) void this.#commitUsers();
  }

  #beat(): void {
    const at = Math.floor(this.#options.now());
    const covered = this.#logs.coveredAt(at, this.#users.windows);
    this.#outputs.beat(this.#logs.all, { at, covered, gauges: this.#counter.gauges });
  }

  #noteStatus(): void {
    if (this.#writeBuffer.isInPlace) this.#outputs.status(this.#standing);
  }

  async #close(): Promise<void> {
    clearInterval(this.#noting);
    this.#noteStatus();
    await this.#logs.close();
    await this.#counter.close();
    await this.#writeBuffer.close();
    await this.#outputs.close();
  }
}

/** The counts of a host where nobody counts any more. */
function nobody(windows: readonly number[]): Omit<Sample, 'at' | 'host' | 'covered'> {
  return { online: 0, d1: 0, d7: 0, d30: 0, ...(windows.length > WINDOWS.length && { d180: 0 }) };
}

/**
 * `run`: reads what the logs already hold, follows them, and counts: shortly after the start, as soon as all logs have been
 * caught up with, and then every hour on the hour. Nothing is sent before that, and never a part of a count: until an
 * instant has been counted, no log is read beyond it.
 */
import { coveredWindows } from '../activity/coverage.ts';
import type { Users } from '../activity/user-table.ts';
import { newUsers } from './new-users.ts';
import type { Config, LogConfig } from '../config/config.ts';
import { LiveFile } from '../source/follow/live-file.ts';
import { journalOf } from '../source/journal-name.ts';
import { MAX_AHEAD } from './max-time.ts';
import type { WriteBuffer } from './write-buffer.ts';
import type { LiveLog } from './live-log.ts';
import { countAt, type LogAt } from './count-at.ts';
import type { IndexedLog } from './indexed-log.ts';
import { indexedLogs, openWriteBuffer } from './open-index.ts';
import type { HeldIndex } from './operations.ts';
import { openLog } from './open-log.ts';
import { Outputs } from './outputs.ts';
import { firstAfter } from './sampler.ts';
import { failureIn } from './survey.ts';
import { ParseHealth } from './parse-health.ts';

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
  /** Called when all logs have been caught up with. */
  readonly started?: () => void;
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
  readonly #logs = new Map<LiveLog, ParseHealth>();
  readonly #writeBuffer: WriteBuffer;
  /** Logs that were read once and are not followed. */
  #before: readonly IndexedLog[] = [];
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
  }

  /**
   * Runs until the signal, or until it has to be begun anew as the clock was set. Rejects with a sentence when it cannot
   * run.
   */
  static async run(options: DaemonOptions): Promise<void> {
    const outputs = new Outputs(options);
    const users = newUsers(options.config);
    const writeBuffer = await openWriteBuffer(options, users);
    const daemon = new Daemon(options, writeBuffer, users, outputs);
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

  get #held(): HeldIndex {
    return {
      ...{ config: this.#options.config, users: this.#users, writeBuffer: this.#writeBuffer },
      logsAt: (at) => this.#logsAt(at),
      standing: () => this.#outputs.standing([...this.#logs.keys()]),
    };
  }

  async #follow(): Promise<void> {
    const { now, started } = this.#options;
    this.#noteStatus();
    this.#noting = setInterval(() => this.#everyMinute(), MINUTE_MS);
    if (!(await this.#openAll())) return;
    this.#before = this.#logsBefore();
    const start = Math.floor(now());
    for (const log of this.#logs.keys()) log.stopAfter(start);
    if (!(await this.#reached())) return;
    started?.();
    this.#tellStarted();
    await this.#countEveryHour(start);
  }

  /**
   * Each log by itself: to read what was rotated of one may take long, and no other waits for that. What is rotated away
   * meanwhile is held; and no line is taken in that is later than now, as the first count may come at any time. False when it
   * is the end.
   */
  async #openAll(): Promise<boolean> {
    const { logs } = this.#options.config;
    const waiting = new Map(logs.map((log) => [log, liveFileOf(log)]));
    const look = (): void => {
      for (const live of waiting.values()) live?.look();
      for (const log of this.#logs.keys()) log.stopAfter(Math.floor(this.#options.now()));
    };
    look();
    const looking = setInterval(look, 1000);
    const begin = async (log: LogConfig, live: LiveFile | undefined): Promise<void> => {
      const opened = await this.#open(log, live);
      waiting.delete(log);
      this.#logs.set(opened, new ParseHealth());
      opened.stopAfter(Math.floor(this.#options.now()));
      opened.start();
    };
    await Promise.all([...waiting].map(([log, live]) => begin(log, live).catch((error: unknown) => this.#fail(error))));
    clearInterval(looking);
    for (const live of waiting.values()) await live?.close();
    this.#putInOrder();
    return !this.#signal.aborted;
  }

  /** As they are configured, whichever was open first. */
  #putInOrder(): void {
    const paths = this.#options.config.logs.map(({ path }) => path);
    const logs = [...this.#logs].sort(([a], [b]) => paths.indexOf(a.path) - paths.indexOf(b.path));
    this.#logs.clear();
    for (const [log, parseHealth] of logs) this.#logs.set(log, parseHealth);
  }

  #open(log: LogConfig, live: LiveFile | undefined, before?: LiveLog): Promise<LiveLog> {
    const common = { ...this.#options, signal: this.#signal, writeBuffer: this.#writeBuffer, users: this.#users };
    const fail = (error: unknown): void => this.#fail(error);
    return openLog({ ...common, log, live, fail, ...(before && { before }) });
  }

  /** It cannot go on. What was under way when it was to stop may say that it was broken off. */
  #fail(error: unknown): void {
    if (this.#signal.aborted) return;
    this.#failure ??= { error };
    this.#again.abort();
  }

  /** So that the journal says of a daemon that works that it works. Of a log that cannot be read its follower tells. */
  #tellStarted(): void {
    const { host, port, protocol } = this.#options.config.statsd;
    const target = protocol === 'uds' ? host : `${host}:${port}`;
    const read = [...this.#logs.keys()].filter((log) => log.isThere).map(({ path }) => path);
    const begun = read.length > 0 ? `caught up with ${read.join(', ')}` : 'there is no log to read yet';
    this.#options.tell('info', `${begun}; counts go to ${target} (${protocol}) now and every hour`);
  }

  #logsBefore(): readonly IndexedLog[] {
    const { config, now } = this.#options;
    const isOther = ([path]: readonly [string, unknown]): boolean => config.logs.every((log) => log.path !== path);
    return indexedLogs(this.#users, [...this.#writeBuffer.logs].filter(isOther), config, now());
  }

  async #countEveryHour(start: number): Promise<void> {
    await this.#count(start);
    this.#beat();
    await this.#tellFailures(start);
    const stopRepeating = this.#outputs.repeat();
    let hour = this.#hourAfter(start);
    while (await this.#reachedHour(hour)) {
      await this.#count(hour);
      hour = this.#hourAfter(hour);
    }
    stopRepeating();
  }

  /** Hours that were slept through are not counted: it would be hours late, and StatsD takes all for now. */
  #hourAfter(counted: number): number {
    return Math.max(firstAfter(counted, HOUR), firstAfter(this.#options.now() - HOUR, HOUR));
  }

  async #reachedHour(hour: number): Promise<boolean> {
    for (const log of this.#logs.keys()) log.stopAfter(hour);
    await this.#sleepUntil(hour + SETTLE);
    const believed = [...this.#logs.keys()].filter((log) => this.#isBelieved(log));
    // Long behind the hour, the clock was set: begun anew, the count is one of now.
    if (believed.length > 0 && this.#options.now() - hour > MAX_AHEAD) this.#again.abort();
    for (const log of believed) await this.#readAgain(log, hour);
    return this.#reached();
  }

  /** Lines of this log that lay in the future do so no longer: only it goes back to them. */
  async #readAgain(before: LiveLog, hour: number): Promise<void> {
    const log = this.#options.config.logs.find(({ path }) => path === before.path);
    const parseHealth = this.#logs.get(before);
    if (!log || !parseHealth || this.#signal.aborted) return;
    const live = liveFileOf(log);
    live?.look();
    await before.close();
    const again = await this.#open(log, live, before);
    this.#logs.delete(before);
    this.#logs.set(again, parseHealth);
    again.stopAfter(hour);
    again.start();
  }

  /** All lines up to the instant have been taken in; false when it is the end. */
  async #reached(): Promise<boolean> {
    await this.#untilStopped(Promise.all([...this.#logs.keys()].map((log) => log.reached())));
    return !this.#signal.aborted;
  }

  async #count(at: number): Promise<void> {
    const logs = [...this.#logs.keys()];
    const covered = this.#coveredAt(at);
    const counted = countAt(this.#users, this.#logsAt(at), at);
    // A gauge stands until it is told otherwise.
    const gone = this.#writeBuffer.noteSent(counted.map(({ host }) => host));
    const samples = [...counted, ...gone.map((host) => ({ at, host, d1: 0, d7: 0, d30: 0, covered }))];
    this.#outputs.counts(samples, logs, { at, covered });
    for (const [{ path, logState }, parseHealth] of this.#logs) {
      const { server, version, counts, rival } = logState;
      const told = { path, server, version, counts, rival };
      for (const doubt of parseHealth.judge(told, at)) this.#options.tell('warning', doubt);
    }
    this.#noteStatus();
    if (at - this.#pruned >= DAY) await this.#prune(at);
    await this.#commitUsers();
  }

  #coveredAt(at: number): readonly number[] {
    return coveredWindows(
      this.#logsAt(at).map(({ coverage }) => coverage),
      at,
    );
  }

  #logsAt(at: number): readonly LogAt[] {
    const live = [...this.#logs.keys()].map(({ coverage, logState }) => ({ coverage, over: logState.overBy(at) }));
    return [...this.#before.map((log) => log.at(at)), ...live];
  }

  /** Of a log in which there was no event, whether there can be one at all. */
  async #tellFailures(at: number): Promise<void> {
    const { config, tell } = this.#options;
    const silent = [...this.#logs.keys()].filter(({ isThere, logState }) => isThere && logState.counts.events === 0);
    for (const log of config.logs.filter(({ path }) => silent.some((each) => each.path === path))) {
      const failure = await failureIn(log, config, at);
      if (failure !== undefined) tell('warning', `${log.path}: ${failure}`);
    }
  }

  async #prune(at: number): Promise<void> {
    this.#pruned = at;
    for (const log of this.#before) log.dropSilent(at);
    await this.#writeBuffer.pruneBeside(this.#options.config.index.retentionDays);
  }

  async #commitUsers(): Promise<void> {
    try {
      await this.#writeBuffer.commitUsers();
    } catch (error) {
      // The next block's commit writes it.
      this.#options.tell('warning', error instanceof Error ? error.message : String(error));
    }
  }

  /** Whether lines that lay in the future do so no longer. */
  #isBelieved({ logState }: LiveLog): boolean {
    return logState.unbelieved.some(({ at }) => at <= this.#options.now() + MAX_AHEAD);
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
      if (
        now() - performance.now() / 1000 - ahead > MAX_AHEAD &&
        [...this.#logs.keys()].some((log) => this.#isBelieved(log))
      )
        this.#again.abort();
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
    this.#noteStatus();
    this.#beat();
    // What is written by then goes where nobody finds it again.
    if (!this.#writeBuffer.isInPlace) void this.#commitUsers();
  }

  #beat(): void {
    const at = Math.floor(this.#options.now());
    this.#outputs.beat([...this.#logs.keys()], { at, covered: this.#coveredAt(at) });
  }

  #noteStatus(): void {
    if (this.#writeBuffer.isInPlace) this.#outputs.status([...this.#logs.keys()]);
  }

  async #close(): Promise<void> {
    clearInterval(this.#noting);
    this.#noteStatus();
    await Promise.all([...this.#logs.keys()].map((log) => log.close()));
    await this.#writeBuffer.close();
    await this.#outputs.close();
  }
}

/** A log in the journal has none. */
const liveFileOf = ({ path }: LogConfig): LiveFile | undefined =>
  journalOf(path) === undefined ? new LiveFile(path) : undefined;

/**
 * The logs of the daemon: those that it follows, each opened by itself, and those that were read once and are not followed.
 * Old files of either are read beside that.
 */
import { coveredWindows } from '../activity/coverage.ts';
import type { Users } from '../activity/user-table.ts';
import type { Config, LogConfig } from '../config/config.ts';
import { LiveFile } from '../source/follow/live-file.ts';
import { journalOf } from '../source/journal-name.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import type { LogAt } from './count-at.ts';
import { IndexedLog } from './indexed-log.ts';
import type { LiveLog } from './live-log.ts';
import { beside, LogAside, overIn } from './log-aside.ts';
import { NO_LINES } from './log-reader.ts';
import type { Anew, LogState } from './log-state.ts';
import { storeInIndex, type LogStore } from './log-store.ts';
import { MAX_AHEAD } from './max-time.ts';
import { indexedLogs } from './open-index.ts';
import { openLog } from './open-log.ts';
import { ParseHealth } from './parse-health.ts';
import { failureIn } from './survey.ts';
import type { WriteBuffer } from './write-buffer.ts';

export interface FollowedLogsOptions {
  readonly config: Config;
  readonly users: Users;
  readonly writeBuffer: WriteBuffer;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'warning' | 'notice' | 'info', sentence: string) => void;
  readonly signal: AbortSignal;
  /** While logs are opened: no line is taken in that is later, unix seconds. */
  readonly until: () => number;
  /** Called when a log can be followed no longer. */
  readonly fail: (error: unknown) => void;
}

export class FollowedLogs {
  readonly #options: FollowedLogsOptions;
  readonly #logs = new Map<LiveLog, ParseHealth>();
  /** Logs that were read once and are not followed. */
  #before = new Map<string, IndexedLog>();
  /** Of old files that are being read. */
  readonly #readings: LogState[] = [];
  #reading: Promise<unknown> = Promise.resolve();
  /** Behind whatever must not be under way together. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Unix seconds: events after it wait. */
  #stopsAfter = Infinity;

  constructor(options: FollowedLogsOptions) {
    this.#options = options;
  }

  /** As they are configured. */
  get all(): readonly LiveLog[] {
    return [...this.#logs.keys()];
  }

  /**
   * Each log by itself: to read what was rotated of one may take long, and no other waits for that. What is rotated away
   * meanwhile is held; and no line is taken in that is later than now, as the first count may come at any time.
   */
  async openAll(): Promise<void> {
    const { logs } = this.#options.config;
    const waiting = new Map(logs.map((log) => [log, liveFileOf(log)]));
    const look = (): void => {
      for (const live of waiting.values()) live?.look();
      this.stopAfter(this.#options.until());
    };
    look();
    const looking = setInterval(look, 1000);
    const begin = async (log: LogConfig, live: LiveFile | undefined): Promise<void> => {
      const opened = await this.#open(log, live);
      waiting.delete(log);
      this.#logs.set(opened, new ParseHealth());
      opened.stopAfter(this.#options.until());
      opened.start();
    };
    const { fail } = this.#options;
    await Promise.all([...waiting].map(([log, live]) => begin(log, live).catch((error: unknown) => fail(error))));
    clearInterval(looking);
    for (const live of waiting.values()) await live?.close();
    this.#putInOrder();
    if (!this.#options.signal.aborted) this.#before = this.#logsBefore();
  }

  /** As they are configured, whichever was open first. */
  #putInOrder(): void {
    const paths = this.#options.config.logs.map(({ path }) => path);
    const logs = [...this.#logs].sort(([a], [b]) => paths.indexOf(a.path) - paths.indexOf(b.path));
    this.#logs.clear();
    for (const [log, parseHealth] of logs) this.#logs.set(log, parseHealth);
  }

  #open(log: LogConfig, live: LiveFile | undefined, before?: LiveLog): Promise<LiveLog> {
    return openLog({ ...this.#options, log, live, ...(before && { before }) });
  }

  #logsBefore(): Map<string, IndexedLog> {
    const { config, now, users, writeBuffer } = this.#options;
    const isOther = ([path]: readonly [string, unknown]): boolean => config.logs.every((log) => log.path !== path);
    return indexedLogs(users, [...writeBuffer.logs.all].filter(isOther), config, now());
  }

  /** Events after `instant`, unix seconds, wait in all logs until this is called again. */
  stopAfter(instant: number): void {
    this.#stopsAfter = instant;
    for (const log of this.all) log.stopAfter(instant);
  }

  /** Resolves when all lines up to the instant at which they stop have been taken in. */
  async reached(isStart: boolean): Promise<void> {
    await Promise.all(this.all.map((log) => log.reached(isStart)));
  }

  /** Those of which lines lay in the future, and do so no longer. */
  get believed(): readonly LiveLog[] {
    const horizon = this.#options.now() + MAX_AHEAD;
    return this.all.filter(({ logState }) => logState.unbelieved.some(({ at }) => at <= horizon));
  }

  /** No log is opened anew while a count waits for all, and no count is made while one is. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Lines of this log that lay in the future do so no longer: only it goes back to them. In turn. */
  readAgain(before: LiveLog): Promise<void> {
    return this.#openAgain(before, () => before);
  }

  /** `change`: made while nobody reads the log; gives what has followed it up to now, where that matters still. */
  async #openAgain(before: LiveLog, change: () => LiveLog | undefined): Promise<void> {
    const log = this.#options.config.logs.find(({ path }) => path === before.path);
    const parseHealth = this.#logs.get(before);
    if (!log || !parseHealth || this.#options.signal.aborted) return;
    const live = liveFileOf(log);
    live?.look();
    await before.close();
    const again = await this.#open(log, live, change());
    this.#logs.delete(before);
    this.#logs.set(again, parseHealth);
    again.stopAfter(this.#stopsAfter);
    again.start();
  }

  /**
   * Old files of a log are read, by `read`, into the store that it is given: while the log is followed, where it is, and counted.
   * One after the other.
   */
  intoLog<T>(path: string, read: (logStore: LogStore) => Promise<T>): Promise<T> {
    const reading = this.#reading.then(() => this.#readBeside(path, read));
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #readBeside<T>(path: string, read: (logStore: LogStore) => Promise<T>): Promise<T> {
    try {
      return await (this.#followerOf(path) ? this.#readAside(path, read) : this.#readOther(path, read));
    } finally {
      for (const logState of this.#readings.splice(0)) logState.letGo();
    }
  }

  async #readAside<T>(path: string, read: (logStore: LogStore) => Promise<T>): Promise<T> {
    const { writeBuffer } = this.#options;
    let aside: LogAside | undefined;
    let before: LineCounts | undefined;
    await this.#between(path, (live) => {
      before = live.logState.counts;
      aside = new LogAside(live, this.#options, this.#readings);
    });
    if (!aside) throw new Error('the daemon is stopping');
    const result = await read(aside);
    const { older, anew } = aside;
    if (older)
      await this.#between(path, ({ logState }) => {
        logState.addOlder(older);
        writeBuffer.logs.note(path, logState, older.positions, older.forgotten);
      });
    if (anew) await this.inTurn(() => this.#startFrom(path, anew, before));
    await writeBuffer.commitUsers();
    return result;
  }

  /** `counts`: of the lines that its follower had read when they were begun. */
  async #startFrom(path: string, anew: Pick<Anew, 'logState' | 'positions'>, counts = NO_LINES): Promise<void> {
    const before = this.#followerOf(path);
    if (!before) return;
    await this.#openAgain(before, () => {
      this.#options.writeBuffer.logs.swap(path, before.logState, anew);
      return undefined;
    });
    this.#followerOf(path)?.logState.countOn(counts);
  }

  async #readOther<T>(path: string, read: (logStore: LogStore) => Promise<T>): Promise<T> {
    const { config, users, writeBuffer, now } = this.#options;
    try {
      return await read(storeInIndex(path, this.#options, beside(this.#options, this.#readings)));
    } finally {
      const stored = writeBuffer.logs.release(path);
      this.#before.get(path)?.letGo();
      const state = { ...config.count, isFollowed: false, now: now() };
      if (stored) this.#before.set(path, new IndexedLog(users, stored, state));
    }
  }

  #followerOf(path: string): LiveLog | undefined {
    return this.all.find((log) => log.path === path);
  }

  /** As `LiveLog` has it, whichever reads the log then; not done when the daemon stops. */
  async #between(path: string, work: (live: LiveLog) => void): Promise<void> {
    for (let live; !this.#options.signal.aborted && (live = this.#followerOf(path));) {
      const follower = live;
      if (await follower.between(() => work(follower))) return;
      // It is being opened anew.
      await this.inTurn(async () => {});
    }
  }

  /** What all of them tell of an instant, unix seconds. */
  at(at: number): readonly LogAt[] {
    const live = this.all.map(({ coverage, logState }) => ({ coverage, over: logState.overBy(at) }));
    const nothing = { spans: [], state: 'over' as const };
    const indexed = [...this.#before.values()].map((log) => log.at(at));
    return [...indexed, ...live, { coverage: nothing, over: overIn(this.#readings) }];
  }

  /** Per window, in seconds: how many of them they cover. */
  coveredAt(at: number, windows: readonly number[]): readonly number[] {
    return coveredWindows(
      this.at(at).map(({ coverage }) => coverage),
      at,
      windows,
    );
  }

  /** As `IndexedLog` has it, of those that are not followed. */
  dropSilent(at: number): void {
    for (const log of this.#before.values()) log.dropSilent(at);
  }

  /** Tells of logs that are not understood, as of a count. */
  tellDoubts(at: number): void {
    for (const [{ path, logState }, parseHealth] of this.#logs) {
      const { server, version, wrapped, counts, rival, waiting } = logState;
      const told = { path, server, version, wrapped, counts, rival, waiting };
      for (const doubt of parseHealth.judge(told, at)) this.#options.tell('warning', doubt);
    }
  }

  /** Of a log in which there was no event, whether there can be one at all. */
  async tellFailures(at: number): Promise<void> {
    const { config, tell } = this.#options;
    const silent = this.all.filter(({ isThere, logState }) => isThere && logState.counts.events === 0);
    for (const log of config.logs.filter(({ path }) => silent.some((each) => each.path === path))) {
      const failure = await failureIn(log, config, at);
      if (failure !== undefined) tell('warning', `${log.path}: ${failure}`);
    }
  }

  async close(): Promise<void> {
    const { all } = this;
    // What waits for one of them ends with it.
    await Promise.all([this.#reading.then(() => this.#turn), ...all.map((log) => log.close())]);
    const since = this.all.filter((log) => !all.includes(log));
    await Promise.all(since.map((log) => log.close()));
  }
}

/** A log in the journal has none. */
const liveFileOf = ({ path }: LogConfig): LiveFile | undefined =>
  journalOf(path) === undefined ? new LiveFile(path) : undefined;

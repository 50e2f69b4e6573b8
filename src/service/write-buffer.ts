/**
 * Memory and index kept in step: what the index holds is put back at start, and from then on everything that changed since
 * the last commit is written in one batch with the position it belongs to. What could not be written stays to be written
 * with the next commit.
 */
import type { Session } from '../activity/sessions.ts';
import type { Users } from '../activity/user-table.ts';
import { IndexError, type LastSeenIndex, type UserRecord } from '../index/last-seen.ts';
import type { Block } from '../source/files/lines.ts';
import type { Followed } from '../index/contents.ts';
import type { Position } from '../source/follow/position.ts';
import type { StoredVerdicts } from '../source/follow/verdicts.ts';
import { MAX_AHEAD } from './max-time.ts';
import { Retention } from './retention.ts';
import { StoredUsers } from './stored-users.ts';
import type { Place } from './unbelieved.ts';
import { everything, keyOf, sessionsByLog, type WholeLog } from './whole-index.ts';
import { livedIn, type StoredLog, type LogState } from './log-state.ts';

/** So long may wait what has changed no user and no session. */
const LATEST_MS = 1000;

/** Gives a new index, with that secret, in the place of one that is damaged, and says so. @throws {IndexError} */
export type Renew = (why: IndexError, secret: string) => Promise<LastSeenIndex>;

export interface StoredState {
  readonly log: StoredLog;
  readonly sessions: readonly (readonly [string, Session])[];
}

export class WriteBuffer {
  #index: LastSeenIndex;
  readonly #renew: Renew | undefined;
  #remaking: Promise<void> | undefined;
  readonly #users: Users;
  readonly #storedUsers: StoredUsers;
  readonly #positions = new Map<string, Position>();
  /** By log. */
  readonly #verdicts = new Map<string, StoredVerdicts>();
  readonly #stored = new Map<string, StoredState>();
  /** Of the logs that were committed since. */
  readonly #logStates = new Map<string, LogState>();
  readonly #retention: Retention;
  /** Hosts of which counts were sent last. */
  readonly #sent = new Set<string>();
  #lastLine = -Infinity;
  /** Until what may wait is written. */
  #late: NodeJS.Timeout | undefined;
  #isFailing = false;
  readonly #unwritten = {
    users: new Map<string, UserRecord | undefined>(),
    sessions: new Map<string, unknown>(),
    positions: new Map<string, Followed>(),
    forgotten: new Set<string>(),
    logs: new Map<string, unknown>(),
    hosts: new Map<string, true | undefined>(),
    removals: new Map<string, number | undefined>(),
  };

  /** `believed`: the latest instant that is, unix seconds. */
  private constructor(index: LastSeenIndex, users: Users, believed: number, renew: Renew | undefined) {
    this.#index = index;
    this.#renew = renew;
    this.#users = users;
    this.#retention = new Retention(users);
    this.#storedUsers = new StoredUsers(users, this.#retention, believed);
  }

  /**
   * Reads the whole index into `users`, at the time `now`, unix seconds. Rejects as `LastSeenIndex.load` does, and then
   * `users` is not to be used. `renew`: for whoever holds the index for long, in the place of failing when it is damaged.
   */
  static async open(index: LastSeenIndex, users: Users, now: number, renew?: Renew): Promise<WriteBuffer> {
    const believed = now + MAX_AHEAD;
    const writeBuffer = new WriteBuffer(index, users, believed, renew);
    const contents = await index.load(writeBuffer.#storedUsers);
    users.removals.secret = index.secret;
    for (const [key, at] of contents.removals) users.removals.restore(key, at);
    for (const host of contents.hosts.keys()) writeBuffer.#sent.add(host);
    for (const followed of contents.positions) {
      if ('verdicts' in followed) writeBuffer.#verdicts.set(followed.log, followed);
      else writeBuffer.#positions.set(followed.id, followed);
    }
    const sessions = sessionsByLog(contents.sessions, now);
    // In an index of version 0.1.0 only the users tell it, and not of which log.
    const { hasResumption } = writeBuffer.#storedUsers;
    for (const [log, entry] of contents.logs) {
      const stored = { hasResumption, ...(entry as StoredLog) };
      const own = sessions.get(log) ?? [];
      // A clock that was ahead has not made it later since.
      writeBuffer.#lastLine = Math.max(writeBuffer.#lastLine, notAfter(believed, stored.reader.clock.last));
      writeBuffer.#stored.set(log, { log: stored, sessions: own });
      writeBuffer.#retention.hold(log, livedIn(stored), own);
    }
    return writeBuffer;
  }

  /** What an earlier run kept of a log; undefined when the log is new. */
  stored(log: string): StoredState | undefined {
    return this.#stored.get(log);
  }

  positions(log: string): Position[] {
    return [...this.#positions.values()].filter((position) => position.log === log);
  }

  /** What is known of files beside the log that are not read. */
  verdicts(log: string): StoredVerdicts | undefined {
    return this.#verdicts.get(log);
  }

  /** Where the file stands, as long as what is being read of it is not committed. */
  placeOf(log: string, id: string): Place {
    const known = this.positions(log).flatMap((position) => (position.id === id ? [] : [position.id]));
    return { id, position: this.#positions.get(id), known };
  }

  /**
   * Puts the log back to where lines were not believed: what was read from there on is to be read again. Of its sessions
   * remain those that nothing was heard of since; who was seen stays seen. Written with the next commit.
   */
  rewind(log: string): void {
    const state = this.#stored.get(log);
    if (!state?.log.unbelieved) return;
    const { unbelieved, ...rest } = state.log;
    const { id, position, known, reader } = unbelieved;
    for (const each of this.positions(log)) if (each.id === id || !known.includes(each.id)) this.#forget(each.id);
    if (position) this.#note(position);
    const begin = reader?.clock.last ?? -Infinity;
    const isBefore = ([, { at }]: readonly [string, Session]): boolean => at <= begin;
    for (const session of state.sessions)
      if (!isBefore(session)) this.#unwritten.sessions.set(keyOf(log, session[0]), undefined);
    const before = reader && { ...rest, reader };
    this.#unwritten.logs.set(log, before);
    if (before) this.#stored.set(log, { log: before, sessions: state.sessions.filter(isBefore) });
    else this.#stored.delete(log);
  }

  /** The time of the last line that the index has taken in, unix seconds. */
  get lastLine(): number | undefined {
    return Number.isFinite(this.#lastLine) ? this.#lastLine : undefined;
  }

  /** What an earlier run kept, by log. */
  get logs(): ReadonlyMap<string, StoredState> {
    return this.#stored;
  }

  /**
   * Writes all that changed, with the position reached in `log`; rejects when the index cannot be written, and then the
   * next commit writes it. `logState` is undefined for lines whose sessions are not to be kept.
   */
  async commit(
    log: string,
    logState: LogState | undefined,
    positions: readonly Position[],
    forgotten: readonly string[],
  ): Promise<void> {
    this.#noteAll(log, logState, positions, forgotten);
    await this.#write();
  }

  /**
   * As `commit`, but where no user and no session has changed, it is written within a second; when it could not be, the next
   * call writes.
   */
  async commitSoon(
    { path, logState }: { readonly path: string; readonly logState: LogState },
    blocks: readonly Omit<Block, 'log' | 'bytes'>[],
  ): Promise<void> {
    for (const { verdicts } of blocks) if (verdicts) this.#unwritten.positions.set(verdicts.id, verdicts);
    const isUrgent = blocks.some(({ verdicts, isBehindLoss }) => verdicts !== undefined || isBehindLoss === true);
    const positions = blocks.map(({ position }) => position);
    const forgotten = blocks.flatMap((block) => block.forgotten);
    this.#noteAll(path, logState, positions, forgotten);
    const { users, sessions, removals } = this.#unwritten;
    if (isUrgent || this.#isFailing || users.size + sessions.size + removals.size > 0) return this.#write();
    this.#late ??= setTimeout(() => void this.#write().catch(() => undefined), LATEST_MS);
  }

  #noteAll(
    log: string,
    logState: LogState | undefined,
    positions: readonly Position[],
    forgotten: readonly string[],
  ): void {
    const { sessions, logs } = this.#unwritten;
    this.#takeUsers();
    for (const [id, session] of logState?.sessions.takeChanges() ?? []) sessions.set(keyOf(log, id), session);
    if (logState?.stored) {
      logs.set(log, logState.stored);
      this.#logStates.set(log, logState);
      this.#retention.follow(log, logState.lived);
      this.#lastLine = Math.max(this.#lastLine, logState.last ?? -Infinity);
    }
    for (const position of positions) this.#note(position);
    for (const id of forgotten) this.#forget(id);
  }

  /** As `commit`, but `sessions` take the place of all that were kept of the log. */
  async replace(
    log: string,
    logState: LogState,
    sessions: ReadonlyMap<string, Session>,
    positions: readonly Position[],
    forgotten: readonly string[],
  ): Promise<void> {
    for (const [id] of this.stored(log)?.sessions ?? []) this.#unwritten.sessions.set(keyOf(log, id), undefined);
    for (const [id, session] of sessions) this.#unwritten.sessions.set(keyOf(log, id), session);
    await this.commit(log, logState, positions, forgotten);
  }

  /** What older lines of the log tell, and which sessions are over by them. Written with the next commit. */
  patch(
    log: string,
    { coverage, hasResumption }: Required<Pick<StoredLog, 'coverage' | 'hasResumption'>>,
    over: readonly string[],
  ): void {
    const stored = this.#stored.get(log)?.log;
    if (stored)
      this.#unwritten.logs.set(log, {
        ...stored,
        coverage,
        hasResumption: hasResumption || stored.hasResumption === true,
      });
    for (const id of over) this.#unwritten.sessions.set(keyOf(log, id), undefined);
  }

  /**
   * Drops whoever was last seen so long ago that the logs cover `days` since. `reading`: what is being read of a log, and is
   * not committed yet.
   */
  prune(days: number, reading?: LogState): void {
    for (const jid of this.#retention.prune(days, reading?.lived)) this.#unwritten.users.set(jid, undefined);
  }

  /** Counts of these hosts are sent. Returns those that were sent before, also by an earlier run, and are gone. */
  noteSent(hosts: readonly string[]): string[] {
    const gone = [...this.#sent].filter((host) => !hosts.includes(host));
    const fresh = hosts.filter((host) => !this.#sent.has(host));
    for (const host of gone) {
      this.#sent.delete(host);
      this.#unwritten.hosts.set(host, undefined);
    }
    for (const host of fresh) {
      this.#sent.add(host);
      this.#unwritten.hosts.set(host, true);
    }
    return gone;
  }

  /** Writes what changed of the users, and what could not be written before. */
  async commitUsers(): Promise<void> {
    this.#takeUsers();
    await this.#write();
  }

  /** Whether the index is still where it was opened. */
  get isInPlace(): boolean {
    return this.#index.isInPlace;
  }

  async close(): Promise<void> {
    // What cannot be written is read again at the next start.
    if (this.#late || (this.#renew && !this.isInPlace)) await this.#write().catch(() => {});
    await this.#index.close();
  }

  #takeUsers(): void {
    for (const [jid, record] of this.#users.takeChanges()) {
      this.#unwritten.users.set(jid, record);
      if (!record) this.#storedUsers.hold(jid);
    }
    for (const [key, at] of this.#users.removals.takeChanges()) this.#unwritten.removals.set(key, at);
  }

  #note(position: Position): void {
    this.#positions.set(position.id, position);
    this.#unwritten.positions.set(position.id, position);
    this.#unwritten.forgotten.delete(position.id);
  }

  #forget(id: string): void {
    this.#positions.delete(id);
    this.#unwritten.positions.delete(id);
    this.#unwritten.forgotten.add(id);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#late);
    this.#late = undefined;
    try {
      await this.#writeOrRemake();
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      throw error;
    }
  }

  async #writeOrRemake(): Promise<void> {
    const index = this.#index;
    try {
      await this.#writeAll();
    } catch (error) {
      if (!this.#renew || !(error instanceof IndexError) || error.code !== 'DAMAGED') throw error;
      this.#remaking ??= this.#remake(index, error, this.#renew).finally(() => (this.#remaking = undefined));
      await this.#remaking;
      await this.#writeAll();
    }
  }

  /** Memory knows all that the index held, and the logs perhaps not any more. */
  async #remake(lost: LastSeenIndex, why: IndexError, renew: Renew): Promise<void> {
    if (this.#index !== lost) return;
    // Its files may be gone.
    await lost.close().catch(() => {});
    const index = await renew(why, lost.secret);
    this.#storedUsers.clear();
    await index.load(this.#storedUsers);
    this.#index = index;
    const positions = [...this.#positions.values()];
    const all = { users: this.#users, excluded: this.#retention.excluded, positions, hosts: this.#sent };
    for (const changes of everything({ ...all, logs: this.#statesNow() })) await index.write(changes);
  }

  /** Of each log. */
  *#statesNow(): Iterable<readonly [string, WholeLog]> {
    for (const log of new Set([...this.#stored.keys(), ...this.#logStates.keys()])) {
      const logState = this.#logStates.get(log);
      const state = logState ? { log: logState.stored, sessions: logState.sessions.all() } : this.#stored.get(log);
      if (state) yield [log, state];
    }
  }

  async #writeAll(): Promise<void> {
    const { users, sessions, positions, forgotten, logs, hosts, removals } = this.#unwritten;
    const batch = {
      users: new Map(users),
      sessions: new Map(sessions),
      positions: [...positions.values()],
      forgotten: [...forgotten],
      logs: new Map(logs),
      hosts: new Map(hosts),
      removals: new Map(removals),
    };
    await this.#index.write(batch);
    // What changed while the batch was being written stays.
    settle(users, batch.users);
    for (const jid of batch.users.keys()) if (!users.has(jid)) this.#storedUsers.letGo(jid);
    settle(sessions, batch.sessions);
    settle(logs, batch.logs);
    settle(hosts, batch.hosts);
    settle(removals, batch.removals);
    for (const position of batch.positions) if (positions.get(position.id) === position) positions.delete(position.id);
    for (const id of batch.forgotten) forgotten.delete(id);
  }
}

function settle<V>(unwritten: Map<string, V>, written: ReadonlyMap<string, V>): void {
  for (const [key, value] of written) if (unwritten.get(key) === value) unwritten.delete(key);
}

const notAfter = (believed: number, at = -Infinity): number => (at > believed ? -Infinity : at);

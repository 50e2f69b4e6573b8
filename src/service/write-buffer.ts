/**
 * Memory and index kept in step: what the index holds is put back at start, and from then on sessions that changed since the
 * last commit are written in one batch with the position they belong to; users in that batch or, where they are many, in some
 * before it.
 */
import { setImmediate } from 'node:timers/promises';
import type { Session } from '../activity/sessions.ts';
import type { Users } from '../activity/user-table.ts';
import type { LastSeenIndex } from '../index/last-seen.ts';
import type { Block, JournalPosition, Position } from '../source/source.ts';
import type { Position as FilePosition } from '../source/follow/position.ts';
import type { StoredVerdicts } from '../source/follow/verdicts.ts';
import { IndexWriter, type Renew } from './index-writer.ts';
import { MAX_AHEAD } from './max-time.ts';
import { PastCounts } from './past-counts.ts';
import { Retention } from './retention.ts';
import { SentHosts } from './sent-hosts.ts';
import { StoredUsers } from './stored-users.ts';
import { sessionAt, type Place, type Unbelieved } from './unbelieved.ts';
import { keyOf, sessionsByLog, type WholeLog } from './whole-index.ts';
import type { LogState } from './log-state.ts';
import { storedLogOf, uncovered, type StoredLog, type StoredState } from './stored-log.ts';

export class WriteBuffer {
  /** What is put there is written with the next commit. */
  readonly past = new PastCounts((key, packed) => this.#writer.unwritten.counts.set(key, packed));
  /** Likewise. */
  readonly sent = new SentHosts((host, isSent) => this.#writer.unwritten.hosts.set(host, isSent));
  readonly #writer: IndexWriter;
  readonly #users: Users;
  readonly #storedUsers: StoredUsers;
  readonly #positions = new Map<string, Position>();
  /** By log. */
  readonly #verdicts = new Map<string, StoredVerdicts>();
  readonly #stored = new Map<string, StoredState>();
  /** Of the logs that were committed since. */
  readonly #logStates = new Map<string, LogState>();
  /** What is or will be written of each log. */
  readonly #noted = new Map<string, StoredLog>();
  readonly #retention: Retention;
  #lastLine = -Infinity;

  /** `believed`: the latest instant that is, unix seconds. */
  private constructor(index: LastSeenIndex, users: Users, believed: number, renew: Renew | undefined) {
    this.#users = users;
    this.#retention = new Retention(users);
    this.#storedUsers = new StoredUsers(users, believed);
    const known = () => ({
      ...{ logs: this.#statesNow(), positions: this.#positions },
      ...{ hosts: this.sent.all, counts: this.past.all() },
    });
    this.#writer = new IndexWriter({ index, users, storedUsers: this.#storedUsers, renew, known });
  }

  /**
   * Reads the whole index into `users`, at the time `now`, unix seconds. Rejects as `LastSeenIndex.load` does, and then
   * `users` is not to be used. `renew`: for whoever holds the index for long, in the place of failing when it is damaged.
   */
  static async open(index: LastSeenIndex, users: Users, now: number, renew?: Renew): Promise<WriteBuffer> {
    const believed = now + MAX_AHEAD;
    const writeBuffer = new WriteBuffer(index, users, believed, renew);
    const contents = await index.load(writeBuffer.#storedUsers);
    if (contents.unmoved.length > 0) await writeBuffer.#writer.move(contents.unmoved);
    users.removals.secret = index.secret;
    for (const [key, at] of contents.removals) users.removals.restore(key, at);
    for (const host of contents.hosts.keys()) writeBuffer.sent.all.add(host);
    for (const [key, packed] of contents.counts) writeBuffer.past.restore(key, packed);
    for (const followed of contents.positions.values()) {
      if ('verdicts' in followed) writeBuffer.#verdicts.set(followed.log, followed);
      else writeBuffer.#positions.set(followed.id, followed);
    }
    const sessions = sessionsByLog(contents.sessions, now);
    // In an index of version 0.1.0 only the users tell it, and not of which log.
    const { hasResumption } = writeBuffer.#storedUsers;
    for (const [log, entry] of contents.logs) {
      const stored = storedLogOf(entry, hasResumption);
      const own = sessions.get(log) ?? [];
      // A clock that was ahead has not made it later since.
      writeBuffer.#lastLine = Math.max(writeBuffer.#lastLine, notAfter(believed, stored.reader.clock.last));
      writeBuffer.#stored.set(log, { log: stored, sessions: own });
      writeBuffer.#noted.set(log, stored);
      writeBuffer.#retention.hold(log, stored.lived, own);
    }
    return writeBuffer;
  }

  /** What an earlier run kept of a log; undefined when the log is new. */
  stored(log: string): StoredState | undefined {
    return this.#stored.get(log);
  }

  positions(log: string): FilePosition[] {
    return this.#positionsOf(log).filter((position) => 'offset' in position);
  }

  /** How far the log has been read, where it is in the journal. */
  journalPosition(log: string): JournalPosition | undefined {
    return this.#positionsOf(log).find((position) => 'cursor' in position);
  }

  #positionsOf(log: string): Position[] {
    return [...this.#positions.values()].filter((position) => position.log === log);
  }

  /** What is known of files beside the log that are not read. */
  verdicts(log: string): StoredVerdicts | undefined {
    return this.#verdicts.get(log);
  }

  /** Where the file stands, as long as what is being read of it is not committed. */
  placeOf(log: string, id: string): Place {
    const known = this.#positionsOf(log).flatMap((position) => (position.id === id ? [] : [position.id]));
    return { id, position: this.#positions.get(id), known };
  }

  /**
   * Puts the log back to one of the places where lines were not believed: what was read from there on is to be read again. Its
   * sessions are put back to what they were there, as far as that is known; who was seen stays seen. Written with the next
   * commit. `hibernation`: seconds. Returns the sessions of which something was heard since, as they were.
   */
  rewind(log: string, place: Unbelieved, hibernation: number): readonly (readonly [string, Session])[] {
    const state = this.#takeState(log);
    if (!state) return [];
    const { unbelieved = [], ...rest } = state.log;
    const { id, position, known, reader, detail = rest.detail } = place;
    const earlier = unbelieved.filter(({ at }) => at > place.at);
    for (const each of this.#positionsOf(log)) if (each.id === id || !known.includes(each.id)) this.#forget(each.id);
    if (position) this.#note(position);
    const begin = reader?.clock.last ?? -Infinity;
    const sessions = state.sessions.map(([key, session]) => {
      const waits = this.#users.resumes(this.#users.find(session.user)) ? hibernation + 1 : 0;
      return [key, sessionAt(begin, session, waits)] as const;
    });
    for (const [key, session] of sessions) this.#writer.unwritten.sessions.set(keyOf(log, key), session);
    const before = reader && { ...rest, reader, detail, ...(earlier.length > 0 && { unbelieved: earlier }) };
    this.#keep(log, before);
    const isKnown = (each: (typeof sessions)[number]): each is readonly [string, Session] => each[1] !== undefined;
    if (before) this.#stored.set(log, { log: before, sessions: sessions.filter(isKnown) });
    else this.#stored.delete(log);
    return state.sessions.filter(([, { at }]) => at > begin);
  }

  /** The state of a log, which memory then holds no longer: nobody reads it at the moment. */
  #takeState(log: string): StoredState | undefined {
    const logState = this.#logStates.get(log);
    if (!logState?.stored) return this.#stored.get(log);
    this.#noteAll(log, logState, [], []);
    const state = { log: logState.stored, sessions: [...logState.sessions.all()] };
    logState.sessions.dropAll();
    logState.sessions.takeChanges();
    this.#logStates.delete(log);
    return state;
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
    await this.#writer.write();
  }

  /**
   * As `commit`, but where no user and no session has changed, it is written within a second; when it could not be, the next
   * call writes.
   */
  async commitSoon(
    { path, logState }: { readonly path: string; readonly logState: LogState },
    blocks: readonly Omit<Block, 'log' | 'bytes'>[],
  ): Promise<void> {
    for (const { verdicts } of blocks) if (verdicts) this.#writer.unwritten.positions.set(verdicts.id, verdicts);
    const isUrgent = blocks.some(({ verdicts, isBehindLoss }) => verdicts !== undefined || isBehindLoss === true);
    const positions = blocks.map(({ position }) => position);
    const forgotten = blocks.flatMap((block) => block.forgotten);
    this.#noteAll(path, logState, positions, forgotten);
    return this.#writer.writeSoon(isUrgent);
  }

  #noteAll(
    log: string,
    logState: LogState | undefined,
    positions: readonly Position[],
    forgotten: readonly string[],
  ): void {
    const { sessions } = this.#writer.unwritten;
    this.#takeRemovals();
    for (const [id, session] of logState?.sessions.takeChanges() ?? []) sessions.set(keyOf(log, id), session);
    if (logState?.stored) {
      this.#keep(log, logState.stored);
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
    this.#drop(
      log,
      (this.stored(log)?.sessions ?? []).map(([session]) => session),
    );
    for (const [id, session] of sessions) this.#writer.unwritten.sessions.set(keyOf(log, id), session);
    await this.commit(log, logState, positions, forgotten);
  }

  /** What older lines of the log tell, and which sessions are over by them. Written with the next commit. */
  patch(
    log: string,
    { coverage, hasResumption }: Required<Pick<StoredLog, 'coverage' | 'hasResumption'>>,
    over: readonly string[],
  ): void {
    const stored = this.#stored.get(log)?.log;
    if (stored) this.#keep(log, { ...stored, coverage, hasResumption: hasResumption || stored.hasResumption });
    this.#drop(log, over);
  }

  /**
   * Drops whoever was last seen so long ago that the logs cover `days` since. `reading`: what is being read of a log, and is
   * not committed yet.
   */
  prune(days: number, reading?: LogState): void {
    let since = -Infinity;
    for (since of this.#retention.pruning(days, reading?.lived));
    this.#uncover(since);
  }

  /** The same, a little at a time, so that nobody else waits for long. */
  async pruneBeside(days: number): Promise<void> {
    let since = -Infinity;
    for (since of this.#retention.pruning(days)) await setImmediate();
    this.#uncover(since);
  }

  /** Of the time before, those who were seen are not all known any more, also when they are to be kept for longer one day. */
  #uncover(since: number): void {
    for (const logState of this.#logStates.values()) logState.uncover(since);
    for (const [log, state] of this.#stored) this.#stored.set(log, { ...state, log: uncovered(state.log, since) });
    for (const [log, stored] of this.#noted) {
      const left = uncovered(stored, since);
      if (left !== stored) this.#keep(log, left);
    }
  }

  /** Deletes these sessions of a log, by id: of those whom the users have forgotten. Written with the next commit. */
  deleteSessions(log: string, sessions: readonly string[]): void {
    const stored = this.#stored.get(log);
    const isOther = ([id]: readonly [string, Session]): boolean => !sessions.includes(id);
    if (stored) this.#stored.set(log, { ...stored, sessions: stored.sessions.filter(isOther) });
    this.#drop(log, sessions);
  }

  /** All sessions of a user, by log, whatever their state. */
  sessionsOf(user: string): [log: string, sessions: (readonly [id: string, session: Session])[]][] {
    return [...this.#statesNow()].flatMap(([log, { sessions }]) => {
      const own = [...sessions].filter(([, session]) => session.user === user);
      return own.length > 0 ? [[log, own]] : [];
    });
  }

  /** Writes what changed of the users, and what could not be written before. */
  async commitUsers(): Promise<void> {
    this.#takeRemovals();
    await this.#writer.write();
  }

  /** What was deleted is in no file of the index any more. @throws {IndexError} */
  purge(): Promise<void> {
    return this.#writer.purge();
  }

  /** Whether the index is still where it was opened. */
  get isInPlace(): boolean {
    return this.#writer.isInPlace;
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  /** These sessions of a log mean nothing any more. */
  #drop(log: string, sessions: Iterable<string>): void {
    for (const session of sessions) this.#writer.unwritten.sessions.set(keyOf(log, session), undefined);
  }

  /** To be written of a log; undefined deletes. */
  #keep(log: string, stored: StoredLog | undefined): void {
    this.#writer.unwritten.logs.set(log, stored);
    if (stored) this.#noted.set(log, stored);
    else this.#noted.delete(log);
  }

  #takeRemovals(): void {
    for (const [key, at] of this.#users.removals.takeChanges()) this.#writer.unwritten.removals.set(key, at);
  }

  #note(position: Position): void {
    this.#positions.set(position.id, position);
    this.#writer.unwritten.positions.set(position.id, position);
  }

  #forget(id: string): void {
    this.#positions.delete(id);
    this.#writer.unwritten.positions.set(id, undefined);
  }

  /** Of each log. */
  *#statesNow(): Iterable<readonly [string, WholeLog]> {
    for (const log of new Set([...this.#stored.keys(), ...this.#logStates.keys()])) {
      const logState = this.#logStates.get(log);
      const state = logState ? { log: logState.stored, sessions: logState.sessions.all() } : this.#stored.get(log);
      if (state) yield [log, state];
    }
  }
}

const notAfter = (believed: number, at = -Infinity): number => (at > believed ? -Infinity : at);

/**
 * What memory knows of each log: how far its files have been read, its state and its sessions, be it read at the moment or not;
 * and what becomes of it when it is read otherwise. Whatever changes is put down to be written with the next commit.
 */
import type { Session } from '../activity/sessions.ts';
import type { Users } from '../activity/user-table.ts';
import type { Followed, Values } from '../index/contents.ts';
import type { JournalPosition, Position } from '../source/source.ts';
import type { Position as FilePosition } from '../source/follow/position.ts';
import type { StoredVerdicts } from '../source/follow/verdicts.ts';
import type { Anew, LogState, Older } from './log-state.ts';
import type { Retention } from './retention.ts';
import { uncovered, type StoredLog, type StoredState } from './stored-log.ts';
import { rewound } from './rewound.ts';
import type { Place, Unbelieved } from './unbelieved.ts';
import type { Unwritten } from './unwritten.ts';
import { SessionPiles } from './session-piles.ts';
import { believedSessions, sessionsByLog } from './whole-index.ts';

export interface KnownLogsOptions {
  readonly users: Users;
  readonly retention: Retention;
  /** What is to be written with the next commit. */
  readonly unwritten: () => Unwritten;
}

export class KnownLogs {
  readonly #options: KnownLogsOptions;
  readonly #positions = new Map<string, Position>();
  /** By log. */
  readonly #verdicts = new Map<string, StoredVerdicts>();
  readonly #stored = new Map<string, StoredState>();
  /** Of the logs that were committed since. */
  readonly #logStates = new Map<string, LogState>();
  /** What is or will be written of each log. */
  readonly #noted = new Map<string, StoredLog>();
  /** What the index has or will have of sessions. */
  readonly #piles = new SessionPiles((key, pile) => this.#unwritten.piles.set(key, pile));
  #lastLine = -Infinity;

  constructor(options: KnownLogsOptions) {
    this.#options = options;
  }

  /** What the index holds of the files of a log. */
  restorePosition(followed: Followed): void {
    if ('verdicts' in followed) this.#verdicts.set(followed.log, followed);
    else this.#positions.set(followed.id, followed);
  }

  /** What the index holds of sessions, by log, as it was told until `now`, unix seconds. */
  restoreSessions(
    { piles, sessions }: Pick<Values, 'piles' | 'sessions'>,
    now: number,
  ): Map<string, [string, Session][]> {
    const older = sessionsByLog(sessions);
    const all = new Map([...older, ...this.#piles.restore(piles)]);
    // They are put into piles with the next commit.
    for (const key of sessions.keys()) this.#unwritten.sessions.set(key, undefined);
    for (const [log, own] of older) this.#piles.replace(log, own);
    return new Map(Array.from(all, ([log, own]) => [log, believedSessions(own, now)]));
  }

  /** What the index holds of a log; `last`: when its last line was written, unix seconds. */
  restore(log: string, state: StoredState, last: number): void {
    this.#lastLine = Math.max(this.#lastLine, last);
    this.#stored.set(log, state);
    this.#noted.set(log, state.log);
    this.#options.retention.hold(log, state.log.lived, state.sessions);
  }

  /** What an earlier run kept of a log; undefined when the log is new. */
  stored(log: string): StoredState | undefined {
    return this.#stored.get(log);
  }

  /** Of all logs, by id. */
  get allPositions(): ReadonlyMap<string, Position> {
    return this.#positions;
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
   * As `rewound` puts the log back; what was read from there on is to be read again. Returns the
   * sessions of which something was heard since, as they were.
   */
  rewind(log: string, place: Unbelieved, hibernation: number): readonly (readonly [string, Session])[] {
    const state = this.#takeState(log);
    if (!state) return [];
    const { id, position, known } = place;
    for (const each of this.#positionsOf(log))
      if (each.id === id || !known.includes(each.id)) this.#forgetPosition(each.id);
    if (position) this.#notePosition(position);
    const { state: before, sessions, since } = rewound(state, place, this.#options.users, hibernation);
    this.#piles.change(log, sessions);
    this.#keep(log, before?.log);
    if (before) this.#stored.set(log, before);
    else this.#stored.delete(log);
    return since;
  }

  /** The state of a log, which memory then holds no longer: nobody reads it at the moment. */
  #takeState(log: string): StoredState | undefined {
    const logState = this.#logStates.get(log);
    if (!logState?.stored) return this.#stored.get(log);
    this.note(log, logState, [], []);
    const state = { log: logState.stored, sessions: [...logState.sessions.all()] };
    logState.letGo();
    this.#piles.breakOff(log);
    this.#logStates.delete(log);
    return state;
  }

  /** The time of the last line that the index has taken in, unix seconds. */
  get lastLine(): number | undefined {
    return Number.isFinite(this.#lastLine) ? this.#lastLine : undefined;
  }

  /** What an earlier run kept, by log. */
  get all(): ReadonlyMap<string, StoredState> {
    return this.#stored;
  }

  /**
   * What has changed of a log, and the positions reached in it. `logState` is undefined for lines whose sessions are not to be
   * kept.
   */
  note(
    log: string,
    logState: LogState | undefined,
    positions: readonly Position[],
    forgotten: readonly string[],
  ): void {
    if (logState) {
      if (logState !== this.#logStates.get(log)) this.#piles.breakOff(log);
      this.#piles.add(log, logState.sessions.stored);
    }
    if (logState?.stored) {
      this.#keep(log, logState.stored);
      this.#logStates.set(log, logState);
      this.#options.retention.follow(log, logState.lived);
      this.#lastLine = Math.max(this.#lastLine, logState.last ?? -Infinity);
    }
    for (const position of positions) this.#notePosition(position);
    for (const id of forgotten) this.#forgetPosition(id);
  }

  /**
   * Puts what was read aside in the place of all that is known of a log, which nobody reads at the moment; `before` is what was
   * read of it last.
   */
  swap(log: string, before: LogState, { logState, positions }: Pick<Anew, 'logState' | 'positions'>): void {
    this.note(log, before, [], []);
    before.letGo();
    for (const { id } of this.#positionsOf(log)) this.#forgetPosition(id);
    for (const position of positions) this.#notePosition(position);
    this.#piles.rewrite(log, logState.sessions.stored);
    this.#keep(log, undefined);
    this.#stored.delete(log);
    this.#logStates.delete(log);
    if (logState.stored) this.#logStates.set(log, logState);
    this.release(log);
  }

  /** Nobody reads the log any more: gives what the index is to hold of it. */
  release(log: string): StoredState | undefined {
    const state = this.#takeState(log);
    if (!state) return undefined;
    this.#stored.set(log, state);
    this.#options.retention.hold(log, state.log.lived, state.sessions);
    return state;
  }

  /** What older lines of the log tell, and which sessions are over by them. */
  patch(log: string, { coverage, hasResumption, over }: Pick<Older, 'coverage' | 'hasResumption' | 'over'>): void {
    const stored = this.#stored.get(log);
    if (!stored) return;
    const patched = { ...stored.log, coverage, hasResumption: hasResumption || stored.log.hasResumption };
    this.#stored.set(log, { ...stored, log: patched });
    this.#keep(log, patched);
    this.deleteSessions(
      log,
      over.map(([id]) => id),
    );
  }

  /** `sessions` take the place of all that were kept of the log. */
  replaceSessions(log: string, sessions: ReadonlyMap<string, Session>): void {
    this.#piles.replace(log, sessions);
  }

  /** Of the time before, those who were seen are not all known any more, also when they are to be kept for longer one day. */
  uncover(since: number): void {
    for (const logState of this.#logStates.values()) logState.uncover(since);
    for (const [log, state] of this.#stored) this.#stored.set(log, { ...state, log: uncovered(state.log, since) });
    for (const [log, stored] of this.#noted) {
      const left = uncovered(stored, since);
      if (left !== stored) this.#keep(log, left);
    }
  }

  /** Deletes these sessions of a log, by id: of those whom the users have forgotten. */
  deleteSessions(log: string, sessions: readonly string[]): void {
    const stored = this.#stored.get(log);
    const isOther = ([id]: readonly [string, Session]): boolean => !sessions.includes(id);
    if (stored) this.#stored.set(log, { ...stored, sessions: stored.sessions.filter(isOther) });
    this.#drop(log, sessions);
  }

  /** All sessions of a user, by log, whatever their state. */
  sessionsOf(user: string): [log: string, sessions: (readonly [id: string, session: Session])[]][] {
    const number = this.#options.users.find(user);
    if (number < 0) return [];
    return this.#logs().flatMap((log) => {
      const logState = this.#logStates.get(log);
      const stored = this.#stored.get(log)?.sessions ?? [];
      const own = logState ? [...logState.sessions.all(number)] : stored.filter(([, session]) => session.user === user);
      return own.length > 0 ? [[log, own]] : [];
    });
  }

  /** These sessions of a log mean nothing any more. */
  #drop(log: string, sessions: readonly string[]): void {
    this.#piles.change(
      log,
      sessions.map((session) => [session, undefined] as const),
    );
  }

  /** Of sessions that are gone the index has nothing any more; in steps. `way`: as `SessionPiles` has them. */
  *renewSessions(way: 'renew' | 'purge'): Generator<void> {
    for (const log of this.#logs()) {
      const logState = this.#logStates.get(log);
      const stored = this.#stored.get(log)?.sessions ?? [];
      if (logState) yield* this.#piles[way](log, logState.sessions.stored);
      else if (stored.length < this.#piles.sessionsIn(log)) {
        this.#piles.replace(log, stored);
        yield;
      }
    }
  }

  /** The index is a new one: all sessions are to be written to it. */
  putAllSessions(): void {
    this.#unwritten.piles.clear();
    this.#piles.clear();
    for (const log of this.#logs()) {
      const logState = this.#logStates.get(log);
      if (logState) this.#piles.rewrite(log, logState.sessions.stored);
      else this.#piles.replace(log, this.#stored.get(log)?.sessions ?? []);
    }
  }

  /** To be written of a log; undefined deletes. */
  #keep(log: string, stored: StoredLog | undefined): void {
    this.#unwritten.logs.set(log, stored);
    if (stored) this.#noted.set(log, stored);
    else this.#noted.delete(log);
  }

  #notePosition(position: Position): void {
    this.#positions.set(position.id, position);
    this.#unwritten.positions.set(position.id, position);
  }

  #forgetPosition(id: string): void {
    this.#positions.delete(id);
    this.#unwritten.positions.set(id, undefined);
  }

  get #unwritten(): Unwritten {
    return this.#options.unwritten();
  }

  /** Of each log what is kept of it now. */
  *states(): Iterable<readonly [string, StoredLog | undefined]> {
    for (const log of this.#logs()) {
      const logState = this.#logStates.get(log);
      yield [log, logState ? logState.stored : this.#stored.get(log)?.log];
    }
  }

  #logs(): string[] {
    return [...new Set([...this.#stored.keys(), ...this.#logStates.keys()])];
  }
}

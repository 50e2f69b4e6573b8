/**
 * The session ids of one log that mean something, each in the queue of what time will do to it, and what else the rules go
 * by: those of the info level are in resumption.ts, of the debug level in binding.ts, of time in passing-time.ts.
 */
import { BOUND, CARRIER, ENDED, AWAY, isOnlineState, NONE, OPEN, REMOVED, UNBOUND } from './session-state.ts';
import type { SessionTable } from './session-table.ts';
import { StoredSessions } from './stored-sessions.ts';
import { TimeoutQueue } from './timeout-queue.ts';
import type { Users } from './user-table.ts';

export interface SessionsOptions {
  /** Prosody's smacks_hibernation_time: how long a user who resumes sessions stays online after a disconnect. */
  readonly hibernationSeconds: number;
  /** A BOSH session that times out leaves no line: it stops counting as open so long after its login. */
  readonly boshSeconds: number;
  /** Whether changes will be asked for; true when not given. */
  readonly isStored?: boolean;
}

/** Of a user with more ids than this one is forgotten: what a line costs must not grow with what a user does. */
const MOST_OF_ONE_USER = 200;

/** How little is lost with an id in each state, least first. */
const SPARED = new Map([
  // Of a carrier nothing more is heard, and what is unbound is offline until it is bound.
  [CARRIER, 0],
  [UNBOUND, 0],
  [ENDED, 1],
  [REMOVED, 2],
  [AWAY, 3],
  [OPEN, 4],
  [BOUND, 4],
]);

export class LogSessions {
  readonly users: Users;
  readonly table: SessionTable;
  /** Seconds that a session stays online behind its disconnect: mod_smacks looks a second later. */
  readonly hibernation: number;
  readonly boshSeconds: number;
  /** Whether the log has debug lines by now. */
  detail = false;
  /** Whether anybody in this log was ever seen to resume a session. */
  hasResumption = false;
  /** When lines were lost, unix seconds, in their order, as long as that leaves sessions in doubt (named-sessions.ts). */
  losses: readonly number[] = [];
  /** Those that time does something to: `away` ends, a BOSH session has long been open, `ended` is settled, `idle` forgotten. */
  readonly away = new TimeoutQueue();
  readonly bosh = new TimeoutQueue();
  readonly ended = new TimeoutQueue();
  readonly idle = new TimeoutQueue();
  /** Online ones that may not have begun yet, as a clock was ahead, since their logins. */
  readonly ahead = new TimeoutQueue();
  /** As the table has it. */
  readonly number: number;
  readonly stored: StoredSessions;
  /** What time alone does has been done up to then, unix seconds. */
  passed = -Infinity;

  constructor(users: Users, { hibernationSeconds, boshSeconds, isStored = true }: SessionsOptions) {
    this.users = users;
    this.table = users.sessions;
    this.hibernation = hibernationSeconds + 1;
    this.boshSeconds = boshSeconds;
    this.number = this.table.addLog(isStored);
    this.stored = new StoredSessions(this.table, this.number);
  }

  /** The session of an id; `NONE` when there is none. */
  find(low: number, high: number): number {
    return this.table.find(this.number, low, high);
  }

  /** The same, of an id as the index has it. */
  findNamed(text: string): number {
    const { ids } = this.table;
    const { low, high } = ids.take(text);
    const found = this.find(low, high);
    ids.letGo(low, high);
    return found;
  }

  /** The first of the sessions of a user; `NONE` when there is none. */
  firstOf(user: number): number {
    return this.table.firstOf(this.number, user);
  }

  /** The next session of the same user; `NONE` behind the last. */
  nextOf(session: number): number {
    return this.table.nextOf(this.number, session);
  }

  /** All, or those of one user, whatever their state. They may be dropped meanwhile. */
  all(user?: number): Iterable<number> {
    return user === undefined ? this.table.of(this.number) : this.#ofUser(user);
  }

  *#ofUser(user: number): Iterable<number> {
    for (let own = this.table.firstOf(this.number, user); own !== NONE;) {
      const session = own;
      own = this.table.nextOf(this.number, session);
      yield session;
    }
  }

  /** A session of an id that has none. */
  insert(low: number, high: number, user: number, since: number): number {
    return this.table.insert(this.number, low, high, user, since);
  }

  /** Another state since `at`, unix seconds, and the queue of what it waits for. */
  set(session: number, state: number, at: number): void {
    this.table.set(session, state, at);
    if (state === AWAY) this.away.add(session, at);
    else if (state === ENDED) this.ended.add(session, at);
    else if (isIdle(state)) this.idle.add(session, at);
    else if (state === OPEN && this.table.isBosh(session)) this.bosh.add(session, this.table.sinceOf(session));
  }

  /** These sessions may not have begun yet. */
  beginLater(sessions: readonly number[]): void {
    const { table, ahead } = this;
    for (const session of sessions.toSorted((a, b) => table.sinceOf(a) - table.sinceOf(b)))
      ahead.add(session, table.sinceOf(session));
  }

  /** Whether it is online, and begins later than `now`, unix seconds. */
  isAhead(session: number, now: number): boolean {
    return isOnlineState(this.table.stateOf(session)) && this.table.sinceOf(session) > now && this.#isOwn(session);
  }

  /** Whether it is still in a state that it got into at `since`, unix seconds. */
  waits(session: number, state: number, since: number): boolean {
    return this.table.stateOf(session) === state && this.table.atOf(session) === since && this.#isOwn(session);
  }

  /** Whether it is still open since its login at `since`, unix seconds. */
  isOpenSince(session: number, since: number): boolean {
    return this.table.stateOf(session) === OPEN && this.table.sinceOf(session) === since && this.#isOwn(session);
  }

  /** Whether nothing may ever be heard of it again since `since`, unix seconds. */
  isIdleSince(session: number, since: number): boolean {
    return isIdle(this.table.stateOf(session)) && this.table.atOf(session) === since && this.#isOwn(session);
  }

  /** Forgets one of the ids of a user who has too many. */
  spare(user: number): void {
    let held = 0;
    for (let other = this.firstOf(user); other !== NONE; other = this.nextOf(other)) held++;
    if (held <= MOST_OF_ONE_USER) return;
    const { table } = this;
    const all: number[] = [];
    for (let other = this.firstOf(user); other !== NONE; other = this.nextOf(other)) all.unshift(other);
    const cost = (session: number): number => SPARED.get(table.stateOf(session)) ?? 0;
    const [least = NONE, next = NONE] = all.toSorted(
      (a, b) => cost(a) - cost(b) || table.sinceOf(a) - table.sinceOf(b),
    );
    // The oldest of so many open ones is the one that the others resumed: its end ends them all.
    table.drop(table.stateOf(least) === OPEN ? next : least);
  }

  /** The number of a session may be that of another log's by now. */
  #isOwn(session: number): boolean {
    return this.table.logOf(session) === this.number;
  }
}

const isIdle = (state: number): boolean => state === CARRIER || state === UNBOUND || state === REMOVED;

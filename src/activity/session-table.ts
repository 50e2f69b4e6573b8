/**
 * The session ids that mean something, of all logs, by id and by user, in the queue of what each waits for; and from them who
 * is online, told to the users as it changes. A session is the number of its eight words; nothing is made when one changes.
 */
import { Chains } from '../format/buckets.ts';
import { NAME_WORDS, NameTable, OWN } from '../format/name-table.ts';
import { LARGE, largest, moved, SMALL } from '../format/reserved.ts';
import { isBoshId, SessionIds } from './session-id.ts';
import { BOUND, isOnlineState, NONE, STATES, type Session, type SessionChange } from './session-state.ts';
import { SESSIONS } from './user-words.ts';

/** Words of a session. */
const WORDS = 8;
/** The id, as session-id.ts has it. */
const LOW = 0;
const HIGH = 1;
const USER = 2;
const SINCE = 3;
const AT = 4;
/** The state; whether it changed; the log. */
const STATE = 5;
/** The next session of the user; or the next free one. */
const NEXT = 6;
/** The next session of the bucket. */
const CHAIN = 7;

const STATE_MASK = 7;
const CHANGED = 8;
/** What is stored of it is to be deleted when it goes. */
const STORED = 16;
const LOG_SHIFT = 8;

interface Changes {
  /** Sessions that may have changed, and may be gone or be others by now. */
  readonly sessions: number[];
  /** Ids of which something is stored and whose sessions are gone, low and high. */
  readonly dropped: number[];
}

/** The users of the sessions: whose words hold the number of the first one, and who are told who is online. */
export interface SessionUsers {
  readonly names: NameTable;
  open(user: number): void;
  close(user: number): void;
  /** Nothing more is known of the user than the name, which may go. */
  releaseIfIdle(user: number): void;
}

export class SessionTable {
  readonly ids: SessionIds;
  readonly #users: SessionUsers;
  #capacity = 0;
  #words = new Int32Array(0);
  #times = new Uint32Array(0);
  readonly #chains = new Chains({
    nextAt: (session) => session * WORDS + CHAIN,
    hashOf: (session) => this.#hashOf(session),
  });
  /** Per session: the resource that it is bound to, number + 1. */
  #resourceOf = new Int32Array(0);
  readonly #resources: NameTable;
  /** Session 0 is none. */
  #used = 1;
  #free = 0;
  #size = 0;
  /** Per log what changed; undefined where nobody wants to know. */
  readonly #changes: (Changes | undefined)[] = [];

  /** `seed` as of a `NameTable`. */
  constructor(users: SessionUsers, seed: number) {
    this.#users = users;
    this.#reserve(SMALL);
    this.#resources = new NameTable({ seed });
    this.ids = new SessionIds(seed);
  }

  /** The number of one more log. `isStored`: its changes will be asked for. */
  addLog(isStored: boolean): number {
    return this.#changes.push(isStored ? { sessions: [], dropped: [] } : undefined) - 1;
  }

  /** How many sessions there are, of all logs. */
  get size(): number {
    return this.#size;
  }

  /** The session of an id; 0 when there is none. */
  find(log: number, low: number, high: number): number {
    const words = this.#words;
    for (let session = this.#chains.first(hashOf(log, low, high)); session !== 0;) {
      const at = session * WORDS;
      if (words[at] === low && words[at + HIGH] === high && words[at + STATE]! >> LOG_SHIFT === log) return session;
      session = words[at + CHAIN]!;
    }
    return 0;
  }

  userOf(session: number): number {
    return this.#words[session * WORDS + USER]!;
  }

  /** The login, unix seconds. */
  sinceOf(session: number): number {
    return this.#times[session * WORDS + SINCE]!;
  }

  /** When it got into its state, unix seconds. */
  atOf(session: number): number {
    return this.#times[session * WORDS + AT]!;
  }

  stateOf(session: number): number {
    return this.#words[session * WORDS + STATE]! & STATE_MASK;
  }

  logOf(session: number): number {
    return this.#words[session * WORDS + STATE]! >> LOG_SHIFT;
  }

  isBosh(session: number): boolean {
    return isBoshId(this.#words[session * WORDS + HIGH]!);
  }

  /** The number of a resource + 1; 0 for none. */
  resourceOf(session: number): number {
    return this.#resourceOf[session]!;
  }

  /** The first of the sessions of a user in a log; 0 when there is none. */
  firstOf(log: number, user: number): number {
    return this.#ofLog(log, this.#users.names.words[user * NAME_WORDS + SESSIONS]!);
  }

  /** The next session of the same user and log; 0 behind the last. */
  nextOf(log: number, session: number): number {
    return this.#ofLog(log, this.#words[session * WORDS + NEXT]!);
  }

  /** Whether any session of a user, in any log, is online since `instant`, unix seconds, or longer. */
  isOnlineSince(user: number, instant: number): boolean {
    let session = this.#users.names.words[user * NAME_WORDS + SESSIONS]!;
    while (session !== NONE && this.#onlineSince(session) > instant) session = this.#words[session * WORDS + NEXT]!;
    return session !== NONE;
  }

  /** Infinity when it is not. Of late lines only a bind names its user, whose login may come behind it. */
  #onlineSince(session: number): number {
    const state = this.stateOf(session);
    if (!isOnlineState(state)) return Infinity;
    return state === BOUND ? this.atOf(session) : Math.max(this.atOf(session), this.sinceOf(session));
  }

  /** The sessions of a log, whatever their state. They may be dropped meanwhile. */
  *of(log: number): Iterable<number> {
    for (let session = 1, end = this.#used; session < end; session++)
      if (this.stateOf(session) !== NONE && this.#words[session * WORDS + STATE]! >> LOG_SHIFT === log) yield session;
  }

  /** A session of an id that has none. */
  insert(log: number, low: number, high: number, user: number, since: number): number {
    const session = this.#takeNumber();
    const at = session * WORDS;
    const words = this.#words;
    const heads = this.#users.names.words;
    words[at + LOW] = low;
    words[at + HIGH] = high;
    words[at + USER] = user;
    words[at + SINCE] = since;
    words[at + STATE] = log << LOG_SHIFT;
    words[at + NEXT] = heads[user * NAME_WORDS + SESSIONS]!;
    this.#chains.add(session, hashOf(log, low, high), ++this.#size);
    heads[user * NAME_WORDS + SESSIONS] = session;
    this.ids.hold(low, high);
    return session;
  }

  /** Another state, since `at`, unix seconds. */
  set(session: number, state: number, since: number): void {
    const at = session * WORDS;
    const before = this.stateOf(session);
    this.#words[at + STATE] = (this.#words[at + STATE]! & ~STATE_MASK) | state;
    this.#words[at + AT] = since;
    this.#note(session);
    if (isOnlineState(before) !== isOnlineState(state)) this.#setOnline(session, isOnlineState(state));
  }

  /** `name`: empty for none. */
  bindTo(session: number, name: string): void {
    this.#unbind(session);
    const resource = this.#resources.internText(name);
    this.#resources.words[resource * NAME_WORDS + OWN]!++;
    this.#resourceOf[session] = resource + 1;
  }

  /** The number + 1 that a resource has if any session is bound to it; else 0. */
  resourceNumber(name: string): number {
    return this.#resources.find(name) + 1;
  }

  drop(session: number): void {
    const words = this.#words;
    const at = session * WORDS;
    const wasOnline = isOnlineState(this.stateOf(session));
    this.#noteDropped(session);
    this.#unbind(session);
    this.#chains.remove(session, this.#hashOf(session));
    this.#leaveUser(session);
    words[at + STATE] = NONE;
    this.ids.letGo(words[at + LOW]!, words[at + HIGH]!);
    if (wasOnline) this.#setOnline(session, false);
    this.#users.releaseIfIdle(words[at + USER]!);
    words[at + NEXT] = this.#free;
    this.#free = session;
    this.#size--;
  }

  /** As the log has it. */
  idOf(session: number): string {
    return this.ids.text(this.#words[session * WORDS + LOW]!, this.#words[session * WORDS + HIGH]!);
  }

  /** What is to be kept of a session. */
  record(session: number): Session {
    const resource = this.#resourceOf[session]!;
    return {
      user: this.#users.names.text(this.userOf(session)),
      since: this.sinceOf(session),
      state: STATES[this.stateOf(session)] || 'open',
      at: this.atOf(session),
      ...(resource > 0 && { resource: this.#resources.text(resource - 1) }),
    };
  }

  /** How many sessions of a log have changed since `takeChanges`, at most. */
  changes(log: number): number {
    const changes = this.#changes[log];
    return changes ? changes.sessions.length + changes.dropped.length / 2 : 0;
  }

  /** What changed of a log since the last call, to be stored: undefined for an id that means nothing any more. */
  takeChanges(log: number): SessionChange[] {
    const taken: SessionChange[] = [];
    const changes = this.#changes[log];
    if (!changes) return taken;
    this.#changes[log] = { sessions: [], dropped: [] };
    for (const session of changes.sessions) {
      const at = session * WORDS;
      const state = this.#words[at + STATE]!;
      if ((state & CHANGED) === 0 || state >> LOG_SHIFT !== log) continue;
      this.#words[at + STATE] = (state & ~CHANGED) | STORED;
      taken.push([this.ids.text(this.#words[at]!, this.#words[at + HIGH]!), this.record(session)]);
    }
    for (let i = 0; i < changes.dropped.length; i += 2) {
      const [low = 0, high = 0] = [changes.dropped[i], changes.dropped[i + 1]];
      if (this.find(log, low, high) === NONE) taken.push([this.ids.text(low, high), undefined]);
      this.ids.letGo(low, high);
    }
    return taken;
  }

  #ofLog(log: number, session: number): number {
    let next = session;
    while (next !== 0 && this.#words[next * WORDS + STATE]! >> LOG_SHIFT !== log)
      next = this.#words[next * WORDS + NEXT]!;
    return next;
  }

  #reserve(capacity: number): void {
    this.#words = moved(this.#words, capacity * WORDS);
    this.#times = new Uint32Array(this.#words.buffer);
    this.#chains.words = this.#words;
    this.#chains.heads = moved(this.#chains.heads, capacity);
    this.#resourceOf = moved(this.#resourceOf, capacity);
    this.#capacity = capacity;
  }

  #takeNumber(): number {
    if (this.#free === 0) {
      if (this.#used === this.#capacity) largest(LARGE, this.#capacity * 2, (capacity) => this.#reserve(capacity));
      return this.#used++;
    }
    const session = this.#free;
    this.#free = this.#words[session * WORDS + NEXT]!;
    return session;
  }

  #note(session: number): void {
    const at = session * WORDS;
    const state = this.#words[at + STATE]!;
    const changes = this.#changes[state >> LOG_SHIFT];
    if (!changes || state & CHANGED) return;
    this.#words[at + STATE] = state | CHANGED;
    changes.sessions.push(session);
  }

  /** Most sessions begin and end before anything is stored of them. */
  #noteDropped(session: number): void {
    const at = session * WORDS;
    const state = this.#words[at + STATE]!;
    if ((state & STORED) === 0) return;
    const [low, high] = [this.#words[at]!, this.#words[at + HIGH]!];
    this.#changes[state >> LOG_SHIFT]?.dropped.push(low, high);
    // The name is still wanted when the session has been dropped.
    this.ids.hold(low, high);
  }

  #setOnline(session: number, isOnline: boolean): void {
    if (isOnline) this.#users.open(this.userOf(session));
    else this.#users.close(this.userOf(session));
  }

  #unbind(session: number): void {
    const resource = this.#resourceOf[session]! - 1;
    if (resource < 0) return;
    this.#resourceOf[session] = 0;
    if (--this.#resources.words[resource * NAME_WORDS + OWN]! === 0) this.#resources.release(resource);
  }

  #hashOf(session: number): number {
    const at = session * WORDS;
    return hashOf(this.#words[at + STATE]! >> LOG_SHIFT, this.#words[at]!, this.#words[at + HIGH]!);
  }

  #leaveUser(session: number): void {
    const words = this.#words;
    const heads = this.#users.names.words;
    const head = this.userOf(session) * NAME_WORDS + SESSIONS;
    let before = heads[head]!;
    if (before === session) heads[head] = words[session * WORDS + NEXT]!;
    else {
      while (words[before * WORDS + NEXT] !== session) before = words[before * WORDS + NEXT]!;
      words[before * WORDS + NEXT] = words[session * WORDS + NEXT]!;
    }
  }
}

function hashOf(log: number, low: number, high: number): number {
  const hash = Math.imul(low ^ Math.imul(high ^ Math.imul(log, 0x27d4_eb2f), 0x85eb_ca6b), 0x9e37_79b1);
  return hash ^ (hash >>> 15);
}

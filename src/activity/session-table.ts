/**
 * The session ids that mean something, of all logs, by id and by user, in the queue of what each waits for; and from them who
 * is online, told to the users as it changes. A session is the number of its eight words; nothing is made when one changes.
 */
import { Chains } from '../format/buckets.ts';
import { NAME_WORDS, NameTable } from '../format/name-table.ts';
import { LARGE, largest, moved, SMALL } from '../format/reserved.ts';
import type { SessionSpace } from '../format/shared-memory.ts';
import { SessionChanges } from './session-changes.ts';
import type { SessionPack } from './session-pack.ts';
import { SessionResources } from './session-resources.ts';
import { isBoshId, SessionIds } from './session-id.ts';
import { isOnlineState, NONE, STATES, type Session } from './session-state.ts';
import {
  AT,
  CHAIN,
  CHANGED,
  hashOf,
  HIGH,
  LOG_SHIFT,
  LOW,
  NEXT,
  SESSION_WORDS as WORDS,
  SINCE,
  STATE,
  STATE_MASK,
  STORED,
  USER,
} from './session-words.ts';
import { SESSIONS } from './user-words.ts';

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
  readonly resources: SessionResources;
  readonly changes = new SessionChanges();
  readonly #users: SessionUsers;
  #capacity = 0;
  #words = new Int32Array(0);
  #times = new Uint32Array(0);
  readonly #chains = new Chains({
    nextAt: (session) => session * WORDS + CHAIN,
    hashOf: (session) => this.#hashOf(session),
  });
  /** Session 0 is none. */
  #used = 1;
  #free = 0;
  #size = 0;

  /** `seed` as of a `NameTable`. */
  constructor(users: SessionUsers, seed: number) {
    this.#users = users;
    const names = new NameTable({ seed });
    this.resources = new SessionResources(names);
    this.ids = new SessionIds(names);
    this.#reserve(SMALL);
  }

  /** The number of one more log. `isStored`: its changes will be asked for. */
  addLog(isStored: boolean): number {
    return this.changes.addLog(isStored);
  }

  /** Whether the changes of a log will be asked for. */
  isStored(log: number): boolean {
    return this.changes.isStored(log);
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
    return this.resources.of(session);
  }

  /** The first of the sessions of a user in a log; 0 when there is none. */
  firstOf(log: number, user: number): number {
    return this.#ofLog(log, this.firstOfAny(user));
  }

  /** The next session of the same user and log; 0 behind the last. */
  nextOf(log: number, session: number): number {
    return this.#ofLog(log, this.nextOfAny(session));
  }

  /** The first of the sessions of a user in any log; 0 when there is none. */
  firstOfAny(user: number): number {
    return this.#users.names.words[user * NAME_WORDS + SESSIONS]!;
  }

  /** The next session of the same user, in any log; 0 behind the last. */
  nextOfAny(session: number): number {
    return this.#words[session * WORDS + NEXT]!;
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
    if (isOnlineState(state) && !isOnlineState(before)) this.#users.open(this.userOf(session));
    if (isOnlineState(before) && !isOnlineState(state)) this.#users.close(this.userOf(session));
  }

  /** `name`: empty for none. */
  bindTo(session: number, name: string): void {
    this.resources.bind(session, name);
  }

  /** The number + 1 that a resource has if any session is bound to it; else 0. */
  resourceNumber(name: string): number {
    return this.resources.number(name);
  }

  drop(session: number): void {
    const words = this.#words;
    const at = session * WORDS;
    const wasOnline = isOnlineState(this.stateOf(session));
    // Most sessions begin and end before anything is stored of them.
    if (words[at + STATE]! & STORED) this.dropped(this.logOf(session), words[at + LOW]!, words[at + HIGH]!);
    this.resources.unbind(session);
    this.#chains.remove(session, this.#hashOf(session));
    this.#leaveUser(session);
    words[at + STATE] = NONE;
    this.ids.letGo(words[at + LOW]!, words[at + HIGH]!);
    if (wasOnline) this.#users.close(this.userOf(session));
    this.#users.releaseIfIdle(words[at + USER]!);
    words[at + NEXT] = this.#free;
    this.#free = session;
    this.#size--;
  }

  /** As the log has it. */
  idOf(session: number): string {
    return this.ids.text(this.#words[session * WORDS + LOW]!, this.#words[session * WORDS + HIGH]!);
  }

  /** The name of the resource that a session is bound to; undefined for none. */
  resourceNameOf(session: number): string | undefined {
    const resource = this.resources.of(session);
    return resource > 0 ? this.resources.text(resource) : undefined;
  }

  /** What is to be kept of a session. */
  record(session: number): Session {
    const resource = this.resourceNameOf(session);
    return {
      user: this.#users.names.text(this.userOf(session)),
      since: this.sinceOf(session),
      state: STATES[this.stateOf(session)] || 'open',
      at: this.atOf(session),
      ...(resource !== undefined && { resource }),
    };
  }

  /** Whether a session of a log has changed since this was last asked: it is stored from now on. */
  store(log: number, session: number): boolean {
    const at = session * WORDS + STATE;
    const state = this.#words[at]!;
    if ((state & CHANGED) === 0 || state >> LOG_SHIFT !== log) return false;
    this.#words[at] = (state & ~CHANGED) | STORED;
    return true;
  }

  /** A session will be stored, changed or not. */
  noteStored(session: number): void {
    this.#words[session * WORDS + STATE]! |= STORED;
  }

  packId(session: number, pack: SessionPack): void {
    this.ids.pack(this.#words[session * WORDS + LOW]!, this.#words[session * WORDS + HIGH]!, pack);
  }

  get userNames(): NameTable {
    return this.#users.names;
  }

  /** Behind the highest number that a session has. */
  get end(): number {
    return this.#used;
  }

  /** So many sessions there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  get buffer(): ArrayBufferLike {
    return this.#words.buffer;
  }

  /** Goes on in words that are zero, and are for as many sessions. */
  moveTo({ words, heads, resources }: SessionSpace): void {
    words.set(this.#words.subarray(0, this.#used * WORDS));
    this.resources.moveTo(resources, this.#used);
    heads.set(this.#chains.heads.subarray(0, this.#chains.growth.count));
    this.#hold(words, heads);
  }

  /** What compiled/sessions.ts has to know, nine words. */
  writeState(state: Int32Array, at: number): void {
    const { heads, growth } = this.#chains;
    const buckets = [heads.byteOffset, growth.half, growth.count, heads.length];
    state.set([this.#words.byteOffset, ...buckets, this.#free, this.#used, this.#capacity, this.#size], at);
  }

  /** What it has changed of that. */
  readState(state: Int32Array, at: number): void {
    [this.#free = 0, this.#used = 0, , this.#size = 0] = state.subarray(at + 5);
  }

  /** A session of a log has changed since `takeChanges`. */
  changed(log: number, session: number): void {
    this.changes.changed(log, session);
  }

  /** A session of which something is stored is gone. The name of its id is still wanted until that is told. */
  dropped(log: number, low: number, high: number): void {
    this.changes.dropped(log, low, high);
    this.ids.hold(low, high);
  }

  #ofLog(log: number, session: number): number {
    let next = session;
    while (next !== 0 && this.#words[next * WORDS + STATE]! >> LOG_SHIFT !== log)
      next = this.#words[next * WORDS + NEXT]!;
    return next;
  }

  #reserve(capacity: number): void {
    this.#hold(moved(this.#words, capacity * WORDS), moved(this.#chains.heads, capacity));
    this.resources.reserve(capacity);
    this.#capacity = capacity;
  }

  #hold(words: Int32Array<ArrayBuffer>, heads: Int32Array): void {
    this.#words = words;
    this.#times = new Uint32Array(words.buffer, words.byteOffset, words.length);
    this.#chains.words = words;
    this.#chains.heads = heads;
  }

  #takeNumber(): number {
    const session = this.#free;
    if (session !== 0) this.#free = this.#words[session * WORDS + NEXT]!;
    else if (this.#used === this.#capacity) largest(LARGE, this.#capacity * 2, (capacity) => this.#reserve(capacity));
    return session || this.#used++;
  }

  #note(session: number): void {
    const at = session * WORDS;
    const state = this.#words[at + STATE]!;
    if (!this.isStored(state >> LOG_SHIFT) || state & CHANGED) return;
    this.#words[at + STATE] = state | CHANGED;
    this.changed(state >> LOG_SHIFT, session);
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

/**
 * Session events of one log made into what is known of its users: who logged in or out when, and who is online.
 *
 * At info level the end of a session names no user, only an id that is soon used again, and stream management (XEP-0198)
 * leaves no line of its own: a session that is resumed on a new connection goes on under its old id, whose connection has
 * ended before, and the new connection's id, here called the carrier, never ends. The rules below were measured against
 * what Prosody itself counts. The exact signs of a debug log, `bind` and `unbind`, win over them session by session.
 */
import type { Happening } from '../format/dialects/dialect.ts';
import type { EventBatch } from '../format/event-batch.ts';
import {
  AT,
  CONNECT,
  EVENT_WORDS,
  HIGH,
  KIND,
  LOW,
  OTHER,
  SOURCE,
  START,
  SOURCE_END,
  USER,
} from '../format/scanner/scanner.ts';
import type { SessionId } from './session-id.ts';
import {
  AWAY,
  BOUND,
  CARRIER,
  ENDED,
  NONE,
  OPEN,
  REMOVED,
  STATES,
  UNBOUND,
  isOnlineState,
  type Session,
  type SessionChange,
} from './session-state.ts';
import type { SessionTable } from './session-table.ts';
import type { Over } from './time-alone.ts';
import { TimeoutQueue } from './timeout-queue.ts';
import type { Users } from './user-table.ts';

export type { Session } from './session-state.ts';

export interface SessionsOptions {
  /** Prosody's smacks_hibernation_time: how long a user who resumes sessions stays online after a disconnect. */
  readonly hibernationSeconds: number;
  /** A BOSH session that times out leaves no line: it stops counting as open so long after its login. */
  readonly boshSeconds: number;
  /** Whether changes will be asked for; true when not given. */
  readonly isStored?: boolean;
}

/** What an event is about: a session's id, a user's number, both, or nobody. */
export interface Subject {
  readonly id: string | undefined;
  readonly user: number | undefined;
}

/** Whether the order of two events matters to the rules: they are of one session, or of one user. */
export function isOneSubject(a: Subject, b: Subject): boolean {
  return (a.id !== undefined && a.id === b.id) || (a.user !== undefined && a.user >= 0 && a.user === b.user);
}

/** A replaced session's connection ends within this of the login that replaced it. */
const REPLACED_WITHIN = 2;

/**
 * A BOSH client that vanishes leaves no line. Nobody knows when it went; of the guesses tried, that it stayed for 20 minutes
 * came nearest to the truth.
 */
const BOSH_STAY = 1200;

/**
 * Ids that nothing may ever be heard of again are forgotten so many seconds later; a server may run for years. A carrier
 * that ends after all was no carrier, and then it was seen.
 */
const IDLE_KEPT = 7 * 86_400;

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

/** What else is to be known to go on with the sessions of a log. */
export interface SessionsContext {
  /** Whether the log has debug lines. */
  readonly detail: boolean;
  /**
   * Whether anybody was ever seen to resume a session: a server on which nobody has has no stream management, or no client
   * that uses it. It belongs to the log, and to nobody who may be excluded, removed or forgotten.
   */
  readonly hasResumption: boolean;
}

export class Sessions {
  readonly #users: Users;
  readonly #options: SessionsOptions;
  readonly #table: SessionTable;
  readonly #log: number;
  /** mod_smacks looks a second later. */
  readonly #hibernation: number;
  #passed = -Infinity;
  #detail = false;
  #hasResumption = false;
  /** Those that time does something to: `away` ends, a BOSH session has long been open, `ended` is settled, `idle` forgotten. */
  readonly #away = new TimeoutQueue();
  readonly #bosh = new TimeoutQueue();
  readonly #ended = new TimeoutQueue();
  readonly #idle = new TimeoutQueue();

  constructor(users: Users, options: SessionsOptions) {
    this.#users = users;
    this.#options = options;
    this.#table = users.sessions;
    this.#log = this.#table.addLog(options.isStored ?? true);
    this.#hibernation = options.hibernationSeconds + 1;
  }

  /** Puts back what an earlier run kept, before the first event and after its users; not a change. Any order will do. */
  restore(kept: Iterable<readonly [string, Session]>, { detail, hasResumption }: SessionsContext): void {
    this.#detail = detail;
    this.#hasResumption = hasResumption;
    for (const [text, session] of [...kept].toSorted(([, a], [, b]) => a.at - b.at)) this.#restore(text, session);
    this.takeChanges();
  }

  get ids() {
    return this.#table.ids;
  }

  /** Whether anybody in this log was ever seen to resume a session. */
  get hasResumption(): boolean {
    return this.#hasResumption;
  }

  /** Whether the log has debug lines by now. */
  get detail(): boolean {
    return this.#detail;
  }

  /** How many have changed since `takeChanges`, at most. */
  get changes(): number {
    return this.#table.changes(this.#log);
  }

  /** What changed since the last call, to be stored: undefined for an id that means nothing any more. */
  takeChanges(): SessionChange[] {
    return this.#table.takeChanges(this.#log);
  }

  /** What is to be stored of all of them, as `restore` takes it. */
  *all(): Iterable<readonly [string, Session]> {
    for (const session of this.#table.of(this.#log)) yield [this.#table.idOf(session), this.#table.record(session)];
  }

  /** Takes in one event; those of one log come in the order of their lines. */
  take(event: Happening): void {
    this.passTime(event.at);
    if ('session' in event) this.#takeOfSession(event);
    else this.#takeOther(event);
    this.#users.settle();
  }

  /** The users of a batch keep their numbers until each of its events has been taken in. */
  expect({ words, count }: EventBatch): void {
    for (let o = 0; o < count * EVENT_WORDS; o += EVENT_WORDS)
      if (words[o + KIND] === START) this.#users.expect(words[o + USER]!);
  }

  /** Takes in the events of a batch from `first` up to `end`, exclusive. */
  takeRun(batch: EventBatch, first: number, end: number): void {
    for (let event = first; event < end; event++) this.takeFrom(batch, event);
  }

  /** Takes in one event of a batch, whose users are expected. */
  takeFrom(batch: EventBatch, event: number): void {
    const { words } = batch;
    const o = event * EVENT_WORDS;
    const kind = words[o + KIND]!;
    if (kind === OTHER) return this.take(batch.others[words[o + LOW]!]!);
    const at = batch.times[o + AT]!;
    this.passTime(at);
    if (words[o + HIGH] !== -1) return this.#takeScanned(kind, words[o + LOW]!, words[o + HIGH]!, words[o + USER]!, at);
    const { low, high } = this.#table.ids.take(
      batch.bytes.toString('latin1', words[o + SOURCE], words[o + SOURCE_END]),
    );
    this.#takeScanned(kind, low, high, words[o + USER]!, at);
    this.#table.ids.letGo(low, high);
  }

  /** Adds an event of a batch, whose lines will not be there any more when it is taken in, to another one. */
  copy(batch: EventBatch, event: number, into: EventBatch): void {
    const o = event * EVENT_WORDS;
    const isOfLine = batch.words[o + KIND] !== OTHER && batch.words[o + HIGH] === -1;
    if (isOfLine) into.add(this.eventOf(batch, event));
    else into.addFrom(batch, event);
  }

  /** What an event of a batch is about. */
  subjectIn(batch: EventBatch, event: number): Subject {
    const { words, bytes, others } = batch;
    const o = event * EVENT_WORDS;
    if (words[o + KIND] === OTHER) {
      const other = others[words[o + LOW]!]!;
      const id = 'session' in other ? other.session : undefined;
      return { id, user: 'user' in other ? this.#users.find(other.user) : this.#userOf(id) };
    }
    const isShort = words[o + HIGH] !== -1;
    const id = isShort
      ? this.#table.ids.text(words[o + LOW]!, words[o + HIGH]!)
      : bytes.toString('latin1', words[o + SOURCE], words[o + SOURCE_END]);
    return { id, user: words[o + KIND] === START ? words[o + USER]! : this.#userOf(id) };
  }

  #userOf(text: string | undefined): number | undefined {
    if (text === undefined) return undefined;
    const id = this.#table.ids.take(text);
    const session = this.#table.find(this.#log, id.low, id.high);
    this.#table.ids.letGo(id.low, id.high);
    return session === NONE ? undefined : this.#table.userOf(session);
  }

  /** An event of a batch by itself, for what is taken in later than the batch. Its user is not expected any more. */
  eventOf(batch: EventBatch, event: number): Happening {
    const { words, bytes, times } = batch;
    const o = event * EVENT_WORDS;
    const kind = words[o + KIND]!;
    if (kind === OTHER) return batch.others[words[o + LOW]!]!;
    const [at, session] = [times[o + AT]!, bytes.toString('latin1', words[o + SOURCE], words[o + SOURCE_END])];
    if (kind !== START) return { kind: kind === CONNECT ? 'connect' : 'end', session, at };
    const number = words[o + USER]!;
    const user = this.#users.names.text(number);
    this.#users.expected(number);
    return { kind: 'start', session, user, at };
  }

  #takeScanned(kind: number, low: number, high: number, user: number, at: number): void {
    if (kind === CONNECT) this.connect(low, high, at);
    else if (kind === START) {
      this.start(low, high, user, at);
      this.#users.expected(user);
    } else this.end(low, high, at);
  }

  #takeOfSession(event: Extract<Happening, { session: string }>): void {
    const id = this.#table.ids.take(event.session);
    const { at } = event;
    if (event.kind === 'connect') this.connect(id.low, id.high, at);
    else if (event.kind === 'end') this.#endOrHibernate(id, at, event.hibernates);
    else {
      const user = this.#users.number(event.user);
      if (event.kind === 'start') this.start(id.low, id.high, user, at);
      else if (event.kind === 'bind') this.#bind(id, user, event.resource, at);
      else this.#unbind(id, user, event.resource, at);
      this.#users.releaseIfIdle(user);
    }
    this.#table.ids.letGo(id.low, id.high);
  }

  #takeOther(event: Exclude<Happening, { session: string }>): void {
    switch (event.kind) {
      case 'removed':
        return this.#remove(event.user, event.at);
      case 'disabled':
      case 'enabled':
        return this.#setDisabled(this.#users.find(event.user), event.kind === 'disabled');
      case 'detail':
        this.#detail = event.on;
        return undefined;
      case 'server-stop':
        return this.#logOutAway(event.at);
      case 'server-start':
        return this.dropAll();
      case 'gap':
        return this.#loseTrack(event.at);
    }
  }

  /** Every open session is gone, without a logout. */
  dropAll(): void {
    for (const session of this.#table.of(this.#log)) this.#table.drop(session);
    this.#detail = false;
  }

  /**
   * Lines are missing before `now`, unix seconds: who was online is not known any more, and must not stay so for ever. An id
   * may have been used again since, and its end be another user's; only those of BOSH are random, and never are.
   */
  #loseTrack(now: number): void {
    const table = this.#table;
    for (const session of table.of(this.#log)) {
      const state = table.stateOf(session);
      if (!table.isBosh(session) || state === BOUND) table.drop(session);
      else if (state === OPEN || state === AWAY) this.#set(session, CARRIER, now);
    }
  }

  /** Ends what time alone ends until `now`, unix seconds: hibernation, and BOSH sessions of which no more was heard. */
  passTime(now: number): void {
    if (now <= this.#passed) return;
    this.#passed = now;
    const table = this.#table;
    const hibernated = now - this.#hibernation;
    for (let since; (since = this.#away.since) <= hibernated;) {
      const session = this.#away.take();
      if (this.#waits(session, AWAY, since)) this.#finish(session, since + this.#hibernation);
    }
    for (let since; (since = this.#bosh.since) <= now - this.#options.boshSeconds;) {
      const session = this.#bosh.take();
      if (!this.#isOpenSince(session, since)) continue;
      this.#users.sawLogout(table.userOf(session), since + Math.min(BOSH_STAY, this.#options.boshSeconds));
      // An end that comes after all is still a sighting.
      this.#set(session, CARRIER, since + this.#options.boshSeconds);
      this.#forgetSettled(table.userOf(session), now);
    }
    for (let since; (since = this.#idle.since) <= now - IDLE_KEPT;) {
      const session = this.#idle.take();
      if (table.atOf(session) === since && this.#isOwn(session) && isIdle(table.stateOf(session)))
        this.#forget(session, now);
    }
    for (let since; (since = this.#ended.since) < hibernated;) {
      const session = this.#ended.take();
      if (this.#waits(session, ENDED, since)) this.#forgetSettled(table.userOf(session), now);
    }
  }

  /**
   * The sessions that time alone has ended by `now`, unix seconds, while no line has come. They stay what they are: the clock
   * may be wrong, and the next line tells how late it is.
   */
  *overBy(now: number): Iterable<Over> {
    const table = this.#table;
    const seen = new Map<number, number>();
    for (const [session, since] of this.#away.until(now - this.#hibernation))
      if (this.#waits(session, AWAY, since)) seen.set(session, since + this.#hibernation);
    for (const [session, since] of this.#bosh.until(now - this.#options.boshSeconds))
      if (this.#isOpenSince(session, since)) seen.set(session, since + Math.min(BOSH_STAY, this.#options.boshSeconds));
    for (const [session, at] of seen) yield { user: table.userOf(session), seen: at };
  }

  /** All who are online, of a log that is silent for so long that nobody knows it any more. */
  *online(): Iterable<Over> {
    for (const session of this.#table.of(this.#log))
      if (isOnlineState(this.#table.stateOf(session))) yield { user: this.#table.userOf(session), seen: 0 };
  }

  #isOpenSince(session: number, since: number): boolean {
    return this.#table.stateOf(session) === OPEN && this.#isOwn(session) && this.#table.sinceOf(session) === since;
  }

  #waits(session: number, state: number, since: number): boolean {
    return this.#table.stateOf(session) === state && this.#table.atOf(session) === since && this.#isOwn(session);
  }

  /** The number of a session may be that of another log's by now. */
  #isOwn(session: number): boolean {
    return this.#table.logOf(session) === this.#log;
  }

  #restore(text: string, { user, since, state, at, resource }: Session): void {
    const id = this.#table.ids.take(text);
    const number = this.#users.number(user);
    const session = this.#table.insert(this.#log, id.low, id.high, number, since);
    this.#set(session, STATES.indexOf(state), at);
    if (resource !== undefined) this.#table.bindTo(session, resource);
    this.#table.ids.letGo(id.low, id.high);
  }

  /** Another state, and the queue of what it waits for. */
  #set(session: number, state: number, at: number): void {
    this.#table.set(session, state, at);
    if (state === AWAY) this.#away.add(session, at);
    else if (state === ENDED) this.#ended.add(session, at);
    else if (isIdle(state)) this.#idle.add(session, at);
    else if (state === OPEN && this.#table.isBosh(session)) this.#bosh.add(session, this.#table.sinceOf(session));
  }

  #forget(session: number, now: number): void {
    const user = this.#table.userOf(session);
    this.#table.drop(session);
    this.#forgetSettled(user, now);
  }

  /** Drops ended sessions that cannot have been resumed: none that might be their carrier is there any more. */
  #forgetSettled(user: number, now: number): void {
    const table = this.#table;
    for (let session = table.firstOf(this.#log, user), next; session !== NONE; session = next) {
      next = table.nextOf(this.#log, session);
      if (table.stateOf(session) !== ENDED || table.atOf(session) + this.#hibernation >= now) continue;
      if (!this.#isCarried(session, user)) table.drop(session);
    }
  }

  /** Whether any session of the user may be the carrier of this one's resumption. */
  #isCarried(ended: number, user: number): boolean {
    const table = this.#table;
    for (let other = table.firstOf(this.#log, user); other !== NONE; other = table.nextOf(this.#log, other)) {
      const state = table.stateOf(other);
      if ((state === OPEN || state === CARRIER) && this.#mayCarry(table.sinceOf(other), ended)) return true;
    }
    return false;
  }

  #mayCarry(since: number, ended: number): boolean {
    const at = this.#table.atOf(ended);
    return since >= at && since - at <= this.#hibernation;
  }

  /** `id` begins; whatever it meant before is over. As all of these, behind `passTime`. */
  connect(low: number, high: number, at: number): void {
    const table = this.#table;
    const session = table.find(this.#log, low, high);
    if (session === NONE) return;
    const user = table.userOf(session);
    const [state, since] = [table.stateOf(session), table.sinceOf(session)];
    table.drop(session);
    if (state === OPEN) this.#reopenResumed(user, since);
    this.#forgetSettled(user, at);
  }

  /** An id that is used again without having ended carried a resumption: the session it resumed is still online. */
  #reopenResumed(user: number, since: number): void {
    const table = this.#table;
    let resumed = NONE;
    for (let other = table.firstOf(this.#log, user); other !== NONE; other = table.nextOf(this.#log, other)) {
      if (table.stateOf(other) !== ENDED || table.isBosh(other) || !this.#mayCarry(since, other)) continue;
      if (resumed === NONE || table.atOf(other) >= table.atOf(resumed)) resumed = other;
    }
    if (resumed === NONE) return;
    this.#noteResumption(user);
    this.#set(resumed, OPEN, table.atOf(resumed));
  }

  /** A login. */
  start(low: number, high: number, user: number, at: number): void {
    const table = this.#table;
    const before = table.find(this.#log, low, high);
    if (before !== NONE) this.#forget(before, at);
    if (this.#users.isGone(user, at)) return;
    this.#users.sawLogin(user, at);
    for (let other = table.firstOf(this.#log, user); other !== NONE; other = table.nextOf(this.#log, other))
      if (table.stateOf(other) === AWAY) this.#set(other, ENDED, table.atOf(other));
    const session = table.insert(this.#log, low, high, user, at);
    this.#set(session, this.#detail ? UNBOUND : OPEN, at);
    this.#spare(user);
  }

  /** Forgets one of the ids of a user who has too many. */
  #spare(user: number): void {
    const table = this.#table;
    let held = 0;
    for (let other = table.firstOf(this.#log, user); other !== NONE; other = table.nextOf(this.#log, other)) held++;
    if (held <= MOST_OF_ONE_USER) return;
    const all: number[] = [];
    for (let other = table.firstOf(this.#log, user); other !== NONE; other = table.nextOf(this.#log, other))
      all.unshift(other);
    const cost = (session: number): number => SPARED.get(table.stateOf(session)) ?? 0;
    const [least = NONE, next = NONE] = all.toSorted(
      (a, b) => cost(a) - cost(b) || table.sinceOf(a) - table.sinceOf(b),
    );
    // The oldest of so many open ones is the one that the others resumed: its end ends them all.
    table.drop(table.stateOf(least) === OPEN ? next : least);
  }

  #endOrHibernate(id: SessionId, at: number, hibernates: true | undefined): void {
    const session = hibernates ? this.#table.find(this.#log, id.low, id.high) : NONE;
    const state = this.#table.stateOf(session);
    // The end a moment before was that of the connection only. No session is resumed by it, and nothing carried it.
    if ((state === ENDED || state === AWAY) && this.#table.atOf(session) === at) this.#goAway(session, at);
    else this.end(id.low, id.high, at);
  }

  /** The end of a connection, which may be the end of the session. */
  end(low: number, high: number, at: number): void {
    const session = this.#table.find(this.#log, low, high);
    switch (this.#table.stateOf(session)) {
      case OPEN:
      // A carrier never ends: what ends after all was another client's session.
      case CARRIER:
        return this.#endOpen(session, at);
      case AWAY:
      case ENDED:
        return this.#endResumed(session, at);
      case BOUND:
        // The log has no debug lines any more, so nothing will unbind it.
        return this.#detail ? undefined : this.#endOpen(session, at);
      default:
        return undefined;
    }
  }

  #endOpen(session: number, at: number): void {
    if (this.#hasResumption) this.#closeCarriers(session, at);
    if (!this.#table.isBosh(session) && this.#users.resumes(this.#table.userOf(session))) this.#goAway(session, at);
    else this.#finish(session, at);
  }

  /** Sessions that began while this one was open carried its resumption, but not the one that has just replaced it. */
  #closeCarriers(ended: number, at: number): void {
    const table = this.#table;
    const began = table.sinceOf(ended);
    for (
      let other = table.firstOf(this.#log, table.userOf(ended));
      other !== NONE;
      other = table.nextOf(this.#log, other)
    ) {
      if (table.isBosh(other) || table.stateOf(other) !== OPEN || table.sinceOf(other) <= began) continue;
      if (at - table.sinceOf(other) > REPLACED_WITHIN) this.#set(other, CARRIER, at);
    }
  }

  #endResumed(session: number, at: number): void {
    const table = this.#table;
    const user = table.userOf(session);
    this.#noteResumption(user);
    for (let other = table.firstOf(this.#log, user); other !== NONE; other = table.nextOf(this.#log, other)) {
      if (table.isBosh(other) || table.stateOf(other) !== OPEN) continue;
      if (table.sinceOf(other) >= table.atOf(session)) this.#set(other, CARRIER, at);
    }
    this.#goAway(session, at);
  }

  #noteResumption(user: number): void {
    this.#hasResumption = true;
    this.#users.noteResumption(user);
  }

  #goAway(session: number, at: number): void {
    this.#users.sawLogout(this.#table.userOf(session), at);
    this.#set(session, AWAY, at);
  }

  #finish(session: number, at: number): void {
    const user = this.#table.userOf(session);
    this.#users.sawLogout(user, at);
    // A BOSH session is never resumed.
    if (this.#table.isBosh(session)) this.#table.drop(session);
    else this.#set(session, ENDED, at);
    this.#forgetSettled(user, at);
  }

  #bind(id: SessionId, user: number, resource: string, at: number): void {
    const table = this.#table;
    const known = table.find(this.#log, id.low, id.high);
    const number = table.resourceNumber(resource);
    for (let other = table.firstOf(this.#log, user), next; other !== NONE; other = next) {
      next = table.nextOf(this.#log, other);
      if (other !== known && table.stateOf(other) === BOUND && table.resourceOf(other) === number) table.drop(other);
    }
    if (this.#users.isGone(user, at)) return known === NONE ? undefined : table.drop(known);
    // The log may begin between a login and its bind.
    if (!this.#users.isKnown(user)) this.#users.sawLogin(user, at);
    const since = known === NONE ? at : table.sinceOf(known);
    const isSame = known !== NONE && table.userOf(known) === user;
    if (known !== NONE && !isSame) table.drop(known);
    const session = isSame ? known : table.insert(this.#log, id.low, id.high, user, since);
    table.bindTo(session, resource);
    this.#set(session, BOUND, at);
    this.#spare(user);
  }

  #unbind({ low, high }: SessionId, user: number, resource: string, at: number): void {
    const table = this.#table;
    const session = table.find(this.#log, low, high);
    const state = table.stateOf(session);
    if (state === REMOVED) return table.drop(session);
    const bound = state === BOUND ? session : this.#boundTo(user, resource);
    this.#users.sawLogout(user, at);
    if (bound !== NONE) table.drop(bound);
  }

  #boundTo(user: number, resource: string): number {
    const table = this.#table;
    const number = table.resourceNumber(resource);
    let bound = NONE;
    for (let other = table.firstOf(this.#log, user); other !== NONE; other = table.nextOf(this.#log, other))
      if (table.stateOf(other) === BOUND && table.resourceOf(other) === number) bound = other;
    return bound;
  }

  #remove(jid: string, at: number): void {
    const table = this.#table;
    const user = this.#users.find(jid);
    for (let session = user < 0 ? NONE : table.firstOf(this.#log, user), next; session !== NONE; session = next) {
      next = table.nextOf(this.#log, session);
      const state = table.stateOf(session);
      if (state === BOUND) this.#set(session, REMOVED, at);
      else if (state !== REMOVED) table.drop(session);
    }
    this.#users.remove(jid, at);
  }

  #setDisabled(user: number, disabled: boolean): void {
    if (user >= 0) this.#users.setDisabled(user, disabled);
  }

  #logOutAway(at: number): void {
    for (const session of this.#table.of(this.#log))
      if (this.#table.stateOf(session) === AWAY) this.#finish(session, at);
  }
}

const isIdle = (state: number): boolean => state === CARRIER || state === UNBOUND || state === REMOVED;

/**
 * Session events of one log made into what is known of its users: who logged in or out when, and who is online. Here each
 * event finds its rule.
 */
import type { Happening } from '../format/dialects/dialect.ts';
import type { EventBatch } from '../format/event-batch.ts';
import { UNKNOWN_SESSION } from '../format/dialects/dialect.ts';
import {
  AT,
  CONNECT,
  EVENT_WORDS,
  HIGH,
  KIND,
  LOW,
  NAMED_END,
  NAMED_START,
  OF_JID,
  OF_SOURCE,
  OTHER,
  OVER,
  SOURCE,
  SOURCE_END,
  START,
  USER,
} from '../format/scanner/event-words.ts';
import { bind, remove, unbind } from './binding.ts';
import { close, logOutAll, noteLoss, open } from './named-sessions.ts';
import type { CompiledRules } from './compiled-rules.ts';
import { LogSessions, type SessionsOptions } from './log-sessions.ts';
import { overBy, passTime } from './passing-time.ts';
import { connect, end, finish, hibernate, start } from './resumption.ts';
import { eventOf, isOfAll, restOf, sourceOf, subjectOf, type Subject } from './session-events.ts';
import { AWAY, BOUND, CARRIER, isOnline, isOnlineState, NONE, OPEN, STATES, type Session } from './session-state.ts';
import type { StoredSessions } from './stored-sessions.ts';
import type { Over } from './time-alone.ts';
import type { Users } from './user-table.ts';

export type { SessionsOptions } from './log-sessions.ts';
export type { Session } from './session-state.ts';

/** What else is to be known to go on with the sessions of a log. */
export interface SessionsContext {
  /** Whether the log has debug lines. */
  readonly detail: boolean;
  /**
   * Whether anybody was ever seen to resume a session: a server on which nobody has has no stream management, or no client
   * that uses it. It belongs to the log, and to nobody who may be excluded, removed or forgotten.
   */
  readonly hasResumption: boolean;
  /** When lines were lost, as `LogSessions` has it. */
  readonly losses?: readonly number[];
}

export class Sessions {
  readonly #log: LogSessions;
  readonly #rules: CompiledRules | undefined;

  /** `rules`: what takes in usual events faster. */
  constructor(users: Users, options: SessionsOptions, rules?: CompiledRules) {
    this.#log = new LogSessions(users, options);
    this.#rules = rules;
  }

  /**
   * Puts back what an earlier run kept, before the first event and after its users; not a change. Any order will do. `begun`:
   * no count before it will be asked for, unix seconds, and what began later may not have begun at one.
   */
  restore(kept: Iterable<readonly [string, Session]>, context: SessionsContext, begun = Infinity): void {
    const { detail, hasResumption, losses = [] } = context;
    this.#log.detail = detail;
    this.#log.hasResumption = hasResumption;
    this.#log.losses = losses;
    const ahead: number[] = [];
    for (const [text, session] of [...kept].toSorted(([, a], [, b]) => a.at - b.at)) {
      const restored = this.#restore(text, session);
      if (session.since > begun && isOnline(session)) ahead.push(restored);
    }
    this.#log.beginLater(ahead);
    this.stored.skipChanges();
  }

  /**
   * Lines have been read again from `begin`, unix seconds, on, and these are the sessions as they were known by then: of those
   * that began before only they tell, and of the others they may tell what ended sessions before had to do with them.
   */
  rejoin(known: Iterable<readonly [string, Session]>, begin: number): void {
    const { table } = this.#log;
    for (const [text, session] of [...known].toSorted(([, a], [, b]) => a.at - b.at)) {
      const own = this.#log.findNamed(text);
      if (own === NONE && session.since <= begin) this.#restore(text, session);
      else if (table.sinceOf(own) === session.since && table.atOf(own) < session.at)
        this.#log.set(own, STATES.indexOf(session.state), session.at);
    }
  }

  /** Older lines have told that these are over, unless their ids have been used again, and whether a session was ever resumed. */
  addOlder(over: Iterable<readonly [string, Session]>, hasResumption: boolean): void {
    const { table } = this.#log;
    if (hasResumption) this.#log.hasResumption = true;
    for (const [text, { since }] of over) {
      const own = this.#log.findNamed(text);
      if (own !== NONE && table.sinceOf(own) === since) table.drop(own);
    }
  }

  #restore(text: string, { user, since, state, at, resource }: Session): number {
    const { table, users } = this.#log;
    const id = table.ids.take(text);
    const session = this.#log.insert(id.low, id.high, users.number(user), since);
    // In the queue of BOSH, which goes by the logins, those behind would have to wait for it.
    if (state === 'open' && since > at) table.set(session, STATES.indexOf(state), at);
    else this.#log.set(session, STATES.indexOf(state), at);
    if (resource !== undefined) table.bindTo(session, resource);
    table.ids.letGo(id.low, id.high);
    return session;
  }

  /** Whether anybody in this log was ever seen to resume a session. */
  get hasResumption(): boolean {
    return this.#log.hasResumption;
  }

  /** Whether the log has debug lines by now. */
  get detail(): boolean {
    return this.#log.detail;
  }

  /** When lines were lost, unix seconds, as long as that matters. */
  get losses(): readonly number[] {
    return this.#log.losses;
  }

  /** Of them, what is to be stored. */
  get stored(): StoredSessions {
    return this.#log.stored;
  }

  /** What is to be stored of all of them, or of those of one user, as `restore` takes it. */
  *all(user?: number): Iterable<readonly [string, Session]> {
    const { table } = this.#log;
    for (const session of this.#log.all(user)) yield [table.idOf(session), table.record(session)];
  }

  /** The users of a batch keep their numbers until each of its events has been taken in. */
  expect(batch: EventBatch): void {
    const { words, count } = batch;
    if (this.#rules?.expect(this.#log.users, batch)) return;
    for (let o = 0; o < count * EVENT_WORDS; o += EVENT_WORDS)
      if (words[o + KIND] !== OTHER && words[o + USER]! >= 0) this.#log.users.expect(words[o + USER]!);
  }

  /** Takes in the events of a batch from `first` up to `end`, exclusive. */
  takeRun(batch: EventBatch, first: number, end: number): void {
    if (this.#rules) this.#rules.takeRun(this.#log, batch, first, end, this.#takeUnusual);
    else for (let event = first; event < end; event++) this.takeFrom(batch, event);
  }

  readonly #takeUnusual = (batch: EventBatch, event: number): void => this.takeFrom(batch, event);

  /** Takes in one event of a batch, whose users are expected. */
  takeFrom(batch: EventBatch, event: number): void {
    const { words } = batch;
    const o = event * EVENT_WORDS;
    const kind = words[o + KIND]!;
    if (kind === OTHER) return this.take(batch.others[words[o + LOW]!]!);
    const at = batch.times[o + AT]!;
    this.passTime(at);
    if (kind >= NAMED_START) return this.#takeNamed(batch, o, at);
    if (words[o + HIGH] !== OF_SOURCE)
      return this.#takeScanned(kind, words[o + LOW]!, words[o + HIGH]!, words[o + USER]!, at);
    const { ids } = this.#log.table;
    const { low, high } = ids.take(sourceOf(batch, o));
    this.#takeScanned(kind, low, high, words[o + USER]!, at);
    ids.letGo(low, high);
  }

  #takeScanned(kind: number, low: number, high: number, user: number, at: number): void {
    if (kind === CONNECT) connect(this.#log, low, high, at);
    else if (kind === START) {
      start(this.#log, low, high, user, at);
      this.#log.users.expected(user);
    } else end(this.#log, low, high, at, kind === OVER);
  }

  #takeNamed(batch: EventBatch, o: number, at: number): void {
    const log = this.#log;
    const { ids } = log.table;
    const { words, bytes } = batch;
    const [kind, user] = [words[o + KIND]!, words[o + USER]!];
    const [source, sourceEnd] = [words[o + SOURCE]!, words[o + SOURCE_END]!];
    const id =
      words[o + HIGH] === OF_JID ? ids.takeOfJid(bytes, source, sourceEnd) : ids.takeNamed(bytes, source, sourceEnd);
    const rest = restOf(batch, o);
    if (kind === NAMED_END) close(log, id, user, rest, at);
    else if (kind === NAMED_START) open(log, id, user, rest, at);
    else bind(log, id, user, rest, at);
    log.users.expected(user);
    ids.letGo(id.low, id.high);
  }

  /** Takes in one event; those of one log come in the order of their lines. */
  take(event: Happening): void {
    this.passTime(event.at);
    if ('session' in event) this.#takeOfSession(event);
    else this.#takeOther(event);
    this.#log.users.settle();
  }

  #takeOfSession(event: Extract<Happening, { session: string }>): void {
    const log = this.#log;
    const { users, table } = log;
    const { at } = event;
    const id = table.ids.take(event.session);
    if (event.kind === 'connect') connect(log, id.low, id.high, at);
    else if (event.kind === 'end' && !('behind' in event)) {
      if (event.hibernates) hibernate(log, id, at);
      else end(log, id.low, id.high, at, event.over);
    } else {
      const user = users.number(event.user);
      if (event.kind === 'end') close(log, event.session === UNKNOWN_SESSION ? undefined : id, user, event.behind, at);
      else if (event.kind === 'start' && event.resource !== undefined) open(log, id, user, event.resource, at);
      else if (event.kind === 'start') start(log, id.low, id.high, user, at);
      else if (event.kind === 'bind') bind(log, id, user, event.resource, at);
      else unbind(log, id, user, event.resource, at);
      users.releaseIfIdle(user);
    }
    table.ids.letGo(id.low, id.high);
  }

  #takeOther(event: Exclude<Happening, { session: string }>): void {
    switch (event.kind) {
      case 'removed':
        return remove(this.#log, event.user, event.at);
      case 'disabled':
      case 'enabled':
        return this.#setDisabled(event.user, event.kind, event.at);
      case 'detail':
        this.#log.detail = event.on;
        return undefined;
      case 'loss':
        return noteLoss(this.#log, event.at);
      case 'server-stop':
        return event.logsOut ? logOutAll(this.#log, event.at) : this.#logOutAway(event.at);
      case 'server-start':
        if (event.logsOut && event.before !== undefined) return logOutAll(this.#log, event.before);
        return this.dropAll();
      case 'gap':
        if (event.named) return noteLoss(this.#log, event.at);
        return this.#loseTrack(event.at);
    }
  }

  #setDisabled(jid: string, kind: 'disabled' | 'enabled', at: number): void {
    const { users } = this.#log;
    users.noteAccount(kind, jid, at);
    const user = users.find(jid);
    if (user >= 0) users.setDisabled(user, kind === 'disabled');
  }

  #logOutAway(at: number): void {
    for (const session of this.#log.all())
      if (this.#log.table.stateOf(session) === AWAY) finish(this.#log, session, at);
  }

  /** Every open session is gone, without a logout. */
  dropAll(): void {
    for (const session of this.#log.all()) this.#log.table.drop(session);
    this.#log.detail = false;
  }

  /**
   * Lines are missing before `now`, unix seconds: who was online is not known any more, and must not stay so for ever. An id
   * may have been used again since, and its end be another user's; only those of BOSH are random, and never are.
   */
  #loseTrack(now: number): void {
    const { table } = this.#log;
    for (const session of this.#log.all()) {
      const state = table.stateOf(session);
      if (!table.isBosh(session) || state === BOUND) table.drop(session);
      else if (state === OPEN || state === AWAY) this.#log.set(session, CARRIER, now);
    }
  }

  /** Ends what time alone ends until `now`, unix seconds: hibernation, and BOSH sessions of which no more was heard. */
  passTime(now: number): void {
    if (now <= this.#log.passed) return;
    this.#log.passed = now;
    passTime(this.#log, now);
  }

  /**
   * The sessions that time alone has ended by `now`, unix seconds, while no line has come. They stay what they are: the clock
   * may be wrong, and the next line tells how late it is.
   */
  overBy(now: number): Iterable<Over> {
    return overBy(this.#log, now);
  }

  /** All who are online, of a log that is silent for so long that nobody knows it any more. */
  *online(): Iterable<Over> {
    const { table } = this.#log;
    for (const session of this.#log.all())
      if (isOnlineState(table.stateOf(session))) yield { user: table.userOf(session), seen: 0 };
  }

  /** Adds an event of a batch, whose lines will not be there any more when it is taken in, to another one. */
  copy(batch: EventBatch, event: number, into: EventBatch): void {
    const o = event * EVENT_WORDS;
    const isOfLine = batch.words[o + KIND] !== OTHER && batch.words[o + HIGH]! < 0;
    if (isOfLine) into.add(this.eventOf(batch, event));
    else into.addFrom(batch, event);
  }

  /** An event of a batch by itself, for what is taken in later. Its user is not expected any more. */
  eventOf(batch: EventBatch, event: number): Happening {
    return eventOf(this.#log, batch, event);
  }

  /** An event of a batch will be taken in before the count that it comes behind. */
  noteBefore(batch: EventBatch, event: number): void {
    const { users } = this.#log;
    const subject = this.subjectIn(batch, event);
    if (isOfAll(subject)) for (const { user } of this.online()) users.noteBefore(user);
    const { user, jid } = subject;
    const number = jid === undefined ? user : users.number(jid);
    if (number === undefined) return;
    users.noteBefore(number);
    users.releaseIfIdle(number);
  }

  /** What an event of a batch is about. */
  subjectIn(batch: EventBatch, event: number): Subject {
    return subjectOf(this.#log, batch, event);
  }
}

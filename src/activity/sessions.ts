/**
 * Session events of one log made into what is known of its users: who logged in or out when, and who is online.
 *
 * At info level the end of a session names no user, only an id that is soon used again, and stream management (XEP-0198)
 * leaves no line of its own: a session that is resumed on a new connection goes on under its old id, whose connection has
 * ended before, and the new connection's id, here called the carrier, never ends. The rules below were measured against
 * what Prosody itself counts. The exact signs of a debug log, `bind` and `unbind`, win over them session by session.
 */
import type { SessionEvent } from '../dialect/dialect.ts';
import { isBosh, SessionTable, type Session } from './session-table.ts';
import type { Users } from './users.ts';

export type { Session } from './session-table.ts';

/** Lines are missing before `at`, unix seconds. */
export interface Gap {
  readonly kind: 'gap';
  readonly at: number;
}

export interface SessionsOptions {
  /** Prosody's smacks_hibernation_time: how long a user who resumes sessions stays online after a disconnect. */
  readonly hibernationSeconds: number;
  /** A BOSH session that times out leaves no line: it stops counting as open so long after its login. */
  readonly boshSeconds: number;
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
  /** mod_smacks looks a second later. */
  readonly #hibernation: number;
  #passed = -Infinity;
  #detail = false;
  #hasResumption = false;

  constructor(users: Users, options: SessionsOptions) {
    this.#users = users;
    this.#options = options;
    this.#table = new SessionTable(users);
    this.#hibernation = options.hibernationSeconds + 1;
  }

  /** Puts back what an earlier run kept, before the first event and after its users; not a change. Any order will do. */
  restore(kept: Iterable<readonly [string, Session]>, { detail, hasResumption }: SessionsContext): void {
    this.#detail = detail;
    this.#hasResumption = hasResumption;
    for (const [id, session] of [...kept].toSorted(([, a], [, b]) => a.at - b.at)) this.#table.set(id, session);
    this.#table.takeChanges();
  }

  /** Whether anybody in this log was ever seen to resume a session. */
  get hasResumption(): boolean {
    return this.#hasResumption;
  }

  /** What changed since the last call, to be stored: undefined for an id that means nothing any more. */
  takeChanges(): Map<string, Session | undefined> {
    return this.#table.takeChanges();
  }

  /** Takes in one event; those of one log come in the order of their lines. */
  take(event: SessionEvent | Gap): void {
    this.passTime(event.at);
    switch (event.kind) {
      case 'connect':
        return this.#connect(event.session, event.at);
      case 'start':
        return this.#start(event.session, event.user, event.at);
      case 'end':
        return event.hibernates ? this.#hibernate(event.session, event.at) : this.#end(event.session, event.at);
      case 'bind':
        return this.#bind(event.session, event.user, event.resource, event.at);
      case 'unbind':
        return this.#unbind(event.session, event.user, event.resource, event.at);
      case 'removed':
        return this.#remove(event.user, event.at);
      case 'disabled':
      case 'enabled':
        return this.#users.setDisabled(event.user, event.kind === 'disabled');
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
    for (const id of this.#table.ids()) this.#table.drop(id);
    this.#detail = false;
  }

  /** Ends what time alone ends until `now`, unix seconds: hibernation, and BOSH sessions of which no more was heard. */
  passTime(now: number): void {
    if (now <= this.#passed) return;
    this.#passed = now;
    for (const [id, session] of this.#table.waitedSince('away', now - this.#hibernation)) {
      this.#finish(id, session, session.at + this.#hibernation);
    }
    for (const [id, session] of this.#table.waitedSince('bosh', now - this.#options.boshSeconds)) {
      this.#users.seen(session.user, 'logout', session.since + Math.min(BOSH_STAY, this.#options.boshSeconds));
      // An end that comes after all is still a sighting.
      this.#table.set(id, { ...session, state: 'carrier', at: now });
      this.#forgetSettled(session.user, now);
    }
    for (const [id, session] of this.#table.waitedSince('idle', now - IDLE_KEPT)) this.#forget(id, session.user, now);
    for (const [, session] of this.#table.waitedSince('ended', now - this.#hibernation)) {
      this.#forgetSettled(session.user, now);
    }
  }

  /**
   * Lines are missing before `now`, unix seconds: who was online is not known any more, and must not stay so for ever. An end
   * that comes after all is still a sighting.
   */
  #loseTrack(now: number): void {
    for (const [id] of [...this.#table.in('bound')]) this.#table.drop(id);
    for (const state of ['open', 'away'] as const)
      for (const [id, session] of [...this.#table.in(state)])
        this.#table.set(id, { ...session, state: 'carrier', at: now });
  }

  #forget(id: string, user: string, now: number): void {
    this.#table.drop(id);
    this.#forgetSettled(user, now);
  }

  /** Drops ended sessions that cannot have been resumed: none that might be their carrier is there any more. */
  #forgetSettled(user: string, now: number): void {
    const sessions = this.#table.of(user);
    for (const [id, ended] of sessions) {
      if (ended.state !== 'ended' || ended.at + this.#hibernation > now) continue;
      if (!sessions.some(([, other]) => this.#mayCarry(other, ended))) this.#table.drop(id);
    }
  }

  #mayCarry(other: Session, ended: Session): boolean {
    if (other.state !== 'open' && other.state !== 'carrier') return false;
    return other.since >= ended.at && other.since - ended.at <= this.#hibernation;
  }

  #connect(id: string, at: number): void {
    const session = this.#table.get(id);
    if (!session) return;
    this.#table.drop(id);
    if (session.state === 'open') this.#reopenResumed(session);
    this.#forgetSettled(session.user, at);
  }

  /** An id that is used again without having ended carried a resumption: the session it resumed is still online. */
  #reopenResumed(carrier: Session): void {
    const resumed = this.#table
      .of(carrier.user)
      .filter(([id, other]) => other.state === 'ended' && !isBosh(id) && this.#mayCarry(carrier, other))
      .reduce<[string, Session] | undefined>((a, b) => (a && a[1].at >= b[1].at ? a : b), undefined);
    if (!resumed) return;
    this.#noteResumption(carrier.user);
    this.#table.set(resumed[0], { ...resumed[1], state: 'open' });
  }

  #start(id: string, user: string, at: number): void {
    const before = this.#table.get(id);
    if (before) this.#forget(id, before.user, at);
    if (this.#users.isGone(user, at)) return;
    this.#users.seen(user, 'login', at);
    for (const [other, session] of this.#table.of(user))
      if (session.state === 'away') this.#table.set(other, { ...session, state: 'ended' });
    this.#table.set(id, { user, since: at, state: this.#detail ? 'unbound' : 'open', at });
  }

  #end(id: string, at: number): void {
    const session = this.#table.get(id);
    switch (session?.state) {
      case 'open':
      // A carrier never ends: what ends after all was another client's session.
      case 'carrier':
        return this.#endOpen(id, session, at);
      case 'away':
      case 'ended':
        return this.#endResumed(id, session, at);
      case 'bound':
        // The log has no debug lines any more, so nothing will unbind it.
        return this.#detail ? undefined : this.#endOpen(id, session, at);
      case 'unbound':
      case 'removed':
      case undefined:
        return undefined;
    }
  }

  /** The end a moment before was that of the connection only. No session is resumed by it, and nothing carried it. */
  #hibernate(id: string, at: number): void {
    const session = this.#table.get(id);
    const isEnded = (session?.state === 'ended' || session?.state === 'away') && session.at === at;
    if (isEnded) this.#goAway(id, session, at);
    else this.#end(id, at);
  }

  #endOpen(id: string, session: Session, at: number): void {
    if (this.#hasResumption) this.#closeCarriers(session, at);
    if (!isBosh(id) && this.#users.get(session.user)?.resumes) this.#goAway(id, session, at);
    else this.#finish(id, session, at);
  }

  /** Sessions that began while this one was open carried its resumption, but not the one that has just replaced it. */
  #closeCarriers(ended: Session, at: number): void {
    for (const [id, other] of this.#table.of(ended.user)) {
      if (isBosh(id) || other.state !== 'open' || other.since <= ended.since) continue;
      if (at - other.since > REPLACED_WITHIN) this.#table.set(id, { ...other, state: 'carrier', at });
    }
  }

  #endResumed(id: string, session: Session, at: number): void {
    this.#noteResumption(session.user);
    for (const [carrier, other] of this.#table.of(session.user)) {
      if (isBosh(carrier) || other.state !== 'open' || other.since < session.at) continue;
      this.#table.set(carrier, { ...other, state: 'carrier', at });
    }
    this.#goAway(id, session, at);
  }

  #noteResumption(user: string): void {
    this.#hasResumption = true;
    this.#users.noteResumption(user);
  }

  #goAway(id: string, session: Session, at: number): void {
    this.#users.seen(session.user, 'logout', at);
    this.#table.set(id, { ...session, state: 'away', at });
  }

  #finish(id: string, session: Session, at: number): void {
    this.#users.seen(session.user, 'logout', at);
    // A BOSH session is never resumed.
    if (isBosh(id)) this.#table.drop(id);
    else this.#table.set(id, { ...session, state: 'ended', at });
    this.#forgetSettled(session.user, at);
  }

  #bind(id: string, user: string, resource: string, at: number): void {
    for (const [other, session] of this.#table.of(user)) {
      if (other !== id && session.state === 'bound' && session.resource === resource) this.#table.drop(other);
    }
    if (this.#users.isGone(user, at)) return this.#table.drop(id);
    // The log may begin between a login and its bind.
    if (!this.#users.get(user)) this.#users.seen(user, 'login', at);
    this.#table.set(id, { user, since: this.#table.get(id)?.since ?? at, state: 'bound', at, resource });
  }

  #unbind(id: string, user: string, resource: string, at: number): void {
    const session = this.#table.get(id);
    if (session?.state === 'removed') return this.#table.drop(id);
    const bound = session?.state === 'bound' ? id : this.#boundTo(user, resource);
    this.#users.seen(user, 'logout', at);
    if (bound !== undefined) this.#table.drop(bound);
  }

  #boundTo(user: string, resource: string): string | undefined {
    return this.#table.of(user).find(([, session]) => session.state === 'bound' && session.resource === resource)?.[0];
  }

  #remove(user: string, at: number): void {
    for (const [id, session] of this.#table.of(user)) {
      if (session.state === 'bound') this.#table.set(id, { ...session, state: 'removed', at });
      else if (session.state !== 'removed') this.#table.drop(id);
    }
    this.#users.remove(user, at);
  }

  #logOutAway(at: number): void {
    for (const [id, session] of this.#table.in('away')) this.#finish(id, session, at);
  }
}

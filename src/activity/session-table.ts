/**
 * The session ids of one log that mean something, by id and by user, each in the queue of what it waits for; and from them
 * who is online, told to the users as it changes.
 */
import { Deadlines } from './deadlines.ts';
import type { Users } from './users.ts';

/** What is kept of a session id until it means something else; plain JSON, times in unix seconds. */
export interface Session {
  readonly user: string;
  /** The login. */
  readonly since: number;
  /**
   * `open`: online. `away`: disconnected, and online until `at + hibernationSeconds` because this user resumes sessions,
   * or the log says that it hibernates.
   * `ended`: offline since `at`; a further end of the id means that it had been resumed. `carrier`: taken for the carrier
   * of a resumption, so offline since that session ended; or over BOSH, and not heard of for long. `bound`: online until `unbind`. `unbound`: logged in, of a log
   * that will tell when it is bound. `removed`: bound when its account was removed, so that its end is no activity.
   */
  readonly state: 'open' | 'away' | 'ended' | 'carrier' | 'bound' | 'unbound' | 'removed';
  /** When it got into this state. */
  readonly at: number;
  readonly resource?: string;
}

const ONLINE: ReadonlySet<Session['state']> = new Set(['open', 'away', 'bound']);
/** Whether the session makes its user online. */
export const isOnline = ({ state }: Pick<Session, 'state'>): boolean => ONLINE.has(state);

/** Whether the id is that of a BOSH session. */
export const isBosh = (id: string): boolean => id.startsWith('bosh');

/** Of a user with more ids than this one is forgotten: what a line costs must not grow with what a user does. */
const MOST_OF_ONE_USER = 200;

/** How little is lost with an id in each state, least first. */
const SPARED: Readonly<Record<Session['state'], number>> = {
  // Of a carrier nothing more is heard, and what is unbound is offline until it is bound.
  carrier: 0,
  unbound: 0,
  ended: 1,
  removed: 2,
  away: 3,
  open: 4,
  bound: 4,
};

/**
 * What time does to a session: `away` ends when hibernation does, `bosh` when it has long been open, `ended` is settled when
 * it can no longer be resumed, `idle` is forgotten.
 */
type Queue = 'away' | 'bosh' | 'ended' | 'idle';

const QUEUE_OF: Readonly<Record<Session['state'], Queue | undefined>> = {
  away: 'away',
  ended: 'ended',
  carrier: 'idle',
  unbound: 'idle',
  removed: 'idle',
  open: undefined,
  bound: undefined,
};

const queueOf = (id: string, { state }: Session): Queue | undefined =>
  state === 'open' && isBosh(id) ? 'bosh' : QUEUE_OF[state];

const waitsFrom = (queue: Queue, session: Session): number => (queue === 'bosh' ? session.since : session.at);

const NONE: readonly never[] = [];

export class SessionTable {
  readonly #users: Users;
  readonly #sessions = new Map<string, Session>();
  readonly #idsOf = new Map<string, Set<string>>();
  readonly #changed = new Set<string>();
  /** Ids by the time from which they wait; one that waits no longer, or anew, is passed over when its turn comes. */
  readonly #queues: Readonly<Record<Queue, Deadlines>> = {
    away: new Deadlines(),
    bosh: new Deadlines(),
    ended: new Deadlines(),
    idle: new Deadlines(),
  };

  constructor(users: Users) {
    this.#users = users;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  ids(): Iterable<string> {
    return this.#sessions.keys();
  }

  /** All that is held of a user, whatever its state. */
  of(user: string): [string, Session][] {
    const found: [string, Session][] = [];
    for (const id of this.#idsOf.get(user) ?? NONE) {
      const session = this.#sessions.get(id);
      if (session) found.push([id, session]);
    }
    return found;
  }

  /** Takes those that have waited in a queue since `until`, unix seconds, or longer; they stay what they are. */
  waitedSince(queue: Queue, until: number): Iterable<[string, Session]> {
    return this.#queues[queue].isDue(until) ? this.#takeWaiting(queue, until) : NONE;
  }

  *#takeWaiting(queue: Queue, until: number): Iterable<[string, Session]> {
    for (let id; (id = this.#queues[queue].take(until)) !== undefined;) {
      const session = this.#sessions.get(id);
      if (session && queueOf(id, session) === queue && waitsFrom(queue, session) <= until) yield [id, session];
    }
  }

  /** Those that are in a state, first the one that got into it first. */
  *in(state: Session['state']): Iterable<[string, Session]> {
    for (const [id, session] of this.#sessions) if (session.state === state) yield [id, session];
  }

  set(id: string, session: Session): void {
    const before = this.#sessions.get(id);
    if (before && before.user !== session.user) this.drop(id);
    this.#sessions.set(id, session);
    this.#changed.add(id);
    const queue = queueOf(id, session);
    if (queue) this.#queues[queue].add(id, waitsFrom(queue, session));
    this.#noteId(session.user, id);
    this.#tell(session.user, before?.user === session.user && isOnline(before), isOnline(session));
    this.#forgetOne(session.user);
  }

  drop(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    this.#changed.add(id);
    const ids = this.#idsOf.get(session.user);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsOf.delete(session.user);
    this.#tell(session.user, isOnline(session), false);
  }

  /** What changed since the last call: undefined for an id that means nothing any more. */
  takeChanges(): Map<string, Session | undefined> {
    const changes = new Map([...this.#changed].map((id) => [id, this.#sessions.get(id)] as const));
    this.#changed.clear();
    return changes;
  }

  #noteId(user: string, id: string): void {
    const ids = this.#idsOf.get(user);
    if (ids) ids.add(id);
    else this.#idsOf.set(user, new Set([id]));
  }

  #forgetOne(user: string): void {
    if ((this.#idsOf.get(user)?.size ?? 0) <= MOST_OF_ONE_USER) return;
    const [least, next] = this.of(user).toSorted(
      ([, a], [, b]) => SPARED[a.state] - SPARED[b.state] || a.since - b.since,
    );
    // The oldest of so many open ones is the one that the others resumed: its end ends them all.
    const gone = least?.[1].state === 'open' ? next : least;
    if (gone) this.drop(gone[0]);
  }

  #tell(user: string, before: boolean, after: boolean): void {
    if (before === after) return;
    if (after) this.#users.open(user);
    else this.#users.close(user);
  }
}

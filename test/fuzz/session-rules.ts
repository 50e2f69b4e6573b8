/**
 * What each line of a log does to the sessions and users of that log: the rules of the specification, one after the other, as
 * plainly as they can be written.
 */

/** What a line says, as far as it concerns anybody's activity. `id` is the server's own id of a session. */
export type Says =
  | { readonly kind: 'connected'; readonly id: string }
  | { readonly kind: 'authenticated'; readonly id: string; readonly user: string }
  /** `over`: the server closed it, which from 13.0.6 on can be told, and then nothing hibernates. */
  | { readonly kind: 'disconnected'; readonly id: string; readonly over?: boolean }
  /** The second of two ends in a row, which from 13.0.6 on mean hibernation. */
  | { readonly kind: 'hibernates'; readonly id: string }
  /** Debug lines name the session by its full JID. */
  | { readonly kind: 'bound' | 'unbound'; readonly id: string; readonly user: string; readonly resource: string }
  | { readonly kind: 'removed' | 'disabled' | 'enabled'; readonly user: string }
  /** From the first debug line of a session on, the log has the exact signs, until the server starts or reloads. */
  | { readonly kind: 'debug' }
  | { readonly kind: 'reloading' }
  | { readonly kind: 'started' | 'stopping' };

export interface Line {
  /** Unix seconds: what the stamp says. */
  readonly at: number;
  readonly says?: Says | undefined;
  /** The first of a file. */
  readonly opensFile?: boolean;
}

export interface Rules {
  /** Seconds. */
  readonly hibernation: number;
  /** Seconds after which a BOSH session of which nothing was heard is no longer open. */
  readonly bosh: number;
  readonly includeDisabled: boolean;
  /** Hosts and users that never count. */
  readonly exclude: readonly string[];
}

/** Where nobody knows when a BOSH client went, it is taken to have stayed for so long after its login. */
const BOSH_STAY = 1200;
/** The end of a session comes within so many seconds after the login that replaced it (measured: within one). */
const REPLACED = 2;

export interface Session {
  readonly id: string;
  readonly user: string;
  /** The login. */
  readonly since: number;
  /**
   * `open`; `away`: disconnected, and perhaps hibernating; `ended` by a line; `closed` since another session of the user
   * ended, of which it carried the resumption; `bound`: open by the exact signs; `waiting` for them.
   */
  state: 'open' | 'away' | 'ended' | 'closed' | 'bound' | 'waiting' | 'removed';
  /** When it came into this state. */
  at: number;
  resource: string;
}

interface Person {
  seen: number;
  /** Was seen to resume a session. */
  resumes: boolean;
  disabled: boolean;
}

/** What is known behind some lines of one log. */
export interface State {
  /** The latest instant of any line. */
  latest: number;
  /** The latest instant of an event. */
  clock: number;
  persons: Map<string, Person>;
  /** When whose account was removed last. */
  removals: Map<string, number>;
  sessions: Map<string, Session>;
  /** Somebody has resumed a session. */
  smacks: boolean;
  debug: boolean;
}

export const isBosh = (id: string): boolean => id.startsWith('bosh');
export const isIn = (session: Session, ...states: Session['state'][]): boolean => states.includes(session.state);

/** When time alone ends a session, and when its user is then taken to have been seen last. */
export function timeoutOf(session: Session, rules: Rules): { readonly at: number; readonly seen: number } | undefined {
  if (session.state === 'away') {
    // mod_smacks looks a second later.
    const at = session.at + rules.hibernation + 1;
    return { at, seen: at };
  }
  if (session.state === 'open' && isBosh(session.id)) {
    return { at: session.since + rules.bosh, seen: session.since + Math.min(BOSH_STAY, rules.bosh) };
  }
  return undefined;
}

export function see(state: State, user: string, at: number): Person {
  const person = state.persons.get(user) ?? { seen: -Infinity, resumes: false, disabled: false };
  person.seen = Math.max(person.seen, at);
  state.persons.set(user, person);
  return person;
}

const sessionsOf = (state: State, user: string): Session[] =>
  [...state.sessions.values()].filter((session) => session.user === user);

export function close(session: Session, state: Session['state'], at: number): void {
  session.state = state;
  session.at = at;
}

function noteResumption(state: State, user: string): void {
  state.smacks = true;
  const person = state.persons.get(user);
  if (person) person.resumes = true;
}

/** Whether a login can have resumed a session: only while that hibernated. */
const mayCarry = ({ since }: Session, { at }: Session, hibernation: number): boolean =>
  since >= at && since - at <= hibernation + 1;

/** Whether a session that has ended can still end again: while it may hibernate, or when a login may have resumed it. */
function mayBeResumed(state: State, session: Session, at: number, { hibernation }: Rules): boolean {
  const carriers = sessionsOf(state, session.user).filter((each) => isIn(each, 'open', 'closed'));
  return at - session.at <= hibernation || carriers.some((each) => mayCarry(each, session, hibernation));
}

type Rule<K extends Says['kind']> = (state: State, says: Extract<Says, { kind: K }>, at: number, rules: Rules) => void;

/** "A new connection. If that id still had an open session, that session is gone, without a logout." */
const connected: Rule<'connected'> = (state, { id }, _at, { hibernation }) => {
  const before = state.sessions.get(id);
  state.sessions.delete(id);
  if (!before || before.state !== 'open') return;
  // "A reused id whose session had no end line was the carrier of a resumption, the user is not gone."
  const resumed = sessionsOf(state, before.user)
    .filter((each) => each.state === 'ended' && !isBosh(each.id) && mayCarry(before, each, hibernation))
    .sort((a, b) => b.at - a.at)[0];
  if (!resumed) return;
  noteResumption(state, before.user);
  resumed.state = 'open';
};

/** "Login: seen now, session open." With debug lines it is open when it is bound. */
const authenticated: Rule<'authenticated'> = (state, { id, user }, at) => {
  see(state, user, at);
  // "... counts as a logout 600 s later unless they come back before."
  for (const each of sessionsOf(state, user)) if (each.state === 'away') each.state = 'ended';
  state.sessions.set(id, { id, user, since: at, state: state.debug ? 'waiting' : 'open', at, resource: '' });
};

/** "Logout of the id's user"; "a second one of an id already ended: it had been resumed". */
const disconnected: Rule<'disconnected'> = (state, { id, over }, at, rules) => {
  const session = state.sessions.get(id);
  // "An end whose id is unknown changes nothing."
  if (!session || isIn(session, 'waiting', 'removed')) return;
  // "The exact signs win over the rules above, session by session."
  if (session.state === 'bound' && state.debug) return;
  if (isIn(session, 'away', 'ended')) {
    if (mayBeResumed(state, session, at, rules)) endOfResumed(state, session, at, over);
    return;
  }
  if (state.smacks) {
    // "Other c2s sessions of that user that logged in while this one was open are closed too (XEP-0198 resumption)."
    for (const other of sessionsOf(state, session.user)) {
      const isWhile = other.state === 'open' && other.since > session.since && !isBosh(other.id);
      if (isWhile && at - other.since > REPLACED) close(other, 'closed', at);
    }
  }
  const { resumes } = see(state, session.user, at);
  if (isBosh(id)) state.sessions.delete(id);
  else close(session, resumes && !over ? 'away' : 'ended', at);
};

/** "It had been resumed: seen now, and the later c2s sessions of that user that carried the resumption are closed." */
function endOfResumed(state: State, session: Session, at: number, over = false): void {
  noteResumption(state, session.user);
  for (const other of sessionsOf(state, session.user))
    if (other.state === 'open' && other.since >= session.at && !isBosh(other.id)) close(other, 'closed', at);
  see(state, session.user, at);
  close(session, over ? 'ended' : 'away', at);
}

/** "Online until `hibernation_seconds` + 1 later, resumed, or replaced": no proof that it had been resumed before. */
const hibernates: Rule<'hibernates'> = (state, { id }, at, rules) => {
  const session = state.sessions.get(id);
  if (!session || !isIn(session, 'away', 'ended') || session.at !== at)
    return disconnected(state, { kind: 'disconnected', id, over: true }, at, rules);
  see(state, session.user, at);
  close(session, 'away', at);
};

const bound: Rule<'bound'> = (state, { id, user, resource }, at) => {
  for (const other of sessionsOf(state, user))
    if (other.id !== id && other.state === 'bound' && other.resource === resource) state.sessions.delete(other.id);
  const since = state.sessions.get(id)?.since ?? at;
  if (!state.persons.has(user)) see(state, user, at);
  state.sessions.set(id, { id, user, since, state: 'bound', at, resource });
};

const unbound: Rule<'unbound'> = (state, { id, user, resource }, at) => {
  const own = state.sessions.get(id);
  if (own?.state !== 'removed' && at > (state.removals.get(user) ?? -Infinity)) see(state, user, at);
  const session =
    own?.state === 'removed' || own?.state === 'bound'
      ? own
      : sessionsOf(state, user).find((each) => each.state === 'bound' && each.resource === resource);
  if (session) state.sessions.delete(session.id);
};

/** "The user is forgotten at once"; what comes behind of their sessions is nobody's activity. */
const removed: Rule<'removed'> = (state, { user }, at) => {
  for (const session of sessionsOf(state, user)) {
    if (session.state === 'bound') close(session, 'removed', at);
    else if (session.state !== 'removed') state.sessions.delete(session.id);
  }
  state.persons.delete(user);
  state.removals.set(user, at);
};

export const RULES: { readonly [K in Says['kind']]?: Rule<K> } = {
  connected,
  authenticated,
  disconnected,
  hibernates,
  bound,
  unbound,
  removed,
  disabled: (state, { user }) => void (state.persons.get(user) && (see(state, user, -Infinity).disabled = true)),
  enabled: (state, { user }) => void (state.persons.get(user) && (see(state, user, -Infinity).disabled = false)),
  debug: (state) => void (state.debug = true),
  reloading: (state) => void (state.debug = false),
  // "Every open session of that log is gone, without a logout."
  started: (state) => {
    state.sessions.clear();
    state.debug = false;
  },
  // "Orderly stop: logout of whoever is still in hibernation."
  stopping: (state, _says, at) => {
    for (const session of state.sessions.values()) {
      if (session.state !== 'away') continue;
      see(state, session.user, at);
      close(session, 'ended', at);
    }
  },
};

/** What a log was before lines that were not believed, as far as what it is now tells: from there it is read again. */
import type { Session } from '../activity/session-state.ts';
import type { Users } from '../activity/user-table.ts';
import type { StoredState } from './stored-log.ts';
import type { Unbelieved } from './unbelieved.ts';

/** A log put back to one of its places. */
export interface Rewound {
  readonly state: StoredState | undefined;
  /** Undefined for those that were none then. */
  readonly sessions: readonly (readonly [string, Session | undefined])[];
  /** Those of which something was heard since, as they were. */
  readonly since: readonly (readonly [string, Session])[];
}

/** Its sessions are put back to what they were at the place, as far as that is known. `hibernation`: seconds. */
export function rewound(
  state: StoredState,
  { at, reader, detail }: Unbelieved,
  users: Users,
  hibernation: number,
): Rewound {
  const { unbelieved = [], ...rest } = state.log;
  const earlier = unbelieved.filter((each) => each.at > at);
  const begin = reader?.clock.last ?? -Infinity;
  const sessions = state.sessions.map(([key, session]) => {
    const waits = users.resumes(users.find(session.user)) ? hibernation + 1 : 0;
    return [key, sessionAt(begin, session, waits)] as const;
  });
  const detailed = { ...rest, detail: detail ?? rest.detail };
  const log = reader && { ...detailed, reader, ...(earlier.length > 0 && { unbelieved: earlier }) };
  const known = sessions.flatMap(([key, session]) => (session ? [[key, session] as const] : []));
  return {
    state: log && { log, sessions: known },
    sessions,
    since: state.sessions.filter(([, session]) => session.at > begin),
  };
}

/**
 * What a session was at `begin`, unix seconds, as far as what it is now tells; undefined where it does not, or there was none.
 * `waits`: so long its user may have been online behind the last line of it, seconds. No line tells of the end of that, so
 * whoever may have been waiting is not put back: they would wait for ever.
 */
function sessionAt(begin: number, session: Session, waits: number): Session | undefined {
  const { state, since, at } = session;
  if (at <= begin) return session;
  if (since > begin) return undefined;
  if (state === 'removed') return { ...session, state: 'bound', at: since };
  const hasEndedSince = state === 'away' || (state === 'ended' && at - waits > begin);
  return hasEndedSince || state === 'open' ? { ...session, state: 'open', at: since } : undefined;
}

/** The index as a whole: its sessions as they are put back at the start, and all of it as memory has it, to be written again. */
import type { Session } from '../activity/sessions.ts';
import type { LastSeen, Users } from '../activity/user-table.ts';
import type { Changes } from '../index/last-seen.ts';
import type { Position } from '../source/follow/position.ts';
import type { StoredLog } from './log-state.ts';
import { MAX_AHEAD } from './max-time.ts';

/** Users that are written together. */
const USERS_AT_ONCE = 50_000;

/** Under which a session is stored. */
export const keyOf = (log: string, session: string): string => `${log}\0${session}`;

/** No session began or changed after `now`: a clock was ahead, and time must not stand still until then. */
export function sessionsByLog(stored: ReadonlyMap<string, unknown>, now: number): Map<string, [string, Session][]> {
  const byLog = new Map<string, [string, Session][]>();
  for (const [key, value] of stored) {
    const end = key.indexOf('\0');
    const own = byLog.get(key.slice(0, end)) ?? [];
    const session = value as Session;
    const { at, since } = session;
    const isAhead = Math.max(at, since) > now + MAX_AHEAD;
    const put = isAhead ? { ...session, at: Math.min(at, now), since: Math.min(since, now) } : session;
    own.push([key.slice(end + 1), put]);
    byLog.set(key.slice(0, end), own);
  }
  return byLog;
}

export interface WholeLog {
  readonly log: StoredLog | undefined;
  readonly sessions: Iterable<readonly [string, Session]>;
}

export interface Whole {
  readonly users: Users;
  /** Users who never count, but are stored. */
  readonly excluded: ReadonlyMap<string, LastSeen>;
  readonly logs: Iterable<readonly [string, WholeLog]>;
  readonly positions: readonly Position[];
  /** Hosts of which counts were sent last. */
  readonly hosts: ReadonlySet<string>;
}

/** Users first, and positions last: broken off in between, the logs are read again. */
export function* everything({ users, excluded, logs, positions, hosts }: Whole): Iterable<Changes> {
  const none = { sessions: new Map<string, unknown>(), positions: [], forgotten: [], logs: new Map<string, unknown>() };
  let some = new Map<string, LastSeen>();
  for (const known of [excluded, users.all()])
    for (const [jid, record] of known) {
      if (some.set(jid, record).size < USERS_AT_ONCE) continue;
      yield { ...none, users: some };
      some = new Map();
    }
  const [sessions, states] = [new Map<string, unknown>(), new Map<string, unknown>()];
  for (const [path, { log, sessions: own }] of logs) {
    for (const [id, session] of own) sessions.set(keyOf(path, id), session);
    states.set(path, log);
  }
  const rest = { forgotten: [], positions, hosts: new Map([...hosts].map((host) => [host, true as const])) };
  yield { ...rest, users: some, sessions, logs: states, removals: new Map(users.removals.all) };
}

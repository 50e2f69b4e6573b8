/** The index as a whole: its sessions as they are put back at the start, and all of it as memory has it, to be written again. */
import type { Session } from '../activity/sessions.ts';
import type { StoredLog } from './stored-log.ts';
import type { Followed } from '../index/contents.ts';
import { MAX_AHEAD } from './max-time.ts';
import { nothing, type Unwritten } from './unwritten.ts';

/** Under which a session is stored. */
export const keyOf = (log: string, session: string): string => `${log}\0${session}`;

/**
 * No session changed after `now`: a clock was ahead, and time must not stand still until then. But those that begin later
 * count only from then on, as all that is known of their users.
 */
export function sessionsByLog(stored: ReadonlyMap<string, unknown>, now: number): Map<string, [string, Session][]> {
  const byLog = new Map<string, [string, Session][]>();
  for (const [key, value] of stored) {
    const end = key.indexOf('\0');
    const own = byLog.get(key.slice(0, end)) ?? [];
    const session = value as Session;
    const put = session.at > now + MAX_AHEAD ? { ...session, at: now } : session;
    own.push([key.slice(end + 1), put]);
    byLog.set(key.slice(0, end), own);
  }
  return byLog;
}

export interface WholeLog {
  readonly log: StoredLog | undefined;
  readonly sessions: Iterable<readonly [string, Session]>;
}

export interface Whole extends Pick<Unwritten, 'removals' | 'accounts'> {
  readonly positions: ReadonlyMap<string, Followed>;
  readonly logs: Iterable<readonly [string, WholeLog]>;
  /** Hosts of which counts were sent last. */
  readonly hosts: ReadonlySet<string>;
  /** Past ones, by their keys. */
  readonly counts: Iterable<readonly [key: string, packed: string]>;
  readonly cluster: ReadonlyMap<string, unknown>;
}

/** All of it but for the users. */
export function whole({ logs, positions, hosts, counts, removals, cluster, accounts }: Whole): Unwritten {
  const all = nothing();
  for (const [path, { log, sessions }] of logs) {
    for (const [id, session] of sessions) all.sessions.set(keyOf(path, id), session);
    all.logs.set(path, log);
  }
  for (const host of hosts) all.hosts.set(host, true);
  return {
    ...all,
    ...{ positions: new Map(positions), removals, counts: new Map(counts) },
    ...{ cluster: new Map(cluster), accounts },
  };
}

/** The index as a whole: its sessions as they are put back at the start, and all of it as memory has it, to be written again. */
import type { Session } from '../activity/sessions.ts';
import type { StoredLog } from './stored-log.ts';
import type { Followed } from '../index/contents.ts';
import { MAX_AHEAD } from './max-time.ts';
import { nothing, type Unwritten } from './unwritten.ts';

/** Of an index from before schema 6: each session by `log \0 id`. */
export function sessionsByLog(stored: ReadonlyMap<string, unknown>): Map<string, Map<string, Session>> {
  const byLog = new Map<string, Map<string, Session>>();
  for (const [key, session] of stored) {
    const end = key.indexOf('\0');
    const own = byLog.get(key.slice(0, end)) ?? new Map<string, Session>();
    own.set(key.slice(end + 1), session as Session);
    byLog.set(key.slice(0, end), own);
  }
  return byLog;
}

/**
 * No session changed after `now`: a clock was ahead, and time must not stand still until then. But those that begin later
 * count only from then on, as all that is known of their users.
 */
export function believedSessions(sessions: ReadonlyMap<string, Session>, now: number): [string, Session][] {
  return Array.from(sessions, ([id, session]) => [
    id,
    session.at > now + MAX_AHEAD ? { ...session, at: now } : session,
  ]);
}

export interface Whole extends Pick<Unwritten, 'removals' | 'accounts'> {
  readonly positions: ReadonlyMap<string, Followed>;
  readonly logs: Iterable<readonly [string, StoredLog | undefined]>;
  /** Hosts of which counts were sent last. */
  readonly hosts: ReadonlySet<string>;
  /** Past ones, by their keys. */
  readonly counts: Iterable<readonly [key: string, packed: string]>;
  readonly cluster: ReadonlyMap<string, unknown>;
}

/** All of it but for the users and the sessions. */
export function whole({ logs, positions, hosts, counts, removals, cluster, accounts }: Whole): Unwritten {
  const all = nothing();
  for (const [path, log] of logs) all.logs.set(path, log);
  for (const host of hosts) all.hosts.set(host, true);
  return {
    ...all,
    ...{ positions: new Map(positions), removals, counts: new Map(counts) },
    ...{ cluster: new Map(cluster), accounts },
  };
}

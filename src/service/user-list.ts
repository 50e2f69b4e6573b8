/** Users by when they were last seen: who is still there, and who has long been away. */
import { setImmediate } from 'node:timers/promises';
import { coveredByAll } from '../activity/coverage.ts';
import { untold, type Untold } from '../activity/time-alone.ts';
import type { LastSeen, Users } from '../activity/user-table.ts';
import { openSessions } from '../activity/user-words.ts';
import type { OpenIndex } from './operations.ts';

/** Pages that are read before others may do something. */
const PAGES_AT_ONCE = 50;

export interface ListArguments {
  /** Only who is online or was seen in the last so many seconds. */
  readonly since?: number;
  /** Only who is offline and was not seen for so many seconds. */
  readonly notSeenFor?: number;
  /** Case-folded. */
  readonly host?: string;
}

export interface ListedUser {
  readonly user: string;
  /** The last login or logout, unix seconds. */
  readonly lastSeen: number;
  readonly state: 'online' | 'offline' | 'disabled';
}

export interface UserList {
  /** Unix seconds. */
  readonly at: number;
  /** How many of the seconds that were asked for the logs cover. */
  readonly covered: number;
  /** Who was seen last comes first. */
  readonly users: readonly ListedUser[];
}

/** At `at`, unix seconds; those who never count are left out. */
export async function listUsers({ users, logsAt }: OpenIndex, wanted: ListArguments, at: number): Promise<UserList> {
  const logs = logsAt(at);
  const over = untold(
    logs.flatMap((log) => [...log.over]),
    new Map(),
    at,
  );
  const listed: ListedUser[] = [];
  for (let number = 0; number < users.names.end; number++) {
    const user = listedUser(users, number, over.get(number));
    if (user && isWanted(user, wanted, at)) listed.push(user);
  }
  await listAbsent(users, (user) => isWanted(user, wanted, at) && listed.push(user));
  const span = longestSpan(wanted);
  const covered = coveredByAll(
    logs.map(({ coverage }) => coverage),
    at - span,
    at,
  );
  listed.sort((a, b) => b.lastSeen - a.lastSeen || (a.user < b.user ? -1 : 1));
  return { at, covered, users: listed };
}

/** Those whom only the disk has, a few pages at a time. Who came to memory since then is told as they were. */
async function listAbsent(users: Users, list: (user: ListedUser) => void): Promise<void> {
  for (let page = 0; users.absent && page < users.pages.count; page++) {
    users.absent.eachOf(page, (record, jidOf) => {
      const user = jidOf();
      if (!users.isExcluded(user)) list(offlineUser(user, record));
    });
    if (page % PAGES_AT_ONCE === 0) await setImmediate();
  }
}

const offlineUser = (user: string, { login = 0, logout = 0, disabled }: LastSeen): ListedUser => ({
  user,
  lastSeen: Math.max(login, logout),
  state: disabled ? 'disabled' : 'offline',
});

/** Seconds to look back. */
export const longestSpan = ({ since = 0, notSeenFor = 0 }: ListArguments): number => Math.max(since, notSeenFor);

function listedUser(users: Users, number: number, over: Untold | undefined): ListedUser | undefined {
  const record = users.record(number);
  if (!record) return undefined;
  const user = users.names.text(number);
  if (users.isExcluded(user)) return undefined;
  const { login = 0, logout = 0, disabled } = record;
  const lastSeen = Math.max(login, logout, over?.seen ?? 0);
  const isOnline = openSessions(users.names, number) > (over?.closed ?? 0);
  return { user, lastSeen, state: disabled ? 'disabled' : isOnline ? 'online' : 'offline' };
}

function isWanted(
  { user, lastSeen, state }: ListedUser,
  { since, notSeenFor, host }: ListArguments,
  at: number,
): boolean {
  if (host !== undefined && user !== host && !user.endsWith(`@${host}`)) return false;
  const isOnline = state === 'online';
  if (since !== undefined && !isOnline && at - lastSeen >= since) return false;
  return notSeenFor === undefined || (!isOnline && at - lastSeen >= notSeenFor);
}

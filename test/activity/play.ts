/** Lines of a log played to sessions and users, and what is known of a user then. */
import { Sessions } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import { eventsOf, OPTIONS } from '../golden.ts';

export const MIDNIGHT = Date.UTC(2026, 10, 23) / 1000;
/** `19:41:50`, or `+1 19:41:50` for the day after. */
export function instant(time: string): number {
  const [, day = '0', h, m, s] = /^(?:\+(\d+) )?(\d\d):(\d\d):(\d\d)$/.exec(time) ?? [];
  return MIDNIGHT + Number(day) * 86_400 + Number(h) * 3600 + Number(m) * 60 + Number(s);
}

function lineOf(entry: string): string {
  const [, time = '', source = '', level = '', message = ''] =
    /^((?:\+\d+ )?\S+) (\S+)(?: (debug))? (.*)$/.exec(entry) ?? [];
  const stamp = new Date(instant(time) * 1000).toISOString().slice(0, 19);
  return `${stamp}Z ${source}\t${level || 'info'}\t${message}\n`;
}

export interface World {
  readonly users: Users;
  readonly sessions: Sessions;
}

export const world = (exclude: readonly string[] = [], options = OPTIONS): World => {
  const users = new Users({ exclude, includeDisabled: false });
  return { users, sessions: new Sessions(users, options) };
};

/** `TIME SOURCE [debug] MESSAGE`, as in prosody-truth. */
export function play(entries: readonly string[], until?: string, { users, sessions } = world()): World {
  const [events] = eventsOf(Buffer.from(entries.map(lineOf).join('')), { timezone: 'UTC', year: 2026 });
  for (const event of events) sessions.take(event);
  if (until !== undefined) sessions.passTime(instant(until));
  return { users, sessions };
}

/** The time of an instant, as `lineOf` has it. */
function timeOf(at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  const days = Math.floor((at - MIDNIGHT) / 86_400);
  return `${days > 0 ? `+${days} ` : ''}${new Date(at * 1000).toISOString().slice(11, 19)}`;
}

export interface Expected {
  readonly open: number;
  readonly login?: string;
  readonly logout?: string;
}

export function stateOf({ users }: World, local: string): Expected | undefined {
  const user = users.get(`${local}@chat.example`);
  if (!user) return undefined;
  const [login, logout] = [timeOf(user.login), timeOf(user.logout)];
  return { open: user.open, ...(login !== undefined && { login }), ...(logout !== undefined && { logout }) };
}

export const login = (time: string, id: string, user: string): string[] => [
  `${time} ${id} Client connected`,
  `${time} ${id} Authenticated as ${user}@chat.example`,
];
export const end = (time: string, id: string): string => `${time} ${id} Client disconnected: connection closed`;

/** Somebody resumes a session, before all else: the server has stream management. */
export const RESUMPTION: readonly string[] = [
  ...login('09:00:00', 'c2se1', 'eve'),
  end('09:01:00', 'c2se1'),
  ...login('09:02:00', 'c2se2', 'eve'),
  end('09:03:00', 'c2se1'),
];

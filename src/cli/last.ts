/** `last JID`: when one user was seen, and what is open now. */
import { isOnline } from '../activity/session-table.ts';
import { Sessions } from '../activity/sessions.ts';
import { Users } from '../activity/user-table.ts';
import type { Config } from '../config/config.ts';
import { localIso } from './times.ts';
import type { Io } from './io.ts';
import { findUser, unknownUser, withIndex, type FoundUser } from './user-in-index.ts';

export interface LastArguments {
  /** Bare and case-folded. */
  readonly user: string;
}

/** @throws {IndexError} */
export async function last(config: Config, { user }: LastArguments, io: Io): Promise<number> {
  const found = await withIndex(config, async (_index, contents) => findUser(contents, user));
  if (found) io.stdout.write(describe(user, asOf(io.now(), user, found, config)));
  else io.log('error', unknownUser(user, config));
  return found ? 0 : 1;
}

/** What time alone has ended by now, seconds, is open no longer. */
function asOf(now: number, user: string, { record, sessions }: FoundUser, { count }: Config): FoundUser {
  const users = new Users({ exclude: [], includeDisabled: true });
  users.restore(user, record);
  const left = [...new Set(sessions.map(([key]) => key.split('\0')[0] ?? ''))].flatMap((log) => {
    const own = sessions.flatMap(([key, session]) =>
      key.startsWith(`${log}\0`) ? [[key.slice(log.length + 1), session] as const] : [],
    );
    const passed = new Sessions(users, count);
    passed.restore(own, { detail: false, hasResumption: false });
    passed.passTime(now);
    const changes = passed.takeChanges();
    return own.flatMap(([id, before]) => {
      const session = changes.has(id) ? changes.get(id) : before;
      return session ? [[`${log}\0${id}`, session] as const] : [];
    });
  });
  return { record: users.get(user) ?? record, sessions: left };
}

function describe(user: string, { record, sessions }: FoundUser): string {
  const open = sessions
    .filter(([, session]) => isOnline(session))
    .toSorted(([, a], [, b]) => a.since - b.since)
    .map(([key, { since }]) => {
      const [log, id] = key.split('\0');
      return `  ${time(since)}  ${id ?? ''}  ${log ?? ''}`;
    });
  const lines = [
    `user           ${user}${record.disabled ? ' (disabled)' : ''}`,
    `last login     ${time(record.login)}`,
    `last logout    ${time(record.logout)}`,
    `open sessions  ${open.length}`,
    ...open,
  ];
  return `${lines.join('\n')}\n`;
}

function time(seconds: number | undefined): string {
  return seconds === undefined ? 'not known' : localIso(seconds);
}

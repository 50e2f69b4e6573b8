/** `last JID`: when one user was seen, and what is open now. */
import { isOnline } from '../activity/session-state.ts';
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
  const found = await withIndex(config, io.now(), async (open) => findUser(open, user));
  if (found) io.stdout.write(describe(user, asOf(io.now(), user, found, config)));
  else io.log('error', unknownUser(user, config));
  return found ? 0 : 1;
}

/** What time alone has ended by now, seconds, is open no longer. */
function asOf(now: number, user: string, { record, sessions }: FoundUser, { count }: Config): FoundUser {
  const users = new Users({ exclude: [], includeDisabled: true });
  users.restore(users.number(user), record);
  const left = [...new Set(sessions.map(({ log }) => log))].flatMap((log) => {
    const own = sessions.filter((each) => each.log === log);
    const passed = new Sessions(users, count);
    passed.restore(
      own.map(({ id, session }) => [id, session]),
      { detail: false, hasResumption: false },
    );
    passed.passTime(now);
    const changes = new Map(passed.takeChanges());
    return own.flatMap(({ id, session: before }) => {
      const session = changes.has(id) ? changes.get(id) : before;
      return session ? [{ log, id, session }] : [];
    });
  });
  return { record: users.get(user) ?? record, sessions: left };
}

function describe(user: string, { record, sessions }: FoundUser): string {
  const open = sessions
    .filter(({ session }) => isOnline(session))
    .toSorted((a, b) => a.session.since - b.session.since)
    .map(({ log, id, session }) => `  ${time(session.since)}  ${id}  ${log}`);
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

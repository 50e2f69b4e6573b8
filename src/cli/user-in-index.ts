/** Finding one user in the index, for the commands that are about one. */
import type { Session } from '../activity/sessions.ts';
import { LastSeenIndex, type Contents, type UserRecord } from '../index/last-seen.ts';
import type { Config } from '../config/config.ts';

export interface FoundUser {
  readonly record: UserRecord;
  /** All that are kept, open or not, by their key in the index. */
  readonly sessions: readonly (readonly [key: string, Session])[];
}

/** Opens and reads the index, hands it to `work`, and closes it whatever happens. @throws {IndexError} */
export async function withIndex<T>(
  config: Config,
  work: (index: LastSeenIndex, contents: Contents) => Promise<T>,
): Promise<T> {
  const index = await LastSeenIndex.open(config.index.path, { create: false });
  try {
    return await work(index, await index.load());
  } finally {
    await index.close();
  }
}

export function findUser(contents: Contents, user: string): FoundUser | undefined {
  const record = contents.users.get(user);
  if (!record) return undefined;
  const sessions = [...contents.sessions].map(([key, value]) => [key, value as Session] as const);
  return { record, sessions: sessions.filter(([, session]) => session.user === user) };
}

export function unknownUser(user: string, config: Config): string {
  return `${user} is not in the index ${config.index.path}: no login or logout was seen in the last ${config.index.retentionDays} days; to take in older or other logs run xmpp-active-users backfill FILE...`;
}

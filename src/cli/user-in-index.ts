/** Finding one user in the index, for the commands that are about one. */
import { Users, type LastSeen } from '../activity/user-table.ts';
import { LastSeenIndex } from '../index/last-seen.ts';
import type { Config } from '../config/config.ts';
import { WriteBuffer, type OwnSession } from '../service/write-buffer.ts';

export interface OpenIndex {
  readonly index: LastSeenIndex;
  /** All, also those who never count. */
  readonly users: Users;
  readonly writeBuffer: WriteBuffer;
}

export interface FoundUser {
  readonly record: LastSeen;
  /** All that are kept, open or not. */
  readonly sessions: readonly OwnSession[];
}

/** Opens and reads the index as it is at `now`, unix seconds, hands it to `work`, and closes it whatever happens. @throws {IndexError} */
export async function withIndex<T>(config: Config, now: number, work: (open: OpenIndex) => Promise<T>): Promise<T> {
  const index = await LastSeenIndex.open(config.index.path, { create: false });
  try {
    const users = new Users({ exclude: [], includeDisabled: true });
    return await work({ index, users, writeBuffer: await WriteBuffer.open(index, users, now) });
  } finally {
    await index.close();
  }
}

export function findUser({ users, writeBuffer }: OpenIndex, user: string): FoundUser | undefined {
  const number = users.find(user);
  const record = number < 0 ? undefined : users.record(number);
  return record && { record, sessions: writeBuffer.sessionsOf(user) };
}

export function unknownUser(user: string, config: Config): string {
  return `${user} is not in the index ${config.index.path}: no login or logout was seen in the last ${config.index.retentionDays} days; to take in older or other logs run xmpp-active-users backfill FILE...`;
}

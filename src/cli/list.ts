/** `list`: users by when they were last seen. */
import { LIST } from '../control/requests.ts';
import type { Config } from '../config/config.ts';
import { alignedTable, csvField, printable } from '../report/table.ts';
import { longestSpan, type ListArguments as Asked, type UserList } from '../service/user-list.ts';
import { ask } from './ask.ts';
import { print, type Io } from './io.ts';
import { localIso } from './times.ts';

const DAY = 86_400;

export interface ListArguments extends Asked {
  /** Absent: a table on a terminal, else CSV. */
  readonly format?: 'csv' | 'json';
}

/** @throws as `ask` */
export async function list(config: Config, { format, ...asked }: ListArguments, io: Io): Promise<number> {
  const reply = await ask(LIST, asked, config, io.now());
  if ('problem' in reply) {
    io.log('error', reply.problem);
    return 1;
  }
  await print(io, shown(reply.value, format ?? (io.isTTY ? undefined : 'csv')));
  tellUnknown(asked, reply.value, config, io);
  return 0;
}

function shown({ at, users }: UserList, format: ListArguments['format']): string {
  if (format === 'json') {
    const listed = users.map(({ user, lastSeen, state }) => ({ user, last_seen: lastSeen, state }));
    return `${JSON.stringify({ time: at, users: listed })}\n`;
  }
  if (format === 'csv') {
    const rows = users.map(({ user, lastSeen, state }) => `${csvField(user)},${lastSeen},${state}\n`);
    return `user,last_seen,state\n${rows.join('')}`;
  }
  const rows = users.map(({ user, lastSeen, state }) => [printable(user), localIso(lastSeen), state]);
  return alignedTable([['user', 'last seen', 'state'], ...rows]);
}

/** Of whom the index does not know. */
function tellUnknown(asked: Asked, { covered }: UserList, { index }: Config, io: Io): void {
  const span = longestSpan(asked);
  if (covered < span)
    io.log(
      'warning',
      `the logs cover ${(covered / DAY).toFixed(1)} of these ${(span / DAY).toFixed(1)} days: who was seen only in the rest is not named`,
    );
  if (asked.notSeenFor !== undefined)
    io.log(
      'notice',
      `not named are accounts that never logged in, which no log tells of, and whoever was not seen for more than ${index.retentionDays} days (index.retention_days)`,
    );
}

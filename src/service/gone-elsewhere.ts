/** Accounts that other nodes of a cluster saw removed are deleted here, too: from memory, index and files. */
import { setImmediate } from 'node:timers/promises';
import { knownLogin } from '../cluster/score.ts';
import type { Users } from '../activity/user-table.ts';
import type { GoneElsewhere } from '../cluster/seam.ts';
import type { WriteBuffer } from './write-buffer.ts';

/** Users whose pseudonyms are made before others may do something: some milliseconds. */
const AT_ONCE = 1000;

export interface GoneOptions {
  readonly users: Users;
  readonly writeBuffer: WriteBuffer;
  readonly pseudonymOf: (jid: string) => Buffer;
}

/** Gives how many users there were. Only their pseudonyms are known, so all users of their hosts are looked at. @throws {IndexError} */
export async function deleteGone(all: readonly GoneElsewhere[], options: GoneOptions): Promise<number> {
  const { users, writeBuffer, pseudonymOf } = options;
  if (all.length === 0) return 0;
  const byMember = new Map(all.map((gone) => [gone.member.toString('hex'), gone]));
  const hosts = new Set(all.map(({ host }) => host));
  let deleted = 0;
  for (let from = 0; from < users.names.end; from += AT_ONCE) {
    for (let user = from; user < Math.min(from + AT_ONCE, users.names.end); user++) {
      const jid = users.isKnown(user) ? users.names.text(user) : '';
      if (jid === '' || !hosts.has(jid.slice(jid.indexOf('@') + 1))) continue;
      const gone = byMember.get(pseudonymOf(jid).toString('hex'));
      if (!gone) continue;
      if (isOver(users, jid, gone)) deleted += deleteOne(users, writeBuffer, jid, gone.at);
      // The union may have taken what it knew of the later account for the end of the one before: it is told again.
      else users.pages.noteUser(user);
    }
    await setImmediate();
  }
  users.settle();
  if (deleted === 0) return 0;
  await writeBuffer.commitUsers();
  await writeBuffer.purge();
  return deleted;
}

/** A later account of the name logged in since. */
function isOver(users: Users, jid: string, { at, isForgotten }: GoneElsewhere): boolean {
  const { login = 0, logout = 0 } = users.get(jid) ?? {};
  const seen = Math.max(login, logout);
  return isForgotten ? seen <= at : knownLogin(login, seen) <= at;
}

function deleteOne(users: Users, { logs }: WriteBuffer, jid: string, at: number): 1 {
  const sessions = logs.sessionsOf(jid);
  users.forgetHere(jid, Math.floor(at));
  for (const [log, own] of sessions)
    logs.deleteSessions(
      log,
      own.map(([id]) => id),
    );
  return 1;
}

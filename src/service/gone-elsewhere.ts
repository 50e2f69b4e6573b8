/** Accounts that other nodes of a cluster saw removed are deleted here, too: from memory, index and files. */
import { setImmediate } from 'node:timers/promises';
import { knownLogin } from '../cluster/score.ts';
import type { Users } from '../activity/user-table.ts';
import type { GoneElsewhere } from '../cluster/seam.ts';
import type { WriteBuffer } from './write-buffer.ts';

/** Users whose pseudonyms are made before others may do something: some milliseconds. */
const AT_ONCE = 1000;
const PAGES_AT_ONCE = 50;

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
  const look = (jid: string): void => {
    if (!hosts.has(jid.slice(jid.indexOf('@') + 1))) return;
    const gone = byMember.get(pseudonymOf(jid).toString('hex'));
    if (!gone) return;
    if (isOver(users, jid, gone)) deleted += deleteOne(users, writeBuffer, jid, gone.at);
    // The union may have taken what it knew of the later account for the end of the one before: it is told again.
    else users.pages.noteUser(users.find(jid));
  };
  for (let from = 0; from < users.names.end; from += AT_ONCE) {
    for (let user = from; user < Math.min(from + AT_ONCE, users.names.end); user++)
      if (users.isKnown(user)) look(users.names.text(user));
    await setImmediate();
  }
  for (let page = 0; users.absent && page < users.pages.count; page++) {
    const jids: string[] = [];
    users.absent.eachOf(
      page,
      (_, jid) => jids.push(jid()),
      (user) => users.isKnown(user) && jids.push(users.names.text(user)),
    );
    for (const jid of jids) look(jid);
    if (page % PAGES_AT_ONCE === 0) await setImmediate();
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

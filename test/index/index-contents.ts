/** What an index holds, users and all, and users as they are written to one. */
import { Users, type LastSeen } from '../../src/activity/user-table.ts';
import { LastSeenIndex, type Changes, type Contents } from '../../src/index/last-seen.ts';
import { SessionPiles } from '../../src/service/session-piles.ts';
import { decodePage, encodePage } from '../../src/index/user-page.ts';

export type IndexContents = Contents & { readonly users: ReadonlyMap<string, LastSeen>; readonly secret: string };

const noUsers = (): Users => new Users({ exclude: [], includeDisabled: true });

/** Of an index that is not open; users in the order of their names. */
export async function contentsOf(path: string): Promise<IndexContents> {
  const index = await LastSeenIndex.open(path, { create: false });
  try {
    const users = new Map<string, LastSeen>();
    const take = (jid: string, record: LastSeen): void => void (users.has(jid) || users.set(jid, record));
    const takeAll = (_number: number, bytes: Buffer): void =>
      decodePage(bytes, (record, from, to) => take(bytes.toString('utf8', from, to), record));
    const contents = await index.load({ begin: () => {}, recent: takeAll, page: takeAll, user: take });
    return {
      ...contents,
      sessions: sessionsIn(contents),
      secret: index.secret,
      users: new Map([...users].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    };
  } finally {
    await index.close();
  }
}

/** By `log \0 id`, as older indexes have them. */
function sessionsIn({ sessions, piles }: Contents): Map<string, unknown> {
  const all = new Map(sessions);
  for (const [log, own] of new SessionPiles(() => {}).restore(piles))
    for (const [id, session] of own) all.set(`${log}\0${id}`, session);
  return all;
}

/** All that is to be kept of the users, in the order of their names. */
export function knownUsers(users: Users): Map<string, LastSeen> {
  return new Map(
    Array.from({ length: users.names.end }, (_, user) => user)
      .flatMap((user) => {
        const record = users.record(user);
        return record ? [[users.names.text(user), record] as const] : [];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Takes the users that have changed: those who are known. */
export function takeChanged(users: Users): Map<string, LastSeen> {
  const changed = users.pages.takeUsers();
  return new Map([...knownUsers(users)].filter(([jid]) => changed.includes(users.find(jid))));
}

/** All of them in one page. */
export function inPages(records: ReadonlyMap<string, LastSeen>): Pick<Changes, 'pages' | 'pageCount'> {
  const users = noUsers();
  for (const [jid, record] of records) users.restore(users.number(jid), record);
  const numbers = [...records.keys()].map((jid) => users.find(jid));
  return { pages: [[0, encodePage(numbers, users.names, (user) => users.record(user))]], pageCount: 1 };
}

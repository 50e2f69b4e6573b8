/** Users who were last seen too long ago: they go in steps of some milliseconds at most, between which events may be taken in. */
import type { AbsentUsers } from './absent-users.ts';
import type { Users } from './user-table.ts';
import { has, isOpen, KNOWN, lastSeen, SENT_OPEN, UNSENT } from './user-words.ts';

/** Users who are looked at, and perhaps dropped, before others may do something. */
const AT_ONCE = 4096;
/** Pages are read from the disk for that. */
const PAGES_AT_ONCE = 100;

/** Drops users without open session who were last seen before `second`, unix seconds, but for those in `held`. */
export function* forgettingUnseenSince(users: Users, second: number, held: ReadonlySet<string>): Generator<void> {
  const { names } = users;
  for (let from = 0; from < names.end; from += AT_ONCE) {
    const end = Math.min(from + AT_ONCE, names.end);
    for (let user = from; user < end; user++) forgetOne(users, user, second, held);
    yield;
  }
  if (users.absent) yield* forgettingAbsent(users, users.absent, second, held);
}

function forgetOne(users: Users, user: number, second: number, held: ReadonlySet<string>): void {
  const { names } = users;
  if (!has(names, user, KNOWN) || isOpen(names, user) || lastSeen(names, user) >= second) return;
  // The union would have such a user for online for ever.
  if (has(names, user, UNSENT | SENT_OPEN)) return;
  if ((users.counted.ahead.get(user) ?? 0) >= second || held.has(names.text(user))) return;
  users.drop(user, true);
}

function* forgettingAbsent(
  users: Users,
  absent: AbsentUsers,
  second: number,
  held: ReadonlySet<string>,
): Generator<void> {
  for (let page = 0; page < users.pages.count; page++) {
    const old: string[] = [];
    absent.eachOf(page, ({ login = 0, logout = 0 }, jid) => {
      if (Math.max(login, logout) < second) old.push(jid());
    });
    for (const jid of old) {
      const user = users.find(jid);
      if (user >= 0) forgetOne(users, user, second, held);
    }
    if (page % PAGES_AT_ONCE === PAGES_AT_ONCE - 1) yield;
  }
}

/**
 * The exact signs of the debug level, which win over the rules of the info level session by session: a resource is bound and
 * unbound by name. And accounts that are removed while they are bound.
 */
import type { LogSessions } from './log-sessions.ts';
import type { SessionId } from './session-id.ts';
import { BOUND, NONE, REMOVED } from './session-state.ts';

export function bind(log: LogSessions, { low, high }: SessionId, user: number, resource: string, at: number): void {
  const { table, users } = log;
  const known = log.find(low, high);
  // Most users have no other session.
  let number: number | undefined;
  for (let other = log.firstOf(user), next; other !== NONE; other = next) {
    next = log.nextOf(other);
    if (other === known || table.stateOf(other) !== BOUND) continue;
    number ??= table.resourceNumber(resource);
    if (table.resourceOf(other) === number) table.drop(other);
  }
  // Its end, which may come later than the removal that another log told, is no activity.
  const isGone = users.isGone(user, at);
  // The log may begin between a login and its bind.
  if (!isGone && !users.isKnown(user)) users.sawLogin(user, at);
  const since = known === NONE ? at : table.sinceOf(known);
  const isSame = known !== NONE && table.userOf(known) === user;
  if (known !== NONE && !isSame) table.drop(known);
  const session = isSame ? known : log.insert(low, high, user, since);
  table.bindTo(session, resource);
  log.set(session, isGone ? REMOVED : BOUND, at);
  log.spare(user);
}

export function unbind(log: LogSessions, { low, high }: SessionId, user: number, resource: string, at: number): void {
  const { table } = log;
  const session = log.find(low, high);
  const state = table.stateOf(session);
  if (state === REMOVED) return table.drop(session);
  const bound = state === BOUND ? session : boundTo(log, user, resource);
  log.users.sawLogout(user, at);
  if (bound !== NONE) table.drop(bound);
}

function boundTo(log: LogSessions, user: number, resource: string): number {
  const { table } = log;
  const number = table.resourceNumber(resource);
  let bound = NONE;
  for (let other = log.firstOf(user); other !== NONE; other = log.nextOf(other))
    if (table.stateOf(other) === BOUND && table.resourceOf(other) === number) bound = other;
  return bound;
}

/**
 * An account is removed: the unbind that follows is no activity, nor is the end of what it has open elsewhere. What another log
 * says began later is of a new account of the name.
 */
export function remove(log: LogSessions, jid: string, at: number): void {
  const { table, users } = log;
  const user = users.find(jid);
  for (let session = user < 0 ? NONE : table.firstOfAny(user), next; session !== NONE; session = next) {
    next = table.nextOfAny(session);
    const isOwn = table.logOf(session) === log.number;
    if (!isOwn && table.sinceOf(session) > at) continue;
    const state = table.stateOf(session);
    if (state === BOUND && isOwn) log.set(session, REMOVED, at);
    else if (state === BOUND) table.set(session, REMOVED, at);
    else if (state !== REMOVED) table.drop(session);
  }
  users.remove(jid, at);
}

/**
 * The rules of the info level. The end of a session names no user there, only an id that is soon used again, and stream
 * management (XEP-0198) leaves no line of its own: a session that is resumed on a new connection goes on under its old id,
 * whose connection has ended before, and the new connection's id, here called the carrier, never ends. The rules were
 * measured against what Prosody itself counts.
 */
import type { LogSessions } from './log-sessions.ts';
import type { SessionId } from './session-id.ts';
import { AWAY, BOUND, CARRIER, ENDED, NONE, OPEN, UNBOUND } from './session-state.ts';

/** A replaced session's connection ends within this of the login that replaced it. */
const REPLACED_WITHIN = 2;
const CARRYING = [OPEN, CARRIER];
/** Who is gone may turn out to be online, as the carrier of another resumption, and then to have carried this one. */
const MAY_COME_TO_CARRY = [...CARRYING, AWAY, ENDED];

/** `id` begins; whatever it meant before is over. As all of these, behind `passTime`. */
export function connect(log: LogSessions, low: number, high: number, at: number): void {
  const { table } = log;
  const session = log.find(low, high);
  if (session === NONE) return;
  const user = table.userOf(session);
  const [state, since] = [table.stateOf(session), table.sinceOf(session)];
  table.drop(session);
  if (state === OPEN) reopenResumed(log, user, since);
  forgetSettled(log, user, at);
}

/** An id that is used again without having ended carried a resumption: the session it resumed is still online. */
function reopenResumed(log: LogSessions, user: number, since: number): void {
  const { table } = log;
  let resumed = NONE;
  for (let other = log.firstOf(user); other !== NONE; other = log.nextOf(other)) {
    if (table.stateOf(other) !== ENDED || table.isBosh(other) || !mayCarry(log, since, other)) continue;
    if (resumed === NONE || table.atOf(other) >= table.atOf(resumed)) resumed = other;
  }
  if (resumed === NONE) return;
  noteResumption(log, user);
  log.set(resumed, OPEN, table.atOf(resumed));
}

/** A login. */
export function start(log: LogSessions, low: number, high: number, user: number, at: number): void {
  const { table, users } = log;
  const before = log.find(low, high);
  if (before !== NONE) forget(log, before, at);
  if (users.isGone(user, at)) return;
  users.sawLogin(user, at);
  for (let other = log.firstOf(user); other !== NONE; other = log.nextOf(other))
    if (table.stateOf(other) === AWAY) log.set(other, ENDED, table.atOf(other));
  const session = log.insert(low, high, user, at);
  log.set(session, log.detail ? UNBOUND : OPEN, at);
  log.spare(user);
}

/** The end of a connection that the log says hibernates. */
export function hibernate(log: LogSessions, { low, high }: SessionId, at: number): void {
  const session = log.find(low, high);
  const state = log.table.stateOf(session);
  // The end a moment before was that of the connection only. No session is resumed by it, and nothing carried it.
  if ((state === ENDED || state === AWAY) && log.table.atOf(session) === at) goAway(log, session, at);
  // It may have come later: then it is what it says by itself, an end for good.
  else end(log, low, high, at, true);
}

/** The end of a connection, which may be the end of the session, and is when that is over. */
export function end(log: LogSessions, low: number, high: number, at: number, isOver = false): void {
  const session = log.find(low, high);
  switch (log.table.stateOf(session)) {
    case OPEN:
    // A carrier never ends: what ends after all was another client's session.
    case CARRIER:
      return endOpen(log, session, at, isOver);
    case AWAY:
      return endResumed(log, session, at, isOver);
    case ENDED:
      return mayBeResumed(log, session, at) ? endResumed(log, session, at, isOver) : undefined;
    case BOUND:
      // The log has no debug lines any more, so nothing will unbind it.
      return log.detail ? undefined : endOpen(log, session, at, isOver);
    default:
      return undefined;
  }
}

/** Whether an end of what has ended can be another one: while it may hibernate, or when a login may have resumed it. */
function mayBeResumed(log: LogSessions, session: number, at: number): boolean {
  return at - log.table.atOf(session) < log.hibernation || isCarried(log, session, CARRYING);
}

function endOpen(log: LogSessions, session: number, at: number, isOver: boolean): void {
  const { table, users } = log;
  if (log.hasResumption) closeCarriers(log, session, at);
  if (!isOver && !table.isBosh(session) && users.resumes(table.userOf(session))) goAway(log, session, at);
  else finish(log, session, at);
}

/** Sessions that began while this one was open carried its resumption, but not the one that has just replaced it. */
function closeCarriers(log: LogSessions, ended: number, at: number): void {
  const { table } = log;
  const began = table.sinceOf(ended);
  for (let other = log.firstOf(table.userOf(ended)); other !== NONE; other = log.nextOf(other)) {
    if (table.isBosh(other) || table.stateOf(other) !== OPEN || table.sinceOf(other) <= began) continue;
    if (at - table.sinceOf(other) > REPLACED_WITHIN) log.set(other, CARRIER, at);
  }
}

function endResumed(log: LogSessions, session: number, at: number, isOver: boolean): void {
  const { table } = log;
  const user = table.userOf(session);
  noteResumption(log, user);
  for (let other = log.firstOf(user); other !== NONE; other = log.nextOf(other)) {
    if (table.isBosh(other) || table.stateOf(other) !== OPEN) continue;
    if (table.sinceOf(other) >= table.atOf(session)) log.set(other, CARRIER, at);
  }
  if (isOver) finish(log, session, at);
  else goAway(log, session, at);
}

function noteResumption(log: LogSessions, user: number): void {
  log.hasResumption = true;
  log.users.noteResumption(user);
}

function goAway(log: LogSessions, session: number, at: number): void {
  sawEnd(log, session, at);
  log.set(session, AWAY, at);
}

/** An end that is stamped before its login says nothing of the user: at that time the session was not there. */
function sawEnd({ table, users }: LogSessions, session: number, at: number): void {
  if (at >= table.sinceOf(session)) users.sawLogout(table.userOf(session), at);
}

/** The session is over since `at`, unix seconds. */
export function finish(log: LogSessions, session: number, at: number): void {
  const { table } = log;
  const user = table.userOf(session);
  sawEnd(log, session, at);
  // A BOSH session is never resumed.
  if (table.isBosh(session)) table.drop(session);
  else log.set(session, ENDED, at);
  forgetSettled(log, user, at);
}

export function forget(log: LogSessions, session: number, now: number): void {
  const user = log.table.userOf(session);
  log.table.drop(session);
  forgetSettled(log, user, now);
}

/** Drops ended sessions that cannot have been resumed: none that might be their carrier is there any more. */
export function forgetSettled(log: LogSessions, user: number, now: number): void {
  const { table } = log;
  for (let session = log.firstOf(user), next; session !== NONE; session = next) {
    next = log.nextOf(session);
    if (table.stateOf(session) !== ENDED || table.atOf(session) + log.hibernation >= now) continue;
    if (!isCarried(log, session, MAY_COME_TO_CARRY)) table.drop(session);
  }
}

/** Whether any session of the user in one of these states may have carried this one's resumption. */
function isCarried(log: LogSessions, ended: number, states: readonly number[]): boolean {
  const { table } = log;
  for (let other = log.firstOf(table.userOf(ended)); other !== NONE; other = log.nextOf(other))
    if (other !== ended && states.includes(table.stateOf(other)) && mayCarry(log, table.sinceOf(other), ended))
      return true;
  return false;
}

function mayCarry(log: LogSessions, since: number, ended: number): boolean {
  const at = log.table.atOf(ended);
  return since >= at && since - at <= log.hibernation;
}

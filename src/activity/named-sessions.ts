/**
 * Sessions of a server that names the full JID at both ends: no rule has to guess. They are bound from their login on. Only an end
 * that was never written is left to look for: a server that was killed, and lines that its logger threw away.
 */
import { OTHER_RESOURCE } from '../format/dialects/dialect.ts';
import { bind } from './binding.ts';
import type { LogSessions } from './log-sessions.ts';
import type { SessionId } from './session-id.ts';
import { BOUND, NONE, REMOVED, isOnlineState } from './session-state.ts';

/** What may stand behind a resource: `: Stream reset by peer`, and of MQTT ` from 127.0.0.1: Normal disconnection`. */
const MARKS = [': ', ' from '];
/** The end of a session that was replaced comes within so many seconds of the login that replaced it, before or behind it. */
const REPLACED_WITHIN = 2;
/** So long a session may still be open, seconds, of which no line has come since lines were lost. */
const DOUBTED = 7 * 86_400;
/** Of losses in the same hour the last one is kept. */
const HOUR = 3600;

/** A login. Of the sessions of one full JID only the last one is open. */
export function open(log: LogSessions, id: SessionId, user: number, resource: string, at: number): void {
  log.users.sawLogin(user, at);
  bind(log, id, user, resource, at);
}

/**
 * The end of a session; that of one that is not known is a sighting all the same. `id`: undefined where the line does not tell;
 * `behind`: as of a finding.
 */
export function close(log: LogSessions, id: SessionId | undefined, user: number, behind: string, at: number): void {
  const { table, users } = log;
  const session = id ? log.find(id.low, id.high) : namedBy(log, user, behind, at);
  const isIt = session !== NONE && table.userOf(session) === user && isNamed(log, session, behind);
  // The end of an account's session is no activity of it.
  if (!isIt || table.stateOf(session) !== REMOVED) users.sawLogout(user, at);
  if (isIt) table.drop(session);
}

function isNamed({ table }: LogSessions, session: number, behind: string): boolean {
  const resource = table.resourceNameOf(session);
  if (resource === undefined || !behind.startsWith(resource)) return false;
  return behind === resource || MARKS.some((mark) => behind.startsWith(mark, resource.length));
}

/** The session that such an end is of, if the line does not tell: never the one that has just replaced it. */
function namedBy(log: LogSessions, user: number, behind: string, at: number): number {
  const { table } = log;
  let found = NONE;
  for (let session = log.firstOf(user); session !== NONE; session = log.nextOf(session))
    if (isNamed(log, session, behind) && lengthOf(log, session) > lengthOf(log, found)) found = session;
  return found !== NONE && at - table.sinceOf(found) <= REPLACED_WITHIN && !behind.startsWith(OTHER_RESOURCE)
    ? NONE
    : found;
}

const lengthOf = ({ table }: LogSessions, session: number): number =>
  session === NONE ? -1 : (table.resourceNameOf(session)?.length ?? -1);

/** The server is gone: who was online logged out by `at`, unix seconds. */
export function logOutAll(log: LogSessions, at: number): void {
  const { table, users } = log;
  for (const session of log.all()) {
    if (isOnlineState(table.stateOf(session))) users.sawLogout(table.userOf(session), at);
    table.drop(session);
  }
}

/** Lines may have been lost at `at`, unix seconds, and with them the ends of sessions. */
export function noteLoss(log: LogSessions, at: number): void {
  const others = log.losses.filter((each) => Math.floor(each / HOUR) !== Math.floor(at / HOUR));
  log.losses = [...others, at];
}

/** When sessions will have been in doubt for long, unix seconds; Infinity when none are. */
export const endDoubtedAt = ({ losses: [loss] }: LogSessions): number =>
  loss === undefined ? Infinity : loss + DOUBTED;

/** Ends the sessions that have been in doubt for long by `now`, unix seconds. */
export function endDoubted(log: LogSessions, now: number): void {
  const { table, users } = log;
  const [loss] = log.losses;
  if (loss === undefined || now - loss < DOUBTED) return;
  log.losses = log.losses.filter((each) => now - each < DOUBTED);
  for (const session of log.all()) {
    if (table.stateOf(session) !== BOUND || table.atOf(session) > loss) continue;
    users.sawLogout(table.userOf(session), loss);
    table.drop(session);
  }
}

/** What time alone ends, when no line tells: hibernation, BOSH sessions of which no more was heard, and what ids mean. */
import type { LogSessions } from './log-sessions.ts';
import { endDoubted, endDoubtedAt } from './named-sessions.ts';
import { finish, forget, forgetSettled } from './resumption.ts';
import { AWAY, CARRIER, ENDED } from './session-state.ts';
import type { Over } from './time-alone.ts';

/**
 * A BOSH client that vanishes leaves no line. Nobody knows when it went; of the guesses tried, that it stayed for 20 minutes
 * came nearest to the truth.
 */
const BOSH_STAY = 1200;

/**
 * Ids that nothing may ever be heard of again are forgotten so many seconds later; a server may run for years. A carrier
 * that ends after all was no carrier, and then it was seen.
 */
const IDLE_KEPT = 7 * 86_400;

/** Ends what is over by `now`, unix seconds. */
export function passTime(log: LogSessions, now: number): void {
  const { table } = log;
  const hibernated = now - log.hibernation;
  endDoubted(log, now);
  for (let since; (since = log.ahead.since) <= now;) {
    const session = log.ahead.take();
    if (log.isOpenSince(session, since) && table.isBosh(session)) log.bosh.add(session, since);
  }
  for (let since; (since = log.away.since) <= hibernated;) {
    const session = log.away.take();
    if (log.waits(session, AWAY, since)) finish(log, session, since + log.hibernation);
  }
  for (let since; (since = log.bosh.since) <= now - log.boshSeconds;) {
    const session = log.bosh.take();
    if (!log.isOpenSince(session, since)) continue;
    log.users.sawLogout(table.userOf(session), boshSeen(log, since));
    // An end that comes after all is still a sighting.
    log.set(session, CARRIER, since + log.boshSeconds);
    forgetSettled(log, table.userOf(session), now);
  }
  for (let since; (since = log.idle.since) <= now - IDLE_KEPT;) {
    const session = log.idle.take();
    if (log.isIdleSince(session, since)) forget(log, session, now);
  }
  for (let since; (since = log.ended.since) < hibernated;) {
    const session = log.ended.take();
    if (log.waits(session, ENDED, since)) forgetSettled(log, table.userOf(session), now);
  }
}

/** When time will do something that compiled/rules.ts does not look after, unix seconds. */
export const dueOf = (log: LogSessions): number => Math.min(log.ahead.since, endDoubtedAt(log));

/** The sessions that are over by `now`, unix seconds, or have not begun; they stay what they are. */
export function* overBy(log: LogSessions, now: number): Iterable<Over> {
  const seen = new Map<number, number>();
  for (const [session, since] of log.away.until(now - log.hibernation))
    if (log.waits(session, AWAY, since)) seen.set(session, since + log.hibernation);
  for (const [session, since] of log.bosh.until(now - log.boshSeconds))
    if (log.isOpenSince(session, since)) seen.set(session, boshSeen(log, since));
  for (const [session] of log.ahead.until(Infinity)) if (log.isAhead(session, now)) seen.set(session, 0);
  for (const [session, at] of seen) yield { user: log.table.userOf(session), seen: at };
}

const boshSeen = (log: LogSessions, since: number): number => since + Math.min(BOSH_STAY, log.boshSeconds);

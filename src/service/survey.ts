/**
 * A look at the end of one log, as it is read by `run`: which server wrote it, how much of it is understood, and what it
 * says. Other programs may write into the same file, so a share is no verdict; what is one is a log in which nothing that
 * counts can ever stand. For `check`, and for `run` when it finds no event in a log.
 */
import type { HostCounts } from '../activity/active-window.ts';
import { newUsers } from './new-users.ts';
import type { Config, LogConfig } from '../config/config.ts';
import type { Dialect } from '../format/dialects/dialect.ts';
import { dialectNamed, tellingLines } from '../format/format.ts';
import { plainLines, recogniseFormat } from '../format/recogniser.ts';
import type { Wrapped } from '../format/log-format.ts';
import type { Rival } from '../format/form-change.ts';
import { levelsOf, type LogLevel } from '../format/log-level.ts';
import { looksLike, strangerIn } from '../format/strangers.ts';
import { otherZone } from './archive/dating.ts';
import { foreignZone, zoneInstants } from '../format/time/clock.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import { readingsOf, recogniseStamp } from '../format/time/stamp-choice.ts';
import { beginningOf, readEnd } from '../source/files/end-of-file.ts';
import { compressionOf, FIRST_BYTES, foreignKind } from '../source/files/file-kind.ts';
import { newestEntries } from '../source/journalctl.ts';
import { journalOf } from '../source/journal-name.ts';
import { MAX_AHEAD } from './max-time.ts';
import { LogState } from './log-state.ts';

export interface Survey {
  /** Whole lines looked at. */
  readonly lines: number;
  /** Of them, those that are none of the server's. */
  readonly foreign: number;
  readonly dialect: Dialect | undefined;
  /** What the lines are wrapped in; undefined where they are as the server writes them into a file. */
  readonly envelope: string | undefined;
  readonly wrapped: Wrapped | undefined;
  /** The name of the form of the time stamps. */
  readonly stamp: string | undefined;
  /** Of the server, where it started in these lines. */
  readonly version: string | undefined;
  readonly levels: ReadonlySet<LogLevel>;
  /** Logins, logouts and the like. */
  readonly events: number;
  /** Distinct users by host. */
  readonly users: ReadonlyMap<string, number>;
  /** What the counts would be if there were only these lines. */
  readonly samples: readonly HostCounts[];
  /** Of the lines, those that were passed over as the text of a remote party. */
  readonly quoted: number;
  /** Another server that writes into the same log. */
  readonly rival: Rival | undefined;
  /** Why nothing can ever be counted from it; a sentence without its path. */
  readonly failure: string | undefined;
}

/** How much of the end of a log is looked at. */
interface Look {
  readonly bytes: number;
  /** Of one in the journal. */
  readonly entries: number;
}
const WHOLE: Look = { bytes: 1024 * 1024, entries: 5000 };
/** Mostly that is enough to see that there is an event in it, and takes no noticeable time. */
const SHORT: Look = { bytes: 16 * 1024, entries: 100 };
/** Lines below which it says nothing that there is no login among them. */
const ENOUGH_LINES = 20;

/** `now`: unix seconds. Rejects with the error of the system. */
export async function surveyLog(log: LogConfig, config: Config, now: number, look = WHOLE): Promise<Survey> {
  const entries = journalOf(log.path);
  const bytes = await (entries === undefined ? readEnd(log.path, look.bytes) : newestEntries(entries, look.entries));
  const lines = bytes.toString('latin1').split('\n').slice(0, -1);
  const format = recogniseFormat(lines, log.server);
  const dialect = format?.dialect ?? dialectNamed(log.server);
  const plain = plainLines(lines, format);
  const users = newUsers(config);
  const logState = new LogState(users, { ...config.count, ...log, horizon: () => now + MAX_AHEAD });
  const seen = new Set<string>();
  let events = 0;
  for (const decode of [() => logState.decode(bytes, false), () => logState.decodeRest()]) {
    const batch = decode();
    for (let i = 0; i < batch.count; i++) {
      const event = logState.sessions.eventOf(batch, i);
      if ('user' in event) seen.add(event.user);
      if (SESSION_EVENTS.has(event.kind)) events++;
      logState.sessions.take(event);
    }
  }
  const found = {
    lines: lines.length,
    foreign: dialect ? logState.counts.foreign : lines.length,
    dialect,
    envelope: format?.wrapping?.envelope.name,
    wrapped: logState.wrapped,
    stamp: log.timestamps || recogniseStamp(tellingLines(plain), { times: [now], now })?.name,
    version: logState.version,
    levels: dialect ? levelsOf(plain, dialect) : new Set<LogLevel>(),
    quoted: logState.counts.quoted,
    rival: logState.rival,
    events,
    users: byHost(seen),
    samples: users.sample(now, logState.overBy(now)),
  };
  const ofLines = () =>
    lines.length > 0 ? (failureOf(found, plain, log.path) ?? wrongZone(found, plain, log)) : undefined;
  return { ...found, failure: (entries === undefined ? wrongKind(log.path) : undefined) ?? ofLines() };
}

/** No server writes on into a file of another kind than text. */
function wrongKind(path: string): string | undefined {
  const first = beginningOf(path, FIRST_BYTES);
  const compression = compressionOf(first);
  if (compression === undefined) return foreignKind(first, path);
  return `is compressed with ${compression}, so it is an old one: name the file that the server writes into; backfill and history read old ones`;
}

/** Stamps that name another zone than the log's are no instants, and nothing is counted. */
function wrongZone(
  { events }: Pick<Survey, 'events'>,
  lines: readonly string[],
  { timezone, timestamps }: LogConfig,
): string | undefined {
  const form = strftimeForm(timestamps) ?? recogniseStamp(tellingLines(lines));
  if (events > 0 || !form) return undefined;
  const walls = lines.map((line) => form.read(line, 0)).filter((wall) => wall !== undefined);
  const zone = foreignZone(walls, zoneInstants(timezone));
  return zone === undefined ? undefined : otherZone(zone, timezone);
}

/** Why nothing can be counted from a log, when it can be read and that is so. */
export async function failureIn(log: LogConfig, config: Config, now: number): Promise<string | undefined> {
  try {
    const { events, failure } = await surveyLog(log, config, now, SHORT);
    return events > 0 && failure === undefined ? undefined : (await surveyLog(log, config, now)).failure;
  } catch {
    // Of a log that cannot be read its follower tells.
    return undefined;
  }
}

const SESSION_EVENTS: ReadonlySet<string> = new Set(['start', 'end', 'bind', 'unbind']);

function byHost(users: Iterable<string>): ReadonlyMap<string, number> {
  const hosts = new Map<string, number>();
  for (const user of users) {
    const host = user.slice(user.lastIndexOf('@') + 1);
    hosts.set(host, (hosts.get(host) ?? 0) + 1);
  }
  return new Map([...hosts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function failureOf(
  { dialect, stamp, events, levels, foreign }: Omit<Survey, 'failure'>,
  lines: readonly string[],
  path: string,
): string | undefined {
  if (events > 0 && stamp !== undefined) return undefined;
  const isNobodys = dialect === undefined || foreign === lines.length;
  if ((isNobodys || stamp === undefined) && strangerIn(lines)) return `is not understood${looksLike(lines)}`;
  if (isNobodys)
    return `none of the last ${lines.length} lines is understood; see what "xmpp-active-users explain ${path}" finds in them, and name the log that the server writes`;
  if (stamp === undefined && readingsOf(tellingLines(lines)).length > 0)
    return 'its time stamps fit more than one form, as day and month may be exchanged; set timestamps in its [[log]], as in "%d/%m/%Y %H:%M:%S"';
  if (stamp === undefined)
    return 'its lines begin with no time, so nothing can be counted from it; remove timestamps = false from the log settings of the server';
  if (lines.length < ENOUGH_LINES || levels.has('info') || levels.has('debug')) return undefined;
  return `holds only warnings and errors, so no login is in it: it is the wrong one of the files of the server, or its level is too high; follow the one of level info, ${dialect.advice.infoLog}`;
}

/**
 * What can be asked of an open index, and done to it: by a command, which has opened it for that, or by whoever holds it. Plain
 * data go in and come out; nothing is printed here.
 */
import type { Sample } from '../activity/active-window.ts';
import { coveredByAll, type Span } from '../activity/coverage.ts';
import { isOnline } from '../activity/session-state.ts';
import { Sessions } from '../activity/sessions.ts';
import { Users } from '../activity/user-table.ts';
import type { Config, LogConfig } from '../config/config.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import type { DaemonStatus } from '../index/status-file.ts';
import { rotatedName } from '../source/files/rotated-name.ts';
import type { Arrangement, ArchivedFile } from './archive/arrange.ts';
import { storeOnce } from './consume.ts';
import { countAt, SLACK, type LogAt } from './count-at.ts';
import type { GivenLog } from './given-logs.ts';
import { ingest, type IngestOptions } from './ingest.ts';
import { NO_LINES, sumCounts } from './log-reader.ts';
import { coveredIn, type LogState } from './log-state.ts';
import { storeInIndex, type LogStore } from './log-store.ts';
import { ingestJournal, type IngestJournalOptions } from './ingest-journal.ts';
import { MAX_AHEAD, maxTime } from './max-time.ts';
import { PastCounts } from './past-counts.ts';
import { writerOf } from './self-metrics.ts';
import { uncountedIn } from './uncounted.ts';
import type { WriteBuffer } from './write-buffer.ts';

export interface OpenIndex {
  readonly config: Config;
  /** All that the index holds, also those who never count. */
  readonly users: Users;
  readonly writeBuffer: WriteBuffer;
  /** What each of its logs tells of an instant, unix seconds. */
  readonly logsAt: (at: number) => readonly LogAt[];
}

/** Reads old files of a log, by `read`, into the store that it is given. */
export type IntoLog = <T>(log: string, read: (logStore: LogStore) => Promise<T>) => Promise<T>;

/** One that a daemon holds. */
export interface HeldIndex extends OpenIndex {
  /** As it goes on following. */
  readonly intoLog: IntoLog;
  /** Aborted when it is to be closed. */
  readonly signal: AbortSignal;
  /** How its logs are followed. */
  readonly standing: () => DaemonStatus;
}

const HOUR = 3600;
const DAY = 86_400;
/** Of which `status` says how much is covered, seconds. */
const MONTH = 30 * DAY;

export interface Count {
  readonly at: number;
  /** Of the last line taken in, unix seconds; undefined when there was none. */
  readonly lastLine: number | undefined;
  /** Undefined for a time so long past that the index does not know it: of each user it has only when they were last seen. */
  readonly samples: readonly Sample[] | undefined;
}

/** The counts at `at`, unix seconds. */
export function count({ users, writeBuffer, logsAt }: OpenIndex, at: number): Count {
  const { lastLine } = writeBuffer.logs;
  const asked = { windows: users.windows, sample: users.peek.bind(users) };
  const isPast = lastLine !== undefined && lastLine - at > SLACK;
  if (isPast) return { at, lastLine, samples: undefined };
  // Of users who are not in memory it is known in which hour they were last seen.
  const instant = users.absent ? Math.ceil(at / HOUR) * HOUR : at;
  const samples = countAt(asked, logsAt(at), instant).map((sample) => ({ ...sample, at }));
  return { at, lastLine, samples };
}

/** Of full hours. */
export interface Before {
  readonly day: readonly Sample[];
  readonly week: readonly Sample[];
}

/** What was counted a day and a week before the last full hour; of what was not, there are no samples. */
export function before({ writeBuffer }: OpenIndex, at: number): Before {
  const hour = Math.floor(at / HOUR) * HOUR;
  const [day, week] = [writeBuffer.past.at(hour - DAY), writeBuffer.past.at(hour - 7 * DAY)];
  return { day, week };
}

/**
 * Takes in hours of the past, as `PastCounts` has them, up to `now`, unix seconds, of which the index knows nothing, or from less of
 * the logs; gives how many counts those were. @throws {IndexError}
 */
export async function storeCounts(
  { writeBuffer, config }: OpenIndex,
  days: Iterable<readonly [key: string, packed: string]>,
  now: number,
): Promise<number> {
  const given = new PastCounts();
  for (const [key, packed] of days) given.restore(key, packed);
  const stored = writeBuffer.past.fill([...given.between(now - config.index.historyDays * DAY, now)].flat());
  await writeBuffer.commitUsers();
  return stored;
}

export interface OpenSession {
  readonly log: string;
  readonly id: string;
  /** The login, unix seconds. */
  readonly since: number;
}

export interface Last {
  /** Unix seconds; undefined where it is not known. */
  readonly login: number | undefined;
  readonly logout: number | undefined;
  readonly isDisabled: boolean;
  /** By their logins. */
  readonly open: readonly OpenSession[];
}

/** What is known at `at`, unix seconds, of a user, bare and case-folded; undefined when nothing is. */
export function last({ users, writeBuffer, config }: OpenIndex, user: string, at: number): Last | undefined {
  const number = users.find(user);
  const record = number < 0 ? undefined : users.record(number);
  if (!record) return undefined;
  // What time alone has ended by then is open no longer.
  const alone = new Users({ exclude: [], includeDisabled: true });
  alone.restore(alone.number(user), record);
  const open = writeBuffer.logs.sessionsOf(user).flatMap(([log, own]) => {
    const sessions = new Sessions(alone, config.count);
    sessions.restore(own, { detail: false, hasResumption: false });
    sessions.passTime(at);
    return [...sessions.all()].flatMap(([id, session]) =>
      isOnline(session) ? [{ log, id, since: session.since }] : [],
    );
  });
  const { login, logout, disabled = false } = alone.get(user) ?? record;
  return { login, logout, isDisabled: disabled, open: open.toSorted((a, b) => a.since - b.since) };
}

/**
 * Removes all that is known of a user, bare and case-folded, also from the files of the index, and remembers under no name
 * that it did, so that lines from before `at`, unix seconds, do not bring them back. Gives how many sessions were open;
 * undefined when the user is not known. @throws {IndexError}
 */
export async function forget({ users, writeBuffer }: OpenIndex, user: string, at: number): Promise<number | undefined> {
  const number = users.find(user);
  // Of a node of a cluster, others may know them.
  if ((number < 0 || !users.isKnown(number)) && !users.accounts) return undefined;
  const sessions = writeBuffer.logs.sessionsOf(user);
  users.forget(user, Math.floor(at));
  for (const [log, own] of sessions)
    writeBuffer.logs.deleteSessions(
      log,
      own.map(([id]) => id),
    );
  await writeBuffer.commitUsers();
  await writeBuffer.purge();
  return sessions.flatMap(([, own]) => own.filter(([, session]) => isOnline(session))).length;
}

export interface BackfillOptions extends Pick<IngestOptions, 'signal' | 'onProgress' | 'onProblem' | 'reader'> {
  /** Unix seconds. */
  readonly now: number;
  /** Of the last line, where it is given. */
  readonly year?: number | undefined;
}

export interface BackfillJournalOptions extends Omit<BackfillOptions, 'onProgress' | 'reader' | 'year'> {
  readonly entries?: IngestJournalOptions['entries'];
}

export interface Backfilled {
  readonly counts: LineCounts;
  /** Of all logs that were read. */
  readonly coverage: readonly Span[];
  /** Sentences about lines that are not counted. */
  readonly uncounted: readonly string[];
  /** How many are in the index now. */
  readonly users: number;
}

/** Reads old logs into the index; broken off by the signal, it leaves the index as good as before. @throws {IndexError} */
export async function backfill(
  open: OpenIndex | HeldIndex,
  arrangement: Pick<Arrangement<GivenLog>, 'allSeries'>,
  { now, year, ...options }: BackfillOptions,
): Promise<Backfilled> {
  const { config, users } = open;
  const horizon = maxTime({ arrangement, year, now, permanent: true });
  const logStates: LogState[] = [];
  const uncounted: string[] = [];
  for (const series of arrangement.allSeries) {
    const log = { ...series.of.settings, path: series.log };
    const common = { ...options, config, users, isComplete, isEnd: true, horizon: () => horizon, store: storeOnce };
    const read = (logStore: LogStore): Promise<LogState> => ingest(series, { ...common, log, logStore });
    const logState = await intoLog(open)(log.path, read);
    logStates.push(logState);
    uncounted.push(...uncountedIn(logState, series));
  }
  await forgetOld(open);
  return {
    counts: sumCounts(logStates.map(({ counts }) => counts)),
    coverage: logStates.flatMap(({ coverage }) => coverage),
    uncounted,
    users: users.size,
  };
}

/**
 * Reads what the journal has of a log into the index, from where it was read before on. @throws {IndexError}
 */
export async function backfillJournal(
  open: OpenIndex | HeldIndex,
  log: LogConfig,
  { now, ...options }: BackfillJournalOptions,
): Promise<Backfilled> {
  const { config, users } = open;
  const horizon = (): number => now + MAX_AHEAD;
  const isFollowed = 'intoLog' in open && config.logs.some(({ path }) => path === log.path);
  const read = async (logStore: LogStore): Promise<Omit<Backfilled, 'users'>> => {
    // Its follower has read all that there is.
    if (isFollowed) return { counts: NO_LINES, coverage: logStore.stored?.log.coverage ?? [], uncounted: [] };
    const logState = await ingestJournal({ ...open, ...options, log, horizon, begin: logStore.begin });
    const { counts, coverage } = logState;
    return { counts, coverage, uncounted: uncountedIn(logState, { log: log.path, archivedFiles: [] }) };
  };
  const found = await intoLog(open)(log.path, read);
  await forgetOld(open);
  return { ...found, users: users.size };
}

/** Straight into the index where nobody else reads the log. */
function intoLog(open: OpenIndex | HeldIndex): IntoLog {
  return 'intoLog' in open ? open.intoLog : (log, read) => read(storeInIndex(log, open));
}

async function forgetOld({ config, writeBuffer }: OpenIndex): Promise<void> {
  await writeBuffer.pruneBeside(config.index.retentionDays);
  await writeBuffer.commitUsers();
}

/** The live file may still grow. */
const isComplete = ({ path }: ArchivedFile): boolean => path !== rotatedName(path).log;

export interface IndexedLogStatus {
  readonly path: string;
  /** As in `prosody 0.12.3`. */
  readonly writer: string;
  /** Bytes. */
  readonly read: number;
  /** Of the last line, unix seconds. */
  readonly last: number | undefined;
  /** How many of the last 30 days its lines cover, in seconds. */
  readonly covered: number;
}

/** How the logs stand that were read into the index, as of `at`, unix seconds. */
export function status({ writeBuffer }: OpenIndex, at: number): readonly IndexedLogStatus[] {
  return [...writeBuffer.logs.all].map(([path, { log }]) => ({
    path,
    writer: writerOf(log.server, log.version),
    read: writeBuffer.logs.positions(path).reduce((sum, { offset }) => sum + offset, 0),
    last: log.reader.clock.last,
    covered: coveredByAll([{ spans: coveredIn(log), state: 'current' }], at - MONTH, at),
  }));
}

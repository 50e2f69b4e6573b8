/**
 * Old logs into the index, for `backfill` and for the first start of `run`: what has been read before is passed over, and
 * what follows it goes on with its sessions. When something turns up that lies before what has been read, all that is given
 * is read anew, for a session may end in another file than it began in; last seen is a maximum, so that does no harm. What was
 * read while later lines were known, and not between them, is read anew when it is given together with those.
 */
import type { SessionChange } from '../activity/session-state.ts';
import type { Session } from '../activity/sessions.ts';
import type { Users } from '../activity/user-table.ts';
import type { Config, LogConfig } from '../config/config.ts';
import type { EventBatch } from '../format/event-batch.ts';
import type { Rest } from '../format/log-format.ts';
import type { Series, ArchivedFile } from './archive/arrange.ts';
import { readHere, type FileReader } from './archive/file-reader.ts';
import type { Position } from '../source/follow/position.ts';
import type { FileBlock } from '../source/source.ts';
import { consume, type Store } from './consume.ts';
import { LogState } from './log-state.ts';
import type { LogStore } from './log-store.ts';
import type { Place, Unbelieved } from './unbelieved.ts';

export interface IngestOptions {
  readonly config: Config;
  readonly users: Users;
  readonly log: LogConfig;
  readonly logStore: LogStore;
  readonly reader?: FileReader;
  /** The latest instant believed, unix seconds. */
  readonly horizon: () => number;
  readonly signal: AbortSignal;
  /** Whether the last line of a file is a line though no newline ends it: not in a file that may still grow. */
  readonly isComplete: (archivedFile: ArchivedFile) => boolean;
  /** Whether nothing is read behind these files for now. */
  readonly isEnd: boolean;
  readonly onProgress?: (path: string, bytes: number, at: number | undefined) => void;
  readonly onProblem: (sentence: string) => void;
  readonly store: Store;
}

/** What lines that are read again may not tell of the sessions. */
interface Rejoin {
  /** The last file of which lines were read before. */
  readonly behind: ArchivedFile | undefined;
  readonly sessions: readonly (readonly [string, Session])[];
  /** The time of the line before those, unix seconds. */
  readonly begin: number;
}

interface Reading extends IngestOptions {
  readonly rejoin?: Rejoin;
}

interface Task {
  readonly archivedFile: ArchivedFile;
  /** How far it was read before. */
  readonly read: Position | undefined;
  /** There is no more in it. */
  readonly isRead: boolean;
}

const DAY = 86_400;
/** Between two looks for users who were last seen too long ago to matter, in seconds of the log. */
const FORGET_EVERY = 7 * DAY;
/** Files of a log touch, and the hour that repeats when summer time ends makes them seem to overlap. */
const TOUCHING = 2 * 3600;
/** Bytes of log after which the place that was reached is stored, however little they have changed. */
const COMMIT_BYTES = 256 * 1024 * 1024;

/** Reads a series, and returns the log state that a follower of its log goes on with. */
export async function ingest(series: Series, options: IngestOptions): Promise<LogState> {
  const tasks = await tasksOf(series, options);
  const place = unbelievedOf(tasks, options);
  if (!place) return readNew(tasks, options);
  // Where all files are given, they tell what the sessions were at the place, too.
  if (isAll(tasks, options)) return readAnew(tasks, false, options);
  const sessions = options.logStore.rewind(place, options.config.count.hibernationSeconds);
  const last = tasks.findLast(({ read }) => read)?.archivedFile;
  const again = await tasksOf(series, options);
  return readNew(again, {
    ...options,
    rejoin: { behind: last, sessions, begin: place.reader?.clock.last ?? -Infinity },
  });
}

/** Reads what was not read before. */
function readNew(tasks: readonly Task[], options: Reading): LogState | Promise<LogState> {
  const isOld = isBehind(tasks, options);
  const first = tasks.findIndex((task) => !task.isRead || (!isOld && task.read?.isLate));
  if (first < 0) return logStateFor(options, true);
  return goesOn(tasks.slice(first), lastStored(options))
    ? readOn(tasks.slice(first), options)
    : readAnew(tasks, isOld, options);
}

async function tasksOf(series: Series, { logStore, reader = readHere }: IngestOptions): Promise<Task[]> {
  const { positions } = logStore;
  const tasks: Task[] = [];
  for (const archivedFile of series.archivedFiles) {
    const known = await reader.known(archivedFile, positions);
    const isRead = known !== undefined && (known.isWhole || logStore.isFollowed(known.position));
    tasks.push({ archivedFile, read: known?.position, isRead });
  }
  return tasks;
}

/** Where lines of these files were read and not believed, when all that was read from there on is given. */
function unbelievedOf(tasks: readonly Task[], { logStore }: IngestOptions): Unbelieved | undefined {
  const places = logStore.stored?.log.unbelieved ?? [];
  const given = tasks.flatMap(({ read }) => read?.id ?? []);
  const ids = logStore.positions.map(({ id }) => id);
  return places.find(
    (place) => given.includes(place.id) && ids.every((id) => place.known.includes(id) || given.includes(id)),
  );
}

/** The time up to which the log was read before. */
function lastStored({ logStore }: IngestOptions): number {
  return logStore.stored?.log.reader.clock.last ?? -Infinity;
}

function goesOn([first, ...later]: readonly Task[], last: number): boolean {
  if (!first || first.read?.isLate || later.some(({ isRead }) => isRead)) return false;
  const { firstAt, lastAt } = first.archivedFile;
  return last <= (first.read ? lastAt : firstAt) + TOUCHING;
}

function logStateFor({ config, users, log, horizon, logStore }: IngestOptions, goOn: boolean): LogState {
  const known = logStore.stored;
  const stored = goOn ? known : undefined;
  const logState = new LogState(users, {
    ...config.count,
    ...log,
    horizon,
    ...(known && { coverage: known.log.coverage, lived: known.log.lived }),
    ...(stored && { stored }),
  });
  logStore.begin(logState);
  return logState;
}

async function readOn(tasks: readonly Task[], options: Reading): Promise<LogState> {
  const { logStore, store, rejoin } = options;
  const logState = logStateFor(options, true);
  const positions = new Map<string, Position>();
  const commit = async (): Promise<void> => {
    await logStore.commit(logState, [...positions.values()]);
    positions.clear();
  };
  const takes = {
    batch: (batch: EventBatch) => logState.sessions.takeRun(batch, 0, batch.count),
    position: (position: Position) => void positions.set(position.id, position),
    commit,
    known: () => [...logStore.positions.map(({ id }) => id), ...positions.keys()],
  };
  for (const task of tasks) {
    await readOne(task, logState, takes, options);
    if (rejoin && task.archivedFile === rejoin.behind) logState.sessions.rejoin(rejoin.sessions, rejoin.begin);
  }
  if (options.isEnd) takeRest(logState, takes, options, 'end');
  if (positions.size > 0) await store(commit);
  return logState;
}

/** Whether all that the index has read of the log is given. */
function isAll(tasks: readonly Task[], { logStore }: IngestOptions): boolean {
  const given = new Set(tasks.map(({ read }) => read?.id));
  return logStore.positions.every(({ id }) => given.has(id));
}

/** Whether the index knows of lines that are later than all that is given. */
function isBehind(tasks: readonly Task[], options: IngestOptions): boolean {
  // Where all of it is given, what makes their end seem earlier is an hour that repeats, or a clock that was ahead.
  if (isAll(tasks, options)) return false;
  return lastStored(options) > Math.max(...tasks.map(({ archivedFile }) => archivedFile.lastAt));
}

/** The sessions in the index that began before the files given, and so may have ended in them. */
function earlierSessions(tasks: readonly Task[], { logStore }: IngestOptions): readonly (readonly [string, Session])[] {
  const begin = Math.min(...tasks.map(({ archivedFile }) => archivedFile.firstAt));
  return logStore.stored?.sessions.filter(([, session]) => session.at <= begin) ?? [];
}

/**
 * Until all has been read, only users are stored: broken off, it is as if nothing had been read. When the index knows more
 * of the log than the files given do, its sessions are better; these only move last seen, and end what began before them.
 */
async function readAnew(tasks: readonly Task[], isOld: boolean, options: IngestOptions): Promise<LogState> {
  const { logStore, signal, store } = options;
  const logState = logStateFor(options, false);
  const earlier = isOld ? earlierSessions(tasks, options) : [];
  logState.sessions.restore(earlier, { detail: false, hasResumption: false });
  const positions = new Map<string, Position>();
  const sessions = new Map<string, Session>();
  const changed = new Set<string>();
  const takes = {
    batch: (batch: EventBatch) => {
      if (!isOld) return logState.sessions.takeRun(batch, 0, batch.count);
      for (let event = 0; event < batch.count; event++) {
        const kind = batch.other(event)?.kind;
        // Accounts may have been enabled or disabled since.
        if (kind !== 'disabled' && kind !== 'enabled') logState.sessions.takeFrom(batch, event);
      }
    },
    position: (position: Position) => void positions.set(position.id, position),
    commit: async () => {
      const changes = logState.sessions.stored.takeChanges();
      for (const [id] of changes) changed.add(id);
      apply(changes, sessions);
      await logStore.commitUsers();
    },
    known: () => [...positions.keys()],
  };
  for (const { archivedFile } of tasks)
    await readOne({ archivedFile, read: undefined, isRead: false }, logState, takes, options);
  if (options.isEnd) takeRest(logState, takes, options, 'end');
  await store(takes.commit);
  if (isOld) logState.sessions.dropAll();
  if (signal.aborted) return logState;
  if (isOld) {
    const over = earlier.filter(([id]) => changed.has(id));
    const forgotten = tasks.flatMap(({ read }) => (read ? [read.id] : []));
    const late = [...positions.values()].map((position) => ({ ...position, isLate: true }));
    const {
      coverage,
      sessions: { hasResumption },
    } = logState;
    await store(() => logStore.addOlder({ coverage, hasResumption, over, positions: late, forgotten }));
    return logState;
  }
  await store(() => logStore.replace({ logState, sessions, positions: [...positions.values()] }));
  return logState;
}

function apply(changes: readonly SessionChange[], sessions: Map<string, Session>): void {
  for (const [id, session] of changes) {
    if (session) sessions.set(id, session);
    else sessions.delete(id);
  }
}

interface Takes {
  readonly batch: (batch: EventBatch) => void;
  readonly position: (position: Position) => void;
  readonly commit: () => Promise<void>;
  /** Ids of the files that were read. */
  readonly known: () => readonly string[];
}

/** Lines that wait for those that come next are told by themselves, as far as they can be. */
function takeRest(logState: LogState, takes: Takes, { signal, users }: IngestOptions, rest: Rest): void {
  if (signal.aborted) return;
  takes.batch(logState.decodeRest(rest));
  users.settle();
}

async function readOne(
  { archivedFile, read }: Task,
  logState: LogState,
  takes: Takes,
  options: IngestOptions,
): Promise<void> {
  const { signal, onProblem, log } = options;
  if (signal.aborted) return;
  if (!read) logState.beginFile(archivedFile);
  const complete = options.isComplete(archivedFile);
  const forget = forgetting(logState, options);
  let position = read;
  let bytes = 0;
  const apply = async (block: FileBlock): Promise<void> => {
    const { id } = block.position;
    const before = position;
    const known = (): string[] => takes.known().filter((each) => each !== id);
    const place = (): Place => ({ id, position: before, known: known() });
    const batch = logState.decode(block.bytes, block.continues, place);
    takes.batch(batch);
    options.users.settle();
    position = { ...block.position, log: log.path };
    takes.position(position);
    options.onProgress?.(archivedFile.path, position.offset, logState.last);
    bytes += block.bytes.length;
    await forget();
  };
  const commit = async (): Promise<void> => {
    const changes = options.users.pages.changes + logState.sessions.stored.changes;
    if (changes < options.logStore.commitAfter && bytes < COMMIT_BYTES) return;
    await takes.commit();
    bytes = 0;
  };
  const { reader = readHere } = options;
  const blocks = reader.blocks(archivedFile, { ...(read && { from: read }), signal, complete, onProblem });
  await consume(blocks, { apply, commit, store: options.store });
  if (complete) takeRest(logState, takes, options, 'file');
  // Also of a damaged file: it is not read again as long as it stays what it is.
  if (position && complete && !signal.aborted) takes.position({ ...position, done: true });
}

/** From time to time. */
function forgetting(logState: LogState, { logStore }: IngestOptions): () => Promise<void> {
  let done = logState.last ?? -Infinity;
  return async () => {
    const now = logState.last ?? -Infinity;
    if (now - done < FORGET_EVERY) return;
    done = now;
    await logStore.forgetOld(logState);
  };
}

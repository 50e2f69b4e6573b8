/** The first start of `run` on a log: its rotated siblings are read before it is followed, oldest first. */
import type { Users } from '../activity/user-table.ts';
import type { Config, LogConfig } from '../config/config.ts';
import { arrange, type Arrangement, type Series, type ArchivedFile } from './archive/arrange.ts';
import type { LiveFile } from '../source/follow/live-file.ts';
import { inodeOf, type FileStat } from '../source/files/file-stat.ts';
import { rotatedFiles } from '../source/files/siblings.ts';
import { storeWithPatience } from './consume.ts';
import { ingest } from './ingest.ts';
import type { WriteBuffer } from './write-buffer.ts';
import { LogState, YEAR_KNOWN_FOR } from './log-state.ts';
import { storeInIndex } from './log-store.ts';

export interface FirstStartOptions {
  readonly config: Config;
  readonly log: LogConfig;
  readonly writeBuffer: WriteBuffer;
  readonly users: Users;
  /** The latest instant believed, unix seconds. */
  readonly horizon: () => number;
  /** Unix seconds. */
  readonly now: number;
  readonly tell: (level: 'warning' | 'info', sentence: string) => void;
  readonly signal: AbortSignal;
  /** The live path, looked at since before the siblings are: what is rotated meanwhile is held there. */
  readonly live: LiveFile;
}

/** With what the log is followed. */
export interface Read {
  readonly logState: LogState;
  /** Inodes of rotated files that are left to the follower; `dev ino`. */
  readonly pending: readonly string[];
}

/** What was read so long ago that its year is not known any more is dated by the file. Rejects when the signal aborts. */
export async function readRotated(options: FirstStartOptions): Promise<Read> {
  const { log, writeBuffer, live, now } = options;
  if (writeBuffer.logs.positions(log.path).length > 0) {
    const last = writeBuffer.logs.stored(log.path)?.log.reader.clock.last ?? -Infinity;
    return {
      logState: now - last < YEAR_KNOWN_FOR ? goingOn(options) : (await readBehind([], options)).logState,
      pending: [],
    };
  }
  const before = rotatedFiles(log.path, log).siblings.filter((file) => !live.holds(file));
  const { logState, pending } = await readBehind(before, options);
  const known = new Set(before.map((file) => `${file.path} ${inodeOf(file)}`));
  // What was renamed or made while others were read is perhaps not read yet.
  const changed = rotatedFiles(log.path, log).siblings.filter((file) => !known.has(`${file.path} ${inodeOf(file)}`));
  return { logState, pending: [...pending, ...changed.map(inodeOf)] };
}

async function readBehind(siblings: readonly FileStat[], options: FirstStartOptions): Promise<Read> {
  const { log, tell } = options;
  const arrangement = await arrangementOf(siblings, options);
  const main = mainSeries(arrangement, log);
  for (const series of arrangement.allSeries) if (series !== main) await readOther(series, options);
  const archivedFiles = main?.archivedFiles ?? [];
  const later = archivedFiles.findIndex((archivedFile) => isOfLater(archivedFile, options));
  const rotated = archivedFiles.slice(0, later < 0 ? undefined : later).filter(({ path }) => path !== log.path);
  const left = archivedFiles.filter((archivedFile) => !rotated.includes(archivedFile));
  if (rotated.length > 0) tell('info', `reading what was rotated of ${log.path} (files: ${rotated.length})`);
  const logState =
    main && rotated.length > 0 ? await read({ ...main, archivedFiles: rotated }, options) : goingOn(options);
  const [next] = left;
  if (next) logState.beginFile(next);
  logState.endFiles();
  const pending = left.flatMap(({ path, file }) => (path !== log.path && file ? [inodeOf(file)] : []));
  return { logState, pending };
}

/** Whether the file ends with lines that are believed and yet to come: only the follower keeps them out of the first count. */
const isOfLater = ({ lastAt }: ArchivedFile, { now, horizon }: FirstStartOptions): boolean =>
  lastAt > now && lastAt <= horizon();

async function arrangementOf(siblings: readonly FileStat[], options: FirstStartOptions): Promise<Arrangement> {
  const { config, log, now, signal, tell } = options;
  const files = [...siblings.map(({ path }) => path), log.path];
  const arrangement = await arrange([{ ...log, log: log.path, files, isByName: false }], {
    ...(config.year !== undefined && { year: config.year }),
    now,
    signal,
  });
  for (const { path, severity, sentence } of arrangement.problems) {
    // That the live log cannot be read is told by its follower, for as long as it is so.
    if (path !== log.path || severity === 'warning') tell('warning', sentence);
  }
  return arrangement;
}

/** The series that the live file goes on from; of an empty one or none, that of its name, or else what was written last. */
function mainSeries({ allSeries }: Arrangement, log: LogConfig): Series | undefined {
  const latest = allSeries.toSorted((a, b) => endOf(b) - endOf(a))[0];
  const holding = allSeries.find(({ archivedFiles }) => archivedFiles.some(({ path }) => path === log.path));
  return holding ?? allSeries.find((series) => series.log === log.path) ?? latest;
}

const endOf = ({ archivedFiles }: Series): number => archivedFiles.at(-1)?.lastAt ?? -Infinity;

/** Of the same name and the same time as the log, and yet another text: nobody follows it. */
async function readOther(series: Series, options: FirstStartOptions): Promise<void> {
  const logState = await read(series, { ...options, log: { ...options.log, path: series.log } });
  logState.sessions.dropAll();
}

/** What is a little ahead of now must not enter the first count: it is taken for not believed, and so read again. */
async function read(series: Series, options: FirstStartOptions): Promise<LogState> {
  const onProblem = (sentence: string): void => options.tell('warning', sentence);
  let isPast = false;
  const horizon = (): number => (isPast ? options.horizon() : options.now);
  const store = storeWithPatience({
    signal: options.signal,
    trouble: (reason) => options.tell('warning', `What was read of ${series.log} cannot be stored: ${reason}`),
    over: () => options.tell('info', `What was read of ${series.log} has been stored at last`),
  });
  const logStore = storeInIndex(options.log.path, options);
  const logState = await ingest(series, {
    ...{ ...options, logStore, horizon },
    isComplete: () => true,
    isEnd: false,
    onProblem,
    store,
  });
  isPast = true;
  return logState;
}

/** With what is stored of a log, if anything is. */
export function goingOn({
  config,
  log,
  writeBuffer,
  users,
  horizon,
}: Pick<FirstStartOptions, 'config' | 'log' | 'writeBuffer' | 'users' | 'horizon'>): LogState {
  const stored = writeBuffer.logs.stored(log.path);
  return new LogState(users, { ...config.count, ...log, horizon, ...(stored && { stored }) });
}

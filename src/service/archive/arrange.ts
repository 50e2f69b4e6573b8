/**
 * Old logs as an administrator has them: in any order, plain and compressed, some of them twice, some damaged. Which files
 * are of one log is known; they are put in the order of time by what they contain.
 */
import { basename } from 'node:path';
import { recogniseDialect } from '../../format/format.ts';
import { zoneInstants } from '../../format/time/clock.ts';
import { levelsOf } from '../../format/log-level.ts';
import { looksLike } from '../../format/strangers.ts';
import { strftimeForm } from '../../format/time/strftime.ts';
import { ArchiveError, type Problem } from '../../source/files/archive-error.ts';
import { beforeCorrupt } from '../../format/corrupt.ts';
import type { StampForm } from '../../format/time/stamp-form.ts';
import type { ArchivedFile as FoundFile } from '../../source/archive/read.ts';
import { lanesOf, type Lane } from './order.ts';
import { dateAll } from './dating.ts';
import { withoutDuplicates, type Duplicate } from '../../source/archive/duplicates.ts';
import { probeFile, type Probe } from './probe.ts';
import { rotatedName } from '../../source/files/rotated-name.ts';
import { statOf } from '../../source/files/file-stat.ts';
import { settleForms } from './stamp-forms.ts';

export type { Problem } from '../../source/files/archive-error.ts';
export { alreadyRead, readArchivedFile, type ReadOptions } from '../../source/archive/read.ts';

/** The files of one log, in any order. */
export interface LogFiles {
  /** What the log is called: in the index, too. */
  readonly log: string;
  readonly files: readonly string[];
  /** IANA name, for stamps without a zone. */
  readonly timezone: string;
  /** The form of the stamps, as strftime has it; empty where the lines tell. */
  readonly timestamps?: string;
  /** Which server wrote it: a dialect's name, or `auto`. */
  readonly server?: string;
  /** Only the names of its files make it a log: a copy that is found in another such log is not read. */
  readonly isByName: boolean;
}

/** One file of a series. Times are unix seconds. */
export interface ArchivedFile extends FoundFile {
  readonly firstAt: number;
  readonly lastAt: number;
  /** Of the first line: what a clock for stamps without a year has to begin this file with. */
  readonly year: number;
  readonly sampleLines: readonly string[];
  /** The form of its stamps, where that is certain. */
  readonly stamp?: StampForm;
}

/** The files of one log, oldest first. */
export interface Series<L extends LogFiles = LogFiles> {
  /** What the log is called; of files of the same time with another text the path of the newest. */
  readonly log: string;
  readonly archivedFiles: readonly ArchivedFile[];
  /** That which was given. */
  readonly of: L;
}

export interface Arrangement<L extends LogFiles = LogFiles> {
  /** In the order of their first lines. */
  readonly allSeries: readonly Series<L>[];
  /** Files that are not read, as their text is in another one. */
  readonly duplicates: readonly Duplicate[];
  readonly problems: readonly Problem[];
}

export interface ArrangeOptions {
  /** Of the last line of each log, for stamps without one. */
  readonly year?: number;
  /** Unix seconds. */
  readonly now: number;
  readonly signal?: AbortSignal;
  /** Called when one of the files has been looked at. */
  readonly onProgress?: (looked: number, of: number) => void;
}

/** Files looked at at a time. */
const AT_ONCE = 4;
/** A stamp so far ahead of our clock is not from the future. */
const AHEAD = 300;

/** No file keeps another one from being arranged. Rejects only when `signal` aborts, or something else than a file is broken. */
export async function arrange<L extends LogFiles>(
  logs: readonly L[],
  options: ArrangeOptions,
): Promise<Arrangement<L>> {
  const owners = new Map(logs.flatMap((log) => log.files.map((path) => [path, log] as const)));
  const { looks: all, problems: unreadable } = await lookAtAll(owners, options);
  const looks = all.filter((look) => !isRepetition(look));
  const isOneText = (a: Probe, b: Probe): boolean => mayShareText(owners.get(a.path), owners.get(b.path));
  const { distinct, duplicates } = await withoutDuplicates(looks, isOneText, options.signal);
  const arranged = logs.map((log) =>
    arrangeLog(
      log,
      distinct.filter(({ path }) => owners.get(path) === log),
      options,
    ),
  );
  const repetitions = all.filter(isRepetition).map(repetition);
  const problems = [
    ...unreadable,
    ...repetitions,
    ...distinct.flatMap(faults),
    ...arranged.flatMap((each) => each.problems),
  ];
  return {
    allSeries: arranged.flatMap(({ allSeries }) => allSeries).toSorted((a, b) => beginOf(a) - beginOf(b)),
    duplicates,
    problems: problems.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function mayShareText(a: LogFiles | undefined, b: LogFiles | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.isByName && b.isByName);
}

function arrangeLog<L extends LogFiles>(
  log: L,
  looks: readonly Probe[],
  { now, year }: ArrangeOptions,
): Pick<Arrangement<L>, 'allSeries' | 'problems'> {
  const { stamped, problems: ambiguous } = settleForms(looks, now);
  const { dated, problems: doubtful } = dateAll(stamped, {
    timezone: log.timezone,
    instants: zoneInstants(log.timezone),
    now,
    year,
  });
  const { lanes, problems: overlapping } = lanesOf(dated);
  const allSeries = named(lanes, log);
  const future = year === undefined ? allSeries.flatMap((series) => fromFuture(series, now)) : [];
  return { allSeries, problems: [...ambiguous, ...doubtful, ...overlapping, ...future] };
}

async function lookAtAll(
  owners: ReadonlyMap<string, LogFiles>,
  { signal, onProgress }: ArrangeOptions,
): Promise<{ looks: Probe[]; problems: Problem[] }> {
  const looks: Probe[] = [];
  const problems: Problem[] = [];
  const waiting = [...owners.keys()].toSorted();
  let done = 0;
  const work = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      signal?.throwIfAborted();
      const { timestamps = '', server } = owners.get(path) ?? {};
      const stamp = strftimeForm(timestamps);
      const look = await probeFile(path, { signal, forms: stamp && [stamp], server }).catch((error: unknown) =>
        asProblem(error),
      );
      if ('severity' in look) problems.push(look);
      // An empty file is what rotation leaves; there is nothing to be said about it.
      else if (look.textBytes > 0) looks.push(look);
      onProgress?.(++done, owners.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { looks, problems };
}

function asProblem(error: unknown): Problem {
  if (!(error instanceof ArchiveError)) throw error;
  return { path: error.path, severity: 'error', code: error.code, sentence: error.message };
}

function faults(look: Probe): Problem[] {
  if (look.problem) return [asProblem(look.problem)];
  if (look.readings.length > 0) return look.hasTrailing ? [trailing(look.path)] : [];
  const sentence = `${look.path} has no line that begins with a time: it is no log of a server, or of a form that is not known${looksLike(look.sampleLines) || '; timestamps in [[log]], or --timestamps, says which'}; it is not read`;
  return [{ path: look.path, severity: 'error', code: 'NO_STAMPS', sentence }];
}

/** A file in which the server repeats some lines of its log: it is none by itself. */
function isRepetition({ path, sampleLines }: Probe): boolean {
  const name = basename(rotatedName(path).log);
  const dialect = recogniseDialect(sampleLines);
  if (dialect?.repeats !== name) return false;
  return [...levelsOf(sampleLines, dialect)].every((level) => level === 'error');
}

function repetition({ path }: Probe): Problem {
  const sentence = `${path} repeats lines that stand in the log beside it, too: it is not read`;
  return { path, severity: 'warning', code: 'REPEATS', sentence };
}

function trailing(path: string): Problem {
  const sentence = `${path} has bytes behind its end that are no gzip: they are passed over, as gzip does`;
  return { path, severity: 'warning', code: 'TRAILING', sentence };
}

/** What was written last goes on; beside it each has the name of its newest file. */
function named<L extends LogFiles>(lanes: readonly Lane[], of: L): Series<L>[] {
  const main = lanes.toSorted((a, b) => endOf(b) - endOf(a))[0];
  return lanes.map((lane) => {
    const log = lane === main ? of.log : (lane.at(-1)?.look.path ?? '');
    return { log, archivedFiles: piecesOf(lane, log), of };
  });
}

const endOf = (lane: Lane): number => lane.at(-1)?.place.lastAt ?? 0;
const beginOf = ({ archivedFiles }: Series): number => archivedFiles[0]?.firstAt ?? 0;

function piecesOf(lane: Lane, log: string): ArchivedFile[] {
  return lane.map(({ look, stamps, place: { firstAt, lastAt, year } }) => {
    const { path, textBytes, sampleLines, head, problem } = look;
    const damaged = problem?.code === 'CORRUPT' ? { damaged: () => beforeCorrupt(sampleLines, stamps.form) } : {};
    const stamp = look.isCertain ? { stamp: stamps.form } : {};
    const file = statOf(path, look.stats);
    return { path, log, file, firstAt, lastAt, year, textBytes, sampleLines, head, ...stamp, ...damaged };
  });
}

function fromFuture({ archivedFiles }: Series, now: number): Problem[] {
  return archivedFiles
    .filter(({ lastAt }) => lastAt > now + AHEAD)
    .map(({ path }) => {
      const sentence = `${path} has times that lie in the future: check the clock, or give the year of its last line with --year`;
      return { path, severity: 'warning', code: 'FUTURE', sentence };
    });
}

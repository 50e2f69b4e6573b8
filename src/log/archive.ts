/**
 * Old logs as an administrator has them: in any order, plain and compressed, some of them twice, some damaged. They are put
 * in the order of time by what they contain.
 */
import { zoneInstants } from '../dialect/clock.ts';
import { ArchiveError, type Problem } from './archive-error.ts';
import type { Piece } from './archived-piece.ts';
import { lanesOf, type Lane } from './chains.ts';
import { dateAll } from './dating.ts';
import { withoutDuplicates, type Duplicate } from './duplicates.ts';
import { lookAt, type Look } from './look.ts';
import { stampOf } from './siblings.ts';

export type { Problem } from './archive-error.ts';
export { alreadyRead, readPiece, type Piece, type ReadOptions } from './archived-piece.ts';

/** The files of one log, oldest first. */
export interface Chain {
  /** The live path: that of the newest file without what rotation added to it. */
  readonly log: string;
  readonly pieces: readonly Piece[];
}

export interface Arrangement {
  /** In the order of their first lines. */
  readonly chains: readonly Chain[];
  /** Files that are not read, as their text is in another one. */
  readonly duplicates: readonly Duplicate[];
  readonly problems: readonly Problem[];
}

export interface ArrangeOptions {
  /** IANA name, for stamps without a zone. */
  readonly timezone: string;
  /** Of the last line of the newest file, for stamps without one. */
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
export async function arrange(files: readonly string[], options: ArrangeOptions): Promise<Arrangement> {
  const { looks, problems: unreadable } = await lookAtAll([...new Set(files)], options);
  const { distinct, duplicates } = await withoutDuplicates(looks, options.signal);
  const { dated, problems: doubtful } = dateAll(distinct, {
    instants: zoneInstants(options.timezone),
    now: options.now,
    year: options.year,
  });
  const { lanes, problems: overlapping } = lanesOf(dated);
  const chains = named(lanes);
  const problems = [
    ...unreadable,
    ...distinct.flatMap(faults),
    ...doubtful,
    ...overlapping,
    ...(options.year === undefined ? chains.flatMap((chain) => fromFuture(chain, options.now)) : []),
  ];
  return { chains, duplicates, problems: problems.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

async function lookAtAll(
  files: readonly string[],
  { signal, onProgress }: ArrangeOptions,
): Promise<{ looks: Look[]; problems: Problem[] }> {
  const looks: Look[] = [];
  const problems: Problem[] = [];
  const waiting = files.toSorted();
  let done = 0;
  const work = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      signal?.throwIfAborted();
      const look = await lookAt(path, signal).catch((error: unknown) => asProblem(error));
      if ('severity' in look) problems.push(look);
      // An empty file is what rotation leaves; there is nothing to be said about it.
      else if (look.textBytes > 0) looks.push(look);
      onProgress?.(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { looks, problems };
}

function asProblem(error: unknown): Problem {
  if (!(error instanceof ArchiveError)) throw error;
  return { path: error.path, severity: 'error', code: error.code, sentence: error.message };
}

function faults(look: Look): Problem[] {
  if (look.problem) return [asProblem(look.problem)];
  if (look.stamps) return look.hasTrailing ? [trailing(look.path)] : [];
  const sentence = `${look.path} has no line that begins with a time: it is no log of a server, or has a form that is not known; it is not read`;
  return [{ path: look.path, severity: 'error', code: 'NO_STAMPS', sentence }];
}

function trailing(path: string): Problem {
  const sentence = `${path} has bytes behind its end that are no gzip: they are passed over, as gzip does`;
  return { path, severity: 'warning', code: 'TRAILING', sentence };
}

/** Chains by the live path of their newest file; where that would name two of them alike, by its own path. */
function named(lanes: readonly Lane[]): Chain[] {
  const newestFirst = lanes.toSorted((a, b) => endOf(b) - endOf(a));
  const names = new Map<Lane, string>();
  const taken = new Set<string>();
  for (const lane of newestFirst) {
    const newest = lane.at(-1);
    if (!newest) continue;
    const name = taken.has(newest.name.log) ? newest.look.path : newest.name.log;
    taken.add(name);
    names.set(lane, name);
  }
  return lanes.map((lane) => chainOf(lane, names.get(lane) ?? ''));
}

const endOf = (lane: Lane): number => lane.at(-1)?.place.lastAt ?? 0;

function chainOf(lane: Lane, log: string): Chain {
  return {
    log,
    pieces: lane.map(({ look, stamps, place: { firstAt, lastAt, year } }) => {
      const { path, textBytes, sampleLines, head, problem } = look;
      const damaged = problem?.code === 'CORRUPT' ? { damaged: stamps.form } : {};
      const file = stampOf(path, look.stats);
      return { path, log, file, firstAt, lastAt, year, textBytes, sampleLines, head, ...damaged };
    }),
  };
}

function fromFuture({ pieces }: Chain, now: number): Problem[] {
  return pieces
    .filter(({ lastAt }) => lastAt > now + AHEAD)
    .map(({ path }) => {
      const sentence = `${path} has times that lie in the future: check the clock, or give the year of its last line with --year`;
      return { path, severity: 'warning', code: 'FUTURE', sentence };
    });
}

/**
 * One file of old log, read from its beginning or from where an earlier run stopped, in blocks of whole lines. The text is
 * the same one under whatever name it is found: positions are compared by content.
 */
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ArchiveError, fileError } from '../files/archive-error.ts';
import { LineReader, LONGEST_LINE, type Lines, type Reading } from '../files/lines.ts';
import type { BeforeCorrupt } from '../files/corrupt.ts';
import { fileAt, filesIn, sameInode, statOf, stateOf, type FileStat } from '../files/file-stat.ts';
import { closeFile, openFile, textBehind, type Opened, type Text } from '../files/text.ts';
import { match, type Match } from '../follow/match.ts';
import { advance, beginState, digest, positionOf, type Position, type ReadState } from '../follow/position.ts';
import type { FileBlock } from '../source.ts';

/** One file of old log, as it was found when it was looked at. */
export interface ArchivedFile {
  readonly path: string;
  /** The live path of the log. */
  readonly log: string;
  /** As it was when it was looked at; if it has been renamed since, it is found by this. */
  readonly file?: FileStat;
  /** Bytes of the uncompressed text, when it was looked at. */
  readonly textBytes: number;
  /** The first bytes of the text behind leading NULs, at most 256. */
  readonly head: Buffer;
  /** The file is damaged: what is believed of it. */
  readonly damaged?: () => BeforeCorrupt;
}

export interface ReadOptions {
  /** Where an earlier run stopped, as `alreadyRead` found it. */
  readonly from?: Position;
  readonly signal?: AbortSignal;
  /** Whether the last line is a line though no newline ends it: not in a live file, which may still grow. */
  readonly complete: boolean;
  /** Whether nobody will go on from where it stops: positions then have no checksum. */
  readonly isOnce?: boolean;
  /** Told of a file that is cut short, damaged, gone or changed while it is read; what was read of it holds. */
  readonly onProblem: (sentence: string) => void;
}

const EMPTY = Buffer.alloc(0);

/** A text that ends before what was read is compared up to its last milestone only; in so many bytes there are enough. */
const COMPARABLE = 8 * 1024;

/** The stored position of this text, whatever the name it had then. */
export async function alreadyRead(
  archivedFile: ArchivedFile,
  positions: readonly Position[],
): Promise<Position | undefined> {
  const { path, head } = archivedFile;
  const likely = positions.filter((position) => digest(head.subarray(0, position.head.length)) === position.head.hash);
  if (likely.length === 0) return undefined;
  let opened: Opened | undefined;
  try {
    const now = statOf(path, await stat(path));
    const untouched = likely.find((position) => isUntouched(position, now));
    if (untouched) return untouched;
    opened = openFile(path);
    return (await matchOf(opened.text, archivedFile, likely))?.position;
  } catch (error) {
    throw fileError(path, error);
  } finally {
    if (opened) await closeFile(opened);
  }
}

/** Which of the positions it is that reaches farthest. A damaged text ends before the damage: what can be read of it was read. */
async function matchOf(
  text: Text,
  { textBytes }: ArchivedFile,
  positions: readonly Position[],
): Promise<Match | undefined> {
  const read = (at: number, length: number): Promise<Buffer> =>
    text.read(at, length).catch((error: unknown) => {
      if (error instanceof ArchiveError) return EMPTY;
      throw error;
    });
  const { matches } = await match({ read }, positions);
  return matches.find(({ kind }) => kind === 'same' || textBytes >= COMPARABLE);
}

/** Read to its end, and the very same file, though perhaps renamed. */
function isUntouched({ done, file }: Position, now: FileStat): boolean {
  return done === true && file !== undefined && stateOf(file) === stateOf(now);
}

/** The whole lines of a file; the bytes of a block hold until the next one is asked for. Errors of the file are told to `onProblem` and end the file; others are thrown. */
export async function* readArchivedFile(
  archivedFile: ArchivedFile,
  options: ReadOptions,
): AsyncGenerator<FileBlock, void, undefined> {
  let opened: Opened | undefined;
  try {
    opened = await openArchived(archivedFile);
    yield* linesOf(archivedFile, opened, options);
  } catch (error) {
    const problem = fileError(archivedFile.path, error);
    if (!(problem instanceof ArchiveError)) throw problem;
    options.onProblem(problem.message);
  } finally {
    if (opened) await closeFile(opened);
  }
}

/** The file that was looked at, under the name that it has by now. */
async function openArchived({ path, file, head }: ArchivedFile): Promise<Opened> {
  const there = fileAt(path);
  const isThere = file === undefined || (there !== undefined && sameInode(there, file));
  const now = isThere ? undefined : filesIn(dirname(path)).find((each) => sameInode(each, file));
  const opened = openFile(now?.path ?? path, (fd) => textBehind(fd, path, true));
  if (isThere || now !== undefined) return opened;
  // Some network filesystems give a file another inode number at each mount; what is in it tells, too.
  const start = await opened.text.read(0, head.length);
  if (start[0] === 0 || start.equals(head)) return opened;
  await closeFile(opened);
  throw new ArchiveError('MISSING', path, 'was renamed or compressed before it was read: read it again');
}

async function* linesOf(
  archivedFile: ArchivedFile,
  { text, stat }: Opened,
  options: ReadOptions,
): AsyncGenerator<FileBlock> {
  const { from, complete } = options;
  const file = { ...stat, path: archivedFile.path };
  if (from && isUntouched(from, file)) return;
  const begun = await begin(text, archivedFile, options);
  if (!begun) return;
  const { state, id } = begun;
  const block = (lines: Pick<Lines, 'bytes' | 'state'>, done: boolean): FileBlock => {
    const of = { id, log: archivedFile.log, readAt: Math.floor(Date.now() / 1000), file, ...(done && { done }) };
    const continues = reader.state.offset > reader.state.start;
    const position = positionOf(lines.state, of);
    return { log: archivedFile.log, bytes: lines.bytes, continues, position, forgotten: [] };
  };
  // What comes to a live file from now on is its follower's.
  const limit = text.plain ? stat.size : Infinity;
  const reader = new LineReader(text, state);
  const isWhole = yield* blocksOf(reader, limit, archivedFile, options, (lines) => block(lines, false));
  if (isWhole && complete) yield block({ bytes: EMPTY, state: reader.state }, true);
}

/** Where to begin; undefined when all that the file holds was read before. */
async function begin(
  text: Text,
  archivedFile: ArchivedFile,
  { from, isOnce }: ReadOptions,
): Promise<{ readonly id: string; readonly state: ReadState } | undefined> {
  const found = from && (await matchOf(text, archivedFile, [from]));
  // The same text goes on: a compressed one has come as far as the place by now.
  if (found) return found.kind === 'same' ? { id: found.position.id, state: found.state } : undefined;
  return { id: randomUUID(), state: isOnce === true ? { ...beginState(), crc: undefined } : beginState() };
}

/** Returns whether the text was read to its end, and will have no more. */
async function* blocksOf(
  reader: LineReader,
  limit: number,
  { path, damaged }: ArchivedFile,
  { signal, complete, onProblem }: ReadOptions,
  block: (lines: Lines) => FileBlock,
): AsyncGenerator<FileBlock, boolean> {
  let skipped = 0;
  let broken: ArchiveError | undefined;
  const believed = damaged?.();
  let isCorrupt = false;
  const take = function* (lines: Lines): Generator<FileBlock> {
    const bytes = believed?.(lines.bytes) ?? lines.bytes;
    isCorrupt = bytes.length < lines.bytes.length;
    skipped += lines.skipped;
    const taken = isCorrupt ? { ...lines, bytes, state: advance(reader.state, bytes) } : lines;
    yield block(taken);
    reader.moveTo(taken.state);
  };
  const isStopped = (): boolean => isCorrupt || signal?.aborted === true;
  let reading: Reading | undefined;
  while (!isStopped()) {
    reading = await reader.nextLines(limit).catch((error: unknown) => {
      // What was decompressed before the error has still to be read.
      if (broken !== undefined || !(error instanceof ArchiveError)) throw error;
      broken = error;
      return undefined;
    });
    if (reading?.kind === 'lines') yield* take(reading);
    else if (reading !== undefined && reading.kind !== 'nuls') break;
  }
  if (reading?.kind === 'end' && reading.rest > 0 && complete && !broken && !isCorrupt) {
    const rest = await reader.lastLine();
    if (rest.kind === 'lines') yield* take(rest);
  }
  if (reading?.kind === 'truncated' || (reading?.kind === 'end' && isShorter(reader, reading.rest, limit)))
    onProblem(`${path} became shorter while it was read: what was read of it holds; read it again`);
  if (broken && !damaged) onProblem(broken.message);
  if (damaged) onProblem(`${path} is damaged: it was read up to byte ${reader.state.offset} of its text`);
  if (skipped > 0)
    onProblem(`${path}: ${skipped} line${skipped > 1 ? 's' : ''} longer than ${LONGEST_LINE >> 20} MiB passed over`);
  return reading?.kind === 'end' && !broken && !isCorrupt;
}

function isShorter({ text, state }: LineReader, rest: number, limit: number): boolean {
  return text.plain && state.offset + rest < limit;
}

/**
 * Compressed blocks in, text out: gzip by Node's zlib, the others by the system's programs, which are faster than any
 * JavaScript and kept up by the distribution. Node's own zstd (22 to 26) stops behind the first of several frames, and does not
 * notice that a file was cut short.
 *
 * What can be read of a file that was cut short or damaged is yielded before the error is thrown. An iterator over a Node
 * stream drops what is buffered when the stream fails; hence `outputOf`, and hence each block is written only when the
 * one before has come out: Node's zlib drops the output of a call that fails, and only an end that comes alone
 * leaves none in it. Where it fails, the file is gone through again, in smaller and smaller steps from there on.
 */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { ArchiveError } from './archive-error.ts';
import type { Compression } from './file-kind.ts';

type Blocks = AsyncGenerator<Buffer, void, undefined>;

/** The bytes of a file, each time from its start. */
export type Source = () => Blocks;

export interface Told {
  /** What errors call the file. */
  readonly name: string;
  /** Called when whole gzip members are followed by bytes that are none; they are passed over, as gzip does. */
  readonly onTrailing?: (() => void) | undefined;
}

const CHUNK = 512 * 1024;
/** What is fed at once: larger blocks would make zlib's output come in lumps of megabytes. */
const FEED = 64 * 1024;
/** What is fed at once where zlib failed, so that in the end only the output of one byte is missing. */
const STEPS = [FEED, 256, 1];

/** The text of a compressed file. */
export function decompressed(compression: Compression, source: Source, told: Told): Blocks {
  // guard: F23
  if (compression === 'gzip') return gunzipped(source, told);
  return throughProgram(compression, source(), told.name);
}

async function* gunzipped(source: Source, { name, onTrailing }: Told): Blocks {
  const reached = { fed: 0, came: 0 };
  let failure: unknown;
  for (const step of STEPS) {
    try {
      yield* onwards(source(), reached, step);
      return;
    } catch (error) {
      failure = error;
      if (!isDamage(error)) break;
    }
  }
  if (isTrailing(failure)) onTrailing?.();
  else if (codeOf(failure) === CUT) throw cutShort(name, failure);
  else throw isDamage(failure) ? damaged(name, failure) : failure;
}

/** How far an attempt came: bytes worked off, and bytes of text that were yielded. */
interface Reached {
  fed: number;
  came: number;
}

/** What comes behind the text that was reached before. */
async function* onwards(blocks: Blocks, reached: Reached, step: number): Blocks {
  const known = reached.came;
  let came = 0;
  const stream = createGunzip({ chunkSize: CHUNK });
  for await (const block of through(stream, stream, cut(blocks, reached, step))) {
    came += block.length;
    if (came <= known) continue;
    reached.came = came;
    yield block.subarray(Math.max(0, block.length - (came - known)));
  }
}

/** Blocks in pieces: as usual up to where an earlier attempt failed, from there in small steps. */
async function* cut(blocks: Blocks, reached: Reached, step: number): Blocks {
  const known = reached.fed;
  let fed = 0;
  for await (const block of blocks)
    for (let at = 0; at < block.length;) {
      const piece = block.subarray(at, at + (fed < known ? Math.min(FEED, known - fed) : step));
      yield piece;
      // It is asked for more only when this piece did not fail.
      at += piece.length;
      fed += piece.length;
      reached.fed = Math.max(reached.fed, fed);
    }
}

/** What comes out while the pieces are written. */
async function* through(into: Writable, out: Readable, pieces: Blocks): Blocks {
  const fed = feed(pieces, into);
  // It may fail before it is waited for.
  fed.catch(() => undefined);
  try {
    yield* outputOf(out);
    await fed;
  } finally {
    into.destroy();
    await fed.catch(() => undefined);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const CUT = 'Z_BUF_ERROR';
const isDamage = (error: unknown): boolean => codeOf(error).startsWith('Z_') && codeOf(error) !== CUT;

/** The first header of a file is known to be one, as it told the compression: another one is missing, behind a whole member. */
function isTrailing(error: unknown): boolean {
  return codeOf(error) === 'Z_DATA_ERROR' && error instanceof Error && error.message === 'incorrect header check';
}

const cutShort = (name: string, cause: unknown): ArchiveError =>
  new ArchiveError(
    'UNEXPECTED_END',
    name,
    'ends too early: what it holds was read; read it again when it is complete, or get a whole copy',
    cause,
  );

const damaged = (name: string, cause: unknown): ArchiveError =>
  new ArchiveError(
    'CORRUPT',
    name,
    'is damaged: what comes before the damage was read; get an intact copy for the rest',
    cause,
  );

/** Writes the pieces, each when the one before has been worked off, and returns early when the stream is closed. */
async function feed(pieces: Blocks, into: Writable): Promise<void> {
  try {
    for await (const piece of pieces) if (!(await written(into, piece))) return;
    into.end();
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function written(into: Writable, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const closed = (): void => resolve(false);
    if (into.destroyed) return closed();
    into.once('close', closed);
    into.write(bytes, (error) => {
      into.off('close', closed);
      resolve(!error);
    });
  });
}

/** All that a stream puts out, and then its error if it has one. */
async function* outputOf(stream: Readable): Blocks {
  let over = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  const noted = (): void => wake?.();
  stream.on('readable', noted);
  stream.on('end', () => ((over = true), noted()));
  stream.on('close', () => ((over = true), noted()));
  stream.on('error', (error: Error) => ((failure ??= error), (over = true), noted()));
  for (;;) {
    const block: Buffer | null = stream.read();
    if (block !== null) yield block;
    else if (over) break;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  if (failure) throw failure;
}

/** No locale, so that messages can be recognised; and no surprises from a changed search path. */
const ENVIRONMENT = {
  LC_ALL: 'C',
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin:/run/current-system/sw/bin',
};

/** Through a program of the system that takes `-dc`, as all of them do. */
export async function* throughProgram(program: string, blocks: Blocks, name: string): Blocks {
  const { spawn } = await import('node:child_process');
  const child = spawn(program, ['-dc'], { env: ENVIRONMENT });
  try {
    await once(child, 'spawn');
  } catch (error) {
    await blocks.return();
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new ArchiveError('NO_PROGRAM', name, `needs the program \`${program}\` to be read: install it`);
  }
  const exit = once(child, 'close');
  const complaint = text(child.stderr);
  // It may end before it has read everything; its exit code says what is to be said about that.
  child.stdin.on('error', () => undefined);
  try {
    yield* through(child.stdin, child.stdout, blocks);
    const [code]: (number | null)[] = await exit;
    if (code !== 0)
      throw programError(new Error((await complaint).trim().split('\n', 1)[0] || `exit code ${code}`), name);
  } finally {
    child.kill();
  }
}

function programError(cause: Error, name: string): ArchiveError {
  return /unexpected|premature|truncated/i.test(cause.message) ? cutShort(name, cause) : damaged(name, cause);
}

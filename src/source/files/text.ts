/**
 * The text of a file, plain or compressed, by place. Everything is read through an open descriptor: while it is open the
 * inode cannot be used for another file, and no rename can put another file in its place.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { openText } from './compression.ts';
import { extentOf, type BeforeCorruptIn, type Extent } from './corrupt.ts';
import { compressionIn, compressionOf, FIRST_BYTES, foreignKind } from './file-kind.ts';
import { statOf, type FileStat } from './file-stat.ts';
import { PassingText } from './passing-text.ts';
import { readAt, SHORT } from './read-at.ts';

export interface Text {
  /** Whether any place can be read at any time, and the text may change. A compressed text goes forward. */
  readonly plain: boolean;
  /**
   * `length` bytes at `at`, fewer only where the text ends. A compressed text is unpacked from its start again for what lies
   * more than 64 bytes before `keep` (if not given: `at`) of the last call.
   */
  read(at: number, length: number, keep?: number): Promise<Buffer>;
  /**
   * To be called before the text is read for its events, which takes going through a compressed one. From then on a
   * damaged text ends where its last believed line does, and to ask for what is behind it is an error.
   */
  verify?(beforeCorruptIn: BeforeCorruptIn): Promise<void>;
  /** Lets go what is held to read on; the descriptor must not be closed before. */
  rest?(): Promise<void>;
}

/** An open file: its text, and what it was when it was opened. */
export interface Opened {
  readonly fd: number;
  readonly text: Text;
  readonly stat: FileStat;
}

/** O_NONBLOCK: opening a FIFO that stands where a log should be must not wait for its writer. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Opens a file; `textIn` tells how its text is in it.
 * @throws the error of the system, or one with the code `EISDIR` or `no regular file`
 */
export function openFile(path: string, textIn: (fd: number, path: string) => Text = textBehind): Opened {
  const fd = openSync(path, FLAGS);
  try {
    const stats = fstatSync(fd);
    const code = stats.isDirectory() ? 'EISDIR' : 'no regular file';
    if (!stats.isFile()) throw Object.assign(new Error(`${path} is not a regular file`), { code });
    return { fd, text: textIn(fd, path), stat: statOf(path, stats) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export async function closeFile({ fd, text }: Pick<Opened, 'fd' | 'text'>): Promise<void> {
  await text.rest?.();
  closeSync(fd);
}

/**
 * The text behind an open descriptor; which kind it is, its first bytes tell, not its name. `path` is for errors.
 * `isPassing`: what was read is not looked at any more when more is.
 * @throws {ArchiveError} if it is none whose text can be read
 */
export function textBehind(fd: number, path: string, isPassing = false): Text {
  const compression = compressionIn(fd, path);
  if (compression === undefined) return isPassing ? new PassingText(fd) : plainText(fd);
  return (compression === 'gzip' ? smallText(fd, path) : undefined) ?? compressedText(fd, path, isPassing);
}

export const plainText = (fd: number): Text => ({ plain: true, read: (at, length) => readAt(fd, at, length) });

/**
 * A gzip file that is small and whole is unpacked at once: passed through a stream it takes many times as long, and a start has
 * many such files to look at. Undefined for any other file.
 */
function smallText(fd: number, path: string): Text | undefined {
  const file = Buffer.allocUnsafe(SMALL + 1);
  const bytes = file.subarray(0, readSync(fd, file, 0, file.length, 0));
  if (bytes.length > SMALL) return undefined;
  try {
    const text = gunzipSync(bytes, { maxOutputLength: SMALL_TEXT, chunkSize: SMALL });
    if (foreignKind(text.subarray(0, FIRST_BYTES), path) !== undefined) return undefined;
    return { plain: false, read: (at, length) => Promise.resolve(text.subarray(at, at + length)) };
  } catch {
    return undefined;
  }
}

/** What a gzip file says at its end about its text: CRC-32, and length modulo 2^32. */
export function gzipEnd(fd: number, size: number): { crc: number; length: number } | undefined {
  const ends = Buffer.alloc(10);
  readSync(fd, ends, 0, 2, 0);
  if (size < 18 || compressionOf(ends) !== 'gzip') return undefined;
  readSync(fd, ends, 2, 8, size - 8);
  return { crc: ends.readUInt32LE(2), length: ends.readUInt32LE(6) };
}

const EMPTY = Buffer.alloc(0);
/** Of what is unpacked at once, bytes: of the file, and of its text. */
const SMALL = 64 * 1024;
const SMALL_TEXT = 1024 * 1024;

/** What can still be asked for before the place that was asked for last: a marker's length. */
const BACK = 64;

/** What is held of a text that goes by. */
class Held {
  /** Whether what was given out holds only until more is added. */
  readonly #isPassing: boolean;
  #place: Buffer = EMPTY;
  /** Where the text from `from` on is in the place. */
  #start = 0;
  from = 0;
  end = 0;

  constructor(isPassing: boolean) {
    this.#isPassing = isPassing;
  }

  part(from: number, to: number): Buffer {
    const start = this.#start - this.from;
    const end = Math.min(to, this.end);
    const part = this.#place.subarray(start + Math.min(from, end), start + end);
    return this.#isPassing && part.length <= SHORT ? Buffer.from(part) : part;
  }

  add(block: Buffer): void {
    const length = this.end - this.from;
    if (this.#start + length + block.length > this.#place.length) this.#moveInto(length, length + block.length);
    block.copy(this.#place, this.#start + length);
    this.end += block.length;
  }

  dropBefore(keep: number): void {
    const passed = Math.min(Math.max(0, keep - this.from), this.end - this.from);
    this.from += passed;
    this.#start += passed;
  }

  #moveInto(length: number, needed: number): void {
    const before = this.#place.subarray(this.#start, this.#start + length);
    if (!this.#isPassing || needed > this.#place.length) this.#place = Buffer.allocUnsafeSlow(2 * needed);
    before.copy(this.#place);
    this.#start = 0;
  }
}

function compressedText(fd: number, path: string, isPassing: boolean): Text {
  const open = (): ReturnType<typeof openText> => openText(fd, { name: path });
  let chunks: ReturnType<typeof openText> | undefined;
  let held = new Held(isPassing);
  /** What comes next, while what came is looked at. */
  let ahead: Promise<IteratorResult<Buffer, void>> | undefined;
  let isOver = false;
  let extent: Extent = { end: Infinity };
  const fill = async (upTo: number, keep: number): Promise<void> => {
    chunks ??= open();
    held.dropBefore(keep);
    // Where the file is damaged, what comes before the damage can be asked for again.
    while (!isOver && held.end < upTo) {
      const coming = ahead ?? chunks.next();
      ahead = undefined;
      const next = await coming;
      if (next.done === true) isOver = true;
      else held.add(next.value);
      held.dropBefore(keep);
    }
    if (isPassing && !isOver) ahead ??= chunks.next();
    // An error is told when what it ends is asked for.
    ahead?.catch(() => undefined);
  };
  const rest = async (): Promise<void> => {
    await chunks?.return(undefined);
    chunks = ahead = undefined;
    isOver = false;
    held = new Held(isPassing);
  };
  return {
    plain: false,
    rest,
    async read(at, length, keep = at) {
      if (at >= extent.end) throw extent.damage;
      if (at < held.from) await rest();
      const upTo = Math.min(at + length, extent.end);
      if (upTo > held.end) await fill(upTo, Math.min(at, keep) - BACK);
      return held.part(at, upTo);
    },
    async verify(beforeCorruptIn) {
      extent = await extentOf(open, beforeCorruptIn);
    },
  };
}

/**
 * A look at one file: what can be known of it before it is read for its events. A large plain file is looked at in some
 * places only; a compressed one has to be gone through once.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { recogniseStamp, type StampForm, type WallTime } from '../dialect/timestamp.ts';
import { ArchiveError, fileError, isDirectory } from './archive-error.ts';
import { compressionOf, gzipTime, openText } from './compressed.ts';
import { sparseWalls, wallBehind, wallsOf } from './stamp-samples.ts';

/** The first and the last bytes of the text, in which the first and the last stamp are looked for. */
const END = 64 * 1024;
/** A plain file up to this size is gone through. */
const SMALL = 4 * 1024 * 1024;
/** Bytes between two stamps looked at in a file that is gone through. */
const STEP = 8 * 1024;
const SAMPLE_LINES = 200;
/** How much of the start of a text tells it from others. */
const TELLING = 256;

export interface Look {
  readonly path: string;
  readonly stats: Stats;
  /** Unix seconds: the modification time in the gzip header, and those of the file and of its duplicates. */
  readonly gzipTime: number | undefined;
  readonly fileTimes: readonly number[];
  readonly compressed: boolean;
  readonly textBytes: number;
  /** The first 256 bytes of the text behind leading NULs. */
  readonly head: Buffer;
  readonly sampleLines: readonly string[];
  /** Undefined when no line begins with a stamp. */
  readonly stamps: Stamps | undefined;
  /** The file could not be read to its end. */
  readonly problem: ArchiveError | undefined;
  /** There are bytes behind the end of a gzip that are none. */
  readonly hasTrailing: boolean;
}

export interface Stamps {
  readonly form: StampForm;
  /** In the order of the lines, from the first to the last; sparse. At least one. */
  readonly walls: readonly WallTime[];
}

/** Throws an `ArchiveError` when nothing at all can be read. */
export async function lookAt(path: string, signal?: AbortSignal): Promise<Look> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw isDirectory(path);
    if (!found.isFile())
      throw new ArchiveError('PIPE', path, 'can be read only once: give - and let it come over standard input');
    return await lookInto(path, signal);
  } catch (error) {
    throw fileError(path, error);
  }
}

async function lookInto(path: string, signal: AbortSignal | undefined): Promise<Look> {
  const handle = await open(path, 'r');
  try {
    // Of what is open: another file may have been given the name meanwhile.
    const stats = await handle.stat();
    const start = await readAt(handle, 0, END);
    const compressed = compressionOf(start) !== undefined;
    const known = {
      path,
      stats,
      compressed,
      gzipTime: gzipTime(start),
      fileTimes: [Math.floor(stats.mtimeMs / 1000)],
    };
    const inPlaces = !compressed && stats.size > SMALL && start[0] !== 0;
    return {
      ...known,
      ...(inPlaces ? await glance(handle, start, stats.size) : await goThrough(handle, path, signal)),
    };
  } finally {
    await handle.close();
  }
}

type Seen = Pick<Look, 'textBytes' | 'head' | 'sampleLines' | 'stamps' | 'problem' | 'hasTrailing'>;

async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

const linesOf = (text: Buffer): string[] => text.toString('latin1').split('\n');

async function glance(handle: FileHandle, start: Buffer, size: number): Promise<Seen> {
  const end = await readAt(handle, size - END, END);
  const form = formOf(start, end);
  const walls = form ? [...wallsOf(linesOf(start), form), ...wallsOf(linesOf(end).slice(1), form)] : [];
  const [first, last] = [walls[0], walls.at(-1)];
  return {
    ...beginning(start),
    textBytes: size,
    problem: undefined,
    hasTrailing: false,
    stamps: form && first && last && { form, walls: await stampsBetween(handle, [first, last], size, form) },
  };
}

async function stampsBetween(
  handle: FileHandle,
  ends: readonly [WallTime, WallTime],
  size: number,
  form: StampForm,
): Promise<readonly WallTime[]> {
  return form.hasYear ? ends : sparseWalls(handle, ends, size, form);
}

function beginning(start: Buffer): Pick<Seen, 'head' | 'sampleLines'> {
  return { head: Buffer.from(start.subarray(0, TELLING)), sampleLines: linesOf(start).slice(0, SAMPLE_LINES) };
}

function formOf(start: Buffer, end: Buffer): StampForm | undefined {
  return recogniseStamp(linesOf(start).slice(0, SAMPLE_LINES)) ?? recogniseStamp(linesOf(end).slice(1, SAMPLE_LINES));
}

async function goThrough(handle: FileHandle, path: string, signal: AbortSignal | undefined): Promise<Seen> {
  const passage = new Passage();
  let problem: ArchiveError | undefined;
  let hasTrailing = false;
  const onTrailing = (): void => void (hasTrailing = true);
  try {
    for await (const block of openText(handle, { name: path, signal, onTrailing })) passage.take(block);
  } catch (error) {
    if (!(error instanceof ArchiveError) || passage.textBytes === 0) throw error;
    problem = error;
  }
  return { ...beginning(passage.start), textBytes: passage.textBytes, stamps: passage.stamps(), problem, hasTrailing };
}

/** What is kept of a text that goes by. */
class Passage {
  textBytes = 0;
  /** The first bytes behind leading NULs, which copytruncate leaves under a writer without O_APPEND. */
  start: Buffer = Buffer.alloc(0);
  #end: Buffer = Buffer.alloc(0);
  #form: StampForm | undefined;
  #walls: WallTime[] = [];
  #next = END;

  take(block: Buffer): void {
    const text = this.start.length > 0 ? block : behindNuls(block);
    if (this.start.length < END) this.start = Buffer.concat([this.start, text.subarray(0, END - this.start.length)]);
    if (this.start.length === END) this.#form ??= formOf(this.start, this.start);
    this.#sample(block);
    this.#end = text.length >= END ? text.subarray(-END) : Buffer.concat([this.#end, text]).subarray(-END);
    this.textBytes += block.length;
  }

  #sample(block: Buffer): void {
    const end = this.textBytes + block.length;
    for (; this.#next < end; this.#next += STEP) {
      const wall = this.#form && wallBehind(block, this.#next - this.textBytes, this.#form);
      if (wall && !isSameDay(wall, this.#walls.at(-1))) this.#walls.push(wall);
    }
  }

  stamps(): Stamps | undefined {
    const form = this.#form ?? formOf(this.start, this.#end);
    if (!form) return undefined;
    const last = wallsOf(linesOf(this.#end), form).at(-1);
    const walls = [...wallsOf(linesOf(this.start), form), ...this.#walls, ...(last ? [last] : [])];
    const thinned = walls.filter((wall, i) => !isSameDay(wall, walls[i - 1]) || i === walls.length - 1);
    return thinned.length > 0 ? { form, walls: thinned } : undefined;
  }
}

function behindNuls(block: Buffer): Buffer {
  const text = block.findIndex((byte) => byte !== 0);
  return text < 0 ? Buffer.alloc(0) : block.subarray(text);
}

function isSameDay(a: WallTime, b: WallTime | undefined): boolean {
  return a.day === b?.day && a.month === b.month && a.year === b.year;
}

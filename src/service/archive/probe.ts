/**
 * A look at one file: what can be known of it before it is read for its events. A large plain file is looked at in some
 * places only; a compressed one has to be gone through once.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { ownLines, tellingLines } from '../../format/format.ts';
import { ownIn, plainOf, recogniseFormat } from '../../format/recogniser.ts';
import { readingsOf, type Reading } from '../../format/time/stamp-choice.ts';
import { STAMP_FORMS, type StampForm, type WallTime } from '../../format/time/stamp-form.ts';
import { ArchiveError, fileError, isDirectory } from '../../source/files/archive-error.ts';
import { openText } from '../../source/files/compression.ts';
import { leadingNuls } from '../../source/files/lines.ts';
import { compressionOf, gzipTime } from '../../source/files/file-kind.ts';
import { FINGERPRINT_BYTES } from '../../source/follow/position.ts';
import { mixedForms, withYears } from '../../format/dating/mixed-years.ts';
import { edges, isSameDay, sparseWalls, wallBehind, wallsOf, type Plain } from '../../format/dating/stamp-samples.ts';

/** The first and the last bytes of the text, in which the first and the last stamp are looked for. */
const END = 64 * 1024;
/** A plain file up to this size is gone through. */
const SMALL = 4 * 1024 * 1024;
/** Bytes between two stamps looked at in a file that is gone through. */
const STEP = 8 * 1024;
const SAMPLE_LINES = 200;
/** By so many it is seen whether the end of a text has the form of its beginning. */
const LAST_LINES = 10;

export interface Probe {
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
  /** What its stamps may be: nothing when no line begins with one, several when they fit several forms. */
  readonly readings: readonly Reading[];
  /** The file could not be read to its end. */
  readonly problem: ArchiveError | undefined;
  /** There are bytes behind the end of a gzip that are none. */
  readonly hasTrailing: boolean;
}

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** The forms that the stamps may have; by default all that are known. */
  readonly forms?: readonly StampForm[] | undefined;
  /** The setting: a dialect's name, or `auto`. */
  readonly server?: string | undefined;
}

/**
 * The stamps of its readings are sparse, in the order of the lines, from the first to the last; at least one. Throws an
 * `ArchiveError` when nothing at all can be read.
 */
export async function probeFile(path: string, options: ProbeOptions = {}): Promise<Probe> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw isDirectory(path);
    if (!found.isFile())
      throw new ArchiveError('PIPE', path, 'can be read only once: give - and let it come over standard input');
    return await lookInto(path, options);
  } catch (error) {
    throw fileError(path, error);
  }
}

async function lookInto(path: string, { signal, forms = STAMP_FORMS, server }: ProbeOptions): Promise<Probe> {
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
      ...(inPlaces
        ? await sample(handle, start, stats.size, { forms, server })
        : await goThrough(handle, path, { signal, forms, server })),
    };
  } finally {
    await handle.close();
  }
}

type Wanted = ProbeOptions & { readonly forms: readonly StampForm[] };
type Seen = Pick<Probe, 'textBytes' | 'head' | 'sampleLines' | 'readings' | 'problem' | 'hasTrailing'>;

async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

const linesOf = (text: Buffer): string[] => text.toString('latin1').split('\n');

/** What makes the lines of a text plain of which these are the beginning and the end; undefined where they are. */
function plainIn(start: Buffer, end: Buffer, server?: string): Plain | undefined {
  const format = recogniseFormat(linesOf(start), server);
  if (format?.wrapping || start === end) return plainOf(format);
  // To recognise a form takes as long as to read a megabyte.
  const isOne = format !== undefined && ownIn(linesOf(end).slice(-LAST_LINES), format).length > 0;
  return isOne ? undefined : plainOf(recogniseFormat(linesOf(end), server));
}

/** Whole lines of a text, plain. */
function plainLines(text: Buffer, plain: Plain | undefined): string[] {
  return linesOf(plain?.(text.subarray(0, text.lastIndexOf(10) + 1)) ?? text);
}

/** The same of the end of a text, whose first line may not be whole. */
const plainEnd = (text: Buffer, plain: Plain | undefined): string[] =>
  plain ? plainLines(text.subarray(text.indexOf(10) + 1), plain) : linesOf(text).slice(1);

async function sample(handle: FileHandle, start: Buffer, size: number, { forms, server }: Wanted): Promise<Seen> {
  const end = await readAt(handle, size - END, END);
  const plain = plainIn(start, end, server);
  const [first, last] = [plainLines(start, plain), plainEnd(end, plain)];
  const mixed = mixedReading({ first, last, forms });
  if (mixed) return { ...beginning(start), textBytes: size, problem: undefined, hasTrailing: false, readings: [mixed] };
  const ends = formsOf([...first, ...last], forms).map((form) => {
    return { form, begins: wallsOf(first, form), ends: wallsOf(last, form) };
  });
  const told = fullest(ends.map(({ form, ...walls }) => ({ form, walls: [...walls.begins, ...walls.ends] })));
  const readings: Reading[] = [];
  for (const { form, begins, ends: behindAll } of ends) {
    if (!told.some((each) => each.form === form)) continue;
    const [before, behind] = [begins.at(-1), behindAll[0]];
    const isTold = form.hasYear && told.length === 1;
    const between =
      before && behind && !isTold ? await sparseWalls(handle, [before, behind], [END, size - END], form, plain) : [];
    readings.push({ form, walls: edges([...begins, ...between, ...behindAll]) });
  }
  return { ...beginning(start), textBytes: size, problem: undefined, hasTrailing: false, readings };
}

function beginning(start: Buffer): Pick<Seen, 'head' | 'sampleLines'> {
  return {
    head: Buffer.from(start.subarray(0, FINGERPRINT_BYTES)),
    sampleLines: linesOf(start).slice(0, SAMPLE_LINES),
  };
}

function formsOf(lines: readonly string[], known: readonly StampForm[]): StampForm[] {
  return readingsOf(tellingLines(lines), known).map(({ form }) => form);
}

/** Of a file whose ends are known. */
interface Ends {
  readonly first: readonly string[];
  readonly last: readonly string[];
  readonly forms: readonly StampForm[];
  /** Stamps of a form between the two. */
  readonly between?: (form: StampForm) => readonly Sampled[];
}

interface Sampled {
  readonly at: number;
  readonly wall: WallTime;
}

/** Where the stamps have a year at one end only: as those with a year have them, with the others' years. */
function mixedReading({ first, last, forms, between = () => [] }: Ends): Reading | undefined {
  const end = last.length > 0 ? last : first;
  const mixed = mixedForms(ownLines(first), ownLines(end.slice(-SAMPLE_LINES)), forms);
  if (!mixed) return undefined;
  const both = [mixed.dated, mixed.undated];
  const inside = both.flatMap(between).toSorted((a, b) => a.at - b.at);
  const wallsAt = (lines: readonly string[]): WallTime[] =>
    lines.flatMap((line) => both.flatMap((form) => wallsOf([line], form)).slice(0, 1));
  const walls = withYears([...wallsAt(first), ...inside.map(({ wall }) => wall), ...wallsAt(last)]);
  return walls && { form: mixed.dated, walls: edges(walls) };
}

/** A form that cannot read the stamps of all days is none of this file, though it reads its first lines. */
function fullest(readings: readonly Reading[]): Reading[] {
  const most = Math.max(1, ...readings.map(({ walls }) => walls.length));
  return readings.filter(({ walls }) => walls.length === most);
}

async function goThrough(handle: FileHandle, path: string, { signal, ...wanted }: Wanted): Promise<Seen> {
  const passage = new Passage(wanted);
  let problem: ArchiveError | undefined;
  let hasTrailing = false;
  const onTrailing = (): void => void (hasTrailing = true);
  try {
    for await (const block of openText(handle.fd, { name: path, signal, onTrailing })) passage.take(block);
  } catch (error) {
    if (!(error instanceof ArchiveError) || passage.textBytes === 0) throw error;
    problem = error;
  }
  const { textBytes, start } = passage;
  return { ...beginning(start), textBytes, readings: passage.readings(), problem, hasTrailing };
}

/** What is kept of a text that goes by. */
class Passage {
  textBytes = 0;
  /** The first bytes behind leading NULs, which copytruncate leaves under a writer without O_APPEND. */
  start: Buffer = Buffer.alloc(0);
  #end: Buffer = Buffer.alloc(0);
  /** Of the text behind the NULs, bytes. */
  #length = 0;
  readonly #wanted: Wanted;
  /** By the forms that the stamps may have. */
  #walls: Map<StampForm, Sampled[]> | undefined;
  #next = END;
  #isBegun = false;
  #plain: Plain | undefined;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  take(block: Buffer): void {
    const text = this.start.length > 0 ? block : behindNuls(block);
    if (this.start.length < END) this.start = Buffer.concat([this.start, text.subarray(0, END - this.start.length)]);
    // Where other programs fill the beginning, the end tells of the stamps.
    if (!this.#isBegun && this.start.length === END) this.#begin();
    this.#sample(block);
    this.#end = text.length >= END ? text.subarray(-END) : Buffer.concat([this.#end, text]).subarray(-END);
    this.#length += text.length;
    this.textBytes += block.length;
  }

  #begin(): void {
    this.#isBegun = true;
    this.#plain = plainIn(this.start, this.start, this.#wanted.server);
    if (ownLines(plainLines(this.start, this.#plain)).length > 0) this.#walls = this.#begun(this.start);
  }

  #begun(end: Buffer): Map<StampForm, Sampled[]> {
    const lines = [...plainLines(this.start, this.#plain), ...plainEnd(end, this.#plain)];
    return new Map(formsOf(lines, this.#wanted.forms).map((form) => [form, []]));
  }

  #sample(block: Buffer): void {
    const end = this.textBytes + block.length;
    for (; this.#next < end; this.#next += STEP) {
      for (const [form, walls] of this.#walls ?? []) {
        const wall = wallBehind(block, this.#next - this.textBytes, form, this.#plain);
        if (wall && !isSameDay(wall, walls.at(-1)?.wall)) walls.push({ at: this.#next, wall });
      }
    }
  }

  readings(): Reading[] {
    if (!this.#walls) this.#plain ??= plainIn(this.start, this.#end, this.#wanted.server);
    const all = this.#walls ?? this.#begun(this.#end);
    // Of a short text the start is all.
    const rest = Math.min(END, this.#length - this.start.length);
    const first = plainLines(this.start, this.#plain);
    const last = rest > 0 ? plainEnd(this.#end.subarray(-rest), this.#plain) : [];
    const between = (form: StampForm): readonly Sampled[] =>
      (all.get(form) ?? []).filter(({ at }) => at < this.textBytes - rest);
    const { forms } = this.#wanted;
    const mixed = mixedReading({ first, last, forms, between });
    if (mixed) return [mixed];
    const readings = [...all.keys()].map((form) => {
      const inside = between(form).map(({ wall }) => wall);
      return { form, walls: edges([...wallsOf(first, form), ...inside, ...wallsOf(last, form)]) };
    });
    return fullest(readings);
  }
}

function behindNuls(block: Buffer): Buffer {
  return block.subarray(leadingNuls(block));
}

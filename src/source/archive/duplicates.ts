/**
 * The same text under several names: rotated and compressed, copied by hand, or copied when it was shorter. It is read
 * once. Texts that begin alike are compared to the end, by their hashes.
 */
import { createHash } from 'node:crypto';
import { ArchiveError } from '../files/archive-error.ts';
import { openText } from '../files/compression.ts';
import type { Stats } from 'node:fs';

/** A text, as far as it is known before it is read. */
export interface ProbedText {
  readonly path: string;
  readonly stats: Pick<Stats, 'dev' | 'ino'>;
  /** Unix seconds: the modification time in the gzip header, and those of the file and of its duplicates. */
  readonly gzipTime: number | undefined;
  readonly fileTimes: readonly number[];
  readonly compressed: boolean;
  /** Bytes of the uncompressed text. */
  readonly textBytes: number;
  /** The first bytes of the text. */
  readonly head: Buffer;
}

export interface Duplicate {
  readonly path: string;
  /** The file that is read instead. */
  readonly of: string;
  readonly sentence: string;
}

export interface Texts<P extends ProbedText> {
  readonly distinct: readonly P[];
  readonly duplicates: readonly Duplicate[];
}

/** `isOneText`: whether the same text in both would be read once only. */
export async function withoutDuplicates<P extends ProbedText>(
  texts: readonly P[],
  isOneText: (a: P, b: P) => boolean,
  signal?: AbortSignal,
): Promise<Texts<P>> {
  const distinct: P[] = [];
  const duplicates: Duplicate[] = [];
  const hashes = new Hashes(signal);
  // The longest first: a shorter text may be the beginning of a longer one. Of equal ones, what is quickest to read.
  for (const text of texts.toSorted(byLength)) {
    const at = await indexOfWhole(text, distinct, isOneText, hashes);
    const whole = distinct[at];
    if (!whole) distinct.push(text);
    else {
      duplicates.push(duplicate(text, whole));
      if (whole.textBytes === text.textBytes) distinct[at] = withTimesOf(whole, text);
    }
  }
  return { distinct, duplicates };
}

function byLength(a: ProbedText, b: ProbedText): number {
  return b.textBytes - a.textBytes || Number(a.compressed) - Number(b.compressed) || (a.path < b.path ? -1 : 1);
}

function duplicate(text: ProbedText, whole: ProbedText): Duplicate {
  const what = text.textBytes === whole.textBytes ? 'holds the same text as' : 'holds the beginning of';
  return { path: text.path, of: whole.path, sentence: `${text.path} ${what} ${whole.path}, which is read instead` };
}

async function indexOfWhole<P extends ProbedText>(
  text: P,
  longer: readonly P[],
  isOneText: (a: P, b: P) => boolean,
  hashes: Hashes,
): Promise<number> {
  for (const [i, other] of longer.entries()) {
    if (!isOneText(text, other)) continue;
    if (isSameFile(text, other)) return i;
    if (!other.head.subarray(0, text.head.length).equals(text.head)) continue;
    const hash = await hashes.of(text.path, text.textBytes);
    if (hash !== undefined && hash === (await hashes.of(other.path, text.textBytes))) return i;
  }
  return -1;
}

/** One copy's modification time may be right where the other's is that of the copying. */
function withTimesOf<P extends ProbedText>(whole: P, copy: P): P {
  return {
    ...whole,
    gzipTime: whole.gzipTime ?? copy.gzipTime,
    fileTimes: [...whole.fileTimes, ...copy.fileTimes],
  };
}

function isSameFile({ stats: a }: ProbedText, { stats: b }: ProbedText): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Hashes of the first bytes of texts; undefined where the text is shorter by now. */
class Hashes {
  readonly #known = new Map<string, string | undefined>();
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async of(path: string, length: number): Promise<string | undefined> {
    const key = `${length} ${path}`;
    if (!this.#known.has(key)) this.#known.set(key, await hashOf(path, length, this.#signal));
    return this.#known.get(key);
  }
}

async function hashOf(path: string, length: number, signal: AbortSignal | undefined): Promise<string | undefined> {
  const hash = createHash('sha1');
  let missing = length;
  try {
    for await (const block of openText(path, { signal })) {
      hash.update(block.subarray(0, missing));
      missing -= Math.min(missing, block.length);
      if (missing === 0) break;
    }
  } catch (error) {
    // It ends too early, as is known by now; what there is of it has been seen.
    if (!(error instanceof ArchiveError)) throw error;
  }
  return missing === 0 ? hash.digest('hex') : undefined;
}

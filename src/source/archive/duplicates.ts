/**
 * The same text under several names: rotated and compressed, copied by hand, or copied when it was shorter. It is read
 * once. Texts that begin alike are compared to the end, by their hashes.
 */
import { createHash } from 'node:crypto';
import { ArchiveError } from '../files/archive-error.ts';
import { openText } from '../files/compression.ts';
import { sameInode } from '../files/file-stat.ts';
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
  const hashes = new Map<string, Promise<string | undefined>>();
  const hashOf = ({ path }: P, length: number): Promise<string | undefined> => {
    const key = `${length} ${path}`;
    const hash = hashes.get(key) ?? hashOfFirst(path, length, signal);
    hashes.set(key, hash);
    return hash;
  };
  const holds = async (other: P, text: P): Promise<boolean> => {
    if (!isOneText(text, other)) return false;
    if (sameInode(text.stats, other.stats)) return true;
    if (!other.head.subarray(0, text.head.length).equals(text.head)) return false;
    const hash = await hashOf(text, text.textBytes);
    return hash !== undefined && hash === (await hashOf(other, text.textBytes));
  };
  // The longest first: a shorter text may be the beginning of a longer one. Of equal ones, what is quickest to read.
  for (const text of texts.toSorted(byLength)) {
    let whole: P | undefined;
    for (const other of distinct) if (!whole && (await holds(other, text))) whole = other;
    if (!whole) {
      distinct.push(text);
      continue;
    }
    duplicates.push(duplicate(text, whole));
    if (whole.textBytes === text.textBytes) distinct[distinct.indexOf(whole)] = withTimesOf(whole, text);
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

/** One copy's modification time may be right where the other's is that of the copying. */
function withTimesOf<P extends ProbedText>(whole: P, copy: P): P {
  return {
    ...whole,
    gzipTime: whole.gzipTime ?? copy.gzipTime,
    fileTimes: [...whole.fileTimes, ...copy.fileTimes],
  };
}

/** The hash of the first bytes of a text; undefined where it is shorter by now. */
async function hashOfFirst(path: string, length: number, signal?: AbortSignal): Promise<string | undefined> {
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

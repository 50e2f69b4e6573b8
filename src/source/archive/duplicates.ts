/**
 * The same text under several names: rotated and compressed, copied by hand, or copied when it was shorter. It is read
 * once. Texts that begin alike are compared to the end, by their hashes, one after the other: the xz library cannot read
 * two files at a time.
 */
import { createHash } from 'node:crypto';
import { ArchiveError } from '../files/archive-error.ts';
import { openText } from '../files/compression.ts';
import type { Probe } from '../../service/archive/probe.ts';

export interface Duplicate {
  readonly path: string;
  /** The file that is read instead. */
  readonly of: string;
  readonly sentence: string;
}

export interface Texts {
  readonly distinct: readonly Probe[];
  readonly duplicates: readonly Duplicate[];
}

/** `isOneText`: whether the same text in both would be read once only. */
export async function withoutDuplicates(
  looks: readonly Probe[],
  isOneText: (a: Probe, b: Probe) => boolean,
  signal?: AbortSignal,
): Promise<Texts> {
  const distinct: Probe[] = [];
  const duplicates: Duplicate[] = [];
  const hashes = new Hashes(signal);
  // The longest first: a shorter text may be the beginning of a longer one. Of equal ones, what is quickest to read.
  for (const look of looks.toSorted(byLength)) {
    const at = await indexOfWhole(look, distinct, isOneText, hashes);
    const whole = distinct[at];
    if (!whole) distinct.push(look);
    else {
      duplicates.push(duplicate(look, whole));
      if (whole.textBytes === look.textBytes) distinct[at] = withTimesOf(whole, look);
    }
  }
  return { distinct, duplicates };
}

function byLength(a: Probe, b: Probe): number {
  return b.textBytes - a.textBytes || Number(a.compressed) - Number(b.compressed) || (a.path < b.path ? -1 : 1);
}

function duplicate(look: Probe, whole: Probe): Duplicate {
  const what = look.textBytes === whole.textBytes ? 'holds the same text as' : 'holds the beginning of';
  return { path: look.path, of: whole.path, sentence: `${look.path} ${what} ${whole.path}, which is read instead` };
}

async function indexOfWhole(
  look: Probe,
  longer: readonly Probe[],
  isOneText: (a: Probe, b: Probe) => boolean,
  hashes: Hashes,
): Promise<number> {
  for (const [i, other] of longer.entries()) {
    if (!isOneText(look, other)) continue;
    if (isSameFile(look, other)) return i;
    if (!other.head.subarray(0, look.head.length).equals(look.head)) continue;
    const hash = await hashes.of(look.path, look.textBytes);
    if (hash !== undefined && hash === (await hashes.of(other.path, look.textBytes))) return i;
  }
  return -1;
}

/** One copy's modification time may be right where the other's is that of the copying. */
function withTimesOf(whole: Probe, copy: Probe): Probe {
  return {
    ...whole,
    gzipTime: whole.gzipTime ?? copy.gzipTime,
    fileTimes: [...whole.fileTimes, ...copy.fileTimes],
  };
}

function isSameFile({ stats: a }: Probe, { stats: b }: Probe): boolean {
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

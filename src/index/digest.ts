/**
 * One small value that changes with every record of the index, in whatever order they are read.
 *
 * It is stored in each batch, and compared with what a scan finds: a record that is missing, appears twice, or is an older
 * version of itself has a good checksum, but the digest tells. `generation` counts the batches (directory.ts says why).
 */
export type Folded = readonly [part: number, page: number];

export interface Digest {
  generation: number;
  /** Of the index, made up with its first batch: a watermark of another one is told by it. */
  id?: string;
  count: number;
  sum: number;
  xor: number;
  /** How many pages of users there are; none in version 1. */
  pages?: number;
  /** Users by themselves are in these pages, too: of all parts before that one, and in it from that page on (service/folding.ts). */
  folded?: Folded | undefined;
}

export function emptyDigest(): Digest {
  return { generation: 0, count: 0, sum: 0, xor: 0 };
}

export function add(digest: Digest, hash: number): void {
  digest.count += 1;
  digest.sum = (digest.sum + hash) | 0;
  digest.xor ^= hash;
}

export function remove(digest: Digest, hash: number): void {
  digest.count -= 1;
  digest.sum = (digest.sum - hash) | 0;
  digest.xor ^= hash;
}

export function sameRecords(a: Digest, b: Digest): boolean {
  return a.count === b.count && a.sum === b.sum && a.xor === b.xor;
}

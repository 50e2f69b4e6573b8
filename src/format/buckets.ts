/**
 * Numbered things found by a hash: a chain of links for each bucket, and buckets that are split one by one as things come
 * (linear hashing), so that no call takes long however many there are.
 */

/** So many there are at least. */
const LEAST = 1024;

/** Which of so many buckets a hash belongs to, while they become more. */
export class Growth {
  #count: number;
  #half: number;

  constructor(count: number) {
    this.#count = count;
    this.#half = 2 ** Math.floor(Math.log2(count));
  }

  get count(): number {
    return this.#count;
  }

  /** The largest power of two that is not more than the buckets. */
  get half(): number {
    return this.#half;
  }

  bucketOf(hash: number): number {
    const bucket = hash & (this.#half * 2 - 1);
    return bucket < this.#count ? bucket : hash & (this.#half - 1);
  }

  /** The bits of a hash that tell whether it belongs to this bucket: those that are those of its number. */
  maskOf(bucket: number): number {
    const isSplit = bucket >= this.#half || bucket + this.#half < this.#count;
    return (isSplit ? this.#half * 2 : this.#half) - 1;
  }

  /** One bucket more, the last; returns the one that had what belongs to it so far. */
  split(): number {
    const source = this.#count++ - this.#half;
    if (this.#count === this.#half * 2) this.#half *= 2;
    return source;
  }
}

export interface ChainsOptions {
  /** Of a link, which is never 0: where in the words the next one of its chain is kept. */
  readonly nextAt: (link: number) => number;
  readonly hashOf: (link: number) => number;
}

export class Chains {
  /** The first link of each bucket; 0 for none. As long as there may ever be buckets. */
  heads: Int32Array = new Int32Array(0);
  /** Where each link has its next one. */
  words: Int32Array = new Int32Array(0);
  readonly #options: ChainsOptions;
  #growth = new Growth(LEAST);

  constructor(options: ChainsOptions) {
    this.#options = options;
  }

  get growth(): Growth {
    return this.#growth;
  }

  /** Nothing is there yet, and so many things will come. */
  expect(size: number): void {
    this.#growth = new Growth(Math.max(LEAST, Math.min(size, this.heads.length)));
  }

  /** There are so many buckets by now, as something else has split them. */
  grew(count: number): void {
    if (count !== this.#growth.count) this.#growth = new Growth(count);
  }

  first(hash: number): number {
    return this.heads[this.#growth.bucketOf(hash)]!;
  }

  /** `size`: how many there are with this one. */
  add(link: number, hash: number, size: number): void {
    if (size > this.#growth.count && this.#growth.count < this.heads.length) this.#split();
    const bucket = this.#growth.bucketOf(hash);
    this.words[this.#options.nextAt(link)] = this.heads[bucket]!;
    this.heads[bucket] = link;
  }

  remove(link: number, hash: number): void {
    const { words } = this;
    const { nextAt } = this.#options;
    const bucket = this.#growth.bucketOf(hash);
    const next = words[nextAt(link)]!;
    let before = this.heads[bucket]!;
    if (before === link) {
      this.heads[bucket] = next;
      return;
    }
    while (words[nextAt(before)] !== link) before = words[nextAt(before)]!;
    words[nextAt(before)] = next;
  }

  /** One bucket more; what belongs there comes from the one that had it so far. */
  #split(): void {
    const { words } = this;
    const { nextAt, hashOf } = this.#options;
    const added = this.#growth.count;
    const source = this.#growth.split();
    const mask = this.#growth.maskOf(added);
    let kept = 0;
    let moved = 0;
    for (let link = this.heads[source]!; link !== 0;) {
      const at = nextAt(link);
      const next = words[at]!;
      const isMoved = (hashOf(link) & mask) === added;
      words[at] = isMoved ? moved : kept;
      if (isMoved) moved = link;
      else kept = link;
      link = next;
    }
    this.heads[source] = kept;
    this.heads[added] = moved;
  }
}

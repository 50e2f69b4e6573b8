/**
 * Numbers, each of them once: those of what has changed. Of many there is no list, only what says of each number whether it is there: a list of all that a
 * long log changes would be millions, and grow by being copied, so that what is left of the copies is more than all else.
 */

/** So many are in a list, in the order in which they came. */
const LISTED = 16_384;
const LEAST = 64;

export class NumberSet {
  /** By number. */
  #isThere = new Uint8Array(LEAST);
  /** All of them, or none where they are many. */
  #list: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Small ones, as what says whether they are there is as long as the largest. */
  add(number: number): void {
    if (number >= this.#isThere.length) this.#grow(number + 1);
    if (this.#isThere[number] === 1) return;
    this.#isThere[number] = 1;
    this.#size++;
    if (this.#size <= LISTED) this.#list.push(number);
    else if (this.#size === LISTED + 1) this.#list = [];
  }

  /** All of them, which are there no longer. */
  take(): number[] {
    const taken = this.#size > LISTED ? this.#found() : this.#list;
    this.clear();
    return taken;
  }

  clear(): void {
    if (this.#size > LISTED) this.#isThere.fill(0);
    else for (const number of this.#list) this.#isThere[number] = 0;
    this.#list = [];
    this.#size = 0;
  }

  #found(): number[] {
    const found: number[] = [];
    for (let at = this.#isThere.indexOf(1); at >= 0; at = this.#isThere.indexOf(1, at + 1)) found.push(at);
    return found;
  }

  #grow(length: number): void {
    const isThere = new Uint8Array(Math.max(length, this.#isThere.length * 2));
    isThere.set(this.#isThere);
    this.#isThere = isThere;
  }
}

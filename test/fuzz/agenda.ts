/** What is to happen when, in a simulated world. */

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

export class Agenda {
  /** A binary heap. */
  readonly #heap: Entry[] = [];
  #order = 0;
  now: number;

  /** `from`: unix seconds. */
  constructor(from: number) {
    this.now = from;
  }

  /** Whatever is due at the same second happens in the order in which it was planned. */
  plan(at: number, act: () => void): void {
    this.#heap.push({ at: Math.max(at, this.now), order: this.#order++, act });
    for (let i = this.#heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#swapUnlessBefore(parent, i)) break;
      i = parent;
    }
  }

  /** Lets happen what is planned up to `until`. */
  run(until: number): void {
    for (let first; (first = this.#heap[0]) && first.at <= until;) {
      this.#removeFirst();
      this.now = first.at;
      first.act();
    }
    this.now = until;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      if (left >= this.#heap.length) return;
      const child = right < this.#heap.length && this.#isBefore(right, left) ? right : left;
      if (!this.#swapUnlessBefore(i, child)) return;
      i = child;
    }
  }

  #isBefore(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    return !!a && !!b && (a.at - b.at || a.order - b.order) < 0;
  }

  #swapUnlessBefore(upper: number, lower: number): boolean {
    const [a, b] = [this.#heap[upper], this.#heap[lower]];
    if (!a || !b || !this.#isBefore(lower, upper)) return false;
    [this.#heap[upper], this.#heap[lower]] = [b, a];
    return true;
  }
}

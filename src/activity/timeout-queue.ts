/**
 * Sessions that time alone will do something to, in the order of their times: a ring of numbers. All of one queue wait equally
 * long, so what is added last is due last. What became of a session meanwhile is not looked after here: whoever takes it
 * looks whether it still waits since that time.
 */
export class TimeoutQueue {
  /** Two numbers each: the session, and since when it waits, unix seconds. */
  #ring = new Float64Array(64);
  #head = 0;
  #tail = 0;

  /** `since`, unix seconds: not before those added earlier, but for lines out of order, which wait for those before them. */
  add(session: number, since: number): void {
    if (this.#tail - this.#head === this.#ring.length) this.#grow();
    const at = this.#tail & (this.#ring.length - 1);
    this.#ring[at] = session;
    this.#ring[at + 1] = since;
    this.#tail += 2;
  }

  /** Since when the next one waits; Infinity when there is none. */
  get since(): number {
    return this.#head === this.#tail ? Infinity : this.#ring[(this.#head & (this.#ring.length - 1)) + 1]!;
  }

  /** Those that wait since `last`, unix seconds, or longer, each with since when; they stay. */
  *until(last: number): Iterable<readonly [session: number, since: number]> {
    for (let at = this.#head; at < this.#tail; at += 2) {
      const place = at & (this.#ring.length - 1);
      if (this.#ring[place + 1]! > last) return;
      yield [this.#ring[place]!, this.#ring[place + 1]!];
    }
  }

  /** The next one, of which there must be one. */
  take(): number {
    const session = this.#ring[this.#head & (this.#ring.length - 1)]!;
    this.#head += 2;
    return session;
  }

  #grow(): void {
    const grown = new Float64Array(this.#ring.length * 2);
    const from = this.#head & (this.#ring.length - 1);
    grown.set(this.#ring.subarray(from));
    grown.set(this.#ring.subarray(0, from), this.#ring.length - from);
    this.#tail -= this.#head;
    this.#head = 0;
    this.#ring = grown;
  }
}

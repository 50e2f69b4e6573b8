/**
 * Sessions that time alone will do something to, in the order of their times: a ring of numbers. All of one queue wait equally
 * long, so what is added last is due last. What became of a session meanwhile is not looked after here: whoever takes it
 * looks whether it still waits since that time.
 */

/** Before the ring: which of its words is the head's and which the tail's; they go on and on, modulo 2^32. */
const HEAD = 0;
const TAIL = 1;
const RING = 2;
const LEAST = 64;

export class TimeoutQueue {
  /** Two words each: the session, and since when it waits, unix seconds. */
  #words = new Int32Array(RING + LEAST);
  #mask = LEAST - 1;

  get words(): Int32Array {
    return this.#words;
  }

  /** Words of the ring, a power of two. */
  get length(): number {
    return this.#mask + 1;
  }

  /** So many words of the ring are in use. */
  get filled(): number {
    return (this.#words[TAIL]! - this.#words[HEAD]!) >>> 0;
  }

  /** `since`, unix seconds: not before those added earlier, but for lines out of order, which wait for those before them. */
  add(session: number, since: number): void {
    if (this.filled === this.length) this.moveTo(new Int32Array(RING + this.length * 2));
    const at = this.#placeOf(this.#words[TAIL]!);
    this.#words[at] = session;
    this.#words[at + 1] = since;
    this.#words[TAIL]! += 2;
  }

  /** Since when the next one waits; Infinity when there is none. */
  get since(): number {
    return this.filled === 0 ? Infinity : this.#words[this.#placeOf(this.#words[HEAD]!) + 1]! >>> 0;
  }

  /** Those that wait since `last`, unix seconds, or longer, each with since when; they stay. */
  *until(last: number): Iterable<readonly [session: number, since: number]> {
    for (let i = 0, at = this.#words[HEAD]!; i < this.filled; i += 2, at += 2) {
      const place = this.#placeOf(at);
      const since = this.#words[place + 1]! >>> 0;
      if (since > last) return;
      yield [this.#words[place]!, since];
    }
  }

  /** The next one, of which there must be one. */
  take(): number {
    const session = this.#words[this.#placeOf(this.#words[HEAD]!)]!;
    this.#words[HEAD]! += 2;
    return session;
  }

  /** Goes on in other words: a ring that is not smaller, and two before it. */
  moveTo(words: Int32Array<ArrayBuffer>): void {
    const { filled } = this;
    for (let i = 0, at = this.#words[HEAD]!; i < filled; i++, at++) words[RING + i] = this.#words[this.#placeOf(at)]!;
    words[HEAD] = 0;
    words[TAIL] = filled;
    this.#words = words;
    this.#mask = words.length - RING - 1;
  }

  #placeOf(word: number): number {
    return RING + (word & this.#mask);
  }
}

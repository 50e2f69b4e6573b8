/**
 * Session ids that time alone will do something to, in the order of their times. All of one queue wait equally long, so a queue
 * is enough: an array, since a Set that is emptied from its head is slow to find it. What became of an id meanwhile is not
 * looked after here: whoever takes it looks.
 */
export class Deadlines {
  #ids: string[] = [];
  #times: number[] = [];
  #head = 0;

  /** `at`, unix seconds: not before those added earlier, but for lines out of order, which wait for those before them. */
  add(id: string, at: number): void {
    this.#ids.push(id);
    this.#times.push(at);
  }

  /** Whether the time of the next id is not after `now`. */
  isDue(now: number): boolean {
    return (this.#times[this.#head] ?? Infinity) <= now;
  }

  /** The next id whose time is not after `now`; undefined when there is none. */
  take(now: number): string | undefined {
    if (!this.isDue(now)) return undefined;
    const id = this.#ids[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#ids.length) this.#compact();
    return id;
  }

  #compact(): void {
    this.#ids = this.#ids.slice(this.#head);
    this.#times = this.#times.slice(this.#head);
    this.#head = 0;
  }
}

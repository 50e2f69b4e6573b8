/**
 * Holds a log's events back at the full hour until the hour has been counted. A sample takes in no line with a later stamp,
 * and a count waits for all logs; so a log that has come to the hour first waits for the others. The follower waits with it,
 * and the lines stay where they are safe: on disk.
 */
export class HourBarrier {
  #closedAfter = Infinity;
  #waiting: (() => void)[] = [];
  #watchers: (() => void)[] = [];
  #isClosed = false;

  /** Events after `instant`, unix seconds, wait from now on; those that waited for an earlier instant go on. */
  closeAfter(instant: number): void {
    this.#closedAfter = instant;
    this.#wake();
  }

  /** The instant after which events wait, unix seconds. */
  get closedAfter(): number {
    return this.#closedAfter;
  }

  /** Resolves when an event of the instant `at` may be taken in: true; or when the program stops and it may not: false. */
  async pass(at: number): Promise<boolean> {
    while (at > this.#closedAfter && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        for (const notify of this.#watchers.splice(0)) notify();
      });
    }
    return at <= this.#closedAfter;
  }

  /** Whether an event waits here. */
  get isHolding(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves as soon as an event waits here. */
  waiting(): Promise<void> {
    if (this.isHolding) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  /** Whoever waits, or will come to wait, is turned away. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

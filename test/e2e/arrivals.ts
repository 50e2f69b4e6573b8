/**
 * Things that arrive one by one (lines of a log, packets, pieces of a stream), and waiting for the one that matters.
 * Every wait of the end-to-end tests is such a wait, with a deadline and a name: none of them sleeps.
 */
import { DEADLINE_MS } from '../deadline.ts';

export class Arrivals<T extends object | string> {
  readonly all: T[] = [];
  readonly #wakes = new Set<() => void>();
  #broken: Error | undefined;

  add(item: T): void {
    this.all.push(item);
    this.#wake();
  }

  /** Nothing more will arrive; whoever waits is told why. */
  end(why: Error): void {
    this.#broken = why;
    this.#wake();
  }

  /** Somebody waits for what has not come. */
  get awaited(): boolean {
    return this.#wakes.size > 0;
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
  }

  /** The first item from index `from` on that `matches`; rejects after `within` milliseconds or when nothing can come. */
  first(what: string, matches: (item: T) => boolean, from = 0, within = DEADLINE_MS): Promise<T> {
    let next = from;
    const look = (): T | undefined => {
      while (next < this.all.length) {
        const item = this.all[next++];
        if (item !== undefined && matches(item)) return item;
      }
      return undefined;
    };
    return this.until(what, look, within);
  }

  /** What `look` gives as soon as it is not undefined; looked at again with every arrival. */
  until<R>(what: string, look: () => R | undefined, within = DEADLINE_MS): Promise<R> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#wakes.delete(wake);
        finish();
      };
      const wake = (): void => {
        const result = look();
        if (result !== undefined) settle(() => resolve(result));
        else if (this.#broken) settle(() => reject(new Error(`no ${what}`, { cause: this.#broken })));
      };
      const timer = setTimeout(() => settle(() => reject(new Error(this.#late(what, within)))), within);
      this.#wakes.add(wake);
      wake();
    });
  }

  #late(what: string, within: number): string {
    const last = this.all.slice(-5).map((item) => `  ${JSON.stringify(item)}`);
    return `no ${what} within ${within} ms; the last arrivals were\n${last.join('\n')}`;
  }
}

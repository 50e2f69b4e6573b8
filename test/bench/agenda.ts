/** Lines to be written, and addresses that will be free again, by minute; the lines of a minute in the order of their times. */

const MINUTE = 60;

interface Minute {
  readonly lines: { readonly at: number; readonly text: string }[];
  readonly freed: string[];
}

export class Agenda {
  readonly #minutes = new Map<number, Minute>();
  #next: number;

  /** `start`: unix seconds. */
  constructor(start: number) {
    this.#next = Math.floor(start / MINUTE);
  }

  /** Where the minute that is filled now ends, unix seconds. */
  get end(): number {
    return (this.#next + 1) * MINUTE;
  }

  add(at: number, text: string): void {
    this.#of(at).lines.push({ at, text });
  }

  free(at: number, id: string): void {
    this.#of(at).freed.push(id);
  }

  /** What is noted for the minutes that are over at `at`, unix seconds. */
  *until(at: number): Iterable<{ readonly text: string; readonly freed: readonly string[] }> {
    for (const end = Math.floor(at / MINUTE); this.#next < end; this.#next++) {
      const minute = this.#minutes.get(this.#next);
      if (!minute) continue;
      this.#minutes.delete(this.#next);
      minute.lines.sort((a, b) => a.at - b.at);
      yield { text: minute.lines.map(({ text }) => text).join(''), freed: minute.freed };
    }
  }

  #of(at: number): Minute {
    const number = Math.max(this.#next, Math.floor(at / MINUTE));
    const minute = this.#minutes.get(number) ?? { lines: [], freed: [] };
    this.#minutes.set(number, minute);
    return minute;
  }
}

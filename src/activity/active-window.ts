/**
 * How many users of one host were last seen in which hour, and from that the users active in the windows that end at an
 * instant, without a pass over the users: a running sum for each window.
 *
 * The hours begin one second late, at hh:00:01: an edge at a full hour then never cuts an hour, because "active" is
 * `t - lastSeen < w`, strictly, and the second of the edge itself is outside. Who was seen in an hour that is cut, the users
 * themselves have to tell.
 */

/** How many users of one host were active in the day, the week and the 30 days before `at` (unix seconds), and where that is asked for in 180 days. */
export interface HostCounts {
  readonly at: number;
  readonly host: string;
  readonly d1: number;
  readonly d7: number;
  readonly d30: number;
  readonly d180?: number;
}

/** The same, and how many were online then. */
export interface UserSample extends HostCounts {
  /** With an open session. */
  readonly online: number;
}

export interface Sample extends UserSample {
  /** Per window, the shortest first: how many of its seconds the logs cover. Where that is less, the count is a lower bound. */
  readonly covered: readonly number[];
}

const HOUR = 3600;
/** The windows of every `Sample`, in seconds. */
export const WINDOWS = [86_400, 604_800, 2_592_000] as const;

/** The hour of an instant in unix seconds. */
export const hourOf = (second: number): number => Math.floor((second - 1) / HOUR);
/** The last second of an hour. */
export const endOfHour = (hour: number): number => (hour + 1) * HOUR;

export class ActiveWindow {
  /** A ring of hours, as many as a power of two; the first of them, and how many there are. */
  #counts = new Int32Array(16);
  #first = 0;
  #length = 0;
  /** Per window: the hour that holds its edge, and the users last seen in hours behind it. */
  readonly #edges: number[];
  readonly #sums: number[];

  /** `windows`: how many there are. */
  constructor(windows: number) {
    this.#edges = Array.from({ length: windows }, () => -Infinity);
    this.#sums = this.#edges.map(() => 0);
  }

  /** A user without open session, last seen at `second`, comes (+1) or goes (-1). */
  count(second: number, by: 1 | -1): void {
    this.countIn(hourOf(second), by);
  }

  /** So many more of them who were last seen in an hour. */
  countIn(hour: number, by: number): void {
    if (this.#length === 0 || hour < this.#first || hour >= this.#first + this.#length) this.#include(hour);
    this.#counts[hour & (this.#counts.length - 1)]! += by;
    for (let w = 0; w < this.#edges.length; w++) if (hour > this.#edges[w]!) this.#sums[w]! += by;
  }

  /** Those last seen in the hours behind that of a window's edge, in unix seconds. The edge mostly goes on by an hour. */
  behind(window: number, edge: number): number {
    const hour = hourOf(edge);
    const before = this.#edges[window]!;
    const [from, to, sign] = hour > before ? [before, hour, -1] : [hour, before, 1];
    const end = Math.min(to + 1, this.#first + this.#length);
    for (let h = Math.max(from + 1, this.#first); h < end; h++) this.#sums[window]! += sign * this.#of(h);
    this.#edges[window] = hour;
    return this.#sums[window]!;
  }

  /** The last hour in which anybody was seen last; -Infinity when there is nobody. */
  get newest(): number {
    let hour = this.#first + this.#length - 1;
    while (hour >= this.#first && this.#of(hour) === 0) hour--;
    return hour < this.#first ? -Infinity : hour;
  }

  #of(hour: number): number {
    return this.#counts[hour & (this.#counts.length - 1)]!;
  }

  #include(hour: number): void {
    if (this.#length === 0) [this.#first, this.#length] = [hour, 1];
    this.#dropEmpty();
    const first = Math.min(hour, this.#first);
    const length = Math.max(hour + 1, this.#first + this.#length) - first;
    if (length > this.#counts.length) this.#grow(length);
    [this.#first, this.#length] = [first, length];
  }

  /** Hours in which nobody was seen last any more make room for new ones. */
  #dropEmpty(): void {
    while (this.#length > 1 && this.#of(this.#first) === 0) {
      this.#first++;
      this.#length--;
    }
  }

  #grow(length: number): void {
    const grown = new Int32Array(2 ** Math.ceil(Math.log2(length)));
    for (let h = this.#first; h < this.#first + this.#length; h++) grown[h & (grown.length - 1)] = this.#of(h);
    this.#counts = grown;
  }
}

/**
 * Exact sliding counts of one host for 1, 7 and 30 days, without a pass over its users.
 *
 * Users with an open session are a number. All others are counted by the second in which they were last seen, the seconds
 * grouped by the hour, so that time moves a window's edge past a whole hour at once; a running sum per window makes a
 * count a read. The hours begin one second late, at hh:00:01: an edge at a full hour then never cuts a group, because
 * "active" is `t - lastSeen < w`, strictly, and the second of the edge itself is outside.
 */

/** How many users of one host were active in the day, the week and the 30 days before `at` (unix seconds). */
export interface HostCounts {
  readonly at: number;
  readonly host: string;
  readonly d1: number;
  readonly d7: number;
  readonly d30: number;
}

export interface Sample extends HostCounts {
  /** Per window, in the order of `WINDOWS`: how many of its seconds the logs cover. Where that is less, the count is a lower bound. */
  readonly covered: readonly number[];
}

const HOUR = 3600;
/** The windows of `Sample`, in seconds. */
export const WINDOWS = [86_400, 604_800, 2_592_000] as const;
const LONGEST = WINDOWS[2];

interface Hour {
  users: number;
  readonly bySecond: Map<number, number>;
}

const hourOf = (second: number): number => Math.floor((second - 1) / HOUR);

export class ActiveWindow {
  #open = 0;
  readonly #hours = new Map<number, Hour>();
  /** Per window: the last second that is outside, and the users last seen after it. */
  readonly #edges: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  readonly #sums: [number, number, number] = [0, 0, 0];
  /** The latest second in which anybody was ever seen. */
  #newest = -Infinity;

  /** A user without open session, last seen at `second`, comes (+1) or goes (-1). */
  count(second: number, by: 1 | -1): void {
    const hour = this.#hour(second, by);
    if (!hour) return;
    const users = (hour.bySecond.get(second) ?? 0) + by;
    if (users === 0) hour.bySecond.delete(second);
    else hour.bySecond.set(second, users);
    hour.users += by;
    if (second > this.#newest) this.#newest = second;
    for (const w of [0, 1, 2] as const) if (second > this.#edges[w]) this.#sums[w] += by;
  }

  /** A user gets (+1) their first or loses (-1) their last open session. */
  countOpen(by: 1 | -1): void {
    this.#open += by;
  }

  /** The counts at `at`, unix seconds; never earlier than the time asked for before. */
  at(at: number): readonly [number, number, number] {
    for (const w of [0, 1, 2] as const) this.#moveEdge(w, at - WINDOWS[w]);
    this.#forgetBefore(at - LONGEST);
    const [d1, d7, d30] = this.#sums;
    const there = this.#open - this.#usersAfter(at);
    return [there + d1, there + d7, there + d30];
  }

  /** Those last seen after `at` count from their own time on; mostly there are none. */
  #usersAfter(at: number): number {
    let users = 0;
    if (this.#newest <= at) return users;
    for (const [key, hour] of this.#hours) if ((key + 1) * HOUR > at) users += usersIn(hour, at, Infinity);
    return users;
  }

  #hour(second: number, by: number): Hour | undefined {
    // Hours behind the longest window are forgotten, and so is whoever was counted there.
    if (second <= this.#edges[2]) return undefined;
    const key = hourOf(second);
    const known = this.#hours.get(key);
    if (known || by < 0) return known;
    const hour = { users: 0, bySecond: new Map<number, number>() };
    this.#hours.set(key, hour);
    return hour;
  }

  #moveEdge(w: 0 | 1 | 2, to: number): void {
    const from = this.#edges[w];
    if (to <= from) return;
    this.#sums[w] -= this.#usersBetween(from, to);
    this.#edges[w] = to;
  }

  /** Users last seen in (from, to]. */
  #usersBetween(from: number, to: number): number {
    const last = hourOf(to);
    let users = 0;
    for (const key of this.#hoursFrom(from, last)) {
      const hour = this.#hours.get(key);
      if (!hour) continue;
      const whole = key * HOUR + 1 > from && (key + 1) * HOUR <= to;
      users += whole ? hour.users : usersIn(hour, from, to);
    }
    return users;
  }

  /** The shorter of the two ways to the hours in question: all that are held, or those in between. */
  *#hoursFrom(from: number, last: number): Iterable<number> {
    if (from === -Infinity || last - hourOf(from) > this.#hours.size) {
      for (const key of this.#hours.keys()) if (key <= last) yield key;
    } else {
      for (let key = hourOf(from + 1); key <= last; key++) yield key;
    }
  }

  #forgetBefore(edge: number): void {
    // Insertion order is nearly time order: look at the oldest only, the rest is forgotten when its turn comes.
    for (const [key, hour] of this.#hours) {
      if ((key + 1) * HOUR > edge && hour.users > 0) break;
      this.#hours.delete(key);
    }
  }
}

function usersIn(hour: Hour, from: number, to: number): number {
  let users = 0;
  for (const [second, n] of hour.bySecond) if (second > from && second <= to) users += n;
  return users;
}

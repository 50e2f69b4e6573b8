/**
 * What time alone changes of a count, before any line tells it: hibernations and BOSH sessions that are over, and what was
 * seen at a time that had not come yet. Only the count is another one: the clock may be wrong, and then all stays as it was.
 */

/** A session that is over: its user, by number, and when they are taken to have been seen last, unix seconds. */
export interface Over {
  readonly user: number;
  readonly seen: number;
}

/** Of one user: how many sessions are over, and when they were seen last, as far as that adds to what is known of them. */
export interface Untold {
  readonly closed: number;
  readonly seen: number;
}

/** By user. `ahead`: when users will have been seen whose time had not come; at `at` some has. Unix seconds. */
export function untold(
  over: Iterable<Over>,
  ahead: ReadonlyMap<number, number>,
  at: number,
): ReadonlyMap<number, Untold> {
  const changed = new Map<number, Untold>();
  const add = (user: number, closed: number, seen: number): void => {
    const before = changed.get(user);
    changed.set(user, { closed: closed + (before?.closed ?? 0), seen: Math.max(seen, before?.seen ?? 0) });
  };
  for (const { user, seen } of over) add(user, 1, seen);
  for (const [user, seen] of ahead) if (seen <= at) add(user, 0, seen);
  return changed;
}

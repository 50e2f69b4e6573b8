/** The words of a user beside the name's own (format/name-table.ts); an instant of 0 is none. */
import { hourOf } from './active-window.ts';
import { NAME_WORDS, OWN, type NameTable } from '../format/name-table.ts';

export const LOGIN = OWN;
export const LOGOUT = OWN + 1;
/** Flags, and above them the number of the host. */
export const BITS = OWN + 2;
/** Sessions that are open, and above them events that are decoded and still to be taken in. */
export const OPEN = OWN + 3;
/** The first session of the user's list. */
export const SESSIONS = OWN + 4;

/** Of `BITS`: something is stored of the user. */
export const KNOWN = 1;
export const DISABLED = 2;
export const RESUMES = 4;
/** Of a node of a cluster: something of the user is still to be sent. */
export const UNSENT = 8;
export const EXCLUDED = 16;
/** The host has been looked up. */
export const PLACED = 32;
/** Seen at a time that has not come yet. */
export const AHEAD = 64;
/** Of a node of a cluster: sent last as one who is online. */
export const SENT_OPEN = 128;
export const HOST_SHIFT = 8;

/** Of `OPEN`. */
export const OPEN_MASK = 0xffff;
export const PENDING = 0x1_0000;

const HOUR = 3600;

type Words = Pick<NameTable, 'words' | 'times'>;

export function has({ words }: Words, user: number, flag: number): boolean {
  return (words[user * NAME_WORDS + BITS]! & flag) !== 0;
}

/** How many sessions of the user are open. */
export function openSessions({ words }: Words, user: number): number {
  return words[user * NAME_WORDS + OPEN]! & OPEN_MASK;
}

export const isOpen = (words: Words, user: number): boolean => openSessions(words, user) > 0;

/** Unix seconds; 0 for never. */
export function lastSeen({ times }: Words, user: number): number {
  return Math.max(times[user * NAME_WORDS + LOGIN]!, times[user * NAME_WORDS + LOGOUT]!);
}

/** Behind `after` and up to `until`, unix seconds. */
export interface Range {
  readonly after: number;
  readonly until: number;
}

/**
 * By the number of the host, and for each range: how many of those who are offline were last seen in it. `uncounted`: flags of
 * those who do not count. A million users are gone through in some milliseconds, so no call is made for one.
 */
export function countSeen(
  { words, times, end }: Pick<NameTable, 'words' | 'times' | 'end'>,
  ranges: readonly Range[],
  uncounted: number,
): ReadonlyMap<number, readonly number[]> {
  const counts = new Map<number, number[]>();
  const { begin, isIn, isLater } = hoursOf(ranges);
  for (let at = 0; at < end * NAME_WORDS; at += NAME_WORDS) {
    const login = times[at + LOGIN]!;
    const logout = times[at + LOGOUT]!;
    const seen = login > logout ? login : logout;
    // As `hourOf`, of what is no fraction and not negative.
    const hour = (((seen - 1) / HOUR) | 0) - begin;
    if (hour < 0 || (hour < isIn.length ? isIn[hour] === 0 : !isLater)) continue;
    if (seen === 0 || (words[at + OPEN]! & OPEN_MASK) !== 0) continue;
    const bits = words[at + BITS]!;
    if ((bits & (KNOWN | uncounted)) !== KNOWN) continue;
    for (let i = 0; i < ranges.length; i++) {
      const { after, until } = ranges[i]!;
      if (seen <= after || seen > until) continue;
      const ofHost = counts.get(bits >>> HOST_SHIFT) ?? ranges.map(() => 0);
      counts.set(bits >>> HOST_SHIFT, ofHost);
      ofHost[i]!++;
    }
  }
  return counts;
}

/** The hours in which any of the ranges lies, from `begin` on; `isLater`: so do all behind those. Nearly all users were seen in others. */
function hoursOf(ranges: readonly Range[]): { begin: number; isIn: Uint8Array; isLater: boolean } {
  const hours = ranges
    .filter(({ after, until }) => after < until)
    .map(({ after, until }) => [hourOf(after + 1), until === Infinity ? Infinity : hourOf(until)] as const);
  const begin = Math.min(...hours.map(([first]) => first));
  const end = Math.max(begin, ...hours.map(([first, last]) => (last === Infinity ? first : last))) + 1;
  const isIn = new Uint8Array(hours.length > 0 ? end - begin : 0);
  for (const [first, last] of hours) isIn.fill(1, first - begin, Math.min(last + 1, end) - begin);
  return { begin, isIn, isLater: hours.some(([, last]) => last === Infinity) };
}

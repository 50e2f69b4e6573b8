/**
 * Where each user counts: on their host, among those who are online or in the hour in which they were last seen; and the
 * counts of all hosts at an instant that follow from that.
 */
import { NAME_WORDS, type NameTable } from '../format/name-table.ts';
import { endOfHour, hourOf, WINDOWS, type UserSample } from './active-window.ts';
import { exclusionOf } from './exclusion.ts';
import { HostTable, type Host } from './host-table.ts';
import { BOUND, isOnlineState, NONE } from './session-state.ts';
import type { SessionTable } from './session-table.ts';
import { untold, type Over, type Untold } from './time-alone.ts';
import {
  BITS,
  countSeen,
  DISABLED,
  EXCLUDED,
  has,
  HOST_SHIFT,
  isOpen,
  KNOWN,
  lastSeen,
  LOGIN,
  LOGOUT,
  OPEN,
  OPEN_MASK,
  openSessions,
  PLACED,
  type Range,
} from './user-words.ts';

export interface CountOptions {
  /** Hosts and bare JIDs that never count, and patterns of them, case-folded. */
  readonly exclude: readonly string[];
  /** Whether a disabled account counts. */
  readonly includeDisabled: boolean;
  /** Days, the shortest first: 1, 7, 30 and where that is asked for 180. */
  readonly windows?: readonly number[];
  /** Unsigned 32 bits that nobody outside can guess: whoever can makes names that are slow to find. */
  readonly seed?: number;
}

/** Of one user at an instant; unix seconds. */
export interface Standing {
  /** 0 where it is not known. */
  readonly login: number;
  readonly seen: number;
  readonly isOpen: boolean;
}

const AT_SIGN = 64;
const HOUR = 3600;
const DAY = 86_400;
/** It has no instant. */
const NEVER: Range = { after: Infinity, until: Infinity };

export class UserCounts {
  /** In seconds, the shortest first. */
  readonly windows: readonly number[];
  /** When those will have been seen whose time has not come yet; unix seconds. */
  readonly ahead = new Map<number, number>();
  readonly #names: NameTable;
  readonly #hosts: HostTable;
  /** Puts back what is known of a user who is named again. */
  bring: ((user: number) => void) | undefined;
  /** Undefined where everybody counts. */
  readonly #isExcluded: ((jid: string) => boolean) | undefined;
  /** Flags of those who do not count. */
  readonly #uncounted: number;
  /** Of whom something later than the next count was taken in: when they were last seen before, unix seconds; Infinity if online. */
  readonly #before = new Map<number, number>();

  readonly #sessions: SessionTable;

  constructor(names: NameTable, sessions: SessionTable, options: CountOptions) {
    const { exclude, includeDisabled, windows, seed = 0 } = options;
    this.#names = names;
    this.#sessions = sessions;
    this.windows = windows?.map((days) => days * DAY) ?? WINDOWS;
    this.#hosts = new HostTable(seed, this.windows.length);
    this.#isExcluded = exclude.length > 0 ? exclusionOf(exclude) : undefined;
    this.#uncounted = EXCLUDED | (includeDisabled ? 0 : DISABLED);
  }

  /** Whether the user never counts. */
  isExcluded(jid: string): boolean {
    return this.#isExcluded?.(jid) ?? false;
  }

  /** Whether the user is not excluded; disabled ones are not looked after here. */
  isCounted(user: number): boolean {
    const bits = this.#names.words[user * NAME_WORDS + BITS]!;
    return ((bits & PLACED ? bits : this.#place(user)) & EXCLUDED) === 0;
  }

  /** Looks up the host of a user who is new. */
  #place(user: number): number {
    const { arena } = this.#names;
    const [from, to] = this.#names.placeOf(user);
    let host = from;
    while (host < to && arena[host] !== AT_SIGN) host++;
    // Without one it is a host itself.
    const number = this.#hosts.hold(arena, host < to ? host + 1 : from, to);
    const isExcluded = this.#isExcluded?.(this.#names.text(user)) ?? false;
    const bits = (this.#names.words[user * NAME_WORDS + BITS]! |=
      PLACED | (isExcluded ? EXCLUDED : 0) | (number << HOST_SHIFT));
    this.bring?.(user);
    return bits;
  }

  /** As of `Users`: one who is not in memory. False for one who never counts. */
  countAbsent(bytes: Buffer, from: number, to: number, seen: number, isDisabled: boolean): boolean {
    if (this.#isExcluded?.(bytes.toString('utf8', from, to))) return false;
    const host = bytes.subarray(from, to).indexOf(AT_SIGN) + 1;
    const number = this.#hosts.hold(bytes, from + host, to);
    this.#hosts.at(number).isKnown = true;
    this.#hosts.at(number).users++;
    this.countOn(number, isDisabled && this.#uncounted & DISABLED ? 0 : 1, false, seen);
    this.#hosts.letGo(number);
    return true;
  }

  /** Something is known of a user who is not excluded. */
  come(user: number): void {
    const host = this.#hostOf(user);
    host.isKnown = true;
    host.users++;
  }

  /** Nothing is known of the user any more. */
  go(user: number): void {
    this.#hostOf(user).users--;
  }

  /** The name is gone. */
  letGo(user: number): void {
    if (has(this.#names, user, PLACED)) this.#hosts.letGo(this.#hostNumber(user));
  }

  /** Drops hosts without users of which none was seen since `second`. */
  forgetHostsUnseenSince(second: number): void {
    this.#hosts.forgetUnseenSince(second);
  }

  /** What is taken in next of a user is later than the next count, which goes by what is known now, and by what comes late. */
  noteBefore(user: number): void {
    if (this.#before.has(user)) return;
    this.#before.set(user, isOpen(this.#names, user) ? Infinity : lastSeen(this.#names, user));
  }

  /** The user counts from now on, by what is known of them. */
  enter(user: number): void {
    this.#count(user, 1);
  }

  /** To be called before something else becomes known of a user who counts. */
  leave(user: number): void {
    this.#count(user, -1);
  }

  #count(user: number, by: 1 | -1): void {
    if (has(this.#names, user, EXCLUDED)) return;
    const at = lastSeen(this.#names, user);
    const isUncounted = has(this.#names, user, this.#uncounted);
    this.countOn(this.#hostNumber(user), isUncounted ? 0 : by, isOpen(this.#names, user), at);
  }

  /** So many more on a host who are online, or are not and were last seen at `at`, unix seconds; 0 for one who does not count. */
  countOn(number: number, by: 1 | 0 | -1, isOnline: boolean, at: number): void {
    const host = this.#hosts.at(number);
    if (at > host.seenAt) host.seenAt = at;
    if (by === 0) return;
    if (isOnline) host.open += by;
    else if (at > 0) host.window.count(at, by);
  }

  /** So many more on a host who are online; when any user was seen, unix seconds. */
  countOnline(number: number, by: number, seenAt: number): void {
    const host = this.#hosts.at(number);
    host.open += by;
    if (seenAt > host.seenAt) host.seenAt = seenAt;
  }

  /** So many more on a host who are not, and were last seen in an hour. */
  countIn(number: number, hour: number, by: number): void {
    this.#hosts.at(number).window.countIn(hour, by);
  }

  /** The counts at `at` of every host seen so far, by host. `over`: sessions that time alone has ended. */
  sample(at: number, over: Iterable<Over> = []): UserSample[] {
    const counts = this.peek(at, over);
    this.#before.clear();
    return counts;
  }

  /** The same, asked in between: the count to come stays what it will be. */
  peek(at: number, over: Iterable<Over>): UserSample[] {
    const untold = this.#untoldBy(at, over);
    const seen = this.#seenIn([...this.windows.map((window) => hourCutAt(at - window)), this.#rangeAfter(at)]);
    const counts: UserSample[] = [];
    for (const [number, host] of this.#hosts.known()) {
      const ofHost = seen.get(number) ?? [];
      const differences = untold.get(number) ?? [];
      const there = host.open - (ofHost[this.windows.length] ?? 0);
      const [d1 = 0, d7 = 0, d30 = 0, d180] = this.windows.map(
        (window, w) => there + host.window.behind(w, at - window) + (ofHost[w] ?? 0) + (differences[w] ?? 0),
      );
      const online = host.open + (differences[this.windows.length] ?? 0);
      counts.push({ at, host: host.name, online, d1, d7, d30, ...(d180 !== undefined && { d180 }) });
    }
    return counts.toSorted((a, b) => (a.host < b.host ? -1 : 1));
  }

  /**
   * By how much the counts of each host are others, per window and of those online, than what is known of its users now: for
   * what time alone has ended, and for what was taken in before its time; by the number of the host.
   */
  #untoldBy(at: number, over: Iterable<Over>): ReadonlyMap<number, readonly number[]> {
    const differences = new Map<number, number[]>();
    for (const [user, { closed, seen }] of untold(over, this.ahead, at)) {
      const open = this.#names.words[user * NAME_WORDS + OPEN]! & OPEN_MASK;
      if (open <= closed && !this.#before.has(user))
        this.#differ(differences, user, at, Math.max(lastSeen(this.#names, user), seen));
    }
    for (const [user, before] of this.#before)
      this.#differ(differences, user, at, Math.max(before, this.#seenBy(user, at)));
    return differences;
  }

  /** A user was last seen at `last`, unix seconds; Infinity for who is online. */
  #differ(differences: Map<number, number[]>, user: number, at: number, last: number): void {
    if (!has(this.#names, user, KNOWN) || has(this.#names, user, this.#uncounted)) return;
    const isIn = (seen: number, window: number): boolean => seen <= at && at - seen < window;
    const difference = differences.get(this.#hostNumber(user)) ?? [...this.windows.map(() => 0), 0];
    const [wasOpen, isOpenNow] = [last === Infinity, isOpen(this.#names, user)];
    for (const [w, window] of this.windows.entries())
      difference[w]! +=
        Number(wasOpen || isIn(last, window)) - Number(isOpenNow || isIn(lastSeen(this.#names, user), window));
    difference[this.windows.length]! += Number(wasOpen) - Number(isOpenNow);
    differences.set(this.#hostNumber(user), difference);
  }

  /** When a user was last seen up to an instant, as far as that is known; Infinity for who was online by then, and is. */
  #seenBy(user: number, instant: number): number {
    if (isOnlineSince(this.#sessions, user, instant)) return Infinity;
    const { times } = this.#names;
    const [login, logout] = [times[user * NAME_WORDS + LOGIN]!, times[user * NAME_WORDS + LOGOUT]!];
    const sightings = [login, logout, this.ahead.get(user) ?? 0];
    return Math.max(...sightings.map((seen) => (seen <= instant ? seen : 0)));
  }

  /** Of each host, how many of those who are offline and count were last seen in each range; by the number of the host. */
  #seenIn(ranges: readonly Range[]): ReadonlyMap<number, readonly number[]> {
    if (ranges.every(({ after, until }) => after >= until)) return new Map();
    return countSeen(this.#names, ranges, this.#uncounted);
  }

  /** Who was last seen after an instant counts from their own time on. Mostly there is nobody. */
  #rangeAfter(instant: number): Range {
    const hour = hourOf(instant + 1);
    const isAny = [...this.#hosts.known()].some(([, { window }]) => window.newest >= hour);
    return isAny ? { after: instant, until: Infinity } : NEVER;
  }

  /** What time alone has changed by `at`, unix seconds; by user. */
  untold(over: Iterable<Over>, at: number): ReadonlyMap<number, Untold> {
    return untold(over, this.ahead, at);
  }

  /** How a user stands at `at`, unix seconds, as they are counted then; undefined where nothing is known by then. */
  standing(user: number, at: number, changed: ReadonlyMap<number, Untold>): Standing | undefined {
    const { times } = this.#names;
    const upTo = (seen: number): number => (seen <= at ? seen : 0);
    // What was ahead is a login, as it is where it is put back when its time has come.
    const login = Math.max(upTo(times[user * NAME_WORDS + LOGIN]!), upTo(this.ahead.get(user) ?? 0));
    const seen = Math.max(login, upTo(times[user * NAME_WORDS + LOGOUT]!));
    const before = this.#before.get(user);
    const { closed = 0, seen: told = 0 } = changed.get(user) ?? {};
    const last =
      before === undefined
        ? openSessions(this.#names, user) > closed
          ? Infinity
          : Math.max(seen, told)
        : Math.max(before, this.#seenBy(user, at));
    if (last === 0) return undefined;
    // Of one who is online and was seen again since, the time before is not known any more.
    return last === Infinity ? { login, seen: seen || at, isOpen: true } : { login, seen: last, isOpen: false };
  }

  /** Whether more is known of a user than how they stood at `at`, unix seconds. */
  isBeyond(user: number, at: number): boolean {
    return this.#before.has(user) || Math.max(lastSeen(this.#names, user), this.ahead.get(user) ?? 0) > at;
  }

  #hostNumber(user: number): number {
    return this.#names.words[user * NAME_WORDS + BITS]! >>> HOST_SHIFT;
  }

  #hostOf(user: number): Host {
    return this.#hosts.at(this.#hostNumber(user));
  }
}

/** Whether any session of a user is online since `instant`, unix seconds, or longer. */
function isOnlineSince(sessions: SessionTable, user: number, instant: number): boolean {
  let session = sessions.firstOfAny(user);
  while (session !== NONE && onlineSince(sessions, session) > instant) session = sessions.nextOfAny(session);
  return session !== NONE;
}

/** Infinity when it is not. Of late lines only a bind names its user, whose login may come behind it. */
function onlineSince(sessions: SessionTable, session: number): number {
  const state = sessions.stateOf(session);
  const at = sessions.atOf(session);
  if (!isOnlineState(state)) return Infinity;
  return state === BOUND ? at : Math.max(at, sessions.sinceOf(session));
}

/** What lies behind an instant in unix seconds, but in its hour: nothing behind the last second of one. */
function hourCutAt(instant: number): Range {
  return instant % HOUR === 0 ? NEVER : { after: instant, until: endOfHour(hourOf(instant)) };
}

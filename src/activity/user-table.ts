/**
 * Every user seen in the last weeks: last login, last logout, open sessions; and the counts per host that follow from them.
 * Last seen is a maximum, so a line read twice or late does no harm here. A user is a number, that of the name; all that is
 * known of one user are eight words beside each other (format/name-table.ts), so that a change makes no object.
 */
import { NAME_WORDS, NameTable, type NameSpace } from '../format/name-table.ts';
import { endOfHour, hourOf, WINDOWS, type HostCounts } from './active-window.ts';
import { exclusionOf } from './exclusion.ts';
import { HostTable, type Host } from './host-table.ts';
import { Removals } from './removals.ts';
import { SessionTable } from './session-table.ts';
import { untold, type Over } from './time-alone.ts';
import { UserPages } from './user-pages.ts';
import {
  AHEAD,
  BITS,
  countSeen,
  DISABLED,
  EXCLUDED,
  HOST_SHIFT,
  KNOWN,
  LOGIN,
  LOGOUT,
  OPEN,
  OPEN_MASK,
  PENDING,
  PLACED,
  RESUMES,
  SESSIONS,
  type Range,
} from './user-words.ts';

/** What is kept of a user between runs; unix seconds. */
export interface LastSeen {
  login?: number;
  logout?: number;
  disabled?: true;
  /** Was seen to resume a session (XEP-0198), so a disconnect may be followed by hibernation. */
  resumes?: true;
  /** Seen at a time that had not come yet when it was put back: it counts once it has. */
  ahead?: number;
}

export interface UsersOptions {
  /** Hosts and bare JIDs that never count, and patterns of them, case-folded. */
  readonly exclude: readonly string[];
  /** Whether a disabled account counts. */
  readonly includeDisabled: boolean;
  /** Unsigned 32 bits that nobody outside can guess: whoever can makes names that are slow to find. */
  readonly seed?: number;
  /** Where the names are, for a scanner that looks for them itself. */
  readonly allocate?: (capacity: number) => NameSpace;
}

/** The last instant that there is room for, unix seconds: in 2106. */
const LAST = 0xffff_ffff;

/** Users who are looked at, and perhaps dropped, before others may do something. */
const FORGET_AT_ONCE = 4096;

const AT_SIGN = 64;
const HOUR = 3600;
/** It has no instant. */
const NEVER: Range = { after: Infinity, until: Infinity };
const NOBODY: ReadonlySet<string> = new Set();

export class Users {
  readonly names: NameTable;
  /** Of all logs. */
  readonly sessions: SessionTable;
  readonly removals = new Removals();
  /** Where they are stored. */
  readonly pages: UserPages;
  readonly #hosts: HostTable;
  /** Undefined where everybody counts. */
  readonly #isExcluded: ((jid: string) => boolean) | undefined;
  /** Flags of those who do not count. */
  readonly #uncounted: number;
  /** When those will have been seen whose time has not come yet; unix seconds. */
  readonly #ahead = new Map<number, number>();
  /** Of whom something later than the next count was taken in: when they were last seen before, unix seconds; Infinity if online. */
  readonly #before = new Map<number, number>();
  #size = 0;
  /** Those of whom something is stored, also if they never count. */
  #known = 0;
  /** Numbers that may be free. */
  #idle: number[] = [];

  constructor({ exclude, includeDisabled, seed = 0, allocate }: UsersOptions) {
    this.names = new NameTable({ seed, ...(allocate && { allocate }) });
    this.pages = new UserPages(this.names);
    this.sessions = new SessionTable(this, seed);
    this.#hosts = new HostTable(seed);
    this.#isExcluded = exclude.length > 0 ? exclusionOf(exclude) : undefined;
    this.#uncounted = EXCLUDED | (includeDisabled ? 0 : DISABLED);
  }

  /** How many are known, but for those who never count. */
  get size(): number {
    return this.#size;
  }

  /** The number of a bare JID, which may be free again after `settle` if nothing becomes known of it. */
  number(jid: string): number {
    return this.names.internText(jid);
  }

  /** The number of a bare JID that was seen before; -1 if it was not. */
  find(jid: string): number {
    return this.names.find(jid);
  }

  /** What is known of a user. */
  get(jid: string): (Readonly<LastSeen> & { readonly open: number }) | undefined {
    const user = this.find(jid);
    const record = user < 0 ? undefined : this.record(user);
    return record && { ...record, open: this.names.words[user * NAME_WORDS + OPEN]! & OPEN_MASK };
  }

  isKnown(user: number): boolean {
    return this.#has(user, KNOWN);
  }

  /**
   * Puts back what an earlier run kept; not a change. What lies after `believed`, unix seconds, is of a clock that was wrong,
   * and must not hide when they are seen from now on. Of those who never count it is kept until it is old.
   */
  restore(user: number, kept: LastSeen, believed = Infinity): void {
    if (this.#has(user, KNOWN)) return;
    const at = user * NAME_WORDS;
    this.#become(user);
    const { login = 0, logout = 0, disabled, resumes } = kept;
    const sightings = [login, logout, kept.ahead ?? 0];
    const ahead = Math.max(...sightings.map((seen) => (seen > believed ? seen : 0)));
    const [ofLogin = 0, ofLogout = 0, come = 0] = sightings.map((seen) => (seen > believed ? 0 : seen));
    this.names.times[at + LOGIN] = Math.max(ofLogin, come);
    this.names.times[at + LOGOUT] = ofLogout;
    this.names.words[at + BITS]! |= (disabled ? DISABLED : 0) | (resumes ? RESUMES : 0) | (ahead > 0 ? AHEAD : 0);
    if (ahead > 0) this.#ahead.set(user, Math.min(ahead, LAST));
    this.#enter(user);
  }

  /** What is to be kept of a user; undefined where nothing is. */
  record(user: number): LastSeen | undefined {
    if (!this.#has(user, KNOWN)) return undefined;
    const { times, words } = this.names;
    const at = user * NAME_WORDS;
    const record: LastSeen = {};
    const [login, logout, bits] = [times[at + LOGIN]!, times[at + LOGOUT]!, words[at + BITS]!];
    if (login > 0) record.login = login;
    if (logout > 0) record.logout = logout;
    if (bits & DISABLED) record.disabled = true;
    if (bits & RESUMES) record.resumes = true;
    const ahead = bits & AHEAD ? this.#ahead.get(user) : undefined;
    if (ahead !== undefined) record.ahead = ahead;
    return record;
  }

  /** A login at `at`, unix seconds. */
  sawLogin(user: number, at: number): void {
    this.#saw(user, LOGIN, at);
  }

  /** A logout, or activity of another kind, at `at`, unix seconds. */
  sawLogout(user: number, at: number): void {
    this.#saw(user, LOGOUT, at);
  }

  /** What is taken in next of a user is later than the next count, which goes by what is known now, and by what comes late. */
  noteBefore(user: number): void {
    if (this.#before.has(user)) return;
    this.#before.set(user, this.#isOpen(user) ? Infinity : this.#lastSeen(user));
  }

  /** A session of a user that was seen before is open from now on. */
  open(user: number): void {
    this.#setOpen(user, 1);
  }

  /** One open session less. */
  close(user: number): void {
    this.#setOpen(user, -1);
  }

  /** The account was removed at `at`, unix seconds, and with it all that was known of it; a later account of the name stays. */
  remove(jid: string, at: number): void {
    if (this.isExcluded(jid)) return;
    this.removals.note(jid, at);
    const user = this.find(jid);
    if (user >= 0 && this.#has(user, KNOWN) && this.#lastSeen(user) <= at) this.#delete(user);
  }

  /** As `remove`, but whoever it is goes, whenever they were last seen. */
  forget(jid: string, at: number): void {
    this.removals.note(jid, at);
    const user = this.find(jid);
    if (user >= 0 && this.#has(user, KNOWN)) this.#delete(user);
  }

  /** Whether what happened at `at`, unix seconds, is of an account that was removed since. */
  isGone(user: number, at: number): boolean {
    return this.removals.isAnyAfter(at) && this.removals.isGone(this.names.text(user), at);
  }

  setDisabled(user: number, disabled: boolean): void {
    if (!this.#has(user, KNOWN) || this.#has(user, DISABLED) === disabled) return;
    this.#leave(user);
    this.names.words[user * NAME_WORDS + BITS]! ^= DISABLED;
    this.#enter(user);
    this.pages.noteUser(user);
  }

  resumes(user: number): boolean {
    return this.#has(user, RESUMES);
  }

  noteResumption(user: number): void {
    if (!this.#has(user, KNOWN) || this.#has(user, RESUMES)) return;
    this.names.words[user * NAME_WORDS + BITS]! |= RESUMES;
    this.pages.noteUser(user);
  }

  /** The counts at `at` of every host seen so far, by host. `over`: sessions that time alone has ended. */
  sample(at: number, over: Iterable<Over> = []): HostCounts[] {
    const untold = this.#untoldBy(at, over);
    this.#before.clear();
    const seen = this.#seenIn([...WINDOWS.map((window) => hourCutAt(at - window)), this.#rangeAfter(at)]);
    const counts: HostCounts[] = [];
    for (const [number, host] of this.#hosts.known()) {
      const ofHost = seen.get(number) ?? [];
      const there = host.open - (ofHost[WINDOWS.length] ?? 0);
      const [d1 = 0, d7 = 0, d30 = 0] = WINDOWS.map(
        (window, w) => there + host.window.behind(w, at - window) + (ofHost[w] ?? 0) + (untold.get(number)?.[w] ?? 0),
      );
      counts.push({ at, host: host.name, d1, d7, d30 });
    }
    return counts.toSorted((a, b) => (a.host < b.host ? -1 : 1));
  }

  /** Drops users without open session who were last seen before `second`, but for those in `held`. */
  forgetUnseenSince(second: number, held: ReadonlySet<string> = NOBODY): void {
    for (const _ of this.forgettingUnseenSince(second, held));
  }

  /** The same in steps of some milliseconds at most: events may be taken in between two of them, but not while one is made. */
  *forgettingUnseenSince(second: number, held: ReadonlySet<string>): Generator<void> {
    const numbers = new Set([...held].map((jid) => this.find(jid)));
    for (let from = 0; from < this.names.end; from += FORGET_AT_ONCE) {
      const end = Math.min(from + FORGET_AT_ONCE, this.names.end);
      for (let user = from; user < end; user++) {
        if (!this.#has(user, KNOWN) || this.#isOpen(user) || this.#lastSeen(user) >= second) continue;
        if (!numbers.has(user) && (this.#ahead.get(user) ?? 0) < second) this.#delete(user);
      }
      yield;
    }
  }

  /** Drops hosts without users of which none was seen since `second`. */
  forgetHostsUnseenSince(second: number): void {
    this.#hosts.forgetUnseenSince(second);
  }

  /** An event of the user has been decoded, and will be taken in later: the number stays what it is until then. */
  expect(user: number): void {
    this.names.words[user * NAME_WORDS + OPEN]! += PENDING;
  }

  /** That event has been taken in. */
  expected(user: number): void {
    this.names.words[user * NAME_WORDS + OPEN]! -= PENDING;
    this.releaseIfIdle(user);
  }

  /** Of a user of whom nothing may be known any more, the number becomes free with the next `settle`. */
  releaseIfIdle(user: number): void {
    if (this.#isIdle(user)) this.#idle.push(user);
  }

  /** Frees the numbers of those of whom nothing is known. Not while an event is being taken in. */
  settle(): void {
    if (this.#idle.length === 0) return;
    const released = new Set<number>();
    for (const user of this.#idle) {
      if (!this.#isIdle(user) || released.has(user)) continue;
      released.add(user);
      if (this.#has(user, PLACED)) this.#hosts.letGo(this.#hostNumber(user));
      this.names.release(user);
    }
    this.#idle = [];
  }

  /** Whether the user never counts. */
  isExcluded(jid: string): boolean {
    return this.#isExcluded?.(jid) ?? false;
  }

  #isIdle(user: number): boolean {
    const { words } = this.names;
    const at = user * NAME_WORDS;
    return (words[at + BITS]! & KNOWN) === 0 && words[at + SESSIONS] === 0 && words[at + OPEN] === 0;
  }

  #has(user: number, flag: number): boolean {
    return (this.names.words[user * NAME_WORDS + BITS]! & flag) !== 0;
  }

  #isOpen(user: number): boolean {
    return (this.names.words[user * NAME_WORDS + OPEN]! & OPEN_MASK) !== 0;
  }

  #lastSeen(user: number): number {
    const { times } = this.names;
    return Math.max(times[user * NAME_WORDS + LOGIN]!, times[user * NAME_WORDS + LOGOUT]!);
  }

  /** Whether the user is not excluded. */
  #counts(user: number): boolean {
    const bits = this.names.words[user * NAME_WORDS + BITS]!;
    return ((bits & PLACED ? bits : this.#place(user)) & EXCLUDED) === 0;
  }

  /** Looks up the host of a user who is new. */
  #place(user: number): number {
    const { arena } = this.names;
    const [from, to] = this.names.placeOf(user);
    let host = from;
    while (host < to && arena[host] !== AT_SIGN) host++;
    // Without one it is a host itself.
    const number = this.#hosts.hold(arena, host < to ? host + 1 : from, to);
    const isExcluded = this.#isExcluded?.(this.names.text(user)) ?? false;
    return (this.names.words[user * NAME_WORDS + BITS]! |=
      PLACED | (isExcluded ? EXCLUDED : 0) | (number << HOST_SHIFT));
  }

  /**
   * By how much the counts of each host are others, per window, than what is known of its users now: for what time alone has
   * ended, and for what was taken in before its time; by the number of the host.
   */
  #untoldBy(at: number, over: Iterable<Over>): ReadonlyMap<number, readonly number[]> {
    const differences = new Map<number, number[]>();
    for (const [user, { closed, seen }] of untold(over, this.#ahead, at)) {
      const open = this.names.words[user * NAME_WORDS + OPEN]! & OPEN_MASK;
      if (open <= closed && !this.#before.has(user))
        this.#differ(differences, user, at, Math.max(this.#lastSeen(user), seen));
    }
    for (const [user, before] of this.#before)
      this.#differ(differences, user, at, Math.max(before, this.#seenBy(user, at)));
    return differences;
  }

  /** A user was last seen at `last`, unix seconds; Infinity for who is online. */
  #differ(differences: Map<number, number[]>, user: number, at: number, last: number): void {
    if (!this.#has(user, KNOWN) || this.#has(user, this.#uncounted)) return;
    const isIn = (seen: number, window: number): boolean => seen <= at && at - seen < window;
    const difference = differences.get(this.#hostNumber(user)) ?? WINDOWS.map(() => 0);
    for (const [w, window] of WINDOWS.entries())
      difference[w]! +=
        Number(last === Infinity || isIn(last, window)) -
        Number(this.#isOpen(user) || isIn(this.#lastSeen(user), window));
    differences.set(this.#hostNumber(user), difference);
  }

  /** When a user was last seen up to an instant, as far as that is known. */
  #seenBy(user: number, instant: number): number {
    const { times } = this.names;
    const [login, logout] = [times[user * NAME_WORDS + LOGIN]!, times[user * NAME_WORDS + LOGOUT]!];
    return Math.max(login <= instant ? login : 0, logout <= instant ? logout : 0);
  }

  #clearAhead(user: number): void {
    this.#ahead.delete(user);
    this.names.words[user * NAME_WORDS + BITS]! &= ~AHEAD;
  }

  #hostNumber(user: number): number {
    return this.names.words[user * NAME_WORDS + BITS]! >>> HOST_SHIFT;
  }

  #hostOf(user: number): Host {
    return this.#hosts.at(this.#hostNumber(user));
  }

  #become(user: number): void {
    const counts = this.#counts(user);
    this.names.words[user * NAME_WORDS + BITS]! |= KNOWN;
    this.pages.grow(++this.#known);
    if (!counts) return;
    const host = this.#hostOf(user);
    host.isKnown = true;
    host.users++;
    this.#size++;
  }

  #saw(user: number, what: number, second: number): void {
    if (!this.#counts(user)) return;
    const at = user * NAME_WORDS;
    const isKnown = this.#has(user, KNOWN);
    // What ends in the second in which an account is removed is of the account that was there.
    // guard: F31
    if ((isKnown && second <= this.names.times[at + what]!) || this.isGone(user, what === LOGOUT ? second - 1 : second))
      return;
    const isOpen = this.#isOpen(user);
    // When they were last seen decides only where somebody offline is counted.
    if (isKnown && !isOpen) this.#leave(user);
    else if (!isKnown) this.#become(user);
    this.names.times[at + what] = second;
    if (!isOpen) this.#enter(user);
    this.pages.noteUser(user);
  }

  #delete(user: number): void {
    const at = user * NAME_WORDS;
    this.#leave(user);
    if (this.#has(user, AHEAD)) this.#clearAhead(user);
    if (this.#counts(user)) {
      this.#hostOf(user).users--;
      this.#size--;
    }
    this.#known--;
    this.names.words[at + BITS]! &= ~(KNOWN | DISABLED | RESUMES);
    this.names.words[at + LOGIN] = this.names.words[at + LOGOUT] = 0;
    this.names.words[at + OPEN]! &= ~OPEN_MASK;
    this.pages.noteUser(user);
    this.releaseIfIdle(user);
  }

  #setOpen(user: number, by: 1 | -1): void {
    const { words } = this.names;
    const at = user * NAME_WORDS + OPEN;
    const open = words[at]! & OPEN_MASK;
    if (!this.#has(user, KNOWN) || open + by < 0) return;
    const isSame = open > 0 && open + by > 0;
    if (!isSame) this.#leave(user);
    words[at] = words[at]! + by;
    if (!isSame) this.#enter(user);
  }

  #enter(user: number): void {
    this.#count(user, 1);
  }

  #leave(user: number): void {
    this.#count(user, -1);
  }

  #count(user: number, by: 1 | -1): void {
    if (this.#has(user, EXCLUDED)) return;
    const host = this.#hostOf(user);
    const at = this.#lastSeen(user);
    if (at > host.seenAt) host.seenAt = at;
    if (this.#has(user, this.#uncounted)) return;
    if (this.#isOpen(user)) host.open += by;
    else if (at > 0) host.window.count(at, by);
  }

  /** Of each host, how many of those who are offline and count were last seen in each range; by the number of the host. */
  #seenIn(ranges: readonly Range[]): ReadonlyMap<number, readonly number[]> {
    if (ranges.every(({ after, until }) => after >= until)) return new Map();
    return countSeen(this.names, ranges, this.#uncounted);
  }

  /** Who was last seen after an instant counts from their own time on. Mostly there is nobody. */
  #rangeAfter(instant: number): Range {
    const hour = hourOf(instant + 1);
    const isAny = [...this.#hosts.known()].some(([, { window }]) => window.newest >= hour);
    return isAny ? { after: instant, until: Infinity } : NEVER;
  }
}

/** What lies behind an instant in unix seconds, but in its hour: nothing behind the last second of one. */
function hourCutAt(instant: number): Range {
  return instant % HOUR === 0 ? NEVER : { after: instant, until: endOfHour(hourOf(instant)) };
}

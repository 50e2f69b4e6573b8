/**
 * Every user seen in the last weeks: last login, last logout, open sessions; where each counts is in user-counts.ts. Last seen
 * is a maximum, so a line read twice or late does no harm here. A user is a number, that of the name; all that is known of one
 * user are eight words beside each other (format/name-table.ts), so that a change makes no object.
 */
import { NAME_WORDS, NameTable, type NameSpace } from '../format/name-table.ts';
import type { AbsentUsers } from './absent-users.ts';
import type { UserSample } from './active-window.ts';
import type { AccountChangeKind, AccountChanges } from './account-changes.ts';
import { Removals } from './removals.ts';
import { NONE } from './session-state.ts';
import { SessionTable } from './session-table.ts';
import type { Over } from './time-alone.ts';
import { UserCounts, type CountOptions } from './user-counts.ts';
import { UserPages } from './user-pages.ts';
import { recordOf, restoreRecord, type LastSeen } from './user-record.ts';
import {
  AHEAD,
  BITS,
  DISABLED,
  has,
  isOpen,
  KNOWN,
  lastSeen,
  LOGIN,
  LOGOUT,
  OPEN,
  OPEN_MASK,
  openSessions,
  PENDING,
  RESUMES,
  SENT_OPEN,
  SESSIONS,
  UNSENT,
} from './user-words.ts';

export type { LastSeen } from './user-record.ts';

export interface UsersOptions extends CountOptions {
  /** Where the names are, for a scanner that looks for them itself. */
  readonly allocate?: (capacity: number) => NameSpace;
}

/** The last instant that there is room for, unix seconds: in 2106. */
const LAST = 0xffff_ffff;

export class Users {
  readonly names: NameTable;
  /** Of all logs. */
  readonly sessions: SessionTable;
  readonly removals = new Removals();
  /** Where they are stored. */
  readonly pages: UserPages;
  /** Of a node of a cluster: what the others are told of accounts. */
  accounts: AccountChanges | undefined;
  /** Of a node of a cluster: those who are not in memory. */
  absent: AbsentUsers | undefined;
  readonly #counts: UserCounts;
  #size = 0;
  /** Those of whom something is stored, also if they never count. */
  #known = 0;
  /** Numbers that may be free. */
  #idle: number[] = [];

  constructor(options: UsersOptions) {
    const { seed = 0, allocate } = options;
    this.names = new NameTable({ seed, ...(allocate && { allocate }) });
    this.pages = new UserPages(this.names);
    this.sessions = new SessionTable(this, seed);
    this.#counts = new UserCounts(this.names, this.sessions, options);
  }

  /** Those that are counted, in seconds. */
  get windows(): readonly number[] {
    return this.#counts.windows;
  }

  /** How many are known, but for those who never count. */
  get size(): number {
    return this.#size;
  }

  /** The number of a bare JID, which may be free again after `settle` if nothing becomes known of it. */
  number(jid: string): number {
    const user = this.names.internText(jid);
    if (this.absent) this.#counts.isCounted(user);
    return user;
  }

  /** The number of a bare JID that was seen before; -1 if it was not. */
  find(jid: string): number {
    const user = this.names.find(jid);
    return this.absent ? this.absent.find(jid, user) : user;
  }

  /** What is known of a user. */
  get(jid: string): (Readonly<LastSeen> & { readonly open: number }) | undefined {
    const user = this.find(jid);
    const record = user < 0 ? undefined : this.record(user);
    return record && { ...record, open: openSessions(this.names, user) };
  }

  isKnown(user: number): boolean {
    return has(this.names, user, KNOWN);
  }

  /**
   * Puts back what an earlier run kept; not a change. What lies after `believed`, unix seconds, is of a clock that was wrong,
   * and must not hide when they are seen from now on. Of those who never count it is kept until it is old.
   */
  restore(user: number, kept: LastSeen, believed = Infinity): void {
    if (has(this.names, user, KNOWN)) return;
    this.#become(user);
    const ahead = restoreRecord(this.names, user, kept, believed);
    if (ahead > 0) this.#counts.ahead.set(user, Math.min(ahead, LAST));
    this.#counts.enter(user);
    this.pages.unsent?.restore(user, kept);
  }

  /** What is to be kept of a user; undefined where nothing is. */
  record(user: number): LastSeen | undefined {
    return has(this.names, user, KNOWN) ? recordOf(this.names, user, this.#counts.ahead) : undefined;
  }

  /** A login at `at`, unix seconds. */
  sawLogin(user: number, at: number): void {
    this.#saw(user, LOGIN, at);
  }

  /** A logout, or activity of another kind, at `at`, unix seconds. */
  sawLogout(user: number, at: number): void {
    this.#saw(user, LOGOUT, at);
  }

  /** As of `UserCounts`. */
  noteBefore(user: number): void {
    this.#counts.noteBefore(user);
  }

  /** As of `UserCounts`: the counts at `at` of every host seen so far. Times never go back. */
  sample(at: number, over: Iterable<Over> = []): UserSample[] {
    return this.#counts.sample(at, over);
  }

  /** As of `UserCounts`: the same, asked in between. */
  peek(at: number, over: Iterable<Over> = []): UserSample[] {
    return this.#counts.peek(at, over);
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
    this.noteAccount('removed', jid, at);
    this.removeHere(jid, at);
  }

  /** The other nodes of a cluster, where this is one, are told of an account. */
  noteAccount(kind: AccountChangeKind, jid: string, at: number): void {
    if (this.accounts && !this.isExcluded(jid)) this.accounts.note(kind, jid, at);
  }

  /** The same, where the others know it. */
  removeHere(jid: string, at: number): void {
    this.removals.note(jid, at);
    const user = this.find(jid);
    if (user >= 0 && has(this.names, user, KNOWN) && lastSeen(this.names, user) <= at) this.drop(user, false);
  }

  /** As `remove`, but whoever it is goes, whenever they were last seen, with all sessions in whatever log. */
  forget(jid: string, at: number): void {
    this.noteAccount('forgotten', jid, at);
    this.forgetHere(jid, at);
  }

  /** The same, where the others know it. */
  forgetHere(jid: string, at: number): void {
    this.removals.note(jid, at);
    const user = this.find(jid);
    if (user < 0) return;
    for (let own; (own = this.sessions.firstOfAny(user)) !== NONE;) this.sessions.drop(own);
    if (has(this.names, user, KNOWN)) this.drop(user, false);
  }

  /** Whether what happened at `at`, unix seconds, is of an account that was removed since. */
  isGone(user: number, at: number): boolean {
    return this.removals.isAnyAfter(at) && this.removals.isGone(this.names.text(user), at);
  }

  setDisabled(user: number, disabled: boolean): void {
    if (!has(this.names, user, KNOWN) || has(this.names, user, DISABLED) === disabled) return;
    this.#counts.leave(user);
    this.names.words[user * NAME_WORDS + BITS]! ^= DISABLED;
    this.#counts.enter(user);
    this.pages.noteUser(user);
  }

  resumes(user: number): boolean {
    return has(this.names, user, RESUMES);
  }

  noteResumption(user: number): void {
    if (!has(this.names, user, KNOWN) || has(this.names, user, RESUMES)) return;
    this.names.words[user * NAME_WORDS + BITS]! |= RESUMES;
    this.pages.noteUser(user);
  }

  /** Drops hosts without users of which none was seen since `second`. */
  forgetHostsUnseenSince(second: number): void {
    this.#counts.forgetHostsUnseenSince(second);
  }

  /** Something is known of a user from now on. */
  came(user: number): void {
    this.#known++;
    if (!this.absent?.isLoading) this.pages.grow(this.#known, this.absent?.bringPage);
    if (!this.#counts.isCounted(user)) return;
    this.#counts.come(user);
    this.#size++;
  }

  /** As the index is read: one who stays there. The name is in the bytes, `seen` as of `lastSeen`. */
  countAbsent(bytes: Buffer, from: number, to: number, seen: number, isDisabled: boolean): void {
    this.#known++;
    if (this.#counts.countAbsent(bytes, from, to, seen, isDisabled)) this.#size++;
  }

  /** All pages have been read: from now on whoever is named is put back, too. */
  endLoading(): void {
    if (!this.absent?.isLoading) return;
    this.absent.endLoading();
    this.pages.grow(this.#known, this.absent?.bringPage);
  }

  /** What compiled rules have counted is told there, and how one user stands at an instant is asked. */
  get counted(): UserCounts {
    return this.#counts;
  }

  /** An event of the user has been decoded, and will be taken in later: the number stays what it is until then. */
  expect(user: number): void {
    // Looks up the host of one who is new.
    this.#counts.isCounted(user);
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
      this.#counts.letGo(user);
      this.names.release(user);
    }
    this.#idle = [];
  }

  /** Whether the user never counts. */
  isExcluded(jid: string): boolean {
    return this.#counts.isExcluded(jid);
  }

  #isIdle(user: number): boolean {
    const { words } = this.names;
    const at = user * NAME_WORDS;
    return (
      (words[at + BITS]! & KNOWN) === 0 &&
      words[at + SESSIONS] === 0 &&
      words[at + OPEN] === 0 &&
      !this.absent?.isGone(user)
    );
  }

  #clearAhead(user: number): void {
    this.#counts.ahead.delete(user);
    this.names.words[user * NAME_WORDS + BITS]! &= ~AHEAD;
  }

  #become(user: number): void {
    this.names.words[user * NAME_WORDS + BITS]! |= KNOWN;
    this.came(user);
  }

  #saw(user: number, what: number, second: number): void {
    if (!this.#counts.isCounted(user)) return;
    const at = user * NAME_WORDS;
    const isKnown = has(this.names, user, KNOWN);
    // What ends in the second in which an account is removed is of the account that was there.
    // guard: F31
    if ((isKnown && second <= this.names.times[at + what]!) || this.isGone(user, what === LOGOUT ? second - 1 : second))
      return;
    const wasOpen = isOpen(this.names, user);
    // When they were last seen decides only where somebody offline is counted.
    if (isKnown && !wasOpen) this.#counts.leave(user);
    else if (!isKnown) this.#become(user);
    this.names.times[at + what] = second;
    if (!wasOpen) this.#counts.enter(user);
    this.pages.noteUser(user);
  }

  /** Nothing is known of the user any more. `isOld`: only last seen too long ago. */
  drop(user: number, isOld: boolean): void {
    const at = user * NAME_WORDS;
    this.#counts.leave(user);
    if (has(this.names, user, AHEAD)) this.#clearAhead(user);
    if (this.#counts.isCounted(user)) {
      this.#counts.go(user);
      this.#size--;
    }
    this.#known--;
    this.names.words[at + BITS]! &= ~(KNOWN | DISABLED | RESUMES | UNSENT | SENT_OPEN);
    this.names.words[at + LOGIN] = this.names.words[at + LOGOUT] = 0;
    this.names.words[at + OPEN]! &= ~OPEN_MASK;
    this.pages.noteGone(user, isOld);
    this.absent?.noteGone(user);
    this.releaseIfIdle(user);
  }

  #setOpen(user: number, by: 1 | -1): void {
    const at = user * NAME_WORDS + OPEN;
    const open = openSessions(this.names, user);
    if (!has(this.names, user, KNOWN) || open + by < 0) return;
    const isSame = open > 0 && open + by > 0;
    if (!isSame) this.#counts.leave(user);
    this.names.words[at]! += by;
    if (!isSame) this.#counts.enter(user);
  }
}

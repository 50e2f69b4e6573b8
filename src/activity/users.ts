/**
 * Every user seen in the last weeks: last login, last logout, open sessions; and the counts per host that follow from them.
 * Last seen is a maximum, so a line read twice or late does no harm here.
 */
import { ActiveWindow, type HostCounts } from './active-window.ts';

/** What is kept of a user between runs; unix seconds. */
export interface LastSeen {
  login?: number;
  logout?: number;
  disabled?: true;
  /** Was seen to resume a session (XEP-0198), so a disconnect may be followed by hibernation. */
  resumes?: true;
}

interface User extends LastSeen {
  /** That of the user's host. */
  readonly window: ActiveWindow;
  open: number;
}

export interface UsersOptions {
  /** Hosts and bare JIDs that never count, case-folded. */
  readonly exclude: readonly string[];
  /** Whether a disabled account counts. */
  readonly includeDisabled: boolean;
}

export const hostOf = (jid: string): string => jid.slice(jid.indexOf('@') + 1);

const lastSeen = (user: LastSeen): number => Math.max(user.login ?? -Infinity, user.logout ?? -Infinity);

export class Users {
  readonly #users = new Map<string, User>();
  readonly #hosts = new Map<string, ActiveWindow>();
  readonly #excluded: ReadonlySet<string>;
  readonly #includeDisabled: boolean;
  readonly #changed = new Set<string>();

  constructor(options: UsersOptions) {
    this.#excluded = new Set(options.exclude);
    this.#includeDisabled = options.includeDisabled;
  }

  get size(): number {
    return this.#users.size;
  }

  /** What is known of a user. */
  get(jid: string): (Readonly<LastSeen> & { readonly open: number }) | undefined {
    return this.#users.get(jid);
  }

  /** Puts back what an earlier run kept; not a change. */
  restore(jid: string, kept: LastSeen): void {
    if (this.#isExcluded(jid) || this.#users.has(jid)) return;
    const user = this.#add(jid);
    Object.assign(user, kept);
    this.#enter(user);
  }

  /** A login or logout at `at`, unix seconds. */
  seen(jid: string, what: 'login' | 'logout', at: number): void {
    if (this.#isExcluded(jid)) return;
    const known = this.#users.get(jid);
    if (known && at <= (known[what] ?? -Infinity)) return;
    const user = known ?? this.#add(jid);
    // When they were last seen decides only where somebody offline is counted.
    if (known && user.open === 0) this.#leave(user);
    user[what] = at;
    if (user.open === 0) this.#enter(user);
    this.#changed.add(jid);
  }

  /** A session of a user that was seen before is open from now on. */
  open(jid: string): void {
    this.#setOpen(jid, 1);
  }

  /** One open session less. */
  close(jid: string): void {
    this.#setOpen(jid, -1);
  }

  /** The account was removed at `at`, unix seconds, and with it all that was known of it; a later account of the name stays. */
  remove(jid: string, at: number): void {
    const user = this.#users.get(jid);
    if (user && lastSeen(user) <= at) this.#delete(jid, user);
  }

  setDisabled(jid: string, disabled: boolean): void {
    const user = this.#users.get(jid);
    if (!user || (user.disabled ?? false) === disabled) return;
    this.#leave(user);
    if (disabled) user.disabled = true;
    else delete user.disabled;
    this.#enter(user);
    this.#changed.add(jid);
  }

  /** The counts at `at` of every host seen so far, by host. Times never go back. */
  sample(at: number): HostCounts[] {
    const hosts = [...this.#hosts].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return hosts.map(([host, window]) => {
      const [d1, d7, d30] = window.at(at);
      return { at, host, d1, d7, d30 };
    });
  }

  noteResumption(jid: string): void {
    const user = this.#users.get(jid);
    if (!user || user.resumes) return;
    user.resumes = true;
    this.#changed.add(jid);
  }

  /** Drops users without open session who were last seen before `second`. */
  forgetUnseenSince(second: number): void {
    for (const [jid, user] of this.#users) if (user.open === 0 && lastSeen(user) < second) this.#delete(jid, user);
  }

  /** What changed since the last call, to be stored: undefined for a user who is gone. */
  takeChanges(): Map<string, LastSeen | undefined> {
    const changes = new Map([...this.#changed].map((jid) => [jid, kept(this.#users.get(jid))] as const));
    this.#changed.clear();
    return changes;
  }

  #isExcluded(jid: string): boolean {
    return this.#excluded.size > 0 && (this.#excluded.has(jid) || this.#excluded.has(hostOf(jid)));
  }

  #add(jid: string): User {
    const user: User = { window: this.#windowOf(hostOf(jid)), open: 0 };
    this.#users.set(jid, user);
    return user;
  }

  #windowOf(host: string): ActiveWindow {
    const known = this.#hosts.get(host);
    if (known) return known;
    const window = new ActiveWindow();
    this.#hosts.set(host, window);
    return window;
  }

  #delete(jid: string, user: User): void {
    this.#leave(user);
    this.#users.delete(jid);
    this.#changed.add(jid);
  }

  #setOpen(jid: string, by: 1 | -1): void {
    const user = this.#users.get(jid);
    if (!user || user.open + by < 0) return;
    const isSame = user.open > 0 && user.open + by > 0;
    if (!isSame) this.#leave(user);
    user.open += by;
    if (!isSame) this.#enter(user);
  }

  #enter(user: User): void {
    this.#count(user, 1);
  }

  #leave(user: User): void {
    this.#count(user, -1);
  }

  #count(user: User, by: 1 | -1): void {
    if (user.disabled && !this.#includeDisabled) return;
    if (user.open > 0) user.window.countOpen(by);
    else user.window.count(lastSeen(user), by);
  }
}

function kept(user: User | undefined): LastSeen | undefined {
  if (!user) return undefined;
  const { login, logout, disabled, resumes } = user;
  return {
    ...(login !== undefined && { login }),
    ...(logout !== undefined && { logout }),
    ...(disabled && { disabled }),
    ...(resumes && { resumes }),
  };
}

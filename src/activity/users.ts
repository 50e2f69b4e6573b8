/**
 * Every user seen in the last weeks: last login, last logout, open sessions; and the counts per host that follow from them.
 * Last seen is a maximum, so a line read twice or late does no harm here.
 */
import { ActiveWindow, type HostCounts } from './active-window.ts';
import { exclusionOf } from './exclusion.ts';
import { Removals } from './removals.ts';

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

interface Host {
  readonly window: ActiveWindow;
  users: number;
  /** When any user was seen last. */
  seenAt: number;
}

interface User extends LastSeen {
  readonly host: Host;
  open: number;
}

export interface UsersOptions {
  /** Hosts, bare JIDs and patterns of them that never count, case-folded. */
  readonly exclude: readonly string[];
  /** Whether a disabled account counts. */
  readonly includeDisabled: boolean;
}

export const hostOf = (jid: string): string => jid.slice(jid.indexOf('@') + 1);

const lastSeen = (user: LastSeen): number => Math.max(user.login ?? -Infinity, user.logout ?? -Infinity);
/** Whether or not that time has come. */
const latest = (user: LastSeen): number => Math.max(lastSeen(user), user.ahead ?? -Infinity);
const NOBODY: ReadonlySet<string> = new Set();

export class Users {
  readonly #users = new Map<string, User>();
  readonly #hosts = new Map<string, Host>();
  /** Those who were seen at a time that has not come yet. */
  readonly #ahead = new Set<string>();
  readonly removals = new Removals();
  /** Whether the user never counts. */
  readonly isExcluded: (jid: string) => boolean;
  readonly #includeDisabled: boolean;
  readonly #changed = new Set<string>();

  constructor(options: UsersOptions) {
    this.isExcluded = exclusionOf(options.exclude);
    this.#includeDisabled = options.includeDisabled;
  }

  get size(): number {
    return this.#users.size;
  }

  /** What is known of a user. */
  get(jid: string): (Readonly<LastSeen> & { readonly open: number }) | undefined {
    return this.#users.get(jid);
  }

  /**
   * Puts back what an earlier run kept; not a change. What lies after `believed`, unix seconds, is of a clock that was wrong,
   * and must not hide when they are seen from now on.
   */
  restore(jid: string, kept: LastSeen, believed = Infinity): void {
    if (this.isExcluded(jid) || this.#users.has(jid)) return;
    const user = this.#add(jid);
    Object.assign(user, lastSeen(kept) > believed ? setAhead(kept, believed) : kept);
    if (user.ahead !== undefined) this.#ahead.add(jid);
    this.#enter(user);
  }

  /** A login or logout at `at`, unix seconds. */
  seen(jid: string, what: 'login' | 'logout', at: number): void {
    if (this.isExcluded(jid)) return;
    const known = this.#users.get(jid);
    if (known ? at <= (known[what] ?? -Infinity) : this.isGone(jid, at)) return;
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
    if (this.isExcluded(jid)) return;
    this.removals.note(jid, at);
    const user = this.#users.get(jid);
    if (user && lastSeen(user) <= at) this.#delete(jid, user);
  }

  /** Whether what happened at `at`, unix seconds, is of an account that was removed since. */
  isGone(jid: string, at: number): boolean {
    return !this.#users.has(jid) && this.removals.isGone(jid, at);
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
    this.#takeAhead(at);
    const hosts = [...this.#hosts].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return hosts.map(([host, { window }]) => {
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

  /** Drops users without open session who were last seen before `second`, but for those in `held`. */
  forgetUnseenSince(second: number, held: ReadonlySet<string> = NOBODY): void {
    for (const [jid, user] of this.#users)
      if (user.open === 0 && latest(user) < second && !held.has(jid)) this.#delete(jid, user);
  }

  /** Drops hosts without users of which none was seen since `second`. */
  forgetHostsUnseenSince(second: number): void {
    for (const [name, { users, seenAt }] of this.#hosts) if (users === 0 && seenAt < second) this.#hosts.delete(name);
  }

  /** What changed since the last call, to be stored: undefined for a user who is gone. */
  takeChanges(): Map<string, LastSeen | undefined> {
    const changes = new Map([...this.#changed].map((jid) => [jid, kept(this.#users.get(jid))] as const));
    this.#changed.clear();
    return changes;
  }

  #add(jid: string): User {
    const user: User = { host: this.#hostOf(jid), open: 0 };
    user.host.users++;
    this.#users.set(jid, user);
    return user;
  }

  #hostOf(jid: string): Host {
    const name = hostOf(jid);
    const known = this.#hosts.get(name);
    if (known) return known;
    const host = { window: new ActiveWindow(), users: 0, seenAt: -Infinity };
    this.#hosts.set(name, host);
    return host;
  }

  #takeAhead(now: number): void {
    for (const jid of this.#ahead) {
      const user = this.#users.get(jid);
      const { ahead } = user ?? {};
      if (ahead !== undefined && ahead > now) continue;
      this.#ahead.delete(jid);
      delete user?.ahead;
      if (ahead !== undefined) this.seen(jid, 'login', ahead);
    }
  }

  #delete(jid: string, user: User): void {
    this.#leave(user);
    user.host.users--;
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
    const { host, open, disabled } = user;
    const at = lastSeen(user);
    if (at > host.seenAt) host.seenAt = at;
    if (disabled && !this.#includeDisabled) return;
    if (open > 0) host.window.countOpen(by);
    else if (at > -Infinity) host.window.count(at, by);
  }
}

function setAhead({ login = -Infinity, logout = -Infinity, ...rest }: LastSeen, believed: number): LastSeen {
  return {
    ...rest,
    ...(Number.isFinite(login) && login <= believed && { login }),
    ...(Number.isFinite(logout) && logout <= believed && { logout }),
    ahead: Math.max(login, logout, rest.ahead ?? -Infinity),
  };
}

function kept(user: User | undefined): LastSeen | undefined {
  if (!user) return undefined;
  const { login, logout, disabled, resumes, ahead } = user;
  return {
    ...(login !== undefined && { login }),
    ...(logout !== undefined && { logout }),
    ...(disabled && { disabled }),
    ...(resumes && { resumes }),
    ...(ahead !== undefined && { ahead }),
  };
}

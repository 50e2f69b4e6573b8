/** The definition of an active user, word for word: every user is looked at for every count. */
import { WINDOWS, type UserSample } from '../../src/activity/active-window.ts';
import type { LastSeen } from '../../src/activity/user-table.ts';

interface User extends LastSeen {
  open: number;
}

export class BruteForce {
  readonly users = new Map<string, User>();
  readonly hosts = new Set<string>();
  readonly #removed = new Map<string, number>();
  readonly #excluded: readonly string[];
  readonly #includeDisabled: boolean;

  readonly #hasHalfYear: boolean;

  constructor(excluded: readonly string[], includeDisabled: boolean, hasHalfYear = false) {
    this.#hasHalfYear = hasHalfYear;
    this.#excluded = excluded;
    this.#includeDisabled = includeDisabled;
  }

  seen(jid: string, what: 'login' | 'logout', at: number): void {
    if (this.#excluded.some((name) => jid === name || jid.endsWith(`@${name}`))) return;
    if (at - (what === 'logout' ? 1 : 0) < (this.#removed.get(jid) ?? -Infinity)) return;
    const user = this.users.get(jid) ?? { open: 0 };
    user[what] = Math.max(at, user[what] ?? -Infinity);
    this.users.set(jid, user);
    this.hosts.add(hostOf(jid));
  }

  shiftOpen(jid: string, by: 1 | -1): void {
    const user = this.users.get(jid);
    if (user) user.open = Math.max(0, user.open + by);
  }

  remove(jid: string, at: number): void {
    this.#removed.set(jid, Math.max(at, this.#removed.get(jid) ?? -Infinity));
    const user = this.users.get(jid);
    if (user && lastSeen(user) <= at) this.users.delete(jid);
  }

  setDisabled(jid: string, disabled: boolean): void {
    const user = this.users.get(jid);
    if (user && disabled) user.disabled = true;
    else delete user?.disabled;
  }

  sample(at: number): UserSample[] {
    const count = (host: string, window: number): number =>
      [...this.users].filter(
        ([jid, user]) =>
          hostOf(jid) === host &&
          (this.#includeDisabled || !user.disabled) &&
          (user.open > 0 || (lastSeen(user) <= at && at - lastSeen(user) < window)),
      ).length;
    const [day, week, month] = WINDOWS;
    return [...this.hosts].toSorted().map((host) => ({
      ...{ at, host, online: count(host, 0) },
      ...{ d1: count(host, day), d7: count(host, week), d30: count(host, month) },
      ...(this.#hasHalfYear && { d180: count(host, 180 * day) }),
    }));
  }
}

const hostOf = (jid: string): string => jid.split('@')[1] ?? '';
const lastSeen = ({ login = -Infinity, logout = -Infinity }: LastSeen): number => Math.max(login, logout);

/**
 * Of a node of a cluster: what is still to be sent of its users, over what memory and index know. Nothing is sent that is later than
 * the instant that is to be counted next; and while that is being counted, all is as of that instant, and what changes waits.
 */
import type { AccountChanges } from '../activity/account-changes.ts';
import type { Over, Untold } from '../activity/time-alone.ts';
import type { UnsentUsers } from '../activity/unsent-users.ts';
import type { Users } from '../activity/user-table.ts';
import type { NodeUser, Outbox, Piece } from '../cluster/seam.ts';
import type { ClusterState } from './cluster-state.ts';

/** So many users are on a page, about: a piece may be as many larger than it should. */
const PER_PAGE = 12;
const NOTHING: ReadonlyMap<number, Untold> = new Map();

export class NodeOutbox implements Outbox {
  readonly #users: Users;
  readonly #unsent: UnsentUsers;
  readonly #accounts: AccountChanges;
  readonly #state: ClusterState;
  readonly #includeDisabled: boolean;
  /** Of each piece: between which numbers its changes of accounts are. */
  readonly #between = new WeakMap<Piece, readonly [after: number, last: number]>();
  /** Of each piece with users who are not in memory: the first page that they are of. */
  readonly #pageOf = new WeakMap<Piece, number>();
  /** All users are being sent again: the next page of those who are not in memory. */
  #page = Infinity;
  /** In how many pieces a user is that are under way. */
  readonly #underWay = new Map<string, number>();
  /** Unix seconds: nothing later is sent. */
  #until = Infinity;
  /** What time alone had changed when that was looked at last. */
  #changed = NOTHING;

  /** `users`: those of an index that was opened as one of a cluster. */
  constructor(users: Users, state: ClusterState, { includeDisabled = false } = {}) {
    const { pages, accounts } = users;
    if (!pages.unsent || !accounts) throw new TypeError('the index was not opened as one of a cluster');
    this.#users = users;
    this.#unsent = pages.unsent;
    this.#accounts = accounts;
    this.#state = state;
    this.#includeDisabled = includeDisabled;
    if (users.absent) users.absent.isHeld = (user) => this.#changed.has(user);
  }

  get waiting(): number {
    return this.#unsent.waiting + this.#accounts.waiting + this.#waitingOnDisk;
  }

  /** About so many users. */
  get #waitingOnDisk(): number {
    const { pages, size } = this.#users;
    const left = pages.count - this.#page;
    return left > 0 ? Math.max(1, Math.round((size * left) / pages.count)) : 0;
  }

  get kept(): unknown {
    return this.#state.get('union');
  }

  keep(value: unknown): void {
    this.#state.set('union', value);
  }

  /** Nothing later than `instant`, unix seconds, is sent from now on; what waited for an earlier one is. */
  stopAfter(instant: number): void {
    this.#until = instant;
    this.#unsent.release();
    this.#accounts.release();
  }

  /** Finds who is online no longer, or is again, without a line that tells it, as of `at`, unix seconds. */
  look(at: number, over: Iterable<Over>): void {
    this.#changed = this.#users.counted.untold(over, at);
    this.#unsent.addTurned(this.#changed);
  }

  /** All lines up to `at`, unix seconds, are known: what waits is as of then until `stopAfter`. `over`: as of `UserCounts`. */
  hold(at: number, over: Iterable<Over>): void {
    this.#until = at;
    // Whose time had not come when they were looked at is among them.
    this.#unsent.release();
    this.look(at, over);
    this.#unsent.hold();
    this.#accounts.hold();
  }

  take(most: number): Piece {
    const { changes: all, after, last } = this.#accounts.take(most);
    // Where disabled accounts count, nobody is told of them.
    const changes = all.filter(({ kind }) => !this.#includeDisabled || kind === 'removed' || kind === 'forgotten');
    const users: NodeUser[] = [];
    const first = this.#page;
    this.#takeUsers(users, most - changes.length, changes.length > 0);
    const piece = {
      changes: changes.map((change) => ({ ...change, member: Buffer.from(change.member, 'hex') })),
      users,
    };
    this.#between.set(piece, [after, last]);
    if (this.#page > first) this.#pageOf.set(piece, first);
    for (const { jid } of users) this.#underWay.set(jid, (this.#underWay.get(jid) ?? 0) + 1);
    return piece;
  }

  /** None only where all is sent, or the piece has something `already`. */
  #takeUsers(users: NodeUser[], most: number, already: boolean): void {
    const hasRoom = (): boolean => users.length + PER_PAGE <= most || (users.length === 0 && !already);
    for (;;) {
      while (users.length < most && this.#unsent.waiting > 0)
        for (const user of this.#unsent.take(most - users.length)) this.#add(users, user);
      if (this.#page >= this.#users.pages.count || !hasRoom()) return;
      this.#takePage(users, this.#page++);
    }
  }

  /** Nothing is noted of whoever is sent from there: what is broken off is begun anew. */
  #takePage(users: NodeUser[], page: number): void {
    const later: string[] = [];
    this.#users.absent?.eachOf(
      page,
      ({ login = 0, logout = 0 }, jidOf) => {
        const jid = jidOf();
        const seen = Math.max(login, logout);
        if (this.#users.isExcluded(jid) || seen === 0) return;
        if (seen > this.#until) later.push(jid);
        else users.push({ jid, login, seen, isOpen: false });
      },
      (user) => this.#unsent.addNow(user),
    );
    for (const jid of later) this.#unsent.addNow(this.#users.number(jid));
  }

  #add(users: NodeUser[], user: number): void {
    const standing = this.#users.counted.standing(user, this.#until, this.#changed);
    if (standing) users.push({ jid: this.#users.names.text(user), ...standing });
    else this.#unsent.postpone(user);
  }

  sent(piece: Piece): void {
    const { counted, pages } = this.#users;
    for (const { jid, isOpen } of piece.users) {
      const isLast = this.#arrived(jid);
      const user = this.#users.names.find(jid);
      if (user < 0 || !this.#users.isKnown(user)) continue;
      // Later things of the user may be under way in another piece.
      if (isLast) this.#unsent.sent(user, isOpen, !counted.isBeyond(user, this.#until));
      pages.noteSent(user);
    }
    const [, last] = this.#between.get(piece) ?? [0, 0];
    if (piece.changes.length > 0) this.#state.set('accounts', last);
  }

  giveBack(piece: Piece): void {
    const [after] = this.#between.get(piece) ?? [0, 0];
    if (piece.changes.length > 0) this.#accounts.goBack(after);
    this.#page = Math.min(this.#page, this.#pageOf.get(piece) ?? Infinity);
    for (const { jid } of piece.users) {
      this.#arrived(jid);
      const user = this.#users.names.find(jid);
      if (user >= 0) this.#unsent.giveBack(user);
    }
  }

  /** Whether it was the last piece with the user that was under way. */
  #arrived(jid: string): boolean {
    const left = (this.#underWay.get(jid) ?? 1) - 1;
    if (left > 0) this.#underWay.set(jid, left);
    else this.#underWay.delete(jid);
    return left <= 0;
  }

  again(): void {
    this.#unsent.addAll();
    this.#page = this.#users.absent ? 0 : Infinity;
    this.#accounts.goBack(0);
  }
}

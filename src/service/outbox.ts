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

const NOTHING: ReadonlyMap<number, Untold> = new Map();

export class NodeOutbox implements Outbox {
  readonly #users: Users;
  readonly #unsent: UnsentUsers;
  readonly #accounts: AccountChanges;
  readonly #state: ClusterState;
  readonly #includeDisabled: boolean;
  /** Of each piece: between which numbers its changes of accounts are. */
  readonly #between = new WeakMap<Piece, readonly [after: number, last: number]>();
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
  }

  get waiting(): number {
    return this.#unsent.waiting + this.#accounts.waiting;
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
    this.look(at, over);
    this.#unsent.hold();
    this.#accounts.hold();
  }

  take(most: number): Piece {
    const { changes: all, after, last } = this.#accounts.take(most);
    // Where disabled accounts count, nobody is told of them.
    const changes = all.filter(({ kind }) => !this.#includeDisabled || kind === 'removed' || kind === 'forgotten');
    const users: NodeUser[] = [];
    for (let wanted; (wanted = most - changes.length - users.length) > 0 && this.#unsent.waiting > 0;)
      for (const user of this.#unsent.take(wanted)) this.#add(users, user);
    const piece = {
      changes: changes.map((change) => ({ ...change, member: Buffer.from(change.member, 'hex') })),
      users,
    };
    this.#between.set(piece, [after, last]);
    for (const { jid } of users) this.#underWay.set(jid, (this.#underWay.get(jid) ?? 0) + 1);
    return piece;
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
      const user = this.#users.find(jid);
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
    for (const { jid } of piece.users) {
      this.#arrived(jid);
      const user = this.#users.find(jid);
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
    this.#accounts.goBack(0);
  }
}

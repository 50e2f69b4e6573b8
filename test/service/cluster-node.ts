/** One node of a cluster that may crash at any time, what a union knows of it, and what may happen to both. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import * as fc from '../properties.ts';
import { WINDOWS } from '../../src/activity/active-window.ts';
import { forgettingUnseenSince } from '../../src/activity/forgetting.ts';
import { Sessions, type Session } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import { knownLogin } from '../../src/cluster/score.ts';
import type { Piece } from '../../src/cluster/seam.ts';
import type { Happening } from '../../src/format/dialects/dialect.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { NodeOutbox } from '../../src/service/outbox.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

export const BEGIN = Date.UTC(2026, 2, 2) / 1000;
export const HOUR = 3600;
export const OPTIONS = { hibernationSeconds: 600, boshSeconds: 7200 };

let made = 0;

export const pseudonymOf = (jid: string): Buffer => createHmac('sha256', 'key').update(jid).digest().subarray(0, 12);
export const hexOf = (jid: string): string => pseudonymOf(jid).toString('hex');
export const jidOf = (user: number): string => `user${user}@${user % 2 === 0 ? 'a' : 'b'}.example`;

/** What a union knows of one node, by pseudonym. */
export class Union {
  readonly users = new Map<string, { host: string; login: number; seen: number; isOpen: boolean }>();
  readonly gone = new Map<string, number>();
  readonly disabled = new Set<string>();
  /** Not all has been sent again since something was lost. */
  isResyncing = true;

  apply({ changes, users }: Piece): void {
    for (const { kind, member, at } of changes) {
      const key = member.toString('hex');
      if (kind === 'disabled') this.disabled.add(key);
      else if (kind === 'enabled') this.disabled.delete(key);
      else {
        this.gone.set(key, Math.max(at, this.gone.get(key) ?? 0));
        // A new account of the name is another one.
        this.disabled.delete(key);
        if ((this.users.get(key)?.login ?? Infinity) <= at || kind === 'forgotten') this.users.delete(key);
      }
    }
    for (const { jid, login, seen, isOpen } of users) {
      const key = hexOf(jid);
      if (knownLogin(login, seen) <= (this.gone.get(key) ?? -1)) continue;
      const known = this.users.get(key)?.seen ?? 0;
      this.users.set(key, { host: jid.split('@')[1]!, login, seen: Math.max(seen, known), isOpen });
    }
  }

  counts(at: number, host: string): number[] {
    const own = [...this.users].filter(([key, user]) => user.host === host && !this.disabled.has(key));
    const online = own.filter(([, { isOpen }]) => isOpen).length;
    return [
      online,
      ...WINDOWS.map((window) => own.filter(([, { isOpen, seen }]) => isOpen || at - seen < window).length),
    ];
  }
}

/** One node that may crash at any time, and reads again then what it had read since the last commit. */
export class Node {
  readonly union = new Union();
  /** So many users are sent at a time. */
  piece = 3;
  outbox!: NodeOutbox;
  now = BEGIN;
  /** The next full hour. */
  next = BEGIN + HOUR;
  users!: Users;
  #sessions!: Sessions;
  #writeBuffer!: WriteBuffer;
  #stored: readonly (readonly [string, Session])[] = [];
  #since: Happening[] = [];
  #commits = 0;
  readonly #path: string;
  readonly #keepsFew: boolean;

  /** `keepsFew`: as of `WriteBuffer`. */
  constructor(root: string, keepsFew = false) {
    this.#path = join(root, `i-${made++}`);
    this.#keepsFew = keepsFew;
  }

  async open(): Promise<void> {
    this.users = new Users({ exclude: ['never.example'], includeDisabled: false });
    this.#writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(this.#path), this.users, this.now, {
      ...{ pseudonymOf, keepsFew: this.#keepsFew },
    });
    this.#sessions = new Sessions(this.users, OPTIONS);
    this.#sessions.restore(this.#stored, { detail: false, hasResumption: true });
    this.outbox = new NodeOutbox(this.users, this.#writeBuffer.cluster);
    this.outbox.stopAfter(this.next);
    if (this.union.isResyncing) this.outbox.again();
    for (const event of this.#since) this.#sessions.take(event);
  }

  take(event: Happening): void {
    this.#since.push(event);
    this.#sessions.take(event);
  }

  async commit(): Promise<void> {
    const { absent, pages } = this.users;
    // As after very many changes.
    if (absent && ++this.#commits % 3 > 0) pages.noteAll();
    await this.#writeBuffer.commitUsers();
    absent?.sweep();
    this.#stored = [...this.#sessions.all()];
    this.#since = [];
  }

  async crash(): Promise<void> {
    await this.#writeBuffer.close();
    await this.open();
  }

  ship(most: number, fate: 'sent' | 'lost' | 'unknown'): boolean {
    const piece = this.outbox.take(most);
    if (piece.users.length + piece.changes.length === 0) return false;
    if (fate !== 'lost') this.union.apply(piece);
    if (fate !== 'sent') this.outbox.giveBack(piece);
    else {
      this.outbox.keep({ sent: this.now });
      this.outbox.sent(piece);
    }
    return true;
  }

  /** At a full hour: what the union counts, and what the node counts itself. `early`: whose login just behind it has been taken in. */
  count(early?: number): void {
    const at = this.next;
    if (early !== undefined) {
      const user = this.users.number(jidOf(early));
      this.users.noteBefore(user);
      this.users.releaseIfIdle(user);
      this.take({ kind: 'start', session: `c2s${900 + early}`, user: jidOf(early), at: at + 3 });
      this.now = at + 3;
    }
    const over = [...this.#sessions.overBy(at)];
    this.outbox.hold(at, over);
    for (let turns = 0; this.ship(this.piece, 'sent'); turns++) assert.ok(turns < 1000, 'it comes to an end');
    assert.equal(this.outbox.waiting, 0);
    this.union.isResyncing = false;
    for (const { host, online, d1, d7, d30 } of this.users.sample(at, over))
      assert.deepEqual(this.union.counts(at, host), [online, d1, d7, d30], `${host} at ${at}`);
    this.next += HOUR;
    this.now = Math.max(this.now, at);
    this.outbox.stopAfter(this.next);
  }

  /** Whoever was last seen before `second`, unix seconds, is forgotten. */
  prune(second: number): void {
    for (const _ of forgettingUnseenSince(this.users, second, new Set())) this.users.settle();
  }

  lose(): void {
    this.union.isResyncing = true;
    this.union.users.clear();
    this.union.gone.clear();
    this.union.disabled.clear();
    this.outbox.again();
  }

  passTo(at: number): void {
    while (at > this.next) {
      this.now = this.next;
      this.count();
    }
    this.now = at;
  }

  /** The index as one machine alone reads it. */
  async stored(): Promise<Users> {
    const users = new Users({ exclude: ['never.example'], includeDisabled: false });
    const index = await LastSeenIndex.open(this.#path);
    await (await WriteBuffer.open(index, users, this.now)).close();
    return users;
  }

  close(): Promise<void> {
    return this.#writeBuffer.close();
  }
}

type What =
  | 'start'
  | 'end'
  | 'hibernate'
  | 'removed'
  | 'disabled'
  | 'enabled'
  | 'server-start'
  | 'commit'
  | 'crash'
  | 'forget'
  | 'lose'
  | 'count'
  | 'rest'
  | 'ship';
const WEIGHTS: Readonly<Record<What, number>> = {
  ...{ start: 6, end: 4, hibernate: 2, removed: 1, disabled: 1, enabled: 1, 'server-start': 1 },
  ...{ commit: 2, crash: 2, forget: 1, lose: 1, count: 1, rest: 2, ship: 3 },
};
const what = Object.entries(WEIGHTS).flatMap(([each, weight]) => Array.from({ length: weight }, () => each as What));

export interface Step {
  readonly what: What;
  readonly user: number;
  readonly session: number;
  readonly fate: 'sent' | 'lost' | 'unknown';
  readonly isEarly: boolean;
  readonly seconds: number;
}

export const STEP: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...what),
  user: fc.nat({ max: 5 }),
  session: fc.nat({ max: 1 }),
  fate: fc.constantFrom('sent' as const, 'lost' as const, 'unknown' as const),
  isEarly: fc.boolean(),
  seconds: fc.constantFrom(0, 1, 1, 30, 30, 300, 601, 8000),
});

export async function play(node: Node, { what, user, session, fate, isEarly }: Step): Promise<void> {
  const { now: at } = node;
  const jid = jidOf(user);
  if (what === 'start') node.take({ kind: 'start', session: `c2s${user}${session}`, user: jid, at });
  else if (what === 'end') node.take({ kind: 'end', session: `c2s${user}${session}`, at });
  else if (what === 'hibernate') {
    node.take({ kind: 'end', session: `c2s${user}${session}`, at });
    node.take({ kind: 'end', session: `c2s${user}${session}`, at, hibernates: true });
  } else if (what === 'removed') {
    node.take({ kind: what, user: jid, at });
    // A login in the second of the removal is taken for one of the account that is gone.
    node.passTo(at + 1);
  } else if (what === 'disabled' || what === 'enabled') {
    // Of one who is not known the union has it for the other nodes.
    if (node.users.get(jid)) node.take({ kind: what, user: jid, at });
  } else if (what === 'server-start') node.take({ kind: 'server-start', at });
  else if (what === 'commit') await node.commit();
  else if (what === 'crash') await node.crash();
  else if (what === 'count') node.count(isEarly ? user : undefined);
  else if (what === 'rest') {
    // All is sent, and the index written.
    node.count();
    await node.commit();
  } else if (what === 'ship') node.ship(2, fate);
  else if (what === 'forget') {
    // The command ends with a commit.
    node.users.forget(jid, at);
    node.passTo(at + 1);
    await node.commit();
  } else node.lose();
}

/** What a node of a cluster sends of its users: taken together it is what the node itself counts, whatever was lost on the way. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Level } from 'level';
import * as fc from '../properties.ts';
import { WINDOWS } from '../../src/activity/active-window.ts';
import { Sessions, type Session } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import type { Piece } from '../../src/cluster/seam.ts';
import type { Happening } from '../../src/format/dialects/dialect.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { NodeOutbox } from '../../src/service/outbox.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

const BEGIN = Date.UTC(2026, 2, 2) / 1000;
const HOUR = 3600;
const OPTIONS = { hibernationSeconds: 600, boshSeconds: 7200 };
let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'outbox-'));
});
after(() => rm(root, { recursive: true }));

const pseudonymOf = (jid: string): Buffer => createHmac('sha256', 'key').update(jid).digest().subarray(0, 12);
const hexOf = (jid: string): string => pseudonymOf(jid).toString('hex');
const jidOf = (user: number): string => `user${user}@${user % 2 === 0 ? 'a' : 'b'}.example`;

/** What a union knows of one node, by pseudonym. */
class Union {
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
        if ((this.users.get(key)?.login ?? Infinity) <= at || kind === 'forgotten') this.users.delete(key);
      }
    }
    for (const { jid, login, seen, isOpen } of users) {
      const key = hexOf(jid);
      if (login <= (this.gone.get(key) ?? -1)) continue;
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
class Node {
  readonly union = new Union();
  outbox!: NodeOutbox;
  now = BEGIN;
  #next = BEGIN + HOUR;
  users!: Users;
  #sessions!: Sessions;
  #writeBuffer!: WriteBuffer;
  #stored: readonly (readonly [string, Session])[] = [];
  #since: Happening[] = [];
  readonly #path = join(root, `i-${made++}`);

  async open(): Promise<void> {
    this.users = new Users({ exclude: ['never.example'], includeDisabled: false });
    this.#writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(this.#path), this.users, this.now, {
      pseudonymOf,
    });
    this.#sessions = new Sessions(this.users, OPTIONS);
    this.#sessions.restore(this.#stored, { detail: false, hasResumption: true });
    this.outbox = new NodeOutbox(this.users, this.#writeBuffer.cluster);
    this.outbox.stopAfter(this.#next);
    if (this.union.isResyncing) this.outbox.again();
    for (const event of this.#since) this.#sessions.take(event);
  }

  take(event: Happening): void {
    this.#since.push(event);
    this.#sessions.take(event);
  }

  async commit(): Promise<void> {
    await this.#writeBuffer.commitUsers();
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
    const at = this.#next;
    if (early !== undefined) {
      const user = this.users.number(jidOf(early));
      this.users.noteBefore(user);
      this.users.releaseIfIdle(user);
      this.take({ kind: 'start', session: `c2s${900 + early}`, user: jidOf(early), at: at + 3 });
      this.now = at + 3;
    }
    const over = [...this.#sessions.overBy(at)];
    this.outbox.hold(at, over);
    for (let turns = 0; this.ship(3, 'sent'); turns++) assert.ok(turns < 1000, 'it comes to an end');
    assert.equal(this.outbox.waiting, 0);
    this.union.isResyncing = false;
    for (const { host, online, d1, d7, d30 } of this.users.sample(at, over))
      assert.deepEqual(this.union.counts(at, host), [online, d1, d7, d30], `${host} at ${at}`);
    this.#next += HOUR;
    this.now = Math.max(this.now, at);
    this.outbox.stopAfter(this.#next);
  }

  passTo(at: number): void {
    while (at > this.#next) {
      this.now = this.#next;
      this.count();
    }
    this.now = at;
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
  | 'ship';
const WEIGHTS: Readonly<Record<What, number>> = {
  ...{ start: 6, end: 4, hibernate: 2, removed: 1, disabled: 1, enabled: 1, 'server-start': 1 },
  ...{ commit: 2, crash: 2, forget: 1, lose: 1, count: 1, ship: 3 },
};
const what = Object.entries(WEIGHTS).flatMap(([each, weight]) => Array.from({ length: weight }, () => each as What));

interface Step {
  readonly what: What;
  readonly user: number;
  readonly session: number;
  readonly fate: 'sent' | 'lost' | 'unknown';
  readonly isEarly: boolean;
  readonly seconds: number;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...what),
  user: fc.nat({ max: 5 }),
  session: fc.nat({ max: 1 }),
  fate: fc.constantFrom('sent' as const, 'lost' as const, 'unknown' as const),
  isEarly: fc.boolean(),
  seconds: fc.constantFrom(0, 1, 1, 30, 30, 300, 601, 8000),
});

async function play(node: Node, { what, user, session, fate, isEarly }: Step): Promise<void> {
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
  else if (what === 'ship') node.ship(2, fate);
  else if (what === 'forget') {
    // The command ends with a commit.
    node.users.forget(jid, at);
    node.passTo(at + 1);
    await node.commit();
  } else {
    node.union.isResyncing = true;
    node.union.users.clear();
    node.union.gone.clear();
    node.union.disabled.clear();
    node.outbox.again();
  }
}

test('the union of one node counts what the node counts, with crashes and losses at any time [12.2]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 120 }), async (steps) => {
      const node = new Node();
      await node.open();
      for (const step of steps) {
        node.passTo(node.now + step.seconds);
        await play(node, step);
      }
      node.count();
      await node.commit();
      await node.close();
    }),
    { numRuns: 40 },
  );
});

test('what happened to accounts is told in its order, again where it was not heard, and all of it after a loss [12.2]', async () => {
  const path = join(root, 'accounts');
  const open = async () => {
    const users = new Users({ exclude: ['never.example'], includeDisabled: false });
    const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(path), users, BEGIN, { pseudonymOf });
    return { users, writeBuffer, outbox: new NodeOutbox(users, writeBuffer.cluster) };
  };
  const told = ({ changes }: Piece) =>
    changes.map(({ kind, host, member, at }) => [kind, host, member.toString('hex'), at]);
  const all = ['removed', 'disabled', 'enabled', 'forgotten'].map((kind, i) => [
    kind,
    'a.example',
    hexOf(jidOf(0)),
    BEGIN + i,
  ]);
  const { users, writeBuffer, outbox } = await open();
  users.remove(jidOf(0), BEGIN);
  users.noteAccount('disabled', jidOf(0), BEGIN + 1);
  users.noteAccount('enabled', jidOf(0), BEGIN + 2);
  users.remove('x@never.example', BEGIN);
  users.forget(jidOf(0), BEGIN + 3);
  const [first, second] = [outbox.take(2), outbox.take(2)];
  assert.deepEqual([...told(first), ...told(second)], all);
  outbox.sent(first);
  outbox.giveBack(second);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  const later = await open();
  assert.deepEqual(told(later.outbox.take(10)), all.slice(2));
  later.outbox.again();
  assert.deepEqual(told(later.outbox.take(10)), all);
  await later.writeBuffer.close();
});

test('what was sent is not sent again after a restart [12.2]', async () => {
  const path = join(root, 'sent');
  const open = async () => {
    const users = new Users({ exclude: [], includeDisabled: false });
    const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(path), users, BEGIN, { pseudonymOf });
    return { users, writeBuffer, outbox: new NodeOutbox(users, writeBuffer.cluster) };
  };
  const { users, writeBuffer, outbox } = await open();
  for (const user of [0, 1]) users.sawLogin(users.number(jidOf(user)), BEGIN);
  await writeBuffer.commitUsers();
  outbox.sent(outbox.take(1));
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  const later = await open();
  assert.deepEqual(
    later.outbox.take(9).users.map(({ jid }) => jid),
    [jidOf(1)],
  );
  await later.writeBuffer.close();
});

test('of one who comes behind the hour before it is counted, the hour is told first, and then the rest [12.2]', async () => {
  const users = new Users({ exclude: [], includeDisabled: false });
  const index = await LastSeenIndex.open(join(root, 'beyond'));
  const writeBuffer = await WriteBuffer.open(index, users, BEGIN, { pseudonymOf });
  const outbox = new NodeOutbox(users, writeBuffer.cluster);
  const sessions = new Sessions(users, OPTIONS);
  const start = (session: string, at: number): void => {
    const user = users.number(jidOf(0));
    if (at > BEGIN) users.noteBefore(user);
    users.releaseIfIdle(user);
    sessions.take({ kind: 'start', session, user: jidOf(0), at });
  };
  outbox.stopAfter(BEGIN);
  start('c2s1', BEGIN - 5);
  start('c2s2', BEGIN + 3);
  const first = outbox.take(9);
  // Online since before, but when they logged in before is not known any more.
  assert.deepEqual(first.users, [{ jid: jidOf(0), login: 0, seen: BEGIN, isOpen: true }]);
  outbox.sent(first);
  assert.deepEqual(outbox.take(9).users, []);
  outbox.stopAfter(BEGIN + HOUR);
  users.sample(BEGIN, []);
  assert.deepEqual(outbox.take(9).users, [{ jid: jidOf(0), login: BEGIN + 3, seen: BEGIN + 3, isOpen: true }]);
  await writeBuffer.close();
});

test('an index that was used without a cluster is in step with no union, and of its schema as before [12.2]', async () => {
  const path = join(root, 'without');
  const open = async (isShared: boolean) => {
    const users = new Users({ exclude: [], includeDisabled: false });
    const index = await LastSeenIndex.open(path);
    return { users, writeBuffer: await WriteBuffer.open(index, users, BEGIN, isShared ? { pseudonymOf } : {}) };
  };
  const login = async (isShared: boolean): Promise<NodeOutbox | undefined> => {
    const { users, writeBuffer } = await open(isShared);
    const outbox = isShared ? new NodeOutbox(users, writeBuffer.cluster) : undefined;
    const kept = outbox?.kept;
    users.sawLogin(users.number(jidOf(made++)), BEGIN);
    outbox?.keep(1);
    if (outbox) for (let piece; (piece = outbox.take(9)).users.length > 0;) outbox.sent(piece);
    await writeBuffer.commitUsers();
    await writeBuffer.close();
    seen.push([kept, await schemaOf(path)]);
    return outbox;
  };
  const seen: [kept: unknown, schema: string][] = [];
  for (const isShared of [false, true, true, false, true]) await login(isShared);
  assert.deepEqual(seen, [
    [undefined, '4'],
    [undefined, '5'],
    [1, '5'],
    [undefined, '5'],
    [undefined, '5'],
  ]);
});

async function schemaOf(path: string): Promise<string> {
  const db = new Level(path);
  const stored = await db.get('!meta!schema');
  await db.close();
  return stored?.split(' ')[1] ?? '';
}

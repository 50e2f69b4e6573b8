/** Sessions in piles: after each commit, whatever is broken off, the piles tell what the sessions of each log are, and they stay few. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sessions, type Session } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import { SessionPiles } from '../../src/service/session-piles.ts';
import * as fc from '../properties.ts';

const OPTIONS = { hibernationSeconds: 600, boshSeconds: 3600 };
const LOGS = ['/var/log/a.log', '/var/log/b.log'] as const;
const AT = 1_800_000_000;

/** The index, and a daemon that writes to it. */
class World {
  readonly index = new Map<string, Buffer>();
  readonly users = new Users({ exclude: [], includeDisabled: true });
  readonly logs = new Map(LOGS.map((log) => [log, new Sessions(this.users, OPTIONS)]));
  readonly piles = new SessionPiles((key, pile) => {
    if (pile) {
      this.index.set(key, pile);
      this.written += pile.length;
    } else assert.ok(this.index.delete(key), 'only what is there is deleted');
  });
  at = AT;
  /** Bytes. */
  written = 0;

  sessions(log: (typeof LOGS)[number]): Sessions {
    return this.logs.get(log)!;
  }

  /** The sessions are named by full JIDs, by a name or by an address, and bound or not. */
  login(log: (typeof LOGS)[number], n: number): void {
    const user = `user${n}@chat.example`;
    const session = [`${user}/r`, `bosh-${n}`, `c2s${(n + 1).toString(16)}`][n % 3]!;
    const resource = n % 2 ? { resource: `ø${n % 7}` } : {};
    this.sessions(log).take({ kind: 'start', session, user, at: this.at++, ...resource });
  }

  logout(log: (typeof LOGS)[number], n: number): void {
    const user = this.users.find(`user${n}@chat.example`);
    const [session] = user < 0 ? [] : ([...this.sessions(log).all(user)][0] ?? []);
    if (session !== undefined) this.sessions(log).take({ kind: 'end', session, over: true, at: this.at++ });
  }

  commit(log: (typeof LOGS)[number]): void {
    this.piles.add(log, this.sessions(log).stored);
  }

  /** As the next start reads it. */
  stored(): Map<string, Map<string, Session>> {
    const inOrder = new Map([...this.index].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return new SessionPiles(() => {}).restore(inOrder);
  }

  check(log: (typeof LOGS)[number]): void {
    const stored = this.stored().get(log) ?? new Map<string, Session>();
    const known = new Map(this.sessions(log).all());
    assert.deepEqual(stored, known);
  }
}

const log = fc.constantFrom(...LOGS);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('login' as const), log, from: fc.nat(24_000), count: fc.nat(6000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('logout' as const), log, from: fc.nat(24_000), count: fc.nat(6000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('few' as const), log, from: fc.nat(24_000), count: fc.nat(300) }),
  },
  fc.record({ kind: fc.constantFrom('renew' as const, 'purge' as const), log, from: fc.nat(100), count: fc.nat(100) }),
  fc.record({ kind: fc.constant('other' as const), log, from: fc.nat(24_000), count: fc.nat(500) }),
);

test('tell after each commit what the sessions are [9.11]', () => {
  const run = fc.property(fc.array(step, { minLength: 4, maxLength: 14 }), (steps) => {
    const world = new World();
    for (const { kind, log: path, from, count } of steps) {
      const other = LOGS.find((each) => each !== path)!;
      for (let n = from; n < from + count; n++) {
        if (kind === 'logout') world.logout(path, n);
        // Of the other log nothing is committed yet, and nothing of it may be stored.
        else world.login(kind === 'other' ? other : path, n);
        if (kind === 'few') world.commit(path);
      }
      if (kind === 'renew')
        for (const _ of world.piles.renew(path, world.sessions(path).stored)) world.login(other, from);
      if (kind === 'purge') for (const _ of world.piles.purge(path, world.sessions(path).stored));
      world.commit(path);
      world.check(path);
    }
  });
  fc.assert(run, { numRuns: 8 });
});

test('stay few, and are seldom written again, where little changes with each commit [9.11]', () => {
  const world = new World();
  const [path] = LOGS;
  const there = 20_000;
  for (let n = 0; n < there; n++) world.login(path, n);
  world.commit(path);
  const begun = world.written;
  let most = 0;
  const commits = 15_000;
  for (let n = 0; n < commits; n++) {
    world.users.forget(`user${n}@chat.example`, world.at);
    world.login(path, there + n);
    world.commit(path);
    most = Math.max(most, world.index.size);
  }
  // One pile in eight of so many sessions, and some of the turn.
  assert.ok(most < 7500, `${most} piles`);
  // Two changes with each commit, and all that there are once in 6600.
  const size = (world.written - begun) / commits;
  assert.ok(size < 500, `${size} bytes with each commit`);
  world.check(path);
});

test('tell of no session what is not committed yet [9.11]', () => {
  const world = new World();
  const [path] = LOGS;
  for (let n = 0; n < 40_000; n++) world.login(path, n);
  world.commit(path);
  const committed = new Map(world.sessions(path).all());
  for (const _ of world.piles.renew(path, world.sessions(path).stored)) world.login(path, 50_000);
  assert.deepEqual(world.stored().get(path), committed);
  for (const _ of world.piles.renew(path, world.sessions(path).stored));
  assert.deepEqual(world.stored().get(path), committed);
  for (let commits = 0; commits < 5; commits++) world.commit(path);
  world.check(path);
  assert.ok(world.piles.sessionsIn(path) <= committed.size + 2, 'each once, but for what has changed meanwhile');
});

test('tell nothing any more of who is gone when they are renewed [9.11]', () => {
  const world = new World();
  const [path, other] = LOGS;
  for (let n = 0; n < 40_000; n++) world.login(path, n);
  world.commit(path);
  for (let n = 0; n < 40_000; n += 7) world.logout(path, n);
  // A debug log tells when a session is bound; what ended is forgotten half an hour later.
  world.at += 86_400;
  world.sessions(path).passTime(world.at);
  world.commit(path);
  const gone = Buffer.from('user14@');
  const isThere = (): boolean => [...world.index.values()].some((pile) => pile.includes(gone));
  assert.ok(isThere());
  const before = world.index.size;
  for (const _ of world.piles.renew(path, world.sessions(path).stored)) world.login(other, 1);
  assert.ok(!isThere(), `of ${before} piles ${world.index.size} are left`);
  world.check(path);
});

test('tell nothing any more of who is forgotten, also in the middle of the turn [9.11]', () => {
  const world = new World();
  const [path] = LOGS;
  // Their sessions are named by their full JIDs.
  for (let n = 0; n < 60_000; n += 3) world.login(path, n);
  world.commit(path);
  const isThere = (): boolean => [...world.index.values()].some((pile) => pile.includes('user15@'));
  assert.ok(isThere());
  world.piles.renew(path, world.sessions(path).stored).next();
  world.users.forget('user15@chat.example', world.at);
  for (const _ of world.piles.purge(path, world.sessions(path).stored)) world.login(path, 60_000);
  assert.ok(!isThere());
  world.commit(path);
  assert.ok(!isThere());
  world.check(path);
});

test('go on at the next start where they were [9.11]', () => {
  const world = new World();
  const [path] = LOGS;
  for (let n = 0; n < 10; n++) {
    world.login(path, n);
    world.commit(path);
  }
  const next = new SessionPiles((key, pile) => pile && world.index.set(key, pile));
  next.restore(world.index);
  const keys = new Set(world.index.keys());
  next.change(path, [['user3@chat.example/r', undefined]]);
  const [added] = [...world.index.keys()].filter((key) => !keys.has(key));
  assert.ok(added !== undefined && [...keys].every((key) => key < added), `${added} comes last`);
});

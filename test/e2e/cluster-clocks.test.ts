/** Nodes whose clocks are wrong, or were, with a real Redis: what others count, and what comes of it when the clocks are right again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { AT, countAt, DAY, HOUR, login, logout, worldOf } from './model-world.ts';
import { ask } from './redis-faults.ts';

test('a node whose clock is ahead waits for the others until it is time [12.5]', async (t) => {
  const at = Math.ceil(Date.now() / 1000) + 3;
  const { nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  login(a, 'alice', at - 60);
  login(c, 'carol', at - 60);
  const early = countAt(c, at);
  const timely = pause(at * 1000 - Date.now()).then(() => Promise.all([countAt(a, at), countAt(b, at)]));
  for (const counted of [await early, ...(await timely)]) {
    assert(counted.kind !== 'away', counted.kind === 'away' ? counted.why : '');
    assert.deepEqual(counted.missing, []);
    assert.deepEqual(counted.hosts, [{ host: 'chat.example', online: 2, windows: [2, 2, 2, 2] }]);
  }
});

const AHEAD = 30 * DAY;

test('an hour that was counted by clocks that were all ahead is no reason not to count until then [12.5]', async (t) => {
  let clock = AT + AHEAD;
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c'], { now: () => clock });
  const countAll = async (at: number): Promise<void> => {
    clock = at + 2;
    const counts = await Promise.all(nodes.map((node) => countAt(node, at)));
    assert.deepEqual(counts.map(({ kind }) => kind).toSorted(), ['counted', 'elsewhere', 'elsewhere']);
  };
  for (const node of nodes) login(node, node.name, AT - 60);
  await countAll(AT + AHEAD);
  await countAll(AT);
  await ask(lab, (client) => client.flushall());
  await countAll(AT + HOUR);
  // When it is that time indeed it is counted anew.
  logout(nodes[0]!, 'a', AT + HOUR + 1);
  clock = AT + AHEAD + 2;
  for (const counted of await Promise.all(nodes.map((node) => countAt(node, AT + AHEAD)))) {
    assert(counted.kind !== 'away');
    assert.equal(counted.hosts[0]?.online, 2);
  }
});

test('a node whose clock was ahead is missing like any other when it does not come later [12.5]', async (t) => {
  const ahead = new Set(['c']);
  const { nodes } = await worldOf(t, ['a', 'b', 'c'], { now: (name) => (ahead.has(name) ? AT + AHEAD : AT) + 2 });
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  for (const node of nodes) login(node, node.name, AT - 60);
  assert.equal((await countAt(c, AT + AHEAD)).kind, 'away');
  logout(c, 'c', AT - 50);
  await c.union.flush(deadline());
  ahead.clear();
  await c.kill();
  const first = await Promise.all(nodes.map((node) => countAt(node, AT)));
  assert.deepEqual(first.map(({ kind }) => kind).toSorted(), ['counted', 'elsewhere', 'elsewhere']);
  await c.end();
  for (const counted of await Promise.all([countAt(a, AT + HOUR), countAt(b, AT + HOUR)])) {
    assert(counted.kind !== 'away', counted.kind === 'away' ? counted.why : '');
    assert.deepEqual(counted.missing, ['c']);
  }
});

test('users who were seen by a clock that was ahead count as soon as they are seen again, and not before [12.5]', async (t) => {
  const ahead = new Set(['a']);
  const now = (name: string): number => (ahead.has(name) ? AT + AHEAD : AT + HOUR) + 2;
  const { nodes } = await worldOf(t, ['a', 'b'], { now, settings: { nodes: 2 } });
  const [a, b] = nodes as [ModelNode, ModelNode];
  for (const name of ['alice', 'dora']) {
    login(a, name, AT + AHEAD - 60);
    logout(a, name, AT + AHEAD - 50);
  }
  login(b, 'dora', AT - 60);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  ahead.clear();
  await a.kill((outbox) => outbox.wipe());
  login(a, 'carol', AT - 60);
  const count = async (at: number): Promise<unknown> => {
    const [counted] = await Promise.all(nodes.map((node) => countAt(node, at)));
    return counted?.kind === 'away' ? counted.why : counted?.hosts;
  };
  const host = 'chat.example';
  // Who is online is active, whenever last seen.
  assert.deepEqual(await count(AT), [{ host, online: 2, windows: [2, 2, 2, 2] }]);
  login(b, 'alice', AT + 60);
  logout(b, 'dora', AT + 60);
  assert.deepEqual(await count(AT + HOUR), [{ host, online: 2, windows: [3, 3, 3, 3] }]);
});

test('that the clocks of two nodes differ is told once, however far they are apart later [12.6]', async (t) => {
  let ahead = 10;
  const now = (name: string): number => Date.now() / 1000 + (name === 'b' ? ahead : 0);
  const { nodes } = await worldOf(t, ['a', 'b'], { now, settings: { nodes: 2 } });
  const [a, b] = nodes as [ModelNode, ModelNode];
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  for (; ahead < 50; ahead += 10) {
    await b.union.look();
    await a.union.look();
  }
  for (const node of [a, b])
    assert.deepEqual(
      node.told.map((told) => told.replace(/differ by \d+/, 'differ by N')),
      [
        `the clocks of the nodes ${node.name} and ${node === a ? 'b' : 'a'} differ by N seconds: set both by NTP, as counts at the hour are wrong by what happens in between`,
      ],
    );
});

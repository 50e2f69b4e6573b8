/** When what Redis has of a node, or what a node has of itself, is relied on no longer; with a real Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { silenceOf } from '../../src/cluster/administration.ts';
import { SCRIPTS } from '../../src/cluster/scripts/scripts.ts';
import { KEY } from '../cluster/model-cluster.ts';
import type { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { AT, countAt, DAY, HOUR, hostsOf, login, worldOf } from './model-world.ts';
import { ask } from './redis-faults.ts';

/** Nothing tells of it. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = deadline(); !isSo(); await new Promise((resolve) => setTimeout(resolve, 10))) end.throwIfAborted();
}

test('where Redis may throw users away nothing is counted, and when it is put right all is sent again [12.6]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c'], { slots: 2 });
  for (const [i, node] of nodes.entries()) login(node, `user${i}`, AT - 60);
  const first = await Promise.all(nodes.map((node) => countAt(node, AT)));
  assert.ok(first.every(({ kind }) => kind !== 'away'));
  const resyncs = nodes.map(({ outbox }) => outbox.resyncs);
  await ask(lab, (client) => client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru'));
  const over = new AbortController();
  const asked = { at: AT + HOUR, hosts: [], windows: [1, 7, 30], covered: [DAY, 7 * DAY, 30 * DAY] };
  // At once, before one of them has seen it by itself.
  const counting = nodes.map(({ barrier }) => barrier.count(asked, AbortSignal.any([over.signal, deadline()])));
  await until(() => nodes.every(({ told }) => told.some((each) => /maxmemory-policy .* allkeys-lru/.test(each))));
  over.abort();
  for (const counted of await Promise.all(counting)) assert.equal(counted.kind, 'away');
  // It was refused more than once by each of them, and nothing was sent to it.
  assert.deepEqual(
    nodes.map(({ outbox }) => outbox.resyncs),
    resyncs,
  );
  // As if they had been thrown away.
  await ask(lab, async (client) => {
    await client.del(...(await client.keys('*seen:*')));
    await client.config('SET', 'maxmemory-policy', 'volatile-lru');
  });
  const second = await Promise.all(nodes.map((node) => countAt(node, AT + HOUR)));
  assert.deepEqual(hostsOf(second[0]), [{ host: 'chat.example', online: 3, windows: [3, 3, 3, 3] }]);
  assert.ok(nodes.every(({ outbox }, i) => outbox.resyncs > resyncs[i]!));
});

test('an index that was put back from a backup keeps nobody online whose end it cannot know of [12.2]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b'], { slots: 4 });
  const [a, b] = nodes as [ModelNode, ModelNode];
  login(a, 'alice', AT - 90);
  await a.union.flush(deadline());
  a.outbox.store();
  for (let i = 0; i < 20; i++) login(a, `user${i}`, AT - 60);
  await Promise.all(nodes.map((node) => countAt(node, AT)));
  await a.kill();
  const counts = await Promise.all([countAt(a, AT + 2 * DAY), countAt(b, AT + 2 * DAY)]);
  assert.deepEqual(hostsOf(counts[0]), [{ host: 'chat.example', online: 1, windows: [1, 21, 21, 21] }]);
  // That is over with it, also in slots in which nothing was sent again.
  const { resyncs } = a.outbox;
  a.outbox.store();
  await a.kill();
  await a.union.flush(deadline());
  assert.equal(a.outbox.resyncs, resyncs);
});

test('the numbers of batches begin no second time, so that a backup is told from what came later also where Redis has lost all between [12.2]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b']);
  const [a, b] = nodes as [ModelNode, ModelNode];
  for (const name of ['alice', 'carol']) {
    login(a, name, AT - 90);
    await a.union.flush(deadline());
  }
  a.outbox.store();
  await ask(lab, (client) => client.flushall());
  await a.union.verify().catch(() => {});
  // What is sent again is one batch, and this another one.
  await a.union.flush(deadline());
  login(a, 'bob', AT - 60);
  await a.union.flush(deadline());
  await a.kill();
  const [counted] = await Promise.all([countAt(a, AT), countAt(b, AT)]);
  assert.deepEqual(hostsOf(counted), [{ host: 'chat.example', online: 2, windows: [3, 3, 3, 3] }]);
});

test('what another node relies on no longer is sent again, also by one to which nothing happens [12.2]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b']);
  const [a, b] = nodes as [ModelNode, ModelNode];
  for (const node of nodes) login(node, node.name, AT - 60);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  await b.union.connection.run('distrust', a.union.keys.slot(0));
  const counts = await Promise.all(nodes.map((node) => countAt(node, AT)));
  assert.deepEqual(hostsOf(counts[0]), [{ host: 'chat.example', online: 2, windows: [2, 2, 2, 2] }]);
  assert.ok(nodes.every(({ outbox }) => outbox.resyncs > 1));
});

test('a batch that has come though nobody heard so is not taken for one too many [12.2]', async (t) => {
  const once = `local function apply()\n${SCRIPTS.apply}\nend\nlocal answer = apply()\nif redis.call('DEL', 'lose') == 1 then return redis.error_reply('lost') end\nreturn answer\n`;
  const { lab, nodes } = await worldOf(t, ['a'], { scripts: () => ({ ...SCRIPTS, apply: once }) });
  const [a] = nodes as [ModelNode];
  login(a, 'alice', AT - 60);
  await a.union.flush(deadline());
  const { resyncs } = a.outbox;
  await ask(lab, (client) => client.set('lose', 1));
  login(a, 'bob', AT - 60);
  await a.union.flush(deadline());
  assert.equal(await ask(lab, (client) => client.exists('lose')), 0);
  assert.equal(a.outbox.resyncs, resyncs);
});

test('a process that another one has replaced once tells nobody of a second one [12.6]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b']);
  const [a, b] = nodes as [ModelNode, ModelNode];
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  const { epoch } = a.union;
  await b.union.connection.run('claim', a.union.keys.slot(0), 'a', 'away for a moment');
  await a.union.verify().catch(() => {});
  await a.union.flush(deadline());
  assert.notEqual(a.union.epoch, epoch);
  assert.deepEqual(a.told, []);
});

test('how long a node was silent is told by the clock of Redis [12.6]', async (t) => {
  // Whatever the node's own says.
  const { lab, nodes } = await worldOf(t, ['a'], { now: () => Date.now() / 1000 - 1000 });
  const settings = { url: lab.url, node: 'x', nodes: 3, key: KEY, waitSeconds: 1, leaseSeconds: 1, slots: 1 };
  await nodes[0]!.union.flush(deadline());
  const silence = await silenceOf(settings, 'a');
  assert.ok(silence !== undefined && silence >= 0 && silence < 300);
  assert.equal(await silenceOf(settings, 'b'), undefined);
});

test('of two processes of one name neither is counted, and the node is named as missing [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'a', 'b', 'c']);
  const [first, second, b, c] = nodes as [ModelNode, ModelNode, ModelNode, ModelNode];
  login(first, 'one', AT - 60);
  login(second, 'two', AT - 60);
  login(b, 'bob', AT - 60);
  // Whoever counts looks whether another process is there.
  const look = (): unknown[] => [first, second].map((node) => node.union.verify().catch(() => {}));
  const isAway = ({ union, told }: ModelNode): boolean =>
    !union.state.isConnected && told.some((each) => /another process takes part as the node a/.test(each));
  await until(() => look().length > 0 && isAway(first) && isAway(second));
  const counting = Promise.all([countAt(b, AT), countAt(c, AT)]);
  const over = counting.then(() => true);
  for (let isOver = false; !isOver; isOver = await Promise.race([over, pause(10, false)]))
    for (const { union } of [first, second]) assert.equal(union.state.isConnected, false);
  const [counted] = await counting;
  assert(counted.kind !== 'away');
  assert.deepEqual(counted.missing, ['a']);
});

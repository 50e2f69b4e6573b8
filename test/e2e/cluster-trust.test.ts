/** When what Redis has of a node, or what a node has of itself, is relied on no longer; with a real Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silenceOf } from '../../src/cluster/administration.ts';
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
  const counting = nodes[0]!.barrier.count(asked, AbortSignal.any([over.signal, deadline()]));
  await until(() => nodes.every(({ union }) => /maxmemory-policy .* allkeys-lru/.test(union.state.problem ?? '')));
  over.abort();
  assert.equal((await counting).kind, 'away');
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
  const { nodes } = await worldOf(t, ['a', 'b']);
  const [a, b] = nodes as [ModelNode, ModelNode];
  login(a, 'alice', AT - 90);
  await a.union.flush(deadline());
  a.outbox.store();
  login(a, 'bob', AT - 60);
  await Promise.all(nodes.map((node) => countAt(node, AT)));
  await a.kill();
  const counts = await Promise.all([countAt(a, AT + 2 * DAY), countAt(b, AT + 2 * DAY)]);
  assert.deepEqual(hostsOf(counts[0]), [{ host: 'chat.example', online: 1, windows: [1, 2, 2, 2] }]);
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
  const [counted] = await Promise.all([countAt(b, AT), countAt(c, AT)]);
  assert(counted.kind !== 'away');
  assert.deepEqual(counted.missing, ['a']);
});

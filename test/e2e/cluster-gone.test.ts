/** Accounts and nodes that are gone, and processes that another one has replaced, with a real Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { removeNode } from '../../src/cluster/administration.ts';
import { GoneReader } from '../../src/cluster/upkeep.ts';
import { KEY } from '../cluster/model-cluster.ts';
import type { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { AT, countAt, login, worldOf } from './model-world.ts';
import { ask } from './redis-faults.ts';

test('a removal that no node had read is read when Redis has come back with an old dump [12.4]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  const reader = new GoneReader(b.union);
  const read = async (): Promise<number[]> => {
    const all: number[] = [];
    for await (const { at } of reader.read()) all.push(at - AT);
    return all;
  };
  const removed = (node: ModelNode, name: string, at: number): void =>
    node.outbox.read({ at, node: 0, jid: `${name}@chat.example`, kind: 'removed' });
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  assert.deepEqual(await read(), []);
  await ask(lab, (client) => client.save());
  for (let i = 0; i < 5; i++) removed(a, `user${i}`, AT + i);
  await a.union.flush(deadline());
  assert.equal((await read()).length, 5);
  removed(c, 'unread', AT + 10);
  await c.union.flush(deadline());
  a.outbox.store();
  await a.end();
  await lab.kill();
  await lab.restart();
  // It takes the number of one that was read.
  await c.union.flush(deadline());
  await b.union.flush(deadline());
  await a.kill();
  await a.union.flush(deadline());
  assert.ok((await read()).includes(10));
});

test('a mark is of the process that set it: another one has not sent the same, though it counts its batches alike [12.2]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  for (const name of ['carol', 'dave']) login(c, name, AT - 60);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  const { seqs, epoch } = c.union;
  await c.union.look(AT, { at: AT, seqs, epoch, covered: [] });
  await c.kill((outbox) => outbox.wipe());
  login(c, 'carol', AT - 60);
  await c.union.flush(deadline());
  assert.deepEqual(c.union.seqs, seqs);
  for (const counted of await Promise.all([countAt(a, AT), countAt(b, AT)])) {
    assert(counted.kind !== 'away');
    assert.deepEqual(counted.missing, ['c']);
  }
});

test('a node that is removed while it runs hears of it, and takes part when it is started again [12.6]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  for (const node of nodes) login(node, node.name, AT - 60);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  const settings = { url: lab.url, node: 'x', nodes: 3, key: KEY, waitSeconds: 1, leaseSeconds: 1, slots: 1 };
  assert.equal(await removeNode(settings, 'c', AT), true);
  const { view } = a.union.state;
  const end = deadline();
  while (c.told.length === 0) {
    end.throwIfAborted();
    await pause(10);
  }
  // It gives up what it has tried with: there are the others, and who asks.
  const clients = (): Promise<unknown> => ask(lab, (client) => client.client('LIST'));
  while (
    String(await clients())
      .trim()
      .split('\n').length > 3
  )
    end.throwIfAborted();
  // The others give their signs of life meanwhile.
  while (a.union.state.view === view) {
    end.throwIfAborted();
    await pause(10);
  }
  assert.deepEqual(c.told, [
    'this node was removed from the cluster, and takes part as c when its daemon is started again: logs are read on',
  ]);
  for (const counted of await Promise.all([countAt(a, AT), countAt(b, AT)])) {
    assert(counted.kind !== 'away', counted.kind === 'away' ? counted.why : '');
    assert.deepEqual(counted.missing, ['never seen (1)']);
  }
  await c.kill();
  await c.union.flush(deadline());
  assert.deepEqual(
    (await c.union.look()).nodes.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
});

/** What was counted stays so, whatever is lost behind it: with a real Redis that forgets all. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Counted } from '../../src/cluster/seam.ts';
import { KEY } from '../cluster/model-cluster.ts';
import { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { ask } from './redis-faults.ts';
import { RedisLab } from './redis-lab.ts';

const DAY = 86_400;
const AT = 1_770_001_200;

async function threeNodes(t: TestContext): Promise<{ lab: RedisLab; nodes: [ModelNode, ModelNode, ModelNode] }> {
  const lab = await RedisLab.start();
  const nodes = ['a', 'b', 'c'].map((node) => {
    const settings = { url: lab.url, node, nodes: 3, key: KEY, waitSeconds: 2, leaseSeconds: 60, slots: 1 };
    return new ModelNode({ settings, scripts: undefined, now: () => Date.now() / 1000 });
  }) as [ModelNode, ModelNode, ModelNode];
  t.after(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    await lab.close();
  });
  return { lab, nodes };
}

const login = (node: ModelNode, name: string, at: number): void =>
  node.outbox.read({ at, node: 0, jid: `${name}@chat.example`, kind: 'login' });

const count = (node: ModelNode): Promise<Counted> =>
  node.barrier.count(
    { at: AT, hosts: ['chat.example'], windows: [1, 7, 30], covered: [DAY, 7 * DAY, 30 * DAY] },
    deadline(),
  );

/** And says that it was sent. */
async function send(node: ModelNode, counting: Promise<Counted>): Promise<Counted> {
  const counted = await counting;
  if (counted.kind === 'counted') await node.barrier.confirm(AT);
  return counted;
}

const hostsOf = (counted: Counted): unknown => (counted.kind === 'away' ? counted.why : counted.hosts);

test('a node that heard in between that all was counted knows what, when Redis and the one who counted are gone [12.5]', async (t) => {
  const { lab, nodes } = await threeNodes(t);
  const [a, b, c] = nodes;
  login(a, 'alice', AT - 60);
  const counts = await Promise.all([a, c].map((node) => send(node, count(node))));
  assert.deepEqual(counts.map(({ kind }) => kind).toSorted(), ['counted', 'elsewhere']);
  // As with its sign of life.
  await b.union.look();
  await a.end();
  await ask(lab, (client) => client.flushall());
  await c.kill();
  const later = await Promise.all([b, c].map((node) => send(node, count(node))));
  for (const counted of later) {
    assert.equal(counted.kind, 'elsewhere');
    assert.deepEqual(hostsOf(counted), hostsOf(counts[0]!));
  }
});

test('numbers that may have been sent are sent again as they were, when Redis and the one who sent are gone [12.5]', async (t) => {
  const { lab, nodes } = await threeNodes(t);
  const [a, b, c] = nodes;
  login(a, 'alice', AT - 60);
  const counting = [a, b].map(async (node) => ({ node, counted: await count(node) }));
  const first = await Promise.race(counting);
  assert.equal(first.counted.kind, 'counted');
  await ask(lab, (client) => client.flushall());
  await first.node.kill();
  // With these there would be one more.
  for (const name of ['carol', 'dan']) login(c, name, AT - 30);
  const others = nodes.filter((node) => node !== first.node);
  const [other] = others;
  const second = counting[[a, b].indexOf(other!)]!.then(({ counted }) => counted);
  const again = await Promise.all([send(other!, second), send(c, count(c))]);
  for (const counted of again) assert.deepEqual(hostsOf(counted), hostsOf(first.counted));
  assert.deepEqual(again.map(({ kind }) => kind).toSorted(), ['counted', 'elsewhere']);
});

test('a node that is alone for the moment is there for those who come later [12.5]', async (t) => {
  const { nodes } = await threeNodes(t);
  const [a, b] = nodes;
  login(a, 'alice', AT - 60);
  const alone = send(a, count(a));
  const late = AbortSignal.timeout(2300);
  await new Promise((resolve) => late.addEventListener('abort', resolve));
  const counts = await Promise.all([alone, send(b, count(b))]);
  assert.deepEqual(counts.map(({ kind }) => kind).toSorted(), ['counted', 'elsewhere']);
});

test('a disabling that one node remembers, of an account that another one has forgotten to be enabled again, hides nobody who logs in [12.2]', async (t) => {
  const { nodes } = await threeNodes(t);
  const [a, b, c] = nodes;
  const end = deadline();
  for (const name of ['alice', 'bob'])
    a.outbox.read({ at: AT - 35 * DAY, node: 0, jid: `${name}@chat.example`, kind: 'disabled' });
  login(b, 'alice', AT - 60);
  await b.union.flush(end);
  await a.union.flush(end);
  login(c, 'bob', AT - 60);
  // Disabled since.
  login(c, 'carol', AT - 60);
  a.outbox.read({ at: AT - 50, node: 0, jid: 'carol@chat.example', kind: 'disabled' });
  const counts = await Promise.all(nodes.map((node) => send(node, count(node))));
  for (const counted of counts)
    assert.deepEqual(hostsOf(counted), [{ host: 'chat.example', online: 2, windows: [2, 2, 2] }]);
});

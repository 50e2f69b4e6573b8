/** Nodes of the model and a real Redis: each count is that of a pass over all that happened, whatever is killed and lost. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { randomFrom } from '../cluster/model.ts';
import { ModelCluster, type ModelClusterOptions } from '../cluster/model-cluster.ts';
import { SEED } from '../properties.ts';
import { ask, disturb, FAULTS } from './redis-faults.ts';
import { RedisLab } from './redis-lab.ts';

async function labOf(t: TestContext, options?: readonly string[]): Promise<RedisLab> {
  const lab = await RedisLab.start(options);
  t.after(() => lab.close());
  return lab;
}

function clusterOf(t: TestContext, lab: RedisLab, options: Partial<ModelClusterOptions> = {}): ModelCluster {
  const cluster = new ModelCluster({
    url: lab.url,
    nodes: 3,
    slots: 1,
    users: 12,
    random: randomFrom(SEED),
    ...options,
  });
  t.after(() => cluster.end());
  return cluster;
}

test('without disturbance three nodes count what happened [12.2]', async (t) => {
  const cluster = clusterOf(t, await labOf(t), { slots: 4, users: 30 });
  for (let step = 0; step < 60; step++) await cluster.step();
  assert.deepEqual(cluster.wrong, []);
  assert.deepEqual(cluster.away, []);
  assert.equal(cluster.samples, 180);
});

test('whatever is killed, lost and restored, they count what happened [12.2]', async (t) => {
  const lab = await labOf(t);
  for (const [slots, seed] of [
    [1, SEED],
    [4, SEED + 1],
  ] as const) {
    const random = randomFrom(seed);
    const cluster = clusterOf(t, lab, { slots, users: 30, random });
    for (let step = 0; step < 25; step++) await cluster.step(() => disturb(lab, cluster, random, Object.keys(FAULTS)));
    assert.deepEqual(cluster.wrong, []);
    assert.deepEqual(cluster.away, []);
    assert.ok(cluster.nodes.some(({ outbox }) => outbox.resyncs > 3));
    await cluster.end();
    await ask(lab, (client) => client.flushall());
  }
});

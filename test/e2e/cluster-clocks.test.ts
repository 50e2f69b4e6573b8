/** Nodes whose clocks are wrong, or were, with a real Redis: what others count, and what comes of it when the clocks are right again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelNode } from '../cluster/model-node.ts';
import { countAt, login, worldOf } from './model-world.ts';

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

/** Redis that comes back late, or that refuses what it is sent: what nodes do meanwhile, and what is told. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { SCRIPTS } from '../../src/cluster/scripts/scripts.ts';
import type { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { AT, countAt, login, logout, worldOf } from './model-world.ts';
import { ask } from './redis-faults.ts';

/** Turns until it is so. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = deadline();
  while (!(await isSo())) {
    if (end.aborted) assert.fail(what);
    await pause(10);
  }
}

test('Redis that comes back later than nodes are waited for: all of them count together [12.5]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c'], { settings: { waitSeconds: 2 } });
  for (const node of nodes) login(node, node.name, AT - 60);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  await lab.kill();
  const counts = nodes.map((node) => countAt(node, AT));
  // In its place, so that it is known how often it is tried.
  let tries = 0;
  const refusing = createServer((socket) => {
    tries++;
    socket.on('error', () => {}).destroy();
  }).listen(lab.port, '127.0.0.1');
  await pause(2100);
  await new Promise((resolve) => refusing.close(resolve));
  await lab.restart();
  assert.ok(tries > 0 && tries < 60, `${tries} tries`);
  for (const counted of await Promise.all(counts)) {
    assert(counted.kind !== 'away');
    assert.deepEqual(counted.missing, []);
    assert.deepEqual(counted.hosts, [{ host: 'chat.example', online: 3, windows: [3, 3, 3, 3] }]);
  }
  for (const { told } of nodes) assert.equal(told.filter((each) => /: logs are read on/.test(each)).length, 1);
});

test('Redis is reached again as soon as it takes something of what is sent, and where nothing is to be sent, too [12.6]', async (t) => {
  const slow = `for i = 1, 1e7 do end\n${SCRIPTS.apply}`;
  const { lab, nodes } = await worldOf(t, ['a', 'b'], { scripts: () => ({ ...SCRIPTS, apply: slow }) });
  const [a, b] = nodes as [ModelNode, ModelNode];
  a.outbox.most = 1;
  for (let i = 0; i < 10; i++) login(a, `user${i}`, AT - 60);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  await lab.kill();
  await until('both tell that it is away', () => nodes.every(({ told }) => told.length > 0));
  await lab.restart();
  let left = 0;
  await until('it is reached again', () => {
    if (a.told.length > 1) left ||= a.outbox.waiting;
    return nodes.every(({ told }) => told.length > 1);
  });
  assert.ok(left > 0);
  for (const { told } of [a, b]) assert.deepEqual(told.slice(1), ['Redis is reached again']);
});

test('a connection that breaks now and then is there again at once each time [12.5]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a'], { settings: { waitSeconds: 60 } });
  const [a] = nodes as [ModelNode];
  // With longer and longer pauses it would not come to an end.
  for (let i = 0; i < 30; i++) {
    await a.union.flush(deadline());
    const joined = a.union.joinedAt;
    await ask(lab, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
    await until('it is there again', () => a.union.joinedAt > joined && a.union.state.problem === undefined);
  }
});

test('what Redis refuses after hello is told once, and is not tried all the time [12.6]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a'], { settings: { waitSeconds: 60 } });
  const [a] = nodes as [ModelNode];
  login(a, 'alice', AT - 60);
  await a.union.flush(deadline());
  const key = a.union.keys.slot(0).replace(/nodes$/, 'seen:chat.example');
  const connections = async (): Promise<number> =>
    await ask(lab, async (client) => Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))?.[1]));
  await ask(lab, async (client) => {
    await client.del(key);
    await client.set(key, 'of another program');
  });
  const before = await connections();
  logout(a, 'alice', AT - 30);
  a.union.wake();
  await until('it is told', () => a.told.length > 0);
  assert.match(
    a.told.join(),
    /^Redis at .*WRONGTYPE.*: logs are read on, and nothing is counted until it is reached again$/,
  );
  await ask(lab, (client) => client.del(key));
  await a.union.flush(deadline());
  await until('it is told', () => a.told.length > 1);
  assert.deepEqual(a.told.slice(1), ['Redis is reached again']);
  assert.equal(a.union.state.problem, undefined);
  assert.ok((await connections()) - before < 20);
});

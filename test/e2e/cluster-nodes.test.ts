/** Nodes that are late, alone, gone, removed or called alike, and what an administrator hears of it; with a real Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeServers, removeNode } from '../../src/cluster/administration.ts';
import { closeSessions } from '../../src/cluster/close-sessions.ts';
import { Pseudonyms } from '../../src/cluster/pseudonyms.ts';
import type { GoneElsewhere } from '../../src/cluster/seam.ts';
import { GoneReader, upkeep } from '../../src/cluster/upkeep.ts';
import { KEY } from '../cluster/model-cluster.ts';
import type { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { AT, countAt, DAY, HOUR, hostsOf, login, logout, worldOf } from './model-world.ts';
import { ask } from './redis-faults.ts';

test('a node that does not come is named, and what it says later is not in the count; the half year is counted, too [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  login(a, 'old', AT - 100 * DAY);
  logout(a, 'old', AT - 100 * DAY + 1);
  login(a, 'alice', AT - 60);
  login(b, 'alice', AT - 50);
  logout(b, 'alice', AT - 40);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  const counts = await Promise.all([countAt(a, AT), countAt(b, AT)]);
  assert.deepEqual(counts.map(({ kind }) => kind).toSorted(), ['counted', 'elsewhere']);
  for (const counted of counts) {
    assert(counted.kind !== 'away');
    assert.deepEqual(counted.missing, ['c']);
    assert.deepEqual(counted.hosts, [{ host: 'chat.example', online: 1, windows: [1, 1, 1, 2] }]);
  }
  login(c, 'late', AT - 30);
  const late = await countAt(c, AT);
  assert.equal(late.kind, 'elsewhere');
  const next = await Promise.all(nodes.map((node) => countAt(node, AT + HOUR)));
  assert.deepEqual(next.map(({ kind }) => kind).toSorted(), ['counted', 'elsewhere', 'elsewhere']);
  assert.deepEqual(hostsOf(next[0]), [{ host: 'chat.example', online: 2, windows: [2, 2, 2, 3] }]);
});

test('fewer than half of the nodes count nothing, and say why [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a']);
  const counted = await countAt(nodes[0]!, AT);
  assert(counted.kind === 'away');
  assert.match(counted.why, /only 1 of 3 nodes have come \(missing: never seen \(1\), never seen \(2\)\)/);
});

test('what a node has told of later times is in no count of an earlier one [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  c.barrier.passed(AT);
  login(c, 'later', AT + 5);
  await c.union.flush(deadline());
  const counts = await Promise.all([countAt(a, AT), countAt(b, AT)]);
  for (const counted of counts) assert.equal(counted.kind, 'away');
  assert.ok(
    counts.some((counted) => counted.kind === 'away' && /the node c has gone on without this count/.test(counted.why)),
  );
});

test('sessions of a node that is gone end with its lease, its users stay; a node that is removed is not waited for [12.5]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c'], { slots: 4 });
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  for (let i = 0; i < 20; i++) login(c, `user${i}`, AT - 60);
  login(a, 'user0', AT - 60);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  await c.end();
  // The lease is a second, and so long a count waits for the node.
  const first = await Promise.all([countAt(a, AT), countAt(b, AT)]);
  assert.equal(first.filter(({ kind }) => kind === 'counted').length, 1);
  const second = await Promise.all([countAt(a, AT + HOUR), countAt(b, AT + HOUR)]);
  assert.deepEqual(hostsOf(second[0]), [{ host: 'chat.example', online: 1, windows: [20, 20, 20, 20] }]);
  assert.match([...a.told, ...b.told].join('\n'), /c has been gone for \d+ seconds: its open sessions count no longer/);
  const settings = { url: lab.url, node: 'x', nodes: 3, key: KEY, waitSeconds: 1, leaseSeconds: 1, slots: 4 };
  assert.equal(await removeNode(settings, 'c', AT), true);
  assert.equal(await removeNode(settings, 'c', AT), false);
  const third = await Promise.all([countAt(a, AT + 2 * HOUR), countAt(b, AT + 2 * HOUR)]);
  for (const counted of third) {
    assert(counted.kind !== 'away');
    assert.deepEqual(counted.missing, ['never seen (1)']);
  }
});

test('open sessions are closed in pieces, over however many hosts, and by nobody who is the node no longer [12.5]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b']);
  const [a, b] = nodes as [ModelNode, ModelNode];
  for (let i = 0; i < 450; i++) {
    login(a, `user${i}`, AT);
    a.outbox.read({ at: AT, node: 0, jid: `user@host${i}.example`, kind: 'login' });
  }
  login(b, 'user0', AT);
  await Promise.all(nodes.map((node) => node.union.flush(deadline())));
  await a.end();
  const { connection, epoch, keys } = b.union;
  const [key] = keys.all as [string];
  const open = async (host: string): Promise<number> =>
    await ask(lab, (client) => client.zcard(key.replace(/nodes$/, `open:${host}`)));
  assert.deepEqual(await connection.run('reset', key, 'a', '', '', '', 'chat.example', 'host7.example'), [0, 200]);
  assert.equal(await closeSessions(connection, key, 'a'), 700);
  assert.deepEqual([await open('chat.example'), await open('host7.example')], [1, 0]);
  assert.equal(await closeSessions(connection, key, 'b', [`${epoch}0`, 0, '']), undefined);
  assert.deepEqual([await closeSessions(connection, key, 'b'), await open('chat.example')], [1, 0]);
});

test('removals reach every node by pseudonym, each once, and again where the union forgot them [12.4]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b'], { slots: 2 });
  const [a, b] = nodes as [ModelNode, ModelNode];
  const reader = new GoneReader(b.union);
  const read = async (): Promise<GoneElsewhere[]> => {
    const all: GoneElsewhere[] = [];
    for await (const gone of reader.read()) all.push(gone);
    return all.toSorted((x, y) => x.at - y.at);
  };
  await b.union.flush(deadline());
  for (let i = 0; i < 500; i++) a.outbox.read({ at: AT + i, node: 0, jid: `user${i}@chat.example`, kind: 'removed' });
  await a.union.flush(deadline());
  const gone = await read();
  assert.equal(gone.length, 500);
  assert.deepEqual(gone[7], {
    host: 'chat.example',
    member: new Pseudonyms(KEY).of('user7@chat.example'),
    at: AT + 7,
    isForgotten: false,
  });
  assert.deepEqual(await read(), []);
  await ask(lab, (client) => client.flushall());
  await a.kill();
  a.outbox.read({ at: AT + 999, node: 0, jid: 'user0@chat.example', kind: 'removed' });
  await a.union.flush(deadline());
  assert.ok((await read()).some(({ at }) => at === AT + 999));
});

test('what is too old is dropped, but not who is online [12.2]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a']);
  const [a] = nodes as [ModelNode];
  for (let i = 0; i < 1200; i++) {
    login(a, `user${i}`, AT - 200 * DAY);
    if (i >= 600) logout(a, `user${i}`, AT - 200 * DAY + 1);
  }
  a.outbox.read({ at: AT - 200 * DAY, node: 0, jid: 'gone@chat.example', kind: 'removed' });
  a.outbox.read({ at: AT - 200 * DAY, node: 0, jid: 'off@work.example', kind: 'disabled' });
  await a.union.flush(deadline());
  await upkeep(a.union, AT - 181 * DAY);
  const key = (name: string): string => a.union.keys.slot(0).replace(/nodes$/, name);
  await ask(lab, async (client) => {
    assert.equal(await client.zcard(key('seen:chat.example')), 600);
    assert.equal(await client.zcard(key('gone:chat.example')), 0);
    assert.equal(await client.zcard(key('gonelog')), 0);
    assert.deepEqual(await client.smembers(key('hosts')), ['chat.example']);
  });
});

test('two processes of one name, other windows and what is wrong with Redis are told [12.6]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'a']);
  const [first, second] = nodes as [ModelNode, ModelNode];
  const end = deadline();
  for (
    let i = 0;
    [...first.told, ...second.told].every((told) => !/another process takes part as the node a/.test(told));
    i++
  ) {
    end.throwIfAborted();
    login(i % 2 ? first : second, `user${i}`, AT + i);
    (i % 2 ? first : second).union.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const settings = { url: lab.url, node: 'x', nodes: 3, key: KEY, waitSeconds: 1, leaseSeconds: 1, slots: 1 };
  const report = await describeServers(settings);
  assert.match(report.versions.join(), /^(Redis|Valkey) \d+\.\d+/);
  assert.deepEqual(report.problems, []);
  await ask(lab, (client) => client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru'));
  assert.match((await describeServers(settings)).problems.join(), /maxmemory-policy of Redis is allkeys-lru/);
});

/** Real daemons on logs of their own, a real Redis, and clocks that stand just before it is time for a count: each user counts once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../program.ts';
import { World } from './cluster-world.ts';
import { ask } from './redis-faults.ts';

const HOUR = 3600;
const DAY = 86_400;
const line = (at: number, rest: string): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${rest}\n`;
const login = (at: number, id: string, user: string): string =>
  line(at, `${id}\tinfo\tAuthenticated as ${user}@chat.example`);
const logout = (at: number, id: string): string => line(at, `${id}\tinfo\tClient disconnected: closed`);

test('three daemons count a user of all of them once, at the hour and with none later, and one of them sends it [12.2]', async (t) => {
  const world = await World.begin(t);
  const { hour } = world;
  await world.write(0, login(hour - 3 * DAY, 'c2s1', 'alice'), logout(hour - 3 * DAY + 60, 'c2s1'));
  await world.write(0, login(hour - 7200, 'c2s2', 'bob'));
  await world.write(1, login(hour - 2 * DAY, 'c2s1', 'alice'), logout(hour - 2 * DAY + 5, 'c2s1'));
  await world.write(2, login(hour - 60, 'c2s1', 'bob'), login(hour - 50, 'c2s2', 'carol'), logout(hour - 40, 'c2s1'));
  for (const node of [0, 1, 2]) world.start(node, 3);
  // The last full hour: a daemon that starts may still come to it.
  await world.counted(2, 3, 3);
  await world.write(1, login(hour + HOUR, 'c2s5', 'dan'), login(hour + HOUR + 1, 'c2s6', 'eve'));
  world.strike();
  await world.counted(3, 4, 4);
  // An account that is removed on one node is gone on all.
  await world.write(0, line(hour + HOUR + 1, 'usermanager\tinfo\tUser account deleted: carol@chat.example'));
  await world.write(2, line(hour + HOUR + 2, 'c2s2\tinfo\tClient disconnected: closed'));
  world.strike();
  await world.counted(3, 4, 4);
  assert.ok(world.has('xmpp.self.cluster.nodes_missing:0|g'));
  // The union is told that it was sent only then.
  assert.ok(world.wasSent.length > 0);
  assert.ok(world.wasSent.every((wasSent) => wasSent));
  await commandsTell(world);
});

/** What the commands say of all this. */
async function commandsTell(world: World): Promise<void> {
  const command = (node: number, ...args: string[]) => run([...args, '--config', world.nodes[node]!.file]);
  const status = await command(0, 'status');
  assert.match(status.out, /^cluster {2}node0 has reached Redis since .*; nothing waits to be sent$/m);
  assert.match(status.out, /^cluster {2}nodes: node0, node1, node2(; node\d leads)?$/m);
  assert.match(status.out, /^all nodes, .*:\n.*\nchat.example +(?:≥|>=)?3 +(?:≥|>=)?4 +(?:≥|>=)?4$/m);
  assert.match(status.out, /^cluster {2}all nodes were counted last at .*, by (this node|another one)$/m);
  const counted = await command(0, 'count');
  assert.match(counted.out, /chat.example +(?:≥|>=)?3 +(?:≥|>=)?4 +(?:≥|>=)?4/);
  assert.match(counted.err, /these are the counts of all nodes at /);
  assert.match(
    (await command(0, 'check')).out,
    /cluster: node0, one of 3 nodes, reaches (Redis|Valkey) \d.* at redis:.*; its keys there begin with \{xau:[\da-f]{8}\.\d+:$/m,
  );
  // Of a user whom another node knows.
  assert.match((await command(2, 'forget', 'dan@chat.example')).err, /other nodes of the cluster delete it, too/);
  world.strike();
  await world.counted(2, 3, 3);
  await world.end(world.nodes[1]!);
  assert.match((await command(0, 'cluster', 'remove', 'node1')).err, /node1 is waited for no longer/);
  assert.match((await command(0, 'cluster', 'remove', 'node9')).err, /the cluster knows no node node9/);
}

test('a daemon that does not come is named, and goes on where it was when it comes back [12.5]', async (t) => {
  const world = await World.begin(t);
  // By Redis, whose clock is right, it is not the next hour for which a node might wait.
  world.hour += 2 * 3600;
  const { hour } = world;
  for (const node of [0, 1, 2]) await world.write(node, login(hour - 100, 'c2s1', `user${node}`));
  for (const node of [0, 1, 2]) world.start(node, 3, { wait: 1 });
  await world.counted(3, 3, 3);
  await world.end(world.nodes[2]!);
  await world.write(0, login(hour + 5, 'c2s2', 'dan'));
  await world.write(2, logout(hour + 5, 'c2s1'), login(hour + 6, 'c2s1', 'eve'));
  world.strike();
  await world.counted(4, 4, 4);
  await world.until('one is missing', () => world.has('xmpp.self.cluster.nodes_missing:1|g'));
  assert.ok(world.told.some((sentence) => /without node2: the counts are lower bounds/.test(sentence)));
  world.start(2, 3, { wait: 1 });
  world.strike();
  await world.counted(5, 5, 5);
  // It is no more, and its old logs are read elsewhere.
  await world.end(world.nodes[2]!);
  const old = await world.oldLog(login(hour - 2 * DAY, 'c2s1', 'frank'), login(hour - 2 * DAY + 60, 'c2s2', 'user0'));
  const backfill = (): ReturnType<typeof run> =>
    run(['backfill', '--config', world.nodes[0]!.file, '--timezone', 'UTC', '--node', 'node2', old]);
  assert.match((await backfill()).err, /node2 gave a sign of life less than 300 seconds ago/);
  assert.equal((await run(['cluster', 'remove', 'node2', '--config', world.nodes[0]!.file])).code, 0);
  assert.match((await backfill()).err, /the cluster knows the 2 users of node2/);
  world.strike();
  await world.counted(5, 6, 6);
});

test('who is excluded later is counted no more, by daemons that are started with it; nobody is named in Redis [12.4]', async (t) => {
  const world = await World.begin(t);
  await world.write(0, login(world.hour - 100, 'c2s1', 'bob'));
  await world.write(1, login(world.hour - 100, 'c2s1', 'carol'));
  for (const node of [0, 1]) world.start(node, 2);
  await world.counted(2, 2, 2);
  for (const node of world.nodes) await world.end(node);
  world.hour += HOUR;
  for (const node of [0, 1]) world.start(node, 2, { more: '[count]\nexclude = ["bob@chat.example"]' });
  await world.counted(1, 1, 1);
  const told = await ask(world.redis, async (client) =>
    Promise.all((await client.keys('*members')).filter((key) => key.includes(':c}')).map((key) => client.hgetall(key))),
  );
  assert.ok(told.length > 0);
  assert.doesNotMatch(JSON.stringify(told), /bob/);
});

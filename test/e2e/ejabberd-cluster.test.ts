/**
 * A real cluster of ejabberd, whose users come to one node and go on on another; a daemon on the log of each node, and a Redis: what they count
 * together is what the users did, and what `history` finds in the three logs.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Sample } from '../../src/activity/active-window.ts';
import { run } from '../program.ts';
import { World } from './cluster-world.ts';
import { createEjabberdCluster, type EjabberdCluster } from './ejabberd-cluster-lab.ts';
import { HOST } from './ejabberd-lab.ts';
import { eventually } from './graphite.ts';
import { connect, login, resume, type Client } from './xmpp-client.ts';

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];

test('users who move among the nodes of a real ejabberd cluster are counted once, as they are online [12.2]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ejabberd-cluster-'));
  const cluster = await createEjabberdCluster(directory, 3);
  t.after(async () => {
    await cluster.close();
    rmSync(directory, { recursive: true });
  });
  const logs = cluster.nodes.map(({ log }) => log);
  const world = await World.begin(t);
  for (const [node, log] of logs.entries()) world.start(node, 3, { log });
  assert.deepEqual(await world.known(), []);
  await cluster.start();
  for (const user of USERS) await cluster.nodes[0]!.register(user);

  await moveAbout(cluster);
  await tells(logs[2]!, 'Opened c2s session for grace@');
  // alice, bob, dave and grace are online; carol and erin were; frank's account is gone, and heidi has not come yet.
  assert.deepEqual(await countsIn(world), { online: 4, d1: 6 });

  // Who was online there is gone without a logout: alice, dave and grace.
  await cluster.nodes[2]!.end('SIGKILL');
  await cluster.nodes[2]!.start();
  await comes(cluster, 0, 'dave');
  await (await comes(cluster, 2, 'heidi')).close();
  await tells(logs[0]!, 'Opened c2s session for dave@', 2);
  await tells(logs[2]!, 'Closing c2s session for heidi@');
  assert.deepEqual(await countsIn(world), { online: 2, d1: 7 });

  const groups = logs.flatMap((log, node) => ['--log', `node${node}=${log}`]);
  const { out, err } = await run(['history', '--format', 'csv', ...groups]);
  assert.match(out, new RegExp(`,${HOST},7,7,7$`, 'm'), err);
});

async function binds({ nodes }: EjabberdCluster, node: number, user: string, resource = 'phone'): Promise<Client> {
  return await login(await connect('c2s', nodes[node]!.ports, HOST), { user, host: HOST, resource });
}

async function comes(cluster: EjabberdCluster, node: number, user: string, resource = 'phone'): Promise<Client> {
  const client = await binds(cluster, node, user, resource);
  await client.online();
  return client;
}

/** Of two sessions of one name on two nodes the older one ends; in the same second it may be either. Gives the other one. */
async function oneReplaced(first: Client, second: Client): Promise<Client> {
  const other = async (client: Client, left: Client): Promise<Client> => {
    await client.wire.expect(/<conflict/);
    return left;
  };
  return await Promise.any([other(first, second), other(second, first)]);
}

/** ejabberd writes behind what it does. */
async function tells(log: string, line: string, times = 1): Promise<void> {
  const found = await eventually(
    async () => readFileSync(log, 'utf8').split(line).length - 1,
    (count) => count >= times,
  );
  assert.equal(found, times, line);
}

async function moveAbout(cluster: EjabberdCluster): Promise<void> {
  const removed = await comes(cluster, 2, 'frank');
  const second = Math.floor(Date.now() / 1000);
  for (const node of [0, 1]) await (await comes(cluster, node, 'alice')).close();
  await comes(cluster, 2, 'alice');
  // On two nodes at once, and then on one of them.
  const first = await comes(cluster, 0, 'bob', 'desk');
  await comes(cluster, 1, 'bob');
  await first.close();
  await (await oneReplaced(await comes(cluster, 1, 'carol'), await binds(cluster, 2, 'carol'))).close();
  // Taken over by another node, or by the same.
  await resumed(cluster, 'dave', 0, 2);
  await (await resumed(cluster, 'erin', 1, 1)).close();
  // In the second of the removal it would be of a new account of the name, perhaps.
  await eventually(
    async () => Date.now() / 1000,
    (now) => now >= second + 1,
  );
  await cluster.nodes[1]!.unregister('frank');
  await removed.wire.expect(/<\/stream:stream>/);
  await comes(cluster, 2, 'grace');
}

async function resumed(cluster: EjabberdCluster, user: string, from: number, to: number): Promise<Client['wire']> {
  const client = await comes(cluster, from, user);
  const id = await client.enableResumption();
  await client.wire.reset();
  const wire = await connect('c2s', cluster.nodes[to]!.ports, HOST);
  assert.ok(await resume(wire, { user, host: HOST }, id));
  return wire;
}

/** At the first full hour behind all that was written. */
async function countsIn(world: World): Promise<Partial<Sample>> {
  let counted: Sample | undefined;
  do {
    world.strike();
    [counted] = await world.known();
  } while (world.hour <= Date.now() / 1000);
  assert.ok(counted);
  return { online: counted.online, d1: counted.d1 };
}

/** What may happen to Redis and to nodes while they count; each once it has happened. */
import { Redis } from 'ioredis';
import type { Random } from '../cluster/model.ts';
import type { ModelCluster } from '../cluster/model-cluster.ts';
import type { RedisLab } from './redis-lab.ts';

export async function ask<T>(lab: RedisLab, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(lab.port, '127.0.0.1');
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

type Fault = (lab: RedisLab, cluster: ModelCluster, random: Random) => Promise<unknown>;

const someNode: (cluster: ModelCluster, random: Random) => ModelCluster['nodes'][number] = ({ nodes }, random) =>
  nodes[random(nodes.length)]!;

export const FAULTS: Readonly<Record<string, Fault>> = {
  'kill -9 of Redis': async (lab) => {
    await lab.kill();
    await lab.restart();
  },
  FLUSHALL: (lab) => ask(lab, (client) => client.flushall()),
  'connections broken': (lab) => ask(lab, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
  'kill -9 of a node': (_, cluster, random) => someNode(cluster, random).kill(),
  'index of a node lost': (_, cluster, random) => someNode(cluster, random).kill((outbox) => outbox.wipe()),
  // What is restored when Redis is killed the next time.
  'dump written': (lab) => ask(lab, (client) => client.save()),
};

/** At a moment that nobody chose: a few turns of the loop from now. */
export async function disturb(
  lab: RedisLab,
  cluster: ModelCluster,
  random: Random,
  faults: readonly string[],
): Promise<void> {
  for (let n = random(3); n > 0; n--) {
    for (let turns = random(60); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    await FAULTS[faults[random(faults.length)]!]!(lab, cluster, random);
  }
}

/** Nodes of the model that count in the Redis of a URL: a process of its own, as certificates of one's own are read at its start. */
import { removeNode } from '../../src/cluster/administration.ts';
import { GoneReader } from '../../src/cluster/upkeep.ts';
import { randomFrom } from '../cluster/model.ts';
import { KEY, ModelCluster } from '../cluster/model-cluster.ts';

const url = process.argv[2] ?? '';
const cluster = new ModelCluster({ url, nodes: 3, slots: 2, users: 30, random: randomFrom(1) });
for (let step = 0; step < 6; step++) await cluster.step();
for await (const _ of new GoneReader(cluster.nodes[0]!.union).read());
await cluster.end();
const settings = { url, node: 'x', nodes: 3, key: KEY, waitSeconds: 60, leaseSeconds: 60, slots: 2 };
await removeNode(settings, 'node2', cluster.at);
console.log(`${cluster.wrong.length} wrong, ${cluster.away.length} away, ${cluster.samples} samples`);

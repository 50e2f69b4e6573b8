/** The table `[cluster]`: several nodes that count together. */
import { join } from 'node:path';
import { redisAddress } from '../cluster/address.ts';
import { isNodeName } from '../cluster/node-name.ts';
import type { ConfigLayers } from './layers.ts';
import { integer, isPath, text, type FileSetting } from './setting-values.ts';

export interface ClusterConfig {
  readonly url: string;
  /** Of this node; the machine's name where there is none. */
  readonly node?: string;
  readonly nodes: number;
  readonly keyFile: string;
  readonly waitSeconds: number;
  readonly leaseSeconds: number;
  readonly slots: number;
}

export const DEFAULT_KEY_FILE = '/etc/xmpp-active-users/cluster.key';
/** The name of the key among what systemd gives by LoadCredential. */
export const KEY_CREDENTIAL = 'cluster.key';
/** Those that a Redis Cluster divides among its masters, where nothing is said. */
const DIVIDED_SLOTS = 16;

const CLUSTER_URL: FileSetting<string> = {
  ...text('cluster.url', (value) => redisAddress(value) !== undefined),
  must: 'redis://HOST:PORT, rediss://USER:PASSWORD@HOST (TLS), redis+sentinel://HOST,HOST/NAME or redis+cluster://HOST,HOST; in a password %25 stands for %, %2F for / and %40 for @',
  isSecret: true,
  what: 'Redis or Valkey in which the nodes count together; by default this machine counts alone',
  toml: '"rediss://xau@redis.example:6379"',
};
const CLUSTER_NODE: FileSetting<string> = {
  ...text('cluster.node', isNodeName),
  must: 'a name of letters, digits, "_", "-" and ".", as in "node1"',
  what: "name of this node, which no other node has; by default the machine's name",
  toml: '"node1"',
};
const CLUSTER_NODES: FileSetting<number> = {
  ...integer('cluster.nodes', 1, 1000),
  what: 'how many nodes there are: counts wait for all of them, and more than half have to be there',
  toml: '3',
};
export const CLUSTER_KEY_FILE: FileSetting<string> = {
  ...text('cluster.key_file', isPath),
  must: 'the path of a file',
  what: `key of the pseudonyms under which users are in Redis, the same on all nodes; by default systemd's credential ${KEY_CREDENTIAL}, else the file shown`,
  toml: `"${DEFAULT_KEY_FILE}"`,
};
const CLUSTER_WAIT: FileSetting<number> = {
  ...integer('cluster.wait_seconds', 1, 1800),
  what: 'a count waits so long for nodes that do not come, in seconds',
  toml: '60',
};
const CLUSTER_LEASE: FileSetting<number> = {
  ...integer('cluster.lease_seconds', 60, 30 * 86_400),
  what: 'the open sessions of a node that is gone count for so long, in seconds',
  toml: '7200',
};
const CLUSTER_SLOTS: FileSetting<number> = {
  ...integer('cluster.slots', 1, 1024),
  what: `parts into which users are divided, the same on all nodes; by default 1, and ${DIVIDED_SLOTS} with redis+cluster`,
  toml: '1',
};

export const CLUSTER_SETTINGS: readonly FileSetting<unknown>[] = [
  ...[CLUSTER_URL, CLUSTER_NODE, CLUSTER_NODES, CLUSTER_KEY_FILE],
  ...[CLUSTER_WAIT, CLUSTER_LEASE, CLUSTER_SLOTS],
];

/** Nothing where no Redis is named. Every value is checked all the same. `credentials`: the directory that systemd gives. */
export function takeCluster(
  layers: ConfigLayers,
  credentials: string | undefined,
  exists: (path: string) => boolean,
): { readonly cluster?: ClusterConfig } {
  const url = layers.optional(CLUSTER_URL);
  if (url === undefined) {
    for (const setting of CLUSTER_SETTINGS.slice(1)) layers.optional(setting);
    return {};
  }
  const node = layers.optional(CLUSTER_NODE);
  const nodes = layers.optional(CLUSTER_NODES);
  if (nodes === undefined)
    layers.problems.push(
      `${layers.originOf('cluster.url')}: cluster.nodes must say how many nodes there are, since a count waits for all of them: set it beside cluster.url`,
    );
  const credential = credentials ? join(credentials, KEY_CREDENTIAL) : undefined;
  const hasCredential = credential !== undefined && exists(credential);
  return {
    cluster: {
      url,
      ...(node !== undefined && { node }),
      nodes: nodes ?? 1,
      keyFile: layers.take(CLUSTER_KEY_FILE, hasCredential ? credential : DEFAULT_KEY_FILE),
      waitSeconds: layers.take(CLUSTER_WAIT, 60),
      leaseSeconds: layers.take(CLUSTER_LEASE, 7200),
      slots: layers.take(CLUSTER_SLOTS, redisAddress(url)?.kind === 'cluster' ? DIVIDED_SLOTS : 1),
    },
  };
}

/** What administrators ask of the union beside a daemon, on a connection of its own. */
import { redisAddress } from './address.ts';
import { Connection } from './connection.ts';
import { Keys } from './keys.ts';
import { Pseudonyms } from './pseudonyms.ts';
import type { ClusterSettings } from './seam.ts';

/** A node that is no more: nobody waits for it, and its open sessions are over. Gives whether it was known. */
export async function removeNode(settings: ClusterSettings, node: string, now: number): Promise<boolean> {
  return await withConnection(settings, async (connection, keys) => {
    const wasKnown = await connection.run('remove', keys.control, node, now);
    for (const key of keys.all) {
      while ((await connection.run('reset', key, node, '', '', '')) === 1);
      await connection.run('leave', key, node);
    }
    return wasKnown === 1;
  });
}

/** When a node gave its last sign of life, unix seconds; undefined where it takes part no longer, or never did. */
export async function lastSignOf(settings: ClusterSettings, node: string): Promise<number | undefined> {
  return await withConnection(settings, async (connection, keys) => {
    const [beat] = await connection.fields(keys.beats, node);
    return beat ? Number.parseInt(beat, 10) / 1000 : undefined;
  });
}

export interface ServerReport {
  /** `Redis 7.0.15`, `Valkey 8.0.1`; of each server that takes writes. */
  readonly versions: readonly string[];
  /** What would not work, or is a risk, a sentence each. */
  readonly problems: readonly string[];
}

/** What is to be known of the servers themselves. @throws where they cannot be reached. */
export async function describeServers(settings: ClusterSettings): Promise<ServerReport> {
  return await withConnection(settings, async (connection) => {
    const [servers, memories, replications] = await Promise.all(
      ['server', 'memory', 'replication'].map(async (section) => (await connection.about(section)).map(infoOf)),
    );
    const versions = servers?.map(versionOf) ?? [];
    return {
      versions,
      problems: [
        ...new Set([
          ...versions.flatMap(versionProblem),
          ...(memories ?? []).flatMap(memoryProblem),
          ...(replications ?? []).flatMap(replicationProblem),
        ]),
      ],
    };
  });
}

type Info = ReadonlyMap<string, string>;

/** The lines NAME:VALUE of what a server says of itself. */
export function infoOf(text: string): Info {
  return new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}

export function versionOf(info: Info): string {
  const valkey = info.get('valkey_version');
  return valkey === undefined ? `Redis ${info.get('redis_version') ?? 'of no known version'}` : `Valkey ${valkey}`;
}

export function versionProblem(version: string): string[] {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const isOld = Number(major) < 6 || (Number(major) === 6 && Number(minor) < 2);
  return isOld ? [`${version} cannot be used: take Redis 6.2 or newer, or Valkey`] : [];
}

export function memoryProblem(info: Info): string[] {
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction' || info.get('maxmemory') === '0') return [];
  return [`maxmemory-policy of Redis is ${policy}, which throws users away when memory is short: set it to noeviction`];
}

/** With replicas, a master that they have left must not go on by itself. */
export function replicationProblem(info: Info): string[] {
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (replicas === 0 || info.has('min_slaves_good_slaves')) return [];
  return [
    `Redis has ${replicas === 1 ? 'a replica' : `${replicas} replicas`} and min-replicas-to-write is 0, so that a master that is cut off goes on by itself: set min-replicas-to-write 1`,
  ];
}

async function withConnection<T>(
  settings: ClusterSettings,
  use: (connection: Connection, keys: Keys) => Promise<T>,
): Promise<T> {
  const address = redisAddress(settings.url);
  if (!address) throw new Error('cluster.url is none of the forms that it may have');
  const connection = await Connection.open(address);
  try {
    return await use(connection, new Keys(new Pseudonyms(settings.key).id, settings.slots));
  } finally {
    connection.close();
  }
}

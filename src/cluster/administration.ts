/** What administrators ask of the union beside a daemon, on a connection of its own. */
import { redisAddress } from './address.ts';
import { closeSessions } from './close-sessions.ts';
import { Connection } from './connection.ts';
import { Keys } from './keys.ts';
import { Pseudonyms } from './pseudonyms.ts';
import type { ClusterSettings } from './seam.ts';
import { infoOf, memoryProblem, replicationProblem, versionOf, versionProblem } from './server-info.ts';

/** A node that is no more: nobody waits for it, and its open sessions are over. Gives whether it was known. */
export async function removeNode(settings: ClusterSettings, node: string, now: number): Promise<boolean> {
  return await withConnection(settings, async (connection, keys) => {
    const wasKnown = await connection.run('remove', keys.control, node, now);
    for (const key of keys.all) {
      await closeSessions(connection, key, node);
      await connection.run('leave', key, node);
    }
    return wasKnown === 1;
  });
}

/** For how long a node gave no sign of life, seconds by the clock of Redis; undefined where it takes part no longer, or never did. */
export async function silenceOf(settings: ClusterSettings, node: string): Promise<number | undefined> {
  return await withConnection(settings, async (connection, keys) => {
    const silence = await connection.run('silence', keys.control, node);
    return silence === '' ? undefined : Number(silence) / 1000;
  });
}

export interface ServerReport {
  /** `Redis 7.0.15`, `Valkey 8.0.1`; of each server that takes writes. */
  readonly versions: readonly string[];
  /** What would not work, or is a risk, a sentence each. */
  readonly problems: readonly string[];
  /** What is in front of all keys of this union: others are of one with another key, or that counted otherwise. */
  readonly begin: string;
}

/** What is to be known of the servers themselves. @throws where they cannot be reached. */
export async function describeServers(settings: ClusterSettings): Promise<ServerReport> {
  return await withConnection(settings, async (connection, keys) => {
    const [servers, memories, replications] = await Promise.all(
      ['server', 'memory', 'replication'].map(async (section) => (await connection.about(section)).map(infoOf)),
    );
    const versions = servers?.map(versionOf) ?? [];
    return {
      versions,
      begin: `{${keys.union}:`,
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

async function withConnection<T>(
  settings: ClusterSettings,
  use: (connection: Connection, keys: Keys) => Promise<T>,
): Promise<T> {
  const address = redisAddress(settings.url);
  if (!address) throw new Error('cluster.url is none of the forms that it may have');
  const connection = await Connection.open(address);
  try {
    return await use(connection, new Keys(new Pseudonyms(settings.key, settings.counting).id, settings.slots));
  } finally {
    connection.close();
  }
}

/** `cluster remove NODE`: a node that is no more is waited for no longer. */
import { removeNode } from '../cluster/administration.ts';
import { isNodeName, NODE_NAME } from '../cluster/node-name.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { clusterSettings } from '../service/cluster.ts';
import type { Io } from './io.ts';

/** @throws {ConfigError} and a sentence where Redis cannot be reached */
export async function removeFromCluster(config: Config, { node }: { readonly node: string }, io: Io): Promise<number> {
  const settings = clusterSettings(config);
  if (!settings) throw new ConfigError(['this machine counts alone: name the Redis of the cluster with cluster.url']);
  if (!isNodeName(node)) throw new ConfigError([`${JSON.stringify(node)} is no name of a node: ${NODE_NAME}`]);
  if (await removeNode(settings, node, io.now())) {
    io.log(
      'notice',
      `${node} is waited for no longer, and nobody is online there; set cluster.nodes of the others, too. Should Redis lose what it has, users of that node alone are gone from the counts`,
    );
    return 0;
  }
  const own = config.origin.get('cluster.url') ?? 'cluster.url';
  io.log('error', `the cluster knows no node ${node} (${own}): status names those that there are`);
  return 1;
}

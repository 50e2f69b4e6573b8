/** What `check` says of the union of a cluster: whether it can be reached, and which of its settings would lose users. */
import { describeServers } from '../cluster/administration.ts';
import { withoutPassword } from '../cluster/address.ts';
import type { Config } from '../config/config.ts';
import { clusterSettings } from '../service/cluster.ts';
import type { Report } from './check-report.ts';

export async function checkCluster(config: Config, { lines, failures }: Report): Promise<void> {
  try {
    const settings = clusterSettings(config);
    if (!settings) return;
    const { versions, problems, begin } = await describeServers(settings);
    const place = withoutPassword(settings.url);
    lines.push(
      `cluster: ${settings.node}, one of ${settings.nodes} nodes, reaches ${versions.join(', ')} at ${place}; its keys there begin with ${begin}`,
    );
    failures.push(...problems);
  } catch (error) {
    failures.push(`the cluster: ${error instanceof Error ? error.message : String(error)}`);
  }
}

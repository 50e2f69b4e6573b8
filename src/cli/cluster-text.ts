/** How a node of a cluster stands, in sentences. */
import type { ClusterStatus } from '../index/status-file.ts';
import { localIso } from './times.ts';

/** Seconds without a sign of life from which on a node is told to be silent. */
const SILENT = 60;

export function clusterLines(cluster: ClusterStatus): string[] {
  const { node, isConnected, since, problem, waiting, isSendingAll, leader, nodes, last } = cluster;
  const connection = isConnected
    ? `${node} has reached Redis since ${localIso(since)}`
    : `${node} has not reached Redis since ${localIso(since)}${problem === undefined ? '' : ` (${problem})`}`;
  const isAll = isSendingAll ? ', as all users are sent again' : '';
  const unsent = waiting === 0 ? 'nothing waits to be sent' : `${waiting} users wait to be sent${isAll}`;
  const names = nodes.map(({ name, silent }) =>
    silent > SILENT ? `${name} (not heard of for ${Math.round(silent)} s)` : name,
  );
  return [
    `${connection}; ${unsent}`,
    ...(names.length > 0 ? [`nodes: ${names.join(', ')}${leader === undefined ? '' : `; ${leader} leads`}`] : []),
    last
      ? `all nodes were counted last at ${localIso(last.at)}, by ${last.isOwn ? 'this node' : 'another one'}${without(last.missing)}`
      : 'all nodes were not counted yet',
  ];
}

const without = (missing: readonly string[]): string =>
  missing.length === 0 ? '' : ` without ${missing.join(', ')}, so that the counts are lower bounds`;

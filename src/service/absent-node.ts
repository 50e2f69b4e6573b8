/** Old logs of a node of a cluster that is no more: into an index of their own, and from there to the union, once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeNode, silenceOf } from '../cluster/administration.ts';
import { isNodeName, NODE_NAME } from '../cluster/node-name.ts';
import type { ClusterSettings } from '../cluster/seam.ts';
import { Union } from '../cluster/union.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { aboutOf, clusterSettings } from './cluster.ts';
import { withIndex } from './open-index.ts';
import type { OpenIndex } from './operations.ts';
import { NodeOutbox } from './outbox.ts';

export interface AbsentOptions {
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'info' | 'warning', sentence: string) => void;
  readonly signal: AbortSignal;
}

/** Seconds without a sign of life from which on a node may be taken for one that is no more. */
const GONE = 300;

/**
 * `fill` reads the logs. Gives of how many users the union was told; undefined where the signal came before.
 * @throws {ConfigError} and a sentence where Redis cannot be reached, or the node is still there
 */
export async function withAbsentNode(
  config: Config,
  node: string,
  options: AbsentOptions,
  fill: (open: OpenIndex) => Promise<void>,
): Promise<number | undefined> {
  const own = clusterSettings(config);
  if (!own) throw new ConfigError(['--node is for a cluster: name its Redis with cluster.url']);
  if (!isNodeName(node)) throw new ConfigError([`${JSON.stringify(node)} is no name of a node: ${NODE_NAME}`]);
  if (node === own.node) throw new ConfigError([`${node} is this node itself: leave --node out`]);
  const silence = await silenceOf(own, node);
  if (silence !== undefined && silence < GONE)
    throw new ConfigError([
      `${node} gave a sign of life less than ${GONE} seconds ago: run backfill there, or stop its daemon and wait`,
    ]);
  const path = await mkdtemp(join(tmpdir(), 'xmpp-active-users-'));
  try {
    const open = { ...config, index: { ...config.index, path } };
    return await withIndex(open, { now: options.now(), create: true }, async (filled) => {
      await fill(filled);
      return options.signal.aborted ? undefined : await send(filled, { ...own, node }, options);
    });
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function send(open: OpenIndex, settings: ClusterSettings, options: AbsentOptions): Promise<number | undefined> {
  const { users, writeBuffer, config } = open;
  const { now, signal } = options;
  const over = new AbortController();
  const union = new Union({
    ...{ settings, now, about: aboutOf(config), signal: AbortSignal.any([signal, over.signal]) },
    outbox: new NodeOutbox(users, writeBuffer.cluster, config.count),
    tell: (level, sentence) => options.tell(level === 'warn' ? 'warning' : 'info', sentence),
  });
  try {
    await union.flush(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  } finally {
    over.abort();
    await union.ended;
    // Nobody is to wait for it.
    await removeNode(settings, settings.node, now());
  }
  return users.size;
}

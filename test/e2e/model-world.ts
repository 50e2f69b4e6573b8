/** Nodes of the model with a real Redis, each told what happens one by one. */
import type { TestContext } from 'node:test';
import type { Scripts } from '../../src/cluster/scripts/scripts.ts';
import type { ClusterSettings, Counted } from '../../src/cluster/seam.ts';
import { KEY } from '../cluster/model-cluster.ts';
import { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { RedisLab } from './redis-lab.ts';

export const HOUR = 3600;
export const DAY = 86_400;
export const AT = 1_770_001_200;

export interface WorldOptions {
  readonly slots?: number;
  readonly settings?: Partial<ClusterSettings>;
  /** Of each node, unix seconds. */
  readonly now?: (name: string) => number;
  /** Of redis-server. */
  readonly redis?: readonly string[];
  /** Of each node, where others than the product's. */
  readonly scripts?: (name: string) => Scripts;
}

export async function worldOf(
  t: TestContext,
  names: readonly string[],
  options: WorldOptions = {},
): Promise<{ lab: RedisLab; nodes: ModelNode[] }> {
  const { slots = 1, settings = {}, now = () => Date.now() / 1000, redis, scripts } = options;
  const lab = await RedisLab.start(redis);
  const usual = { url: lab.url, nodes: 3, key: KEY, waitSeconds: 1, leaseSeconds: 1, slots };
  const nodes = names.map(
    (node) =>
      new ModelNode({ settings: { ...usual, node, ...settings }, scripts: scripts?.(node), now: () => now(node) }),
  );
  t.after(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    await lab.close();
  });
  return { lab, nodes };
}

export async function countAt(node: ModelNode, at: number): Promise<Counted> {
  const counted = await node.barrier.count(
    { at, hosts: ['chat.example'], windows: [1, 7, 30, 180], covered: [DAY, 7 * DAY, 30 * DAY, 180 * DAY] },
    deadline(),
  );
  if (counted.kind === 'counted') await node.barrier.confirm(at);
  node.barrier.passed(at);
  return counted;
}

export const login = (node: ModelNode, name: string, at: number): void =>
  node.outbox.read({ at, node: 0, jid: `${name}@chat.example`, kind: 'login' });
export const logout = (node: ModelNode, name: string, at: number): void =>
  node.outbox.read({ at, node: 0, jid: `${name}@chat.example`, kind: 'logout' });
export const hostsOf = (counted: Counted | undefined): unknown =>
  counted === undefined || counted.kind === 'away' ? undefined : counted.hosts;

/** A daemon as a node of a cluster: its outbox, its way to the union, and who counts; and what commands need of it. */
import { hostname } from 'node:os';
import { Barrier } from '../cluster/barrier.ts';
import { isNodeName, NODE_NAME } from '../cluster/node-name.ts';
import { Pseudonyms, readClusterKey } from '../cluster/pseudonyms.ts';
import type { ClusterSettings, GoneElsewhere } from '../cluster/seam.ts';
import { Union } from '../cluster/union.ts';
import { GoneReader } from '../cluster/upkeep.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { OwnCounter, type Counter } from './counter.ts';
import type { FollowedLogsOptions } from './followed-logs.ts';
import { deleteGone } from './gone-elsewhere.ts';
import { NodeOutbox } from './outbox.ts';
import { SharedCounter, type Link } from './shared-counter.ts';

export type CounterOptions = Omit<FollowedLogsOptions, 'until' | 'fail'>;

/** Undefined where this is no node of a cluster. `machine`: its name. @throws {ConfigError}, where there is no key that may be used, too */
export function clusterSettings(
  { cluster, count }: Pick<Config, 'cluster' | 'count'>,
  machine = hostname(),
): ClusterSettings | undefined {
  if (!cluster) return undefined;
  const { keyFile, node = machine, ...settings } = cluster;
  if (!isNodeName(node))
    throw new ConfigError([
      `the machine's name ${JSON.stringify(node)} is no name of a node: set cluster.node; ${NODE_NAME}`,
    ]);
  const { windows, includeDisabled, exclude } = count;
  const counting = JSON.stringify([windows, includeDisabled, [...new Set(exclude)].toSorted()]);
  return { ...settings, node, key: keyOf(keyFile), counting };
}

/** @throws {ConfigError}: one that is not there does not come by itself */
function keyOf(path: string): Buffer {
  try {
    return readClusterKey(path);
  } catch (cause) {
    throw new ConfigError([cause instanceof Error ? cause.message : String(cause)], { cause });
  }
}

/** @throws {ConfigError} where there is no key that may be used */
export function openCounter(options: CounterOptions): Counter {
  const { config, users, writeBuffer, now, tell, signal } = options;
  const settings = clusterSettings(config);
  if (!settings) return new OwnCounter(users);
  const state = writeBuffer.cluster;
  const outbox = new NodeOutbox(users, state, config.count);
  const link = openLink(options, settings, outbox);
  const { lastLine } = writeBuffer.logs;
  return new SharedCounter({
    ...{ users, state, outbox, link, lastLine, tell, signal },
    ...{ node: settings.node, now: now() },
  });
}

function openLink(options: CounterOptions, settings: ClusterSettings, outbox: NodeOutbox): Link {
  const { config, users, writeBuffer, now, signal } = options;
  const tell = (level: 'info' | 'warn', sentence: string): void =>
    options.tell(level === 'warn' ? 'warning' : 'notice', sentence);
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const union = new Union({ settings, outbox, now, tell, signal: ends, about: aboutOf(config) });
  const barrier = new Barrier({ settings, union, tell });
  const gone = new GoneReader(union);
  const pseudonyms = new Pseudonyms(settings.key);
  return {
    count: (asked, until) => barrier.count(asked, until),
    confirm: (at) => barrier.confirm(at),
    passed: (at) => barrier.passed(at),
    wake: () => union.wake(),
    get standing() {
      const { isConnected, since, problem, waiting, isSendingAll, view } = union.state;
      const nodes = view?.nodes.map(({ name, silent }) => ({ name, silent })) ?? [];
      const [leader = ''] = view?.leader.split(' ') ?? [];
      return {
        ...{ isConnected, since, waiting, isSendingAll, nodes },
        ...(problem !== undefined && { problem }),
        ...(leader !== '' && { leader }),
      };
    },
    takeGone: async () => {
      const all: GoneElsewhere[] = [];
      for await (const each of gone.read()) all.push(each);
      await deleteGone(all, { users, writeBuffer, pseudonymOf: (jid) => pseudonyms.of(jid) });
    },
    close: async () => {
      over.abort();
      await union.ended;
    },
  };
}

/** What all nodes should have alike, beside what their settings say of the counting. It names nobody. */
export function aboutOf({ count }: Config): string {
  const { hibernationSeconds, boshSeconds } = count;
  return `hibernation_seconds ${hibernationSeconds}, bosh_seconds ${boshSeconds}`;
}

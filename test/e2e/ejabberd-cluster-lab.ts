/** A real cluster of ejabberd: nodes of one machine, each with a name, ports and a log of its own, and one host that all of them serve. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd, startChild } from './child.ts';
import { createEjabberd, erlangOf, onCluster, type EjabberdLab, type NamedNode } from './ejabberd-lab.ts';
import { freePorts } from './prosody-lab.ts';

export interface EjabberdCluster {
  readonly nodes: readonly EjabberdLab[];
  /** Starts all of them, and has the others join the first one. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function createEjabberdCluster(directory: string, count: number): Promise<EjabberdCluster> {
  const [port = 0] = await freePorts(1);
  const names = Array.from({ length: count }, (_, i): NamedNode => ({ name: `ejabberd${i}@localhost`, epmd: port }));
  const folders = names.map((_, i) => join(directory, `node${i}`));
  for (const folder of folders) mkdirSync(folder);
  const nodes: EjabberdLab[] = [];
  for (const [i, node] of names.entries()) nodes.push(await createEjabberd(folders[i]!, { node }));
  const epmd = startChild('epmd', ['-port', String(port), '-address', '127.0.0.1']);
  let isStarted = false;
  return {
    nodes,
    start: async () => {
      isStarted = true;
      await Promise.all(nodes.map((node) => node.start()));
      const [first, ...others] = names;
      for (const [i, node] of others.entries()) await joinCluster(node, first!, folders[i + 1]!);
    },
    close: async () => {
      if (isStarted) await Promise.all(nodes.map((node) => node.end('SIGKILL')));
      await epmd.end('SIGKILL');
    },
  };
}

/** `ejabberdctl --node NODE join_cluster OTHER`, as that script does it where it does not change to another user of the machine. */
async function joinCluster(node: NamedNode, other: NamedNode, home: string): Promise<void> {
  const command = ['-hidden', '-noinput', '-s', 'ejabberd_ctl', '-extra', node.name, 'join_cluster', other.name];
  const { code, stdout } = await runToEnd('erl', [...onCluster(`ctl-${node.name}`), ...command], {
    ...erlangOf(node),
    HOME: home,
  });
  if (code !== 0) throw new Error(`${node.name} did not join the cluster: ${stdout}`);
}

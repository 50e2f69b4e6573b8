/**
 * What following costs: from the write of a line to its delivery, and the processor time and memory of a follower that has
 * nothing to do, with 1 and with 50 logs; the loop of an idle Node beside them.
 */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Follower } from '../../src/log/follow.ts';

const WRITES = 200;
const IDLE_MS = 5000;

interface Row {
  readonly logs: number;
  readonly 'p50 ms': number;
  readonly 'p99 ms': number;
  readonly 'idle CPU %': number;
  readonly 'RSS MiB': number;
}

async function idleShare(): Promise<number> {
  const before = process.cpuUsage();
  await wait(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  return Number(((user + system) / (IDLE_MS * 10)).toFixed(2));
}

async function measure(logs: number, directory: string): Promise<Row> {
  let arrived: () => void = () => {};
  const paths = Array.from({ length: logs }, (_, i) => join(directory, `of${logs}-${i}.log`));
  for (const path of paths) await writeFile(path, 'begin\n');
  const followers = paths.map((path) => new Follower({ path, positions: [], deliver: async () => arrived() }));
  for (const follower of followers) await follower.start();
  await Promise.all(followers.map((follower) => follower.caughtUp()));
  const took: number[] = [];
  for (let i = 0; i < WRITES; i++) {
    const seen = new Promise<void>((resolve) => (arrived = resolve));
    const began = performance.now();
    await appendFile(paths[i % logs] ?? '', `line ${i}\n`);
    await seen;
    took.push(performance.now() - began);
  }
  const idle = await idleShare();
  for (const follower of followers) await follower.close();
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): number => Number((sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(1));
  const rss = Math.round(process.memoryUsage.rss() / 1024 / 1024);
  return { logs, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'idle CPU %': idle, 'RSS MiB': rss };
}

/** Prints a table. */
export async function benchFollowing(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-follow-'));
  try {
    console.log(`An idle Node takes ${await idleShare()} % of a core. Followers:`);
    console.table([await measure(1, directory), await measure(50, directory)]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

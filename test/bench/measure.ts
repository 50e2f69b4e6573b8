/** What a command costs: its processor time with that of all it starts, the time by the clock, and its largest process. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

export interface Cost {
  /** User and system, seconds. */
  readonly cpu: number;
  /** Seconds. */
  readonly wall: number;
  /** MB. */
  readonly memory: number;
}

export interface Contestant {
  readonly name: string;
  /** Programs that must be there. */
  readonly needs: readonly string[];
  /** For bash, in a directory of its own. */
  readonly command: string;
}

const isThere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

export const missing = ({ needs }: Contestant): readonly string[] => needs.filter((program) => !isThere(program));

/** What it prints goes to a file: some programs stop early when nobody reads on. */
export function measure({ name, command }: Contestant, directory: string): Cost {
  const times = join(directory, 'times');
  const script = `{ ${command}; } > output 2> errors`;
  const args = ['--format=%U %S %e %M', `--output=${times}`, 'bash', '-o', 'pipefail', '-c', script];
  // With some certificates of this machine each Node.js would begin with reading them.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const { status, error } = spawnSync('time', args, { cwd: directory, env: { ...env, LC_ALL: 'C', TZ: 'UTC' } });
  if (error) throw new Error('GNU time measures: install the package "time"', { cause: error });
  if (status !== 0) throw new Error(`${name} failed: ${readFileSync(join(directory, 'errors'), 'utf8')}`);
  const [user = 0, system = 0, wall = 0, kib = 0] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
  return { cpu: user + system, wall, memory: (kib * 1024) / 1e6 };
}

/** Each of them in turn, so many times over; the median of each figure. Tells each as it comes, since all together take long. */
export function medians(contestants: readonly Contestant[], runs: number, directory: string): Map<Contestant, Cost> {
  const costs = new Map(contestants.map((each) => [each, [] as Cost[]]));
  for (let run = 1; run <= runs; run++)
    for (const [each, all] of costs) {
      const cost = measure(each, directory);
      all.push(cost);
      console.error(
        `${run}/${runs} ${each.name}: ${cost.cpu.toFixed(2)} s CPU, ${cost.wall.toFixed(2)} s by the clock`,
      );
    }
  return new Map([...costs].map(([each, all]) => [each, medianOf(all)]));
}

function medianOf(costs: readonly Cost[]): Cost {
  const of = (figure: keyof Cost): number => median(costs.map((cost) => cost[figure]));
  return { cpu: of('cpu'), wall: of('wall'), memory: of('memory') };
}

export const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? NaN;

/** What figures were taken on, and what else it had to do. */
export const machine = (): string =>
  `${cpus().length} processors (${cpus()[0]?.model}), Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`;

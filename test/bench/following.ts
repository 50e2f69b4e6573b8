/**
 * What following costs, of the daemon as it is run: the time from the write of a line until the index holds it, and the processor
 * time and memory of a daemon that has nothing to do, with 1 and with 50 logs; and whether memory and descriptors stay where
 * they were after many rotations and bursts. Beside it `tail -F`, which follows names and stores nothing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const WRITES = 200;
const IDLE_MS = 5000;
const ROTATIONS = 300;
const BURST = 20_000;
const KEPT = 5;
/** A file that was rotated and deleted is held for a minute, for a writer that has not noticed. */
const RELEASED_MS = 75_000;
/** The kernel's clock ticks per second, in which /proc counts. */
const HERTZ = 100;

/** Something that follows logs in a process of its own. */
interface Subject {
  readonly child: ChildProcess;
  /** Changes when what was written last has arrived. */
  readonly arrived: () => number;
}

const line = (n: number): string => {
  const stamp = new Date().toISOString().slice(0, 19);
  return `${stamp}+0000 c2s${(0x5_5000 + n * 16).toString(16)}\tinfo\tAuthenticated as user${n % 5000}@chat.example\n`;
};

/** As the watermark of an index has them. */
const batchesIn = (index: string): number =>
  Number(readFileSync(join(index, 'xmpp-active-users'), 'latin1').slice(-22, -10));

async function daemon(paths: readonly string[], directory: string): Promise<Subject> {
  const index = join(directory, `index-of-${paths.length}`);
  const logs = paths.flatMap((path) => ['--log', path]);
  const args = [MAIN, 'run', ...logs, '--index', index, '--statsd', '127.0.0.1:9', '--timezone', 'UTC'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  for (let said = ''; !said.includes('caught up');) said += String((await once(child.stderr, 'data'))[0]);
  child.stderr.resume();
  return { child, arrived: () => batchesIn(index) };
}

async function tail(paths: readonly string[]): Promise<Subject> {
  const child = spawn('tail', ['-q', '-n', '1', '-F', ...paths], { stdio: ['ignore', 'pipe', 'ignore'] });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(child.stdout, 'data');
  return { child, arrived: () => bytes };
}

const fileOf = ({ child }: Subject, name: string): string => `/proc/${child.pid}/${name}`;

/** Seconds of processor time so far. */
function cpuOf(subject: Subject): number {
  const fields = readFileSync(fileOf(subject, 'stat'), 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / HERTZ;
}

const rssOf = (subject: Subject): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(fileOf(subject, 'status'), 'latin1'))?.[1]) / 1024);

const descriptorsOf = (subject: Subject): number => readdirSync(fileOf(subject, 'fd')).length;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

/** Milliseconds from the write to the arrival, sorted. */
async function latencies(subject: Subject, paths: readonly string[]): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < WRITES; i++) {
    const before = subject.arrived();
    const began = performance.now();
    appendFileSync(paths[i % paths.length] ?? '', line(i));
    await until(() => subject.arrived() !== before);
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b);
}

async function measured(what: string, subject: Subject, paths: readonly string[]) {
  const took = await latencies(subject, paths);
  const before = cpuOf(subject);
  await wait(IDLE_MS);
  const idle = (cpuOf(subject) - before) / (IDLE_MS / 1000);
  const at = (share: number): number => Number((took[Math.floor(share * took.length)] ?? 0).toFixed(1));
  return {
    what,
    logs: paths.length,
    'p50 ms': at(0.5),
    'p99 ms': at(0.99),
    'idle CPU %': Number((idle * 100).toFixed(1)),
    'RSS MiB': rssOf(subject),
  };
}

function logs(count: number, directory: string): string[] {
  const paths = Array.from({ length: count }, (_, i) => join(directory, `of${count}-${i}.log`));
  for (const path of paths) writeFileSync(path, line(0));
  return paths;
}

async function withSubject<T>(subject: Promise<Subject>, use: (subject: Subject) => Promise<T>): Promise<T> {
  const started = await subject;
  const exit = once(started.child, 'exit');
  try {
    return await use(started);
  } finally {
    started.child.kill();
    await exit;
  }
}

const bySuffix = (path: string, n: number): string => (n === 0 ? path : `${path}.${n}`);

function rotate(path: string): void {
  for (let n = KEPT - 1; n >= 0; n--)
    if (existsSync(bySuffix(path, n))) renameSync(bySuffix(path, n), bySuffix(path, n + 1));
}

/** Bursts of lines, a rotation after each. */
async function endurance(directory: string) {
  const [path = ''] = logs(1, directory);
  return withSubject(daemon([path], join(directory, 'endurance')), async (subject) => {
    const rows: object[] = [];
    const note = (when: string, lines: number) =>
      rows.push({ when, lines, 'RSS MiB': rssOf(subject), descriptors: descriptorsOf(subject) });
    for (let rotations = 0; rotations <= ROTATIONS; rotations++) {
      if (rotations % (ROTATIONS / 5) === 0) note(`${rotations} rotations`, rotations * BURST);
      const before = subject.arrived();
      const burst = Array.from({ length: BURST }, (_, i) => line(i)).join('');
      appendFileSync(path, burst);
      await until(() => subject.arrived() !== before);
      rotate(path);
      await wait(10);
    }
    await wait(RELEASED_MS);
    note(`${RELEASED_MS / 1000} s later`, (ROTATIONS + 1) * BURST);
    return rows;
  });
}

/** Prints two tables. */
export async function benchFollowing(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-follow-'));
  try {
    const rows = [];
    for (const count of [1, 50]) {
      const paths = logs(count, directory);
      rows.push(await withSubject(tail(paths), (subject) => measured('tail -F', subject, paths)));
      rows.push(await withSubject(daemon(paths, directory), (subject) => measured('run', subject, paths)));
    }
    console.log('From the write of a line to the index on the disk (of tail -F: to its output):');
    console.table(rows);
    const rowsOfEndurance = await endurance(directory);
    console.log(`Bursts of ${BURST} lines, each followed by a rotation:`);
    console.table(rowsOfEndurance);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

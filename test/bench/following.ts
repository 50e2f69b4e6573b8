/**
 * What following costs, of the daemon as it is run: the time from the write of a line until the index holds it, and the processor
 * time and memory of a daemon that has nothing to do, with 1 and with 50 logs; and whether memory and descriptors stay where
 * they were after many rotations and bursts. Beside it `tail -F`, which follows names and stores nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { cpuOf, daemon, descriptorsOf, rssOf, withSubject, type Subject } from './subject.ts';

const WRITES = 200;
const IDLE_MS = 5000;
const ROTATIONS = 300;
const BURST = 20_000;
const KEPT = 5;
/** A file that was rotated and deleted is held for a minute, for a writer that has not noticed. */
const RELEASED_MS = 75_000;
const line = (n: number): string => {
  const stamp = new Date().toISOString().slice(0, 19);
  return `${stamp}+0000 c2s${(0x5_5000 + n * 16).toString(16)}\tinfo\tAuthenticated as user${n % 5000}@chat.example\n`;
};

async function tail(paths: readonly string[]): Promise<Subject> {
  const child = spawn('tail', ['-q', '-n', '1', '-F', ...paths], { stdio: ['ignore', 'pipe', 'ignore'] });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(child.stdout, 'data');
  return { child, arrived: () => bytes };
}

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

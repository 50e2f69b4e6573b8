/**
 * How fast old logs are read: `history` and `backfill` beside `wc -l` and `grep -c` over the same file in the same run, and how
 * the cost of `history` grows with the number of users.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeSynthetic, type Synthetic } from './synthetic-log.ts';

const exec = promisify(execFile);
const main = new URL('../../src/main.js', import.meta.url).pathname;
const MIB = 1024 * 1024;

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly 'MiB/s': number;
  readonly 'times wc -l': number;
}

async function timed(command: string, args: readonly string[]): Promise<number> {
  const began = performance.now();
  await exec(command, args, { maxBuffer: 1024 * MIB, env: { ...process.env, TZ: 'UTC' } });
  return (performance.now() - began) / 1000;
}

async function against(path: string, directory: string): Promise<Row[]> {
  const size = (await stat(path)).size / MIB;
  const wc = await timed('wc', ['-l', path]);
  const row = (what: string, seconds: number): Row => ({
    what,
    seconds: Number(seconds.toFixed(2)),
    'MiB/s': Math.round(size / seconds),
    'times wc -l': Number((seconds / wc).toFixed(1)),
  });
  return [
    row('wc -l', wc),
    row('grep -c "Authenticated as"', await timed('grep', ['-c', 'Authenticated as', path])),
    row('history', await timed(process.execPath, [main, 'history', '--format', 'csv', path])),
    row('backfill', await timed(process.execPath, [main, 'backfill', '--index', join(directory, 'index'), path])),
  ];
}

const END = Math.floor(Date.now() / 86_400_000) * 86_400;

async function withLog<T>(synthetic: Synthetic, use: (path: string, directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const path = join(directory, 'prosody.log');
    await writeSynthetic(path, END, synthetic);
    return await use(path, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Prints two tables. */
export async function benchReading(): Promise<void> {
  console.log('Reading 30 days of log, many lines that are no event:');
  console.table(await withLog({ users: 20_000, days: 30, loginsPerDay: 20_000, noise: 5 }, against));
  console.log('Reading 30 days of log, logins only:');
  console.table(await withLog({ users: 20_000, days: 30, loginsPerDay: 40_000, noise: 0 }, against));
  console.log(
    'history over a year, 2 million logins: the cost grows with events and hours, not with users times hours:',
  );
  const rows = [];
  for (const users of [1000, 100_000, 1_000_000]) {
    const seconds = await withLog({ users, days: 365, loginsPerDay: 5480, noise: 0 }, (path) =>
      timed(process.execPath, [main, 'history', '--format', 'csv', path]),
    );
    rows.push({ users, seconds: Number(seconds.toFixed(1)) });
  }
  console.table(rows);
}

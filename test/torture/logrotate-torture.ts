/**
 * The whole daemon under the real logrotate and Debian's own rules for prosody, ejabberd and jabberd2, killed at random
 * moments. One new user per line, so that at the end the index says which lines were read.
 *
 * Only copytruncate destroys lines that no reader can have: those that are written between its copy and its truncation.
 * What existed in a file is therefore read back after each of its rotations, and only the rest may be missing.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Arrivals } from '../e2e/arrivals.ts';
import type { Child } from '../e2e/child.ts';
import { startDaemon } from '../e2e/daemon.ts';
import { listenForStatsd, type StatsdListener } from '../e2e/statsd-listener.ts';
import { contentsOf } from '../index/index-contents.ts';
import type { WriterOrders, WriterReport } from './log-writer.ts';
import { rotatingLog, rules, type RotatingLog, type Rule } from './rotating-log.ts';

export interface TortureOptions {
  readonly seconds: number;
  /** Lines per second and log. */
  readonly rate: number;
  readonly say: (sentence: string) => void;
}
export interface TortureResult {
  readonly rotations: number;
  readonly kills: number;
  readonly logs: readonly LogResult[];
  /** Where everything still lies when a line was lost or made up. */
  readonly directory: string | undefined;
}
export interface LogResult {
  readonly rule: Rule;
  readonly written: number;
  readonly indexed: number;
  /** Users whose line stood in a file and who are not in the index. */
  readonly lost: readonly number[];
  /** Users in the index who were never written. */
  readonly invented: readonly string[];
  /** Lines that copytruncate destroyed before anybody could read them back. */
  readonly destroyed: number;
}

interface Stage {
  readonly directory: string;
  readonly logs: readonly RotatingLog[];
  readonly statsd: StatsdListener;
  readonly writer: ChildProcess;
  readonly reports: Arrivals<WriterReport>;
  /** Host -> numbers of the users that stood in a file after a rotation. */
  readonly existed: ReadonlyMap<string, Set<number>>;
  /** Milliseconds since the epoch. */
  readonly end: number;
}

const WRITER = fileURLToPath(new URL('log-writer.js', import.meta.url));
const LAG_MS = 200;
const CATCH_UP_MS = 60_000;
/** So many rotations may pass without the daemon having caught up. */
const ROTATIONS_UNREAD = 6;

export async function tortureWithLogrotate(options: TortureOptions): Promise<TortureResult> {
  const stage = await setStage(options);
  try {
    const [kills, ...rotations] = await Promise.all([
      killAtRandom(stage, options.say),
      ...stage.logs.map((log) => rotateAtRandom(stage, log)),
    ]);
    const users = await finishWriting(stage);
    await catchUp(stage);
    const logs = await compare(stage, users);
    const clean = logs.every(({ lost, invented }) => lost.length + invented.length === 0);
    if (clean) rmSync(stage.directory, { recursive: true });
    const directory = clean ? undefined : stage.directory;
    return { kills, rotations: rotations.reduce((sum, n) => sum + n, 0), logs, directory };
  } finally {
    stage.writer.kill('SIGKILL');
    stage.statsd.close();
  }
}

async function setStage({ seconds, rate }: TortureOptions): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'logrotate-torture-'));
  const logs = rules.map((rule) => rotatingLog(rule, directory));
  const orders: WriterOrders = {
    logs: logs.map(({ path, host, reopensOn }) => ({ path, host, ...(reopensOn && { reopensOn }) })),
    rate,
    lagMs: LAG_MS,
  };
  const reports = new Arrivals<WriterReport>();
  const writer = fork(WRITER, [JSON.stringify(orders)]).on('message', (message) =>
    reports.add(message as WriterReport),
  );
  await reports.first('writer', ({ kind }) => kind === 'ready');
  for (const log of logs) log.arm(writer.pid ?? 0);
  const existed = new Map(logs.map(({ host }) => [host, new Set<number>()]));
  const statsd = await listenForStatsd();
  return { directory, logs, statsd, writer, reports, existed, end: Date.now() + seconds * 1000 };
}

/**
 * Rotates until the end; the next rotation waits until the server has let go of the renamed file, as a week does. The
 * rules keep ten pieces and more, and no daemon can read what was deleted: so it waits too when the daemon could not
 * catch up during the last rotations.
 */
async function rotateAtRandom(stage: Stage, log: RotatingLog): Promise<number> {
  const { reports, existed, end, statsd } = stage;
  const starts: number[] = [];
  while (Date.now() < end) {
    const readSince = starts.at(-ROTATIONS_UNREAD);
    if (readSince !== undefined) await statsd.packets.first('count', isCountOf(log.host), readSince, CATCH_UP_MS);
    starts.push(statsd.packets.all.length);
    const from = reports.all.length;
    await log.rotate();
    if (log.reopensOn) {
      await reports.first('reopening', (report) => report.kind === 'reopened' && report.host === log.host, from);
    }
    for (const user of log.rotatedUsers()) existed.get(log.host)?.add(user);
    await pause(100 + Math.random() * 2000);
  }
  return starts.length;
}

/** Most lives of the daemon end at a random moment; now and then one is long enough to catch up. */
async function killAtRandom(stage: Stage, say: (sentence: string) => void): Promise<number> {
  let kills = 0;
  for (; Date.now() < stage.end; kills++) {
    const from = stage.statsd.packets.all.length;
    const daemon = start(stage);
    await pause(200 + Math.random() * 3000);
    if (kills % 3 === 2) await counted(stage, from);
    if (daemon.process.exitCode !== null) throw new Error(`the daemon ended:\n${daemon.lines.all.join('\n')}`);
    await daemon.end('SIGKILL');
    if (Math.random() < 0.3) await pause(Math.random() * 2000);
    if (kills % 20 === 19) say(`${kills + 1} kills`);
  }
  return kills;
}

/** A daemon that counts has caught up with all that its logs hold. */
async function counted({ statsd, logs }: Stage, from: number): Promise<void> {
  for (const { host } of logs) await statsd.packets.first(`count of ${host}`, isCountOf(host), from, CATCH_UP_MS);
}

function isCountOf(host: string): (packet: string) => boolean {
  const name = `active_users_1d.${host.replaceAll('.', '_')}:`;
  return (packet) => packet.includes(name);
}

function start({ logs, directory, statsd }: Stage): Child {
  const paths = logs.map(({ path }) => path);
  return startDaemon({ logs: paths, index: join(directory, 'index'), statsdPort: statsd.port, timezone: 'UTC' });
}

async function finishWriting({ writer, reports }: Stage): Promise<Readonly<Record<string, number>>> {
  const exit = once(writer, 'exit');
  writer.send('stop');
  const users = await reports.until('totals of the writer', () => {
    const last = reports.all.at(-1);
    return last?.kind === 'done' ? last.users : undefined;
  });
  await exit;
  return users;
}

async function catchUp(stage: Stage): Promise<void> {
  const from = stage.statsd.packets.all.length;
  const daemon = start(stage);
  try {
    await counted(stage, from);
  } catch (error) {
    throw new Error(`the daemon did not catch up:\n${daemon.lines.all.join('\n')}`, { cause: error });
  } finally {
    await daemon.end('SIGTERM');
  }
}

async function compare(stage: Stage, users: Readonly<Record<string, number>>): Promise<LogResult[]> {
  const known = new Set((await contentsOf(join(stage.directory, 'index'))).users.keys());
  return stage.logs.map((log) => compareLog(log, users[log.host] ?? 0, known, stage.existed.get(log.host)));
}

function compareLog(log: RotatingLog, written: number, known: ReadonlySet<string>, existed = new Set<number>()) {
  for (const user of log.liveUsers()) existed.add(user);
  const all = Array.from({ length: written }, (_, i) => i + 1);
  const jid = (user: number): string => `u${user}@${log.host}`;
  const expected = log.reopensOn ? all : all.filter((user) => existed.has(user));
  const possible = new Set(all.map(jid));
  const indexed = [...known].filter((user) => user.endsWith(`@${log.host}`));
  return {
    rule: log.rule,
    written,
    indexed: indexed.length,
    lost: expected.filter((user) => !known.has(jid(user))),
    invented: indexed.filter((user) => !possible.has(user)),
    destroyed: written - expected.length,
  };
}

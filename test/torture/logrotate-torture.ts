/**
 * The whole daemon under the real logrotate and Debian's own rules for prosody, ejabberd and jabberd2, killed at random
 * moments. One new user per line, so that at the end the index says which lines were read.
 *
 * A log is not rotated before what was in it some rotations ago is in the index: what is lost then was lost by the daemon, and
 * not because its lives were too short for this machine.
 *
 * Only copytruncate destroys lines that no reader can have: those that are written between its copy and its truncation.
 * What existed in a file is therefore read back after each of its rotations, and only the rest may be missing.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
  /** How long the daemon lives, milliseconds: at least and at most. */
  readonly life: readonly [number, number];
  /** Processes beside it that do nothing but take processor time. */
  readonly busy: number;
  readonly say: (sentence: string) => void;
}
export interface TortureResult {
  readonly rotations: number;
  readonly kills: number;
  /** Lives in a row, at most, in which nothing of a log came into the index. */
  readonly livesInVain: number;
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
  readonly progress: Progress;
  /** Milliseconds since the epoch. */
  readonly end: number;
}

const WRITER = fileURLToPath(new URL('log-writer.js', import.meta.url));
const LAG_MS = 200;
const CATCH_UP_MS = 60_000;
/** What was there so many rotations ago must be in the index before the next one: the rules keep ten pieces and more. */
const ROTATIONS_UNREAD = 6;
/** A daemon that does not come to it in this time does not work. */
const PROGRESS_MS = 300_000;

/** What the index holds after each life of the daemon. */
interface Progress {
  /** By host, users. */
  indexed: ReadonlyMap<string, number>;
  /** By host, lives in a row in which nothing was added. */
  readonly inVain: Map<string, number>;
  livesInVain: number;
}

export async function tortureWithLogrotate(options: TortureOptions): Promise<TortureResult> {
  const stage = await setStage(options);
  const loops: ChildProcess[] = [];
  try {
    await firstLife(stage);
    for (let i = 0; i < options.busy; i++) loops.push(spawn(process.execPath, ['-e', 'for(;;);']));
    const [kills, ...rotations] = await Promise.all([
      killAtRandom(stage, options),
      ...stage.logs.map((log) => rotateAtRandom(stage, log)),
    ]);
    const users = await finishWriting(stage);
    await catchUp(stage);
    const logs = await compare(stage, users);
    const clean = logs.every(({ lost, invented }) => lost.length + invented.length === 0);
    if (clean) rmSync(stage.directory, { recursive: true });
    const directory = clean ? undefined : stage.directory;
    const { livesInVain } = stage.progress;
    return { kills, livesInVain, rotations: rotations.reduce((sum, n) => sum + n, 0), logs, directory };
  } finally {
    loops.forEach((loop) => loop.kill('SIGKILL'));
    stage.writer.kill('SIGKILL');
    stage.statsd.close();
  }
}

async function setStage({ seconds, rate }: TortureOptions): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'logrotate-torture-'));
  mkdirSync(join(directory, 'cache'), { mode: 0o700 });
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
  const progress = { indexed: new Map(), inVain: new Map(), livesInVain: 0 };
  return { directory, logs, statsd, writer, reports, existed, progress, end: Date.now() + seconds * 1000 };
}

/** Rotates until the end; the next rotation waits until the server has let go of the renamed file, as a week does. */
async function rotateAtRandom(stage: Stage, log: RotatingLog): Promise<number> {
  const { reports, existed, end } = stage;
  const users: number[] = [];
  while (Date.now() < end) {
    if (!(await isInIndex(users.at(-ROTATIONS_UNREAD) ?? 0, log, stage))) break;
    const from = reports.all.length;
    await log.rotate();
    if (log.reopensOn) {
      await reports.first('reopening', (report) => report.kind === 'reopened' && report.host === log.host, from);
    }
    for (const user of log.rotatedUsers()) existed.get(log.host)?.add(user);
    users.push(existed.get(log.host)?.size ?? 0);
    await pause(100 + Math.random() * 2000);
  }
  return users.length;
}

/** Waits until so many users of the log are in the index; false when the time is over before. */
async function isInIndex(users: number, { host }: RotatingLog, { progress, end }: Stage): Promise<boolean> {
  const since = Date.now();
  while ((progress.indexed.get(host) ?? 0) < users) {
    if (Date.now() > end) return false;
    if (Date.now() - since > PROGRESS_MS) throw new Error(`nothing comes of ${host} any more`);
    await pause(20);
  }
  return true;
}

/** Most lives of the daemon end at a random moment; where they may be long, one is long enough to catch up now and then. */
async function killAtRandom(stage: Stage, { say, life: [shortest, longest] }: TortureOptions): Promise<number> {
  let kills = 0;
  for (; Date.now() < stage.end; kills++) {
    const from = stage.statsd.packets.all.length;
    const daemon = start(stage);
    await pause(shortest + Math.random() * (longest - shortest));
    if (kills % 3 === 2 && longest > 1000) await counted(stage, from);
    if (daemon.process.exitCode !== null) throw new Error(`the daemon ended:\n${daemon.lines.all.join('\n')}`);
    await daemon.end('SIGKILL');
    await noteProgress(stage);
    if (Math.random() < 0.3) await pause(Math.random() * 2000);
    if (kills % 20 === 19) say(`${kills + 1} kills`);
  }
  return kills;
}

async function noteProgress({ directory, logs, progress }: Stage): Promise<void> {
  const path = join(directory, 'index');
  const indexed = new Map<string, number>(logs.map(({ host }) => [host, 0]));
  const users = existsSync(join(path, 'CURRENT')) ? (await contentsOf(path)).users : new Map();
  for (const user of users.keys()) {
    const host = user.slice(user.indexOf('@') + 1);
    indexed.set(host, (indexed.get(host) ?? 0) + 1);
  }
  for (const [host, count] of indexed) {
    const inVain = count > (progress.indexed.get(host) ?? 0) ? 0 : (progress.inVain.get(host) ?? 0) + 1;
    progress.inVain.set(host, inVain);
    progress.livesInVain = Math.max(progress.livesInVain, inVain);
  }
  progress.indexed = indexed;
}

/** A daemon that counts has caught up with all that its logs hold. */
async function counted({ statsd, logs }: Stage, from: number): Promise<void> {
  for (const { host } of logs) await statsd.packets.first(`count of ${host}`, isCountOf(host), from, CATCH_UP_MS);
}

function isCountOf(host: string): (packet: string) => boolean {
  const name = `active_users_1d.${host.replaceAll('.', '_')}:`;
  return (packet) => packet.includes(name);
}

/** As the service runs it. */
function start({ logs, directory, statsd }: Stage): Child {
  const paths = logs.map(({ path }) => path);
  // To read what this names takes Node.js 20 longer than to begin, and a service has it not.
  const environment = { CACHE_DIRECTORY: join(directory, 'cache'), NODE_EXTRA_CA_CERTS: undefined };
  const index = join(directory, 'index');
  return startDaemon({ logs: paths, index, statsdPort: statsd.port, timezone: 'UTC', environment });
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

/** A whole one, for what a first start keeps for the next ones: the index, and what was compiled. */
async function firstLife(stage: Stage): Promise<void> {
  const daemon = start(stage);
  await daemon.lines.first('first start', (line) => line.includes('caught up with'));
  await daemon.end('SIGTERM');
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

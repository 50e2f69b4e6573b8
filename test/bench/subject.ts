/** Processes that follow logs and are measured while they do; the daemon, as it is run, is one of them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAIN } from '../program.ts';

/** The kernel's clock ticks per second, in which /proc counts. */
const HERTZ = 100;
const UNIT = fileURLToPath(new URL('../../../systemd/xmpp-active-users.service', import.meta.url));

/** Something that follows logs in a process of its own. */
export interface Subject {
  readonly child: ChildProcess;
  /** Changes when what was written last has arrived. */
  readonly arrived: () => number;
}

/** As the watermark of an index has them. */
const batchesIn = (index: string): number =>
  Number(readFileSync(join(index, 'xmpp-active-users'), 'latin1').slice(-22, -10));

/** What the unit sets for the service. */
function environmentOfUnit(): Record<string, string> {
  const [, set = ''] = /^Environment=(.*)$/m.exec(readFileSync(UNIT, 'utf8')) ?? [];
  const pairs = [...set.matchAll(/"(\w+)=([^"]*)"|(\w+)=(\S+)/g)];
  return Object.fromEntries(pairs.map(([, quoted, whole = '', name = quoted, value = whole]) => [name, value]));
}

export interface Instrumented {
  /** URL of a module that is loaded first. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Told of the process as soon as there is one. */
  readonly spawned?: (child: ChildProcess) => void;
}

/** As the service runs it. */
export async function daemon(
  paths: readonly string[],
  directory: string,
  { preload, env: added = {}, spawned = () => {} }: Instrumented = {},
): Promise<Subject> {
  const index = join(directory, `index-of-${paths.length}`);
  const logs = paths.flatMap((path) => ['--log', path]);
  const args = [
    ...(preload ? ['--import', preload] : []),
    MAIN,
    'run',
    ...logs,
    '--index',
    index,
    '--statsd',
    '127.0.0.1:9',
    '--timezone',
    'UTC',
  ];
  const env = { ...process.env, ...environmentOfUnit(), ...added };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  spawned(child);
  for (let said = ''; !said.includes('caught up');) said += String((await once(child.stderr, 'data'))[0]);
  child.stderr.resume();
  return { child, arrived: () => batchesIn(index) };
}

const fileOf = ({ child }: Subject, name: string): string => `/proc/${child.pid}/${name}`;

/** Seconds of processor time so far. */
export function cpuOf(subject: Subject): number {
  const fields = readFileSync(fileOf(subject, 'stat'), 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / HERTZ;
}

/** MiB, now and at most. */
export const rssOf = (subject: Subject): number => statusOf(subject, /VmRSS:\s+(\d+)/);
export const peakOf = (subject: Subject): number => statusOf(subject, /VmHWM:\s+(\d+)/);

const statusOf = (subject: Subject, field: RegExp): number =>
  Math.round(Number(field.exec(readFileSync(fileOf(subject, 'status'), 'latin1'))?.[1]) / 1024);

export const descriptorsOf = (subject: Subject): number => readdirSync(fileOf(subject, 'fd')).length;

export async function withSubject<T>(subject: Promise<Subject>, use: (subject: Subject) => Promise<T>): Promise<T> {
  const started = await subject;
  const exit = once(started.child, 'exit');
  try {
    return await use(started);
  } finally {
    started.child.kill();
    await exit;
  }
}

/** The program as an administrator runs it: a child process, or in this one where that makes no difference. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { formatMessage, type Level } from '../src/cli/io.ts';
import { perform } from '../src/cli/perform.ts';
import { version } from '../src/config/version.ts';
import { deadline } from './deadline.ts';

export const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** A file below test/logs/prosody. */
export const golden = (path: string): string =>
  fileURLToPath(new URL(`../../test/logs/prosody/${path}`, import.meta.url));

/** Not even root can make a directory there. */
const NO_HOME = '/dev/null/home';

export interface Outcome {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

export function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: NO_HOME, TZ: 'UTC', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export interface RunOptions {
  /** Its standard input. */
  readonly input?: string | Buffer;
  readonly env?: Record<string, string>;
}

/** Runs it to its end, as a child process. */
export async function runApart(args: readonly string[], { input = '', env = {} }: RunOptions = {}): Promise<Outcome> {
  const child = start(args, env);
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  if (!child.stdout || !child.stderr) throw new Error('no pipes');
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

/** Runs it to its end, in this process, which is many times faster. */
export async function run(args: readonly string[], { input = '', env: more = {} }: RunOptions = {}): Promise<Outcome> {
  const env: Record<string, string | undefined> = { PATH: process.env['PATH'], HOME: NO_HOME, TZ: 'UTC', ...more };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const log = (level: Level, message: string): void =>
    void stderr.write(formatMessage(level, message, 'JOURNAL_STREAM' in env));
  const sources = {
    env,
    isRoot: process.getuid?.() === 0,
    defaultTimezone: env['TZ'] ?? 'UTC',
  };
  const stop = new AbortController();
  const done = perform(args, {
    ...{ sources, log, stdout, columns: 80, version: version() },
    ioFor: (_, reloadConfig) => ({
      ...{ stdin: Readable.from([Buffer.from(input)]), stdout, stderr, log, reloadConfig, env },
      ...{ columns: 80, isTTY: false, isPiped: true, stderrIsTTY: false, stderrColumns: () => 80 },
      now: () => Date.now() / 1000,
      signal: stop.signal,
      onHangup: () => {},
      version: version(),
      watchdogMs: undefined,
      monotonic: () => process.hrtime.bigint() / 1000n,
      releaseMemory: () => {},
    }),
  }).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, err, code] = await Promise.all([text(stdout), text(stderr), done]);
  stop.abort();
  return { code, out, err };
}

/**
 * What the program, which does not end by itself, says on stderr until a line of it matches, or until what is waited for has
 * come; then it is stopped.
 */
export async function said(args: readonly string[], until: RegExp | (() => Promise<void>)): Promise<string> {
  const child = start(args);
  if (!child.stderr) throw new Error('no pipe');
  const overdue = deadline();
  overdue.addEventListener('abort', () => child.kill('SIGKILL'));
  if (typeof until === 'function') void until().finally(() => child.kill());
  const lines: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    lines.push(line);
    if (until instanceof RegExp && until.test(line)) child.kill();
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.ok(!overdue.aborted, lines.join('\n'));
  return lines.join('\n');
}

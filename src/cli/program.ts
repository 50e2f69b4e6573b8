/**
 * The process: arguments, signals, exit codes. Beside `main.ts` the only file that touches `process`; everybody else gets values.
 *
 * Exit codes: 0 done, 1 failed while running, 2 wrong arguments or configuration, which systemd is told not to restart on.
 */
import { existsSync, fstatSync, readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseCommandLine, type Answer } from './command-line.ts';
import type { Invocation } from './command-parts.ts';
import { formatMessage, type Io, type Level } from './io.ts';
import { ConfigError, loadConfig, type Config } from '../config/config.ts';
import { IndexError, type IndexErrorCode } from '../index/index-error.ts';
import { defineDialects } from '../format/format.ts';
import { version } from '../config/version.ts';
import { NAME } from './wrong-usage.ts';

/** What is wrong with the index that only another configuration, or another installation, can put right. */
const WRONG_INDEX = new Set<IndexErrorCode>(['NOT_LEVELDB', 'NOT_WRITABLE', 'NEWER_SCHEMA']);

/** Of those that systemd has opened for this process. */
const FIRST_SOCKET = 3;

/**
 * By the version of V8, those of Node.js 20, 22 and 24: it optimises only what has run for longer. To optimise all that runs for a moment took a
 * third of the processor time in which 200 MB of log are read, and what is worked on most is WebAssembly, which does not wait.
 */
const OPTIMISES_LATER = new Map([
  ['11.3', '--interrupt-budget=540000'],
  ['12.4', '--invocation-count-for-turbofan=24000'],
  ['13.6', '--invocation-count-for-turbofan=24000'],
]);

const toJournal = Boolean(process.env['JOURNAL_STREAM']);

async function main(): Promise<number> {
  const asked = parseCommandLine(process.argv.slice(2), version(), process.stdout.columns || 80);
  if ('exitCode' in asked) return answer(asked);
  // Not all that was given: it may name a user.
  process.title = `${NAME} ${asked.command}`;
  const config = configFor(asked);
  defineDialects(config.dialects);
  return asked.begin(config, ioFor(asked));
}

function answer({ exitCode, text }: Answer): number {
  if (exitCode === 0) process.stdout.write(text);
  else log('error', text);
  return exitCode;
}

function configFor({ flags }: Invocation): Config {
  return loadConfig({
    flags,
    env: process.env,
    readFile: textOf,
    exists: existsSync,
    isRoot: process.getuid?.() === 0,
    defaultTimezone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
}

function textOf(path: string): string | undefined {
  try {
    return utf8Of(path, readFileSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A byte that is no UTF-8 would become another character, and a path that nobody meant. */
function utf8Of(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const line = bytes.toString('utf8').split('\ufffd', 1)[0]?.split('\n').length;
    throw new ConfigError([`${path} line ${line}: is not UTF-8; save the file as UTF-8`], { cause });
  }
}

function ioFor(invocation: Invocation): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    columns: process.stdout.columns || Number(/^\d{2,3}$/.exec(process.env['COLUMNS'] ?? '')?.[0] ?? 80),
    isTTY: isatty(1),
    isPiped: isPipe(1),
    stderrIsTTY: isatty(2),
    stderrColumns: () => process.stderr.columns || 80,
    now: () => Date.now() / 1000,
    signal: stopSignal(),
    onHangup: (callback) => void process.on('SIGHUP', callback),
    version: version(),
    env: process.env,
    ...(listensFor(process.pid) && { listening: FIRST_SOCKET }),
    watchdogMs: watchdogOf(process.pid),
    monotonic: () => process.hrtime.bigint() / 1000n,
    releaseMemory,
    log,
    reloadConfig: () => configFor(invocation),
  };
}

/** As sd_listen_fds(3) has it. */
function listensFor(pid: number): boolean {
  return process.env['LISTEN_PID'] === String(pid) && Number(process.env['LISTEN_FDS']) >= 1;
}

/** As sd_watchdog_enabled(3) has it. */
function watchdogOf(pid: number): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID = String(pid) } = process.env;
  const ms = Number(WATCHDOG_USEC ?? 0) / 1000;
  return WATCHDOG_PID === String(pid) && ms > 0 ? ms : undefined;
}

function isPipe(descriptor: number): boolean {
  const stats = fstatSync(descriptor);
  return stats.isFIFO() || stats.isSocket();
}

/** The first SIGINT or SIGTERM asks the command to stop; who sends a second one does not want to wait. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  return stop.signal;
}

function releaseMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}

function log(level: Level, message: string): void {
  process.stderr.write(formatMessage(level, message, toJournal));
}

function failure(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) log('error', problem);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  log('error', process.env['DEBUG'] && error instanceof Error ? (error.stack ?? message) : message);
  return error instanceof IndexError && WRONG_INDEX.has(error.code) ? 2 : 1;
}

/** Exits as soon as stdout has taken everything, whatever a command may have left open. If it has not, its error decides. */
function leave(exitCode: number): void {
  process.stdout.write('', (error) => {
    if (!error) process.exit(exitCode);
  });
}

const optimisesLater = OPTIMISES_LATER.get(process.versions.v8.split('.', 2).join('.'));
if (optimisesLater !== undefined) setFlagsFromString(optimisesLater);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.exit(failure(new Error(`stdout cannot be written (${error.message})`, { cause: error })));
});
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => process.exit(failure(error)));
main().then(leave, (error: unknown) => leave(failure(error)));

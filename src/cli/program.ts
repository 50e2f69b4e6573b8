/**
 * The process: arguments, signals, exit codes. Beside `main.ts` and `daemon-program.ts` the only file that touches `process`; everybody else gets values.
 *
 * Exit codes: 0 done, 1 failed while running, 2 wrong arguments or configuration, which systemd is told not to restart on.
 */
import { fstatSync, readlinkSync } from 'node:fs';
import { isatty } from 'node:tty';
import { releaseMemory, tuneEngine } from './engine.ts';
import { formatMessage, type Io, type Level } from './io.ts';
import { failure, perform } from './perform.ts';
import type { Config } from '../config/config.ts';
import { version } from '../config/version.ts';
import { NAME } from './wrong-usage.ts';

/** Of those that systemd has opened for this process. */
const FIRST_SOCKET = 3;

let settle = (): void => {};
/** Resolves when a daemon has read all that was there. */
export const settled = new Promise<void>((resolve) => (settle = resolve));

const toJournal = Boolean(process.env['JOURNAL_STREAM']);

function main(): Promise<number> {
  return perform(process.argv.slice(2), {
    sources: {
      env: process.env,
      isRoot: process.getuid?.() === 0,
      defaultTimezone: machineTimezone(),
    },
    columns: process.stdout.columns || 80,
    version: version(),
    stdout: process.stdout,
    log,
    ioFor: (command, reloadConfig) => {
      // Not all that was given: it may name a user.
      process.title = `${NAME} ${command}`;
      return ioWith(reloadConfig);
    },
  });
}

function ioWith(reloadConfig: () => Config): Io {
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
    releaseMemory: () => {
      releaseMemory();
      settle();
    },
    log,
    reloadConfig,
  };
}

/** Where it is UTC that is seen without the tables of all languages, which take a tenth of a start to load. */
function machineTimezone(): string {
  const { TZ } = process.env;
  const isUtc = TZ === undefined ? /\/zoneinfo\/(?:Etc\/)?UTC$/.test(localtime()) : TZ === 'UTC';
  return isUtc ? 'UTC' : new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function localtime(): string {
  try {
    return readlinkSync('/etc/localtime');
  } catch {
    return '';
  }
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

function log(level: Level, message: string): void {
  process.stderr.write(formatMessage(level, message, toJournal));
}

const failed = (error: unknown): number => failure(error, log, process.env);

/** Exits as soon as stdout has taken everything, whatever a command may have left open. If it has not, its error decides. */
function leave(exitCode: number): void {
  process.stdout.write('', (error) => {
    if (!error) process.exit(exitCode);
  });
}

tuneEngine(process.versions.v8);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.exit(failed(new Error(`stdout cannot be written (${error.message})`, { cause: error })));
});
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => process.exit(failed(error)));
void main().then(leave);

/** What a command may use of the process it runs in, as values: no command touches `process` itself. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Config } from '../config/config.ts';

/** Urgency of a message, with the names and numbers of syslog and journald. */
export type Level = 'error' | 'warning' | 'notice' | 'info' | 'debug';

export interface Io {
  readonly stdin: Readable;
  /** Data only. A reader that goes away (`| head`) ends the process quietly. */
  readonly stdout: Writable;
  /** Everything else; for messages use `log`. */
  readonly stderr: Writable;
  /** Width of the terminal on stdout, 80 when it is none. */
  readonly columns: number;
  /** Whether stdout is a terminal. */
  readonly isTTY: boolean;
  /** Whether stdout is a pipe: what reads it may print to the terminal that stderr is. */
  readonly isPiped: boolean;
  /** Whether stderr is a terminal: progress bars go there. */
  readonly stderrIsTTY: boolean;
  /** Width of the terminal on stderr as it is now, 80 when it is none. */
  stderrColumns(): number;
  /** Unix seconds, with fraction. */
  now(): number;
  /** Aborted by SIGINT or SIGTERM: finish what is under way and return. */
  readonly signal: AbortSignal;
  /** Called at every SIGHUP. */
  onHangup(callback: () => void): void;
  /** Of this program. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The descriptor of a socket that systemd listens on for this process. */
  readonly listening?: number;
  /** Milliseconds without a word after which the service manager takes this process for dead. */
  readonly watchdogMs: number | undefined;
  /** Microseconds of the clock that nobody sets. */
  monotonic(): bigint;
  /** Gives memory back that is not needed any more, which otherwise happens only when more is wanted. */
  releaseMemory(): void;
  /** One message on stderr, each of its lines with journald's prefix when stderr is the journal. */
  log(level: Level, message: string): void;
  /** Reads the configuration once more, with the same flags. @throws {ConfigError} */
  reloadConfig(): Config;
}

/** Data, to stdout; resolves when there is room for more. */
export async function print(io: Io, text: string): Promise<void> {
  if (!io.stdout.write(text)) await once(io.stdout, 'drain');
}

/** Whether the terminal shows more than ASCII. */
export function isUnicode({ env }: Io): boolean {
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}

/** The mark of a lower bound. */
export const atLeast = (io: Io): string => (isUnicode(io) ? '\u2265' : '>=');

const PRIORITIES: Record<Level, number> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

/** A message as it is written to stderr, sd-daemon(3) giving the prefixes of the journal. */
export function formatMessage(level: Level, message: string, toJournal: boolean): string {
  const prefix = toJournal ? `<${PRIORITIES[level]}>` : 'xmpp-active-users: ';
  return message
    .trimEnd()
    .split('\n')
    .map((line) => `${prefix}${line}\n`)
    .join('');
}

/** The product as its users run it: `xmpp-active-users run` and the other commands, in processes of their own. */
import { fileURLToPath } from 'node:url';
import { runToEnd, startChild, type Child } from './child.ts';

export const program = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The names that mod_measure_active_users sends under. */
export const modulePrefix = 'prosody.prosody_mod_measure_active_users.';

export interface DaemonOptions {
  readonly logs: readonly string[];
  readonly index: string;
  readonly statsdPort: number;
  readonly timezone?: string;
  readonly server?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

export function startDaemon(options: DaemonOptions): Child {
  const { logs, index, statsdPort, timezone, server, environment } = options;
  const optional = [...flag('--timezone', timezone), ...flag('--server', server)];
  const statsd = ['--statsd', `127.0.0.1:${statsdPort}`, '--prefix', modulePrefix];
  const args = [program, 'run', ...logs.flatMap((log) => ['--log', log]), '--index', index, ...statsd, ...optional];
  return startChild(process.execPath, args, { ...process.env, ...environment });
}

/** Any command, run to its end. */
export function command(...args: readonly string[]): ReturnType<typeof runToEnd> {
  return runToEnd(process.execPath, [program, ...args]);
}

const flag = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value]);

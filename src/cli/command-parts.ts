/** What the commands are put together from: the flags that several have, and what is chosen by them. */
import { Option, type Command } from 'commander';
import type { Config } from '../config/config.ts';
import { SERVERS } from '../config/settings.ts';
import type { Io } from './io.ts';
import { collect } from './option-values.ts';

export interface Invocation {
  /** Its name, as in `run`. */
  readonly command: string;
  /** For `loadConfig`. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly begin: (config: Config, io: Io) => Promise<number>;
}

export type Choose = (invocation: Omit<Invocation, 'command'>) => void;

const FLAGS = {
  log: () =>
    new Option('--log <file>', 'log to follow, or journal:UNIT, repeatable; instead of the configured ones').argParser(
      collect,
    ),
  server: () => new Option('--server <name>', `server that wrote the logs: ${SERVERS.join(', ')}`),
  timezone: () =>
    new Option('--timezone <zone>', "zone of the logs' stamps, as in Europe/Berlin (default: the machine's)"),
  timestamps: () =>
    new Option('--timestamps <format>', 'form of their stamps where the lines do not tell, as in "%d/%m/%Y %H:%M:%S"'),
  year: () => new Option('--year <year>', 'year of the last line, for stamps without one'),
  index: () => new Option('--index <directory>', 'where the index is kept'),
  statsd: () => new Option('--statsd <host:port>', 'where counts are sent to; the path of a unix socket works too'),
  prefix: () => new Option('--prefix <text>', 'before the names of the metrics (default: "xmpp.")'),
};

export function add(
  program: Command,
  name: string,
  what: string,
  flags: readonly (keyof typeof FLAGS)[],
  help: string,
): Command {
  const command = program.command(name).description(what).addHelpText('after', `\n${help}`);
  for (const flag of flags) command.addOption(FLAGS[flag]());
  return command;
}

export function all(program: Command, flags: object): Record<string, unknown> {
  return { ...program.opts(), ...flags };
}

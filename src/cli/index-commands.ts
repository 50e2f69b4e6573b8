/** The commands that are about the index, which the daemon answers where one holds it. */
import type { Command } from 'commander';
import { add, all, type Choose } from './command-parts.ts';
import { instant, jid } from './option-values.ts';
import { NAME } from './wrong-usage.ts';

export function count(program: Command, choose: Choose): Command {
  return add(program, 'count', 'active users per host, from the index', ['index'], COUNT)
    .option('--at <time>', 'count for this instant instead of now: unix seconds or ISO 8601', instant)
    .option('--json', 'print JSON')
    .action((flags: { at?: number; json?: true }) => {
      const args = { json: false, ...flags };
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./count.ts')).count(config, args, io),
      });
    });
}

const COUNT = `Examples:
  ${NAME} count
  ${NAME} count --at 2026-03-02T01:00:00Z --json`;

export function last(program: Command, choose: Choose): Command {
  return add(program, 'last', 'last login, last logout and open sessions of one user', ['index'], LAST)
    .addArgument(jid())
    .action((user: string, flags: object) => {
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./last.ts')).last(config, { user }, io),
      });
    });
}

const LAST = `Exit code 1 when the user is not in the index.

Example:
  ${NAME} last alice@chat.example`;

export function status(program: Command, choose: Choose): Command {
  return add(program, 'status', 'the counts of now, and how daemon and logs stand', ['index'], STATUS)
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .option('--json', 'print JSON')
    .action((flags: { watch?: true; json?: true }) => {
      const args = { watch: false, json: false, ...flags };
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./status.ts')).status(config, args, io),
      });
    });
}

const STATUS = `Of the daemon where one runs, else of the index: who is online and active, and the change since the same hour of yesterday and of a
week ago, as far as that was counted.

Examples:
  ${NAME} status
  ${NAME} status --watch`;

export function forget(program: Command, choose: Choose): Command {
  return add(program, 'forget', 'remove one user from the index', ['index'], FORGET)
    .addArgument(jid())
    .action((user: string, flags: object) => {
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./forget.ts')).forget(config, { user }, io),
      });
    });
}

const FORGET = `Also from memory and files of a daemon that runs. The logs still name the user: lines from before count for nobody, whenever they are
read, and only what happens from now on can bring the user back. Exit code 1 when the user is not in the index.

Example:
  ${NAME} forget alice@chat.example`;

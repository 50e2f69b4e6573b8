/** The commands that are about the index, which the daemon answers where one holds it. */
import { Argument, Option, type Command } from 'commander';
import { add, all, type Choose } from './command-parts.ts';
import { foldAddress } from '../format/jid.ts';
import type { ListArguments } from './list.ts';
import { collect, instant, instantIn, jid, span, type InstantIn } from './option-values.ts';
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

export function list(program: Command, choose: Choose): Command {
  return add(program, 'list', 'users by when they were last seen', ['index'], LIST)
    .option('--since <span>', 'who is online or was seen in so much time, as in 7d', span)
    .option('--not-seen-for <span>', 'who is offline and was not seen for so much time, as in 21d', span)
    .option('--host <host>', 'users of this host only', foldAddress)
    .addOption(new Option('--format <name>', 'default: a table on a terminal, else csv').choices(['csv', 'json']))
    .action((flags: ListArguments) => {
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./list.ts')).list(config, flags, io),
      });
    });
}

const LIST = `Who was seen last comes first; times in CSV and JSON are unix seconds. No further back than index.retention_days; accounts that never
logged in are not known.

Examples:
  ${NAME} list --since 7d
  ${NAME} list --not-seen-for 21d --host chat.example --format csv > away.csv`;

export function report(program: Command, choose: Choose): Command {
  return add(program, 'report', 'the counts that are kept, as one HTML file', ['timezone', 'index'], REPORT)
    .option('--from <time>', 'first instant: unix seconds or ISO 8601; a date is midnight', instantIn)
    .option('--to <time>', 'last instant', instantIn)
    .option('--host <host>', 'this host only, repeatable', collect)
    .action(({ from, to, host = [], ...flags }: ReportFlags) => {
      choose({
        flags: all(program, flags),
        begin: async (config, io) => {
          const { timezone } = config.otherLogs;
          const span = { ...(from && { from: from(timezone) }), ...(to && { to: to(timezone) }) };
          return (await import('./report.ts')).report(config, { ...span, hosts: host.map(foldAddress) }, io);
        },
      });
    });
}

interface ReportFlags {
  readonly from?: InstantIn;
  readonly to?: InstantIn;
  readonly host?: readonly string[];
}

const REPORT = `Charts of the counts of each hour that the daemon and history --store put into the index. The file needs no network, and asks nobody for
anything. From logs alone: history --format html.

Example:
  ${NAME} report > active.html`;

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

export function cluster(program: Command, choose: Choose): Command {
  return add(program, 'cluster', 'the nodes that count together', [], CLUSTER)
    .addArgument(new Argument('<what>', 'what is to be done').choices(['remove']))
    .argument('<node>', 'name of a node, as in cluster.node')
    .action((_what: string, node: string, flags: object) => {
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./cluster.ts')).removeFromCluster(config, { node }, io),
      });
    });
}

const CLUSTER = `remove: a node that is no more. The others wait for it no longer, and its open sessions are over; who was seen there is still
counted. Set cluster.nodes on the others, too.

Example:
  ${NAME} cluster remove node3`;

/**
 * The command line: which commands there are, their arguments and flags, and the help that goes with them.
 *
 * Parsing decides nothing but what was asked for; the command itself is loaded only when it is begun, so that
 * `--help` and a typing mistake are answered at once.
 */
import { Command, CommanderError, Option } from 'commander';
import { add, all, type Choose, type Invocation } from './command-parts.ts';
import { historyArguments, type HistoryFlags } from './history-arguments.ts';
import { fileArguments, takingFiles, type LogFlags } from './file-arguments.ts';
import { cluster, count, forget, last, list, report, status } from './index-commands.ts';
import { carbon, collect, instantIn, step } from './option-values.ts';
import { NAME, wrongUsage } from './wrong-usage.ts';

/** What is to be printed instead of beginning a command: help, the version, or what is wrong. */
export interface Answer {
  readonly exitCode: 0 | 2;
  readonly text: string;
}

/** `argv` without node and script. */
export function parseCommandLine(argv: readonly string[], version: string, columns: number): Invocation | Answer {
  let invocation: Invocation | undefined;
  let text = '';
  const program = describeProgram(version, (chosen) => (invocation = chosen));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (part) => (text += part),
      writeErr: (part) => (text += part),
      outputError: (message) => (text += message.replace(/^error: /, '')),
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    });
  }
  try {
    program.parse(spelledOut(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? { exitCode: 0, text } : { exitCode: 2, text: wrongUsage(error, text, argv, NAMES) };
  }
  return invocation ?? { exitCode: 2, text: wrongUsage(undefined, '', argv, NAMES) };
}

/** `help count` is `count --help`. */
function spelledOut(argv: readonly string[]): readonly string[] {
  const [first, command] = argv;
  if (first !== 'help') return argv;
  if (command === undefined || command.startsWith('-')) return ['--help'];
  return NAMES.includes(command) ? [command, '--help'] : [command];
}

const COMMANDS = { run, backfill, count, history, last, list, report, status, check, explain, forget, cluster };
const NAMES = Object.keys(COMMANDS);

/** All that can be asked for; `choose` is told what was, once it is parsed. */
export function describeProgram(version: string, choose: (invocation: Invocation) => void): Command {
  const program = new Command(NAME)
    .version(version, '--version', 'print the version')
    .description('Daily, weekly and monthly active users of an XMPP server, counted from its log files.')
    .option('--config <file>', 'configuration to read (default: /etc/xmpp-active-users/config.toml if it exists)')
    .option('--set <key=value>', 'set any key of the configuration, as in --set statsd.repeat_seconds=10', collect)
    .helpOption('-h, --help', 'explain the program, or with a command that command')
    .helpCommand('help [command]', 'explain the program, or a command')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', OVERVIEW);
  for (const [command, add] of Object.entries(COMMANDS))
    add(program, (asked) => choose({ ...asked, command })).configureHelp({ showGlobalOptions: true });
  return program;
}

const OVERVIEW = `
Examples:
  ${NAME} check                             is everything as it should be?
  ${NAME} run                               follow the logs, count every hour, send to StatsD
  ${NAME} history /var/log/prosody/*.log*   what the counts were, from old logs
  ${NAME} run --help                        more about one command

Exit codes: 0 done, 1 failed while running, 2 wrong arguments or configuration.
Every key of the configuration can be set by the environment, too: XMPP_ACTIVE_USERS_STATSD_HOST=graphite.example`;

function run(program: Command, choose: Choose): Command {
  return add(
    program,
    'run',
    'follow the logs, count every hour, send to StatsD',
    ['log', 'server', 'timezone', 'timestamps', 'year', 'index', 'statsd', 'prefix'],
    RUN,
  )
    .option('--quiet-counts', 'leave out the line with the counts of each hour')
    .action((flags: object) => {
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./run.ts')).run(config, {}, io),
      });
    });
}

const RUN = `Reads what the logs and their rotated siblings already hold, then follows them. Stays in the foreground.
SIGTERM and SIGINT stop it cleanly, SIGHUP makes it read its configuration again.

Examples:
  ${NAME} run
  ${NAME} run --log /var/log/prosody/prosody.log --statsd graphite.example:8125`;

function backfill(program: Command, choose: Choose): Command {
  return takingFiles(
    add(
      program,
      'backfill',
      'read old logs into the index',
      ['server', 'timezone', 'timestamps', 'year', 'index'],
      BACKFILL,
    ),
  )
    .option('--node <name>', 'the logs are those of a node of the cluster that is no more: into the cluster only')
    .action((files: string[], { log, node, ...flags }: LogFlags & { node?: string }, command: Command) => {
      const args = { ...fileArguments(files, log, command), ...(node !== undefined && { node }) };
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./backfill.ts')).backfill(config, args, io),
      });
    });
}

const BACKFILL = `Reading a file twice changes nothing. Stopped by Ctrl-C, it goes on where it was when started again.

Examples:
  ${NAME} backfill /var/log/prosody/prosody.log*
  ${NAME} backfill --log 'main=/backup/2025/*.gz' --log 'main=/backup/2026/*'
  ssh old-server cat /var/log/prosody/prosody.log.1 | ${NAME} backfill --timezone Europe/Berlin -`;

function history(program: Command, choose: Choose): Command {
  return takingFiles(
    add(
      program,
      'history',
      'what the counts were at every full hour, from old logs',
      ['server', 'timezone', 'timestamps', 'year', 'index', 'prefix'],
      HISTORY,
    ),
  )
    .option('--from <time>', 'first instant to count for: unix seconds or ISO 8601; a date is midnight', instantIn)
    .option('--to <time>', 'last instant to count for', instantIn)
    .addOption(
      new Option('--step <span>', 'time between two counts, as in 30m or 1d; days begin at midnight')
        .argParser(step)
        .default(3600, '1h'),
    )
    .addOption(
      new Option('--format <name>', 'default: chart on a terminal, else csv').choices([
        'csv',
        'json',
        'chart',
        'svg',
        'html',
      ]),
    )
    .option('--host <host>', 'count this host only, repeatable', collect)
    .option('--total', 'in csv and json a line for all hosts together as well, with the host *')
    .option(
      '--coverage',
      'in csv how many seconds of each window the logs cover; a count is a lower bound where it is less',
    )
    .option('--dates', 'in csv the time in ISO 8601, in the zone of --timezone')
    .option('--carbon <host:port>', "send to Graphite's Carbon (plaintext protocol, port 2003 by default)", carbon)
    .option(
      '--carbon-prefix <text>',
      'before the prefix in the names of the series, as StatsD puts it',
      'stats.gauges.',
    )
    .addOption(
      new Option('--carbon-protocol <name>', 'how Carbon is spoken to (pickle: port 2004)')
        .choices(['plaintext', 'pickle'])
        .default('plaintext'),
    )
    .option('--retention <archives>', 'write the points that these archives keep, as in 10s:6h,1m:6d,10m:1800d')
    .addOption(
      new Option('--storage-schemas <file>', 'read the retention from this storage-schemas.conf').conflicts(
        'retention',
      ),
    )
    .option('--store', 'into the index, where it holds no count of the hour yet, or one that covers less')
    .option('--dry-run', 'say what would be sent to Carbon, and send nothing')
    .action((files: string[], { log, ...flags }: HistoryFlags & LogFlags, command: Command) => {
      const given = fileArguments(files, log, command);
      choose({
        flags: all(program, flags),
        begin: async (config, io) => {
          const args = historyArguments(given, flags, config.otherLogs.timezone);
          return (await import('./history.ts')).history(config, args, io);
        },
      });
    });
}

const HISTORY = `Needs no index, and changes none but with --store. CSV has the header time,host,d1,d7,d30; time is in unix seconds. Pictures of several hosts
begin with all of them together.
StatsD cannot carry the past, Carbon can: --carbon writes to the series that StatsD's gauges have in Graphite.

Examples:
  ${NAME} history /var/log/prosody/prosody.log*
  ${NAME} history --from 2026-01-01 --step 1d --format csv prosody.log.*.gz > active.csv
  ${NAME} history --host chat.example --format svg prosody.log* > active.svg
  ${NAME} history --format html prosody.log* > active.html
  ${NAME} history --store /backup/prosody.log*
  ${NAME} history --carbon graphite.example --retention 10s:6h,1m:6d,10m:1800d --dry-run prosody.log*`;

function check(program: Command, choose: Choose): Command {
  return add(
    program,
    'check',
    'what the configuration means, and whether it would work',
    ['log', 'server', 'timezone', 'timestamps', 'year', 'index', 'statsd', 'prefix'],
    CHECK,
  ).action((flags: object) => {
    choose({
      flags: all(program, flags),
      begin: async (config, io) => (await import('./check.ts')).check(config, {}, io),
    });
  });
}

const CHECK = `Prints every setting and where it came from, the files that will be followed, how much of them is understood, and
whether StatsD's name resolves. Exit code 1 when something would not work.

Examples:
  ${NAME} check
  ${NAME} check --config new.toml`;

function explain(program: Command, choose: Choose): Command {
  return add(
    program,
    'explain',
    'every line of a log beside the event found in it',
    ['server', 'timezone', 'timestamps', 'year'],
    EXPLAIN,
  )
    .argument('<file>', 'one log; - is stdin')
    .option('--json', 'print one JSON object per line')
    .action((file: string, flags: { json?: true }) => {
      const args = { json: false, ...flags, file };
      choose({
        flags: all(program, flags),
        begin: async (config, io) => (await import('./explain.ts')).explain(config, args, io),
      });
    });
}

const EXPLAIN = `The tool for a log that is not understood: lines without an event have a dash.

Examples:
  ${NAME} explain /var/log/prosody/prosody.log | less
  ${NAME} explain --json prosody.log | grep '"kind":"start"'`;

/**
 * `backfill`: old logs into the index, by way of the daemon where one holds it. Stopped and started again, it goes on where it
 * was; run twice, it changes nothing.
 */
import type { Config, LogConfig } from '../config/config.ts';
import { DaemonIntake } from '../control/backfill-client.ts';
import { journalOf, logTyped } from '../source/journal-name.ts';
import { withAbsentNode } from '../service/absent-node.ts';
import { withIndex } from '../service/open-index.ts';
import * as operations from '../service/operations.ts';
import { sampleOf, tellCoverage, tellRejected, tellUncounted } from './findings.ts';
import { withLines, type FileArguments, type Inputs } from './inputs.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

type Options = Pick<operations.BackfillOptions, 'signal' | 'onProgress' | 'onProblem'>;

/** Who takes the lines in. */
interface Intake {
  /** The directory of its index. */
  readonly index: string;
  readonly backfill: (arrangement: Inputs['arrangement'], options: Options) => Promise<operations.Backfilled>;
  readonly backfillJournal: (log: LogConfig, options: Omit<Options, 'onProgress'>) => Promise<operations.Backfilled>;
}

export interface BackfillArguments extends FileArguments {
  /** Of a node of the cluster that is no more: the files are its logs. */
  readonly node?: string;
}

/**
 * @throws {IndexError} first of all: who reads for an hour should not be told then that the index is in use.
 * @throws a sentence where the daemon takes nothing, or goes away
 */
export async function backfill(config: Config, { node, ...args }: BackfillArguments, io: Io): Promise<number> {
  if (node !== undefined) return asNode(config, node, args, io);
  const daemon = await DaemonIntake.open(config);
  if (!daemon)
    return withIndex(config, { now: io.now(), create: true }, (open) => fill(here(open, io), config, args, io));
  try {
    return await fill(there(daemon, config), config, args, io);
  } finally {
    daemon.close();
  }
}

/** The index of this node has nothing of it. */
async function asNode(config: Config, node: string, args: FileArguments, io: Io): Promise<number> {
  const tell = (level: 'info' | 'warning', sentence: string): void => io.log(level, sentence);
  const options = { now: () => io.now(), tell, signal: io.signal };
  let code = 1;
  const users = await withAbsentNode(config, node, options, async (open) => {
    code = await fill(here(open, io), open.config, args, io);
  });
  if (users !== undefined)
    io.log(
      'notice',
      `the cluster knows the ${users} users of ${node}; nobody waits for it, and nobody is online there. Should Redis lose what it has, do it again`,
    );
  return users === undefined ? 1 : code;
}

function here(open: operations.OpenIndex, io: Io): Intake {
  const { index, year } = open.config;
  const now = io.now();
  return {
    index: index.path,
    backfill: (arrangement, options) => operations.backfill(open, arrangement, { ...options, now, year }),
    backfillJournal: (log, options) => operations.backfillJournal(open, log, { ...options, now }),
  };
}

function there(daemon: DaemonIntake, { year }: Config): Intake {
  return {
    index: daemon.index,
    backfill: (arrangement, options) => daemon.backfill(arrangement, year, options),
    backfillJournal: (log, options) => daemon.backfillJournal(log, options),
  };
}

async function fill(intake: Intake, config: Config, args: FileArguments, io: Io): Promise<number> {
  const typed = args.files.map((file) => (file === '-' ? file : logTyped(file)));
  const journals = [...new Set(typed)].filter((file) => journalOf(file) !== undefined);
  const files = typed.filter((file) => !journals.includes(file));
  let code = 0;
  for (const journal of journals) code = Math.max(code, await readJournal(journal, intake, config, io));
  if (files.length === 0 && (args.logs ?? []).length === 0) return code;
  const read = withLines({ ...args, files }, config, io, (inputs, said) => readInputs(inputs, intake, config, said));
  return Math.max(code, await read);
}

/** What was read before, by `run` too, is not read again. */
async function readJournal(path: string, intake: Intake, config: Config, io: Io): Promise<number> {
  const { otherLogs, logs } = config;
  const { signal } = io;
  let hasProblem = false;
  const onProblem = (sentence: string): void => {
    hasProblem = true;
    io.log('error', sentence);
  };
  const log = logs.find((each) => each.path === path) ?? { ...otherLogs, path, name: path };
  const { counts, coverage, users, uncounted } = await intake.backfillJournal(log, { signal, onProblem });
  io.log('info', `${path}: ${counts.lines} lines read, ${counts.events} events; ${users} users are in ${intake.index}`);
  tellCoverage(coverage, otherLogs.timezone, io);
  tellUncounted(uncounted, io);
  if (signal.aborted) io.log('warning', 'stopped: the same command goes on from there');
  return tellRejected(counts, [], io) || hasProblem || signal.aborted ? 1 : 0;
}

async function readInputs({ arrangement, failed }: Inputs, intake: Intake, config: Config, io: Io): Promise<number> {
  const { otherLogs } = config;
  const progress = new Progress(arrangement.allSeries, otherLogs.timezone, io);
  let hasProblem = failed;
  const options = {
    signal: io.signal,
    onProgress: (path: string, bytes: number, at: number | undefined) => progress.reached(path, bytes, at),
    onProblem: (sentence: string) => {
      hasProblem = true;
      progress.io.log('error', sentence);
    },
  };
  const reading = intake.backfill(arrangement, options);
  const { counts, coverage, users, uncounted } = await reading.finally(() => progress.done());
  io.log('info', `${counts.lines} lines read, ${counts.events} events; ${users} users are in ${intake.index}`);
  tellCoverage(coverage, otherLogs.timezone, io);
  tellUncounted(uncounted, io);
  if (io.signal.aborted)
    io.log(
      'warning',
      'stopped: the index is as good as before; the same command goes on from there, or, where older files came to known ones, begins with them',
    );
  const isRejected = tellRejected(counts, sampleOf(arrangement), io);
  return isRejected || hasProblem || io.signal.aborted ? 1 : 0;
}

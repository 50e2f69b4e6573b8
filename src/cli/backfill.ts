/** `backfill`: old logs into the index. Stopped and started again, it goes on where it was; run twice, it changes nothing. */
import type { Config } from '../config/config.ts';
import { journalOf, logTyped } from '../source/journal-name.ts';
import { withIndex } from '../service/open-index.ts';
import * as operations from '../service/operations.ts';
import { sampleOf, tellCoverage, tellRejected, tellUncounted } from './findings.ts';
import { withLines, type FileArguments, type Inputs } from './inputs.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

/** @throws {IndexError} first of all: who reads for an hour should not be told then that the index is in use. */
export async function backfill(config: Config, args: FileArguments, io: Io): Promise<number> {
  const typed = args.files.map((file) => (file === '-' ? file : logTyped(file)));
  const journals = [...new Set(typed)].filter((file) => journalOf(file) !== undefined);
  const files = typed.filter((file) => !journals.includes(file));
  return withIndex(config, { now: io.now(), create: true }, async (open) => {
    let code = 0;
    for (const journal of journals) code = Math.max(code, await readJournal(journal, open, io));
    if (files.length === 0 && (args.logs ?? []).length === 0) return code;
    const read = withLines({ ...args, files }, config, io, (inputs, said) => readInputs(inputs, open, said));
    return Math.max(code, await read);
  });
}

/** What was read before, by `run` too, is not read again. */
async function readJournal(path: string, open: operations.OpenIndex, io: Io): Promise<number> {
  const { index, otherLogs } = open.config;
  const { signal } = io;
  const now = io.now();
  let hasProblem = false;
  const onProblem = (sentence: string): void => {
    hasProblem = true;
    io.log('error', sentence);
  };
  const { counts, coverage, users, uncounted } = await operations.backfillJournal(open, path, {
    now,
    signal,
    onProblem,
  });
  io.log('info', `${path}: ${counts.lines} lines read, ${counts.events} events; ${users} users are in ${index.path}`);
  tellCoverage(coverage, otherLogs.timezone, io);
  tellUncounted(uncounted, io);
  if (signal.aborted) io.log('warning', 'stopped: the same command goes on from there');
  return tellRejected(counts, [], io) || hasProblem || signal.aborted ? 1 : 0;
}

async function readInputs({ arrangement, failed }: Inputs, open: operations.OpenIndex, io: Io): Promise<number> {
  const { index, otherLogs } = open.config;
  const progress = new Progress(arrangement.allSeries, otherLogs.timezone, io);
  let hasProblem = failed;
  const options = {
    now: io.now(),
    signal: io.signal,
    onProgress: (path: string, bytes: number, at: number | undefined) => progress.reached(path, bytes, at),
    onProblem: (sentence: string) => {
      hasProblem = true;
      progress.io.log('error', sentence);
    },
  };
  const reading = operations.backfill(open, arrangement, options);
  const { counts, coverage, users, uncounted } = await reading.finally(() => progress.done());
  io.log('info', `${counts.lines} lines read, ${counts.events} events; ${users} users are in ${index.path}`);
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

/** `backfill`: old logs into the index. Stopped and started again, it goes on where it was; run twice, it changes nothing. */
import type { Users } from '../activity/user-table.ts';
import { newUsers } from '../service/new-users.ts';
import type { Config } from '../config/config.ts';
import { LastSeenIndex } from '../index/last-seen.ts';
import type { Arrangement, ArchivedFile } from '../service/archive/arrange.ts';
import { rotatedName } from '../source/files/rotated-name.ts';
import { maxTime } from '../service/max-time.ts';
import { storeOnce } from '../service/consume.ts';
import { ingest } from '../service/ingest.ts';
import { WriteBuffer } from '../service/write-buffer.ts';
import { sumCounts } from '../service/log-reader.ts';
import type { LogState } from '../service/log-state.ts';
import { sampleOf, tellCoverage, tellEmpty, tellLogs, tellRejected } from './findings.ts';
import { allNamed, withInputs, type FileArguments, type Inputs } from './inputs.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

export type BackfillArguments = FileArguments;

export async function backfill(config: Config, args: BackfillArguments, io: Io): Promise<number> {
  // First of all: who reads for an hour should not be told then that the index is in use.
  const index = await LastSeenIndex.open(config.index.path, { create: true });
  try {
    const users = newUsers(config);
    const writeBuffer = await WriteBuffer.open(index, users, io.now());
    return await withInputs(args, config, io, async (inputs, said) => {
      if (inputs.arrangement.allSeries.length === 0) {
        if (!inputs.failed) tellEmpty(allNamed(args), said);
        return 1;
      }
      tellLogs(inputs.arrangement, said);
      const failed = await readInputs(inputs, { config, writeBuffer, users }, said);
      writeBuffer.prune(config.index.retentionDays);
      await writeBuffer.commitUsers();
      return failed || io.signal.aborted ? 1 : 0;
    });
  } finally {
    await index.close();
  }
}

interface Into {
  readonly config: Config;
  readonly writeBuffer: WriteBuffer;
  readonly users: Users;
}

async function readInputs({ arrangement, failed }: Inputs, into: Into, io: Io): Promise<boolean> {
  const progress = new Progress(arrangement.allSeries, into.config.otherLogs.timezone, io);
  let hasProblem = failed;
  const onProblem = (sentence: string): void => {
    hasProblem = true;
    progress.io.log('error', sentence);
  };
  const logStates = await readAll(arrangement, into, progress, onProblem);
  return conclude(logStates, arrangement, into, io) || hasProblem;
}

async function readAll(
  arrangement: Inputs['arrangement'],
  into: Into,
  progress: Progress,
  onProblem: (sentence: string) => void,
): Promise<readonly LogState[]> {
  const { config } = into;
  const { io } = progress;
  const horizon = maxTime({ arrangement, year: config.year, now: io.now(), permanent: true });
  const logStates: LogState[] = [];
  try {
    for (const series of arrangement.allSeries) {
      const options = {
        log: { ...series.of.settings, path: series.log },
        horizon: () => horizon,
        signal: io.signal,
        // The live file may still grow.
        isComplete: ({ path }: ArchivedFile) => path !== rotatedName(path).log,
        onProgress: (path: string, bytes: number, at: number | undefined) => progress.reached(path, bytes, at),
        onProblem,
        store: storeOnce,
      };
      logStates.push(await ingest(series, { ...into, ...options }));
    }
  } finally {
    progress.done();
  }
  return logStates;
}

function conclude(logStates: readonly LogState[], arrangement: Arrangement, { config, users }: Into, io: Io): boolean {
  const counts = sumCounts(logStates.map((logState) => logState.counts));
  io.log(
    'info',
    `${counts.lines} lines read, ${counts.events} events; ${users.size} users are in ${config.index.path}`,
  );
  tellCoverage(
    logStates.flatMap((logState) => logState.coverage),
    config.otherLogs.timezone,
    io,
  );
  if (io.signal.aborted)
    io.log(
      'warning',
      'stopped: the index is as good as before; the same command goes on from there, or, where older files came to known ones, begins with them',
    );
  return tellRejected(counts, sampleOf(arrangement), io);
}

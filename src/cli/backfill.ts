/** `backfill`: old logs into the index. Stopped and started again, it goes on where it was; run twice, it changes nothing. */
import type { Users } from '../activity/user-table.ts';
import { newUsers } from '../service/new-users.ts';
import type { Config } from '../config/config.ts';
import { LastSeenIndex } from '../index/last-seen.ts';
import type { Arrangement, Piece } from '../source/archive/arrange.ts';
import { rotatedName } from '../source/files/rotated-name.ts';
import { believedUntil } from '../service/max-time.ts';
import { ingest } from '../service/ingest.ts';
import { Ledger } from '../service/write-buffer.ts';
import { sumCounts, type Tally } from '../service/log-state.ts';
import { sampleOf, tellCoverage, tellLogs, tellRejected } from './findings.ts';
import { withInputs, type FileArguments, type Inputs } from './inputs.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

export type BackfillArguments = FileArguments;

export async function backfill(config: Config, args: BackfillArguments, io: Io): Promise<number> {
  // First of all: who reads for an hour should not be told then that the index is in use.
  const index = await LastSeenIndex.open(config.index.path, { create: true });
  try {
    const users = newUsers(config);
    const ledger = await Ledger.open(index, users, io.now());
    return await withInputs(args, config, io, async (inputs, said) => {
      tellLogs(inputs.arrangement, said);
      const failed = await readInputs(inputs, { config, ledger, users }, said);
      ledger.prune(config.index.retentionDays);
      await ledger.commitUsers();
      return failed || io.signal.aborted ? 1 : 0;
    });
  } finally {
    await index.close();
  }
}

interface Into {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly users: Users;
}

async function readInputs({ arrangement, failed }: Inputs, into: Into, io: Io): Promise<boolean> {
  const progress = new Progress(arrangement.chains, into.config.otherLogs.timezone, io);
  let hasProblem = failed;
  const onProblem = (sentence: string): void => {
    hasProblem = true;
    progress.io.log('error', sentence);
  };
  const tallies = await readChains(arrangement, into, progress, onProblem);
  return conclude(tallies, arrangement, into, io) || hasProblem;
}

async function readChains(
  arrangement: Inputs['arrangement'],
  into: Into,
  progress: Progress,
  onProblem: (sentence: string) => void,
): Promise<readonly Tally[]> {
  const { config } = into;
  const { io } = progress;
  const horizon = believedUntil({ arrangement, year: config.year, now: io.now(), permanent: true });
  const tallies: Tally[] = [];
  try {
    for (const chain of arrangement.chains) {
      const options = {
        log: { ...chain.of.settings, path: chain.log },
        horizon: () => horizon,
        signal: io.signal,
        // The live file may still grow.
        isComplete: ({ path }: Piece) => path !== rotatedName(path).log,
        onProgress: (path: string, bytes: number, at: number | undefined) => progress.reached(path, bytes, at),
        onProblem,
      };
      tallies.push(await ingest(chain, { ...into, ...options }));
    }
  } finally {
    progress.done();
  }
  return tallies;
}

function conclude(tallies: readonly Tally[], arrangement: Arrangement, { config, users }: Into, io: Io): boolean {
  const counts = sumCounts(tallies.map((tally) => tally.counts));
  io.log(
    'info',
    `${counts.lines} lines read, ${counts.events} events; ${users.size} users are in ${config.index.path}`,
  );
  tellCoverage(
    tallies.flatMap((tally) => tally.coverage),
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

/** `count`: daily, weekly and monthly active users per host, from the index. */
import type { Config } from '../config/config.ts';
import { openSnapshot } from '../service/snapshot.ts';
import { countObject, countTable } from '../report/table.ts';
import { tellBounds } from './findings.ts';
import { atLeast, print, type Io } from './io.ts';
import { showTime } from './times.ts';

/** Seconds without a line after which a count is told to be old. */
const STALE = 86_400;
/** Seconds by which the index may be ahead of the time asked for: what came since changes little. */
const SLACK = 3600;

export interface CountArguments {
  /** Unix seconds; now when absent. */
  readonly at?: number;
  readonly json: boolean;
}

export async function count(config: Config, { at, json }: CountArguments, io: Io): Promise<number> {
  const time = at ?? Math.floor(io.now());
  const snapshot = await openSnapshot(config, Math.max(time, io.now()));
  try {
    const { lastLine } = snapshot;
    if (lastLine !== undefined && lastLine - time > SLACK) {
      const last = showTime(lastLine, config.otherLogs.timezone);
      io.log(
        'error',
        `the index has lines up to ${last}, and knows of each user only when they were last seen: ask history for the time before`,
      );
      return 1;
    }
    const samples = snapshot.sample(time);
    tellAge(time, lastLine, config.otherLogs.timezone, io);
    await print(io, json ? `${JSON.stringify(countObject(time, samples))}\n` : countTable(samples, atLeast(io)));
    if (!json) tellBounds(samples, io);
    return 0;
  } finally {
    await snapshot.close();
  }
}

/** An index knows of each user only when they were last seen: it answers for the time of its last line. */
function tellAge(time: number, lastLine: number | undefined, timezone: string, io: Io): void {
  if (lastLine === undefined)
    return io.log('warning', 'the index holds no lines yet: start the daemon, or backfill old logs');
  const last = showTime(lastLine, timezone);
  if (time < lastLine)
    io.log('warning', `the index has lines up to ${last}, after the time asked for: ask history for the past`);
  if (time > lastLine + STALE)
    io.log('warning', `the index has no line after ${last}: what happened since is not counted`);
}

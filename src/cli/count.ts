/** `count`: daily, weekly and monthly active users per host, from the index. */
import { COUNT, type CountArguments as Asked } from '../control/requests.ts';
import type { Config } from '../config/config.ts';
import type { LastCount } from '../service/cluster-state.ts';
import { countObject, countTable } from '../report/table.ts';
import { ask } from './ask.ts';
import { tellBounds } from './findings.ts';
import { atLeast, print, type Io } from './io.ts';
import { localIso, showTime } from './times.ts';

/** Seconds without a line after which a count is told to be old. */
const STALE = 86_400;

export interface CountArguments extends Asked {
  readonly json: boolean;
}

/** @throws as `ask` */
export async function count(config: Config, { json, ...asked }: CountArguments, io: Io): Promise<number> {
  const now = Math.max(asked.at ?? -Infinity, io.now());
  const reply = await ask(COUNT, { at: Math.floor(now), ...asked }, config, now);
  if ('problem' in reply) {
    io.log('error', reply.problem);
    return 1;
  }
  const { at: time, lastLine, samples, cluster } = reply.value;
  if (cluster?.last && asked.at === undefined) return printShared(cluster.last, json, io);
  if (cluster) io.log('warning', 'these are the counts of this node alone, and not of the whole cluster');
  const last = lastLine === undefined ? '' : showTime(lastLine, config.otherLogs.timezone);
  if (!samples) {
    io.log(
      'error',
      `the index has lines up to ${last}, and knows of each user only when they were last seen: ask history for the time before`,
    );
    return 1;
  }
  tellAge(time, lastLine, last, io);
  await print(io, json ? `${JSON.stringify(countObject(time, samples))}\n` : countTable(samples, atLeast(io)));
  if (!json) tellBounds(samples, io);
  return 0;
}

/** What all nodes of a cluster counted. */
async function printShared({ at, samples, missing }: LastCount, json: boolean, io: Io): Promise<number> {
  const without = missing.length > 0 ? ` without ${missing.join(', ')}, so they are lower bounds` : '';
  io.log(
    'info',
    `these are the counts of all nodes at ${localIso(at)}${without}; --at TIME gives those of this node alone`,
  );
  await print(io, json ? `${JSON.stringify(countObject(at, samples))}\n` : countTable(samples, atLeast(io)));
  if (!json) tellBounds(samples, io);
  return 0;
}

/** An index knows of each user only when they were last seen: it answers for the time of its last line. */
function tellAge(time: number, lastLine: number | undefined, last: string, io: Io): void {
  if (lastLine === undefined)
    return io.log('warning', 'the index holds no lines yet: start the daemon, or backfill old logs');
  if (time < lastLine)
    io.log('warning', `the index has lines up to ${last}, after the time asked for: ask history for the past`);
  if (time > lastLine + STALE)
    io.log('warning', `the index has no line after ${last}: what happened since is not counted`);
}

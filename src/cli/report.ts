/** `report`: the counts that the index keeps as one HTML file, with charts to look into. */
import { PAST } from '../control/requests.ts';
import type { Config } from '../config/config.ts';
import { htmlReport } from '../report/html.ts';
import { PastCounts } from '../service/past-counts.ts';
import { ask } from './ask.ts';
import { print, type Io } from './io.ts';

export interface ReportArguments {
  /** Unix seconds. */
  readonly from?: number;
  readonly to?: number;
  /** Case-folded; empty: all. */
  readonly hosts: readonly string[];
}

/** @throws as `ask` */
export async function report(config: Config, { from = 0, to, hosts }: ReportArguments, io: Io): Promise<number> {
  const now = Math.floor(io.now());
  const reply = await ask(PAST, { from, to: to ?? now }, config, now);
  if ('problem' in reply) {
    io.log('error', reply.problem);
    return 1;
  }
  const past = new PastCounts();
  for (const [key, packed] of reply.value.days) past.restore(key, packed);
  const groups = [...past.between(from, to ?? now)]
    .map((group) => (hosts.length === 0 ? group : group.filter(({ host }) => hosts.includes(host))))
    .filter((group) => group.length > 0);
  if (groups.length < 2) {
    io.log(
      'error',
      'the index keeps no counts of that time: the daemon counts each hour, and history --store FILE... takes in those of old logs',
    );
    return 1;
  }
  await print(io, htmlReport(groups, { timezone: config.otherLogs.timezone, version: io.version, now }));
  return 0;
}

/**
 * `check`: what the configuration means and where it came from, which files will be followed and can be read, what is
 * understood of them, what would be sent, and whether StatsD can be reached. Exit code 1 when something would not work.
 */
import { withoutPassword } from '../cluster/address.ts';
import { followedLogs, type Config } from '../config/config.ts';
import { hostsOfOneName, nameClash } from '../report/metric-name.ts';
import { checkCluster } from './check-cluster.ts';
import { checkIndex } from './check-index.ts';
import { checkLog } from './check-log.ts';
import type { Report } from './check-report.ts';
import { checkStatsd } from './check-statsd.ts';
import { atLeast, print, type Io } from './io.ts';

export async function check(given: Config, _args: object, io: Io): Promise<number> {
  const report: Report = { lines: [], failures: [], hosts: new Set(), atLeast: atLeast(io) };
  describeSettings(given, report);
  const config = { ...given, logs: followedLogs(given) };
  if (given.logs.length === 0) report.lines.push('no log is configured: the usual one is followed');
  for (const log of config.logs) await checkLog(log, config, report, io.now());
  await checkStatsd(config, report);
  await checkCluster(config, report);
  await checkIndex(config, report, io.now());
  if (!config.statsd.hostTag) report.failures.push(...hostsOfOneName(report.hosts).map(nameClash));
  return conclude(report, io);
}

async function conclude({ lines, failures }: Report, io: Io): Promise<number> {
  await print(io, `${lines.join('\n')}\n`);
  for (const failure of failures) io.log('error', failure);
  if (failures.length === 0) io.log('info', 'all of this will work');
  else io.log('error', `something of this will not work (problems: ${failures.length})`);
  return failures.length === 0 ? 0 : 1;
}

function describeSettings(config: Config, { lines }: Report): void {
  lines.push(`configuration file: ${config.file ?? 'none'}`);
  for (const [key, origin] of [...config.origin].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const found = valueAt(config, key);
    const value = key === 'cluster.url' ? withoutPassword(String(found)) : found;
    if (value !== undefined) lines.push(`  ${key} = ${JSON.stringify(value)} (${origin})`);
  }
}

/** The value of a dotted key, `statsd.repeat_seconds` or `log.0.path`. */
function valueAt(config: Config, key: string): unknown {
  const names = key.split('.').map((name) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  const [first = '', ...rest] = names;
  const sections: Record<string, unknown> = { ...config, log: config.logs, ...config.otherLogs };
  return rest.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], sections[first]);
}

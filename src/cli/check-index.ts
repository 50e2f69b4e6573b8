/** What `check` says of the index: what it holds, how far the logs have been read, and how the daemon stands. */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { coveredByAll } from '../activity/coverage.ts';
import type { Config } from '../config/config.ts';
import { IndexError } from '../index/last-seen.ts';
import { readStatus, type DaemonStatus, type LogStatus } from '../index/status-file.ts';
import type { StoredState } from '../service/write-buffer.ts';
import { openSnapshot, type Snapshot } from '../service/snapshot.ts';
import { coveredIn } from '../service/log-state.ts';
import { writerOf } from '../service/self-metrics.ts';
import { describeCounts, isReachable, type Report } from './check-report.ts';
import { localIso, showTime } from './times.ts';

const DAY = 86_400;
/** Seconds: the daemon tells how it stands each minute. */
const SILENT = 180;
/** Where the unit of systemd/ has the index; who calls `check` by hand has another default. */
const SERVICE_INDEX = '/var/lib/xmpp-active-users';
const SERVICE_HINT = `; that of the service is looked at with --index ${SERVICE_INDEX}`;

export async function checkIndex(config: Config, report: Report, now: number): Promise<void> {
  const { path } = config.index;
  const status = readStatus(path);
  try {
    const snapshot = await openSnapshot(config, now);
    describeIndex(config, snapshot, report, now);
    await snapshot.close();
    if (status) describeDaemon(status, `  ${seenLast(status)}`, report);
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    if (error.code === 'MISSING') await checkPlace(path, report);
    else if (error.code !== 'LOCKED') report.failures.push(error.message);
    else if (status && now - status.at < SILENT) checkDaemon(config, status, report);
    else report.lines.push(`index ${path}: in use; ${seenLast(status)}`);
  }
}

function seenLast(status: DaemonStatus | undefined): string {
  return status ? `the daemon was seen last at ${localIso(status.at)}` : 'no daemon has been seen';
}

/** The daemon runs, and says how the logs stand. */
function checkDaemon(config: Config, status: DaemonStatus, report: Report): void {
  const { path } = config.index;
  const times = `since ${localIso(status.since)}, seen last at ${localIso(status.at)}`;
  describeDaemon(status, `index ${path}: in use, as the daemon is running ${times}`, report);
  for (const { path: log, unreadable } of status.logs)
    if (unreadable !== undefined) report.failures.push(`${log}: the daemon cannot read it: ${unreadable}`);
}

function describeDaemon({ logs, counts = [] }: DaemonStatus, title: string, { lines, hosts, atLeast }: Report): void {
  const found = logs.map((log) => `  ${log.path}: ${describeStatus(log)}`);
  lines.push(title, ...(found.length > 0 ? found : ['  it is still reading what was there before it started']));
  if (counts.length > 0) lines.push(`  it sent last ${describeCounts(counts, atLeast)}`);
  for (const { host } of counts) hosts.add(host);
}

function describeStatus(log: LogStatus): string {
  const { offset, size, lagBytes, rotations, truncations, lines, rejected, skippedLines, writer } = log;
  return [
    ...(writer === undefined ? [] : [`written by ${writer}`]),
    `read to byte ${offset} of ${size}, ${lagBytes} bytes behind`,
    `rotations seen: ${rotations}, truncations: ${truncations}`,
    `lines: ${lines}, rejected: ${rejected}, too long: ${skippedLines}`,
  ].join('; ');
}

async function checkPlace(path: string, { lines, failures }: Report): Promise<void> {
  const home = await existing(path);
  const hint = path === SERVICE_INDEX || !(await isReachable(SERVICE_INDEX, constants.F_OK)) ? '' : SERVICE_HINT;
  if (await isReachable(home, constants.W_OK)) lines.push(`index ${path}: will be made at the first start${hint}`);
  else failures.push(`index.path ${path}: cannot be made, as ${home} may not be written by this user`);
}

/** The path, or the nearest directory above it that is there. */
async function existing(path: string): Promise<string> {
  return path === dirname(path) || (await isReachable(path, constants.F_OK)) ? path : existing(dirname(path));
}

function describeIndex(config: Config, snapshot: Snapshot, report: Report, now: number): void {
  const { lines, hosts, atLeast } = report;
  const { writeBuffer } = snapshot;
  lines.push(`index ${config.index.path}`);
  for (const log of config.logs) {
    const stored = writeBuffer.stored(log.path);
    const read = writeBuffer.positions(log.path).reduce((sum, { offset }) => sum + offset, 0);
    if (stored) lines.push(`  ${log.path}: ${describeStored(stored, read, log.timezone, now)}`);
  }
  const samples = snapshot.sample(now);
  if (samples.length > 0) lines.push(`  it would send ${describeCounts(samples, atLeast)}`);
  for (const { host } of samples) hosts.add(host);
}

function describeStored({ log }: StoredState, read: number, timezone: string, now: number): string {
  const writer = writerOf({ server: log.server, version: log.version });
  const { last } = log.reader.clock;
  const covered = coveredByAll([{ spans: coveredIn(log), state: 'current' }], now - 30 * DAY, now) / DAY;
  const until = last === undefined ? '' : `, up to ${showTime(last, timezone)}`;
  return `written by ${writer}; ${read} bytes read${until}; ${covered.toFixed(1)} of the last 30 days are covered`;
}

/** What `check` says of the index: what it holds, how far the logs have been read, and how the daemon stands. */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { askDaemon } from '../control/client.ts';
import { STATUS } from '../control/requests.ts';
import type { Standing } from '../report/standing.ts';
import { IndexError } from '../index/last-seen.ts';
import { readStatus, type DaemonStatus, type LogStatus } from '../index/status-file.ts';
import { withIndex } from '../service/open-index.ts';
import * as operations from '../service/operations.ts';
import { describeCounts, isReachable, type Report } from './check-report.ts';
import { clusterLines } from './cluster-text.ts';
import { localIso, showTime } from './times.ts';
import { journalOf } from '../source/journal-name.ts';

const DAY = 86_400;
/** Seconds: the daemon tells how it stands each minute. */
const SILENT = 180;
/** Where the unit of systemd/ has the index; who calls `check` by hand has another default. */
const SERVICE_INDEX = '/var/lib/xmpp-active-users';
const SERVICE_HINT = `; that of the service is looked at with --index ${SERVICE_INDEX}`;

export async function checkIndex(config: Config, report: Report, now: number): Promise<void> {
  const { path } = config.index;
  const reply = await askDaemon(STATUS, {}, config).catch((error: unknown) => ({ problem: messageOf(error) }));
  if (reply && 'value' in reply) return describeStanding(reply.value as object as Standing, report);
  // Such as that this user may not ask it.
  if (reply) return void report.failures.push(reply.problem);
  const status = readStatus(path);
  try {
    await withIndex(config, { now, create: false }, async (open) => describeIndex(open, report, now));
    if (status) describeDaemon(status, `  ${seenLast(status)}`, report);
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    if (error.code === 'MISSING') await checkPlace(path, report);
    else if (error.code !== 'LOCKED') report.failures.push(error.message);
    else if (status && now - status.at < SILENT) checkDaemon(config, status, report);
    else report.lines.push(`index ${path}: in use; ${seenLast(status)}`);
  }
}

/** The daemon itself says how it stands. */
function describeStanding(standing: Standing, report: Report): void {
  const { version, index, since, isCaughtUp, countedAt, samples = [], logs, cluster } = standing;
  const sent = countedAt === undefined ? 'it has sent nothing yet' : `it sent counts last at ${localIso(countedAt)}`;
  const state = isCaughtUp ? sent : 'it is still reading what was there before it started';
  const title = `index ${index}: in use, as the daemon is running since ${localIso(since)}, version ${version}; ${state}`;
  report.lines.push(title, ...logs.map((log) => `  ${log.path}: ${describeStatus(log)}`));
  if (cluster) report.lines.push(...clusterLines(cluster).map((line) => `  cluster: ${line}`));
  if (samples.length > 0) report.lines.push(`  it counts ${describeCounts(samples, report.atLeast)}`);
  for (const { host } of samples) report.hosts.add(host);
  tellUnreadable(logs, report);
}

function tellUnreadable(logs: readonly LogStatus[], { failures }: Report): void {
  for (const { path, unreadable } of logs)
    if (unreadable !== undefined) failures.push(`${path}: the daemon cannot read it: ${unreadable}`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function seenLast(status: DaemonStatus | undefined): string {
  return status ? `the daemon was seen last at ${localIso(status.at)}` : 'no daemon has been seen';
}

/** The daemon runs, and says how the logs stand. */
function checkDaemon(config: Config, status: DaemonStatus, report: Report): void {
  const { path } = config.index;
  const times = `since ${localIso(status.since)}, seen last at ${localIso(status.at)}`;
  describeDaemon(status, `index ${path}: in use, as the daemon is running ${times}`, report);
  tellUnreadable(status.logs, report);
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
    ...(journalOf(log.path) === undefined
      ? [
          `read to byte ${offset} of ${size}, ${lagBytes} bytes behind`,
          `rotations seen: ${rotations}, truncations: ${truncations}`,
        ]
      : [`${offset} bytes of the journal read`]),
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

function describeIndex(open: operations.OpenIndex, { lines, hosts, atLeast }: Report, now: number): void {
  const { logs, index } = open.config;
  lines.push(`index ${index.path}`);
  const all = operations.status(open, now);
  for (const { path, timezone } of logs)
    for (const log of all) if (log.path === path) lines.push(`  ${path}: ${describeStored(log, timezone)}`);
  const { samples = [] } = operations.count(open, now);
  if (samples.length > 0) lines.push(`  it would send ${describeCounts(samples, atLeast)}`);
  for (const { host } of samples) hosts.add(host);
}

function describeStored({ writer, read, last, covered }: operations.IndexedLogStatus, timezone: string): string {
  const until = last === undefined ? '' : `, up to ${showTime(last, timezone)}`;
  return `written by ${writer}; ${read} bytes read${until}; ${(covered / DAY).toFixed(1)} of the last 30 days are covered`;
}

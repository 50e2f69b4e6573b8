/** How the counts of now, the daemon and the logs stand, for a person to read. */
import type { Sample } from '../activity/active-window.ts';
import type { Status } from '../control/requests.ts';
import type { Awaited } from '../index/status-file.ts';
import { countOf, isCovered, windows, type Window } from '../report/metric-name.ts';
import { alignedTable, compareText, countTable, printable } from '../report/table.ts';
import { hostLabel, totalOf } from '../report/total.ts';
import { clusterLines } from './cluster-text.ts';
import { localIso } from './times.ts';

const DAY = 86_400;
const HEADER = ['host', 'online', 'daily', 'weekly', 'monthly'];
/** Of a change that is not known. */
const UNKNOWN = '?';

/** `atLeast` stands before lower bounds. */
export function statusText(status: Status, atLeast: string): string {
  const { index, logs, samples = [] } = status;
  const [first] = samples;
  const lines = [
    ...describeDaemon(status),
    ...(status.cluster ? clusterLines(status.cluster).map((line) => `cluster  ${line}`) : []),
    ...(first ? [`covered  ${describeCovered(first)}`] : []),
    `index    ${index}`,
    ...logs.map(describeLog),
  ];
  const counts = samples.length > 0 ? `\n${countsWithChanges(status, samples, atLeast)}` : '';
  const last = status.cluster?.last;
  const together = last ? `\nall nodes, ${localIso(last.at)}:\n${countTable(last.samples, atLeast)}` : '';
  const own = status.cluster && counts !== '' ? `\nthis node alone, now:${counts}` : counts;
  return `${lines.join('\n')}\n${together}${own}`;
}

function describeDaemon({ version, since, isCaughtUp, countedAt }: Status): string[] {
  if (since === undefined) return ['daemon   not running'];
  const state = isCaughtUp === true ? '' : '; it is still reading what the logs held before it started';
  const counted = countedAt === undefined ? 'not yet' : localIso(countedAt);
  return [`daemon   ${version}, running since ${localIso(since)}${state}`, `counted  ${counted}`];
}

/** `1 day, 7 days, 21.4 of 30 days`. */
function describeCovered(sample: Sample): string {
  return windows
    .map((window, i) => {
      const days = `${window} day${window === 1 ? '' : 's'}`;
      return isCovered(sample, window) ? days : `${tenths(sample.covered[i] ?? 0)} of ${days}`;
    })
    .join(', ');
}

const tenths = (seconds: number): string => (Math.floor((seconds / DAY) * 10) / 10).toFixed(1);

/** Of what a log waits for. */
const WAITS: Readonly<Record<Awaited, string>> = {
  log: 'waits for it to be there',
  disk: 'waits until the index can be written',
  hour: 'waits for the count of the full hour',
};

function describeLog({ path, writer, last, lagBytes, unreadable, waits }: Status['logs'][number]): string {
  const parts = [
    ...(writer === undefined ? [] : [writer]),
    ...(last === undefined ? [] : [`up to ${localIso(last)}`]),
    ...(lagBytes === undefined ? [] : [`${lagBytes} bytes behind`]),
    ...(unreadable === undefined ? [] : [`cannot be read: ${unreadable}`]),
    ...(waits === undefined ? [] : [WAITS[waits]]),
  ];
  return `log      ${path}: ${parts.join(', ')}`;
}

/** A line per host, and below several hosts one for all together. */
function countsWithChanges({ before }: Status, samples: readonly Sample[], atLeast: string): string {
  const isAny = before.day.length + before.week.length > 0;
  const total = samples.length > 1 ? totalOf(samples) : undefined;
  const rows = [...samples.toSorted((a, b) => compareText(a.host, b.host)), ...(total ? [total] : [])].map((now) => {
    const past = total === now ? [totalOf(before.day), totalOf(before.week)] : pastOf(now.host, before);
    const cell = (mark: string, of: (sample: Sample) => number, isKnown: (sample: Sample) => boolean): string => {
      const changes = past.map((then) => (then && isKnown(then) ? signed(of(now) - of(then)) : UNKNOWN));
      return `${mark}${of(now)}${isAny ? ` (${changes.join(' ')})` : ''}`;
    };
    const counts = windows.map((window) => {
      const mark = isCovered(now, window) ? '' : atLeast;
      return cell(mark, ofWindow(window), (then) => isCovered(then, window));
    });
    return [printable(hostLabel(now.host)), cell('', ofOnline, () => true), ...counts];
  });
  const legend = isAny
    ? `in brackets the change since a day and since a week ago, ${UNKNOWN} where it is not known\n`
    : '';
  return `${alignedTable([HEADER, ...rows])}${legend}`;
}

const pastOf = (host: string, { day, week }: Status['before']): (Sample | undefined)[] =>
  [day, week].map((samples) => samples.find((each) => each.host === host));

const ofOnline = ({ online }: Sample): number => online;
const ofWindow =
  (window: Window) =>
  (sample: Sample): number =>
    countOf(sample, window);

const signed = (change: number): string => `${change > 0 ? '+' : ''}${change}`;

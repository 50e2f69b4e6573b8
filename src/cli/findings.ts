/** What is said at the end of reading logs: how much of them was understood, and which spans of time they cover. */
import { basename } from 'node:path';
import type { Sample } from '../activity/active-window.ts';
import { gapsBetween, joinSpans, type Span } from '../activity/coverage.ts';
import type { Arrangement } from '../service/archive/arrange.ts';
import type { GivenLog } from '../service/given-logs.ts';
import { DIALECTS } from '../format/format.ts';
import { quotedWarning } from '../format/dialects/forgeable.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import { looksLike } from '../format/strangers.ts';
import { isCovered, WINDOW_NAMES, windowsOf, type Window } from '../report/metric-name.ts';
import { atLeast, type Io } from './io.ts';
import { showTime } from './times.ts';

const DAY = 86_400;

/** Days with one digit: `9.3 days`. */
const days = (seconds: number): string => `${(seconds / DAY).toFixed(1)} days`;

/** Which logs were found among the files: what is one log decides what is counted. */
export function tellLogs({ allSeries }: Arrangement<GivenLog>, io: Io): void {
  const logs = [...new Set(allSeries.map(({ of }) => of))];
  for (const log of logs) {
    const files = allSeries.filter(({ of }) => of === log).flatMap(({ archivedFiles }) => archivedFiles).length;
    io.log('info', `log ${log.settings.name}: ${files} file${files === 1 ? '' : 's'}, zone ${log.timezone}`);
  }
  const names = logs.filter(({ isByName }) => isByName).map(({ log }) => basename(log));
  if (new Set(names).size < names.length)
    io.log(
      'info',
      'logs of one name in several directories are read as different ones: --log NAME=GLOB says what is one log',
    );
}

export function tellCoverage(coverage: readonly Span[], timezone: string, io: Io): void {
  const spans = joinSpans(coverage);
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return;
  io.log('info', `covered: ${showTime(first[0], timezone)} to ${showTime(last[1], timezone)} (${timezone})`);
  for (const [from, to] of gapsBetween(spans)) {
    io.log(
      'warning',
      `no log between ${showTime(from, timezone)} and ${showTime(to, timezone)} (${days(to - from)}): counts of windows that reach into it are lower bounds`,
    );
  }
}

/** Whether the counts of one instant are lower bounds, and why. */
export function tellBounds([sample]: readonly Sample[], io: Io): void {
  if (!sample) return;
  const short = windowsOf(sample).flatMap((window, i) => {
    const days = ((sample.covered[i] ?? 0) / DAY).toFixed(1);
    return isCovered(sample, window) ? [] : [`${days} of ${window === 1 ? '1 day' : `${window} days`}`];
  });
  if (short.length > 0)
    io.log('warning', `counts with ${atLeast(io)} are lower bounds: the logs cover ${short.join(', ')}`);
}

/** Up to when the counts of a history are lower bounds: the last instant at which a window was not covered, unix seconds. */
export function tellBoundsUntil(until: ReadonlyMap<Window, number>, timezone: string, io: Io): void {
  const parts = [...until]
    .toSorted(([a], [b]) => a - b)
    .map(([window, at]) => `${WINDOW_NAMES[window]} counts up to ${showTime(at, timezone)}`);
  if (parts.length > 0)
    io.log('warning', `lower bounds, as the logs do not cover the whole time that is counted: ${parts.join(', ')}`);
}

/**
 * Tells of lines that were passed over; true when there were any that should have counted: exit code 1. Lines of other
 * programs among good ones are no fault. `sample`: lines from the beginning of what was read.
 */
export function tellRejected(counts: LineCounts, sample: readonly string[], io: Io): boolean {
  const quoted = quotedWarning('the logs', undefined, counts.quoted);
  if (quoted !== undefined) io.log('warning', quoted);
  if (counts.rejected > 0) {
    io.log(
      'warning',
      `lines with a time stamp in the future, or none that can be read, were not counted: ${counts.rejected}`,
    );
  }
  const isForeign = counts.events === 0 && counts.foreign * 2 > counts.lines;
  if (isForeign)
    io.log(
      'warning',
      `${counts.foreign} of ${counts.lines} lines are not understood: those of ${DIALECTS.map(({ name }) => name).join(', ')} are; "xmpp-active-users explain" shows each line of a file beside what is found in it${looksLike(sample)}`,
    );
  return isForeign || counts.rejected > 0;
}

/** `uncounted`: sentences about lines that are not counted, and are no fault of the files. */
export function tellUncounted(uncounted: readonly string[], io: Io): void {
  for (const sentence of uncounted) io.log('warning', sentence);
}

/** Of files that hold no line at all; `-` is standard input. */
export function tellEmpty(files: readonly string[], io: Io): void {
  const [file, ...others] = files.map((each) => (each === '-' ? 'standard input' : each));
  const what = others.length === 0 ? `${file} is` : `${file} and the other files are`;
  io.log('error', `${what} empty: there is no line to read`);
}

/** Lines from the beginning of each file, for `tellRejected`. */
export function sampleOf({ allSeries }: Arrangement): readonly string[] {
  return allSeries.flatMap(({ archivedFiles }) => archivedFiles.flatMap(({ sampleLines }) => sampleLines));
}

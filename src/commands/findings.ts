/** What is said at the end of reading logs: how much of them was understood, and which spans of time they cover. */
import { gapsBetween, joinSpans, type Span } from '../activity/coverage.ts';
import type { LineCounts } from '../dialect/reader.ts';
import type { Io } from './io.ts';
import { showTime } from './instant.ts';

const DAY = 86_400;

/** Days with one digit: `9.3 days`. */
const days = (seconds: number): string => `${(seconds / DAY).toFixed(1)} days`;

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

/** Tells of lines that were passed over; true when there were any that should have counted: exit code 1. */
export function tellRejected(counts: LineCounts, io: Io): boolean {
  if (counts.rejected > 0) {
    io.log(
      'warning',
      `lines with a time stamp in the future, or none that can be read, were not counted: ${counts.rejected}`,
    );
  }
  const isForeign = counts.lines > 0 && counts.foreign * 2 > counts.lines;
  if (isForeign)
    io.log(
      'warning',
      `${counts.foreign} of ${counts.lines} lines are not understood: those of Prosody are, and no other server's yet; "xmpp-active-users explain" shows each line of a file beside what is found in it`,
    );
  return isForeign || counts.rejected > 0;
}

/** Of files that hold no line at all; `-` is standard input. */
export function tellEmpty(files: readonly string[], io: Io): void {
  const [file, ...others] = files.map((each) => (each === '-' ? 'standard input' : each));
  const what = others.length === 0 ? `${file} is` : `${file} and the other files are`;
  io.log('error', `${what} empty: there is no line to read`);
}

/**
 * A week that a real Prosody recorded, moved in time so that it ends at an instant of our choice: the daemon counts at the
 * present and does not believe the future. Nothing but the stamps is changed.
 */
import { readFileSync } from 'node:fs';

/** This file runs as dist/test/demo/recorded-week.js. */
const WEEK = new URL('../../../test/logs/prosody/small-utc/', import.meta.url);
const YEAR = 2026;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface Line {
  /** Unix seconds. */
  readonly at: number;
  readonly text: string;
}

/** The recorded files, oldest first, as `history` takes them. */
export const FILES: readonly string[] = ['prosody.log.2', 'prosody.log.1', 'prosody.log'].map(
  (file) => new URL(file, WEEK).pathname,
);

/** What the server's own module counted, `time,host,d1,d7,d30`. */
export const truth = (): string => readFileSync(new URL('truth.csv', WEEK), 'utf8');

/** The lines of the week, `seconds` later than they were written. */
export function recordedWeek(seconds: number): Line[] {
  const lines = FILES.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'));
  return lines.map((line) => moved(line, seconds));
}

/** `Mar 02 00:00:00 startup⇥info⇥...`; every line of this week has a stamp. */
function moved(line: string, seconds: number): Line {
  const at = Date.parse(`${line.slice(0, 6)} ${YEAR} ${line.slice(7, 15)} UTC`) / 1000 + seconds;
  return { at, text: `${statOf(at)}${line.slice(15)}` };
}

function statOf(at: number): string {
  const iso = new Date(at * 1000).toISOString();
  return `${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(8, 10)} ${iso.slice(11, 19)}`;
}

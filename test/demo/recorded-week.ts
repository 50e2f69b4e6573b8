/**
 * Days that a real Prosody recorded, moved in time so that they end at an instant of our choice: the daemon counts at the
 * present and does not believe the future. Nothing but the stamps is changed.
 */
import { readFileSync } from 'node:fs';

/** This file runs as dist/test/demo/recorded-week.js. */
const folder = (name: string): URL => new URL(`../../../test/logs/prosody/${name}/`, import.meta.url);
/** A week. */
export const WEEK = folder('small-utc');
/** Ten days of another server, and its turn of the year. */
export const NEW_YEAR = folder('newyear-berlin');
/** Of the first line. */
const YEAR = 2026;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface Line {
  /** Unix seconds. */
  readonly at: number;
  readonly text: string;
}

const filesOf = (campaign: URL): string[] =>
  ['prosody.log.2', 'prosody.log.1', 'prosody.log'].map((file) => new URL(file, campaign).pathname);

/** The recorded files, oldest first, as `history` takes them. */
export const FILES: readonly string[] = filesOf(WEEK);

/** What the server's own module counted, `time,host,d1,d7,d30`. */
export const truth = (): string => readFileSync(new URL('truth.csv', WEEK), 'utf8');

/** The lines of the week, `seconds` later than they were written. */
export function recordedWeek(seconds: number): Line[] {
  return recordedLines(WEEK).map(({ at, text }) => moved(text, at + seconds));
}

/** The lines of a campaign, so much later that the last one is of the instant `end` in UTC. */
export function recordedUntil(campaign: URL, end: number): Line[] {
  const lines = recordedLines(campaign);
  const seconds = end - (lines.at(-1)?.at ?? 0);
  return lines.map(({ at, text }) => moved(text, at + seconds));
}

/** With the instants of their stamps as if these were UTC; every line of these campaigns has one. */
function recordedLines(campaign: URL): Line[] {
  let [year, month] = [YEAR, 0];
  const texts = filesOf(campaign).flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'));
  return texts.map((text) => {
    const next = MONTHS.indexOf(text.slice(0, 3));
    if (next < month) year++;
    month = next;
    return { at: Date.parse(`${text.slice(0, 6)} ${year} ${text.slice(7, 15)} UTC`) / 1000, text };
  });
}

/** `Mar 02 00:00:00 startup⇥info⇥...` */
function moved(text: string, at: number): Line {
  return { at, text: `${statOf(at)}${text.slice(15)}` };
}

function statOf(at: number): string {
  const iso = new Date(at * 1000).toISOString();
  return `${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(8, 10)} ${iso.slice(11, 19)}`;
}

/**
 * The text of a remote party inside a message, before 0.12. With a line break in it the message goes on in lines that begin as
 * the party pleases, and may look like whole lines of Prosody's own.
 *
 * To take real lines for quoted ones would blind the reader, and a message that seems broken may be whole: a host may be named
 * `a (b`. So a quotation is believed only when its end is there: soon behind, within seconds, a line that is none of Prosody's
 * and ends as the message does. Who forges that last line too is believed; there are other messages by which older servers let
 * themselves be made to print whole lines, and only a newer version helps against them.
 */
import { levelBehind, partsInFile, partsOnConsole, stampEndOf, type Parts } from './prosody-layout.ts';

const TAB = '\t';
/** Lines of one quotation. */
const LONGEST = 20;
/** Seconds between the stamp of a message and those of whole lines in its quotation. */
const NEAR = 5;
const DAY = 86_400;
const TIME = /(\d\d):(\d\d):(\d\d)/;

/** One line that seems to be broken. */
export interface Broken {
  readonly stamp: string;
  /** What the message ends with. */
  readonly quoteEnd: string;
}

/** Where the last line of the quotation that goes on at `from` ends, undefined when there is none; `open` where it may be yet to come. */
export function quotationEnd(text: string, from: number, { stamp, quoteEnd }: Broken): number | 'open' | undefined {
  for (let lines = 0, start = from; lines < LONGEST; lines++) {
    const newline = text.indexOf('\n', start);
    if (newline < 0) return 'open';
    const end = text[newline - 1] === '\r' ? newline - 1 : newline;
    // Hardly any line ends so, and only those have to be looked at.
    const mayEnd = text.startsWith(quoteEnd, Math.max(start, end - quoteEnd.length)) && text[start] !== TAB;
    if (mayEnd && statOf(text.slice(start, end)) === undefined)
      return linesIn(text, from, start).every((line) => isNear(stamp, statOf(line))) ? newline : undefined;
    start = newline + 1;
  }
  return undefined;
}

const linesIn = (text: string, from: number, to: number): readonly string[] => text.slice(from, to).split('\n');

/** The stamp of a whole line of Prosody's, undefined when it is none. */
function statOf(line: string): string | undefined {
  const tab = line.indexOf(TAB);
  const parts = tab > 0 ? partsAt(line, tab) : undefined;
  return parts && line.slice(0, stampEndOf(line, 0, parts));
}

function partsAt(line: string, tab: number): Parts | undefined {
  const level = levelBehind(line, tab);
  return level ? partsInFile(line, 0, tab, level) : partsOnConsole(line, 0, tab);
}

/** Stamps without a time of day are near when they are equal; a line that has none may be of any time. */
function isNear(a: string, b: string | undefined): boolean {
  if (b === undefined) return true;
  const [first, second] = [secondOfDay(a), secondOfDay(b)];
  if (first === undefined || second === undefined) return a === b;
  const apart = Math.abs(first - second);
  return Math.min(apart, DAY - apart) <= NEAR;
}

function secondOfDay(stamp: string): number | undefined {
  const m = TIME.exec(stamp);
  return m ? Number(m[1]) * 3600 + Number(m[2]) * 60 + Number(m[3]) : undefined;
}

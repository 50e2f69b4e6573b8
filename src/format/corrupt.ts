/**
 * Decompressors notice damage late: before the error comes text that was never written, made of pieces of other lines, and it
 * would invent users and hosts. In a damaged file the first line that cannot be one of the server's ends what is believed.
 */
import { secondsOfYear } from './dating/stamp-samples.ts';
import { recogniseStamp } from './time/stamp-choice.ts';
import type { StampForm, WallTime } from './time/stamp-form.ts';

const NEWLINE = 10;
/** Lines looked at to recognise the form of the stamps. */
const SAMPLE_LINES = 200;
const DAY = 86_400;
const YEAR = 366 * DAY;
/** Prosody's own continuation lines: behind a tab, and in debug logs a rule or nothing. */
const CONTINUATION = /^(?:\t|-*$)/;
/** Neither a server nor a client puts these into a log; a byte 127 and above may be of UTF-8. */
const UNPRINTABLE = /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/;

/** Gives the lines of a block, one block after the other, that come before the first one that is not to be believed. */
type BeforeCorrupt = (lines: Buffer) => Buffer;

export function beforeCorrupt(form: StampForm): BeforeCorrupt {
  let last: WallTime | undefined;
  return (bytes) => {
    for (let start = 0, end; (end = bytes.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      const line = bytes.toString('latin1', start, end);
      const wall = form.read(line, 0);
      if (UNPRINTABLE.test(line) || !isCredible(line, wall, last)) return bytes.subarray(0, start);
      last = wall ?? last;
    }
    return bytes;
  };
}

/** The same for a file whose first lines tell the form of the stamps; where they do not, all is believed. */
export function beforeCorruptIn(lines: Buffer): BeforeCorrupt {
  const form = recogniseStamp(lines.toString('latin1').split('\n', SAMPLE_LINES));
  return form ? beforeCorrupt(form) : (all) => all;
}

function isCredible(line: string, wall: WallTime | undefined, last: WallTime | undefined): boolean {
  if (!wall) return CONTINUATION.test(line);
  const step = last ? Math.abs(secondsOfYear(wall) - secondsOfYear(last)) : 0;
  return step < DAY || step > YEAR - 2 * DAY;
}

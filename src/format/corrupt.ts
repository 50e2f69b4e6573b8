/**
 * Decompressors notice damage late: before the error comes text that was never written, made of pieces of other lines, and it
 * would invent users and hosts. In a damaged file the first line that cannot be one of the server's ends what is believed.
 */
import { secondsOfYear } from './dating/stamp-samples.ts';
import { Cut, FOREIGN, WHOLE, type Envelope } from './envelopes/envelope.ts';
import { recogniseFormat } from './recogniser.ts';
import { readingsOf, recogniseStamp } from './time/stamp-choice.ts';
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

/** `lines`: the first ones, one character per byte. `form`: of the server's stamps. */
export function beforeCorrupt(lines: readonly string[], form: StampForm): BeforeCorrupt {
  const { wrapping } = recogniseFormat(lines) ?? {};
  return before(wrapping ? wrappedLine(wrapping.envelope) : plainLine(form));
}

/** The same for a file whose first lines tell the form of the stamps; where they do not, all is believed. */
export function beforeCorruptIn(bytes: Buffer): BeforeCorrupt {
  const lines = bytes.toString('latin1').split('\n', SAMPLE_LINES);
  const { wrapping } = recogniseFormat(lines) ?? {};
  if (wrapping) return before(wrappedLine(wrapping.envelope));
  const form = recogniseStamp(lines);
  return form ? before(plainLine(form)) : (all) => all;
}

/** The stamp of the line between two places; `none` where it needs none, undefined where it is no line of the file's. */
type StampOf = (bytes: Buffer, start: number, end: number) => WallTime | 'none' | undefined;

function before(stampOf: StampOf): BeforeCorrupt {
  let last: WallTime | undefined;
  return (bytes) => {
    for (let start = 0, end; (end = bytes.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      const wall = stampOf(bytes, start, end);
      if (wall === undefined || (wall !== 'none' && !isNear(wall, last))) return bytes.subarray(0, start);
      if (wall !== 'none') last = wall;
    }
    return bytes;
  };
}

const plainLine =
  (form: StampForm): StampOf =>
  (bytes, start, end) => {
    const line = bytes.toString('latin1', start, end);
    if (UNPRINTABLE.test(line)) return undefined;
    return form.read(line, 0) ?? (CONTINUATION.test(line) ? 'none' : undefined);
  };

/** Of whatever program. The first character may be the byte that begins a record of JSON. */
function wrappedLine(envelope: Envelope): StampOf {
  const opener = envelope.open();
  const cut = new Cut();
  let form: StampForm | undefined;
  return (bytes, start, end) => {
    const kind = opener.open(bytes, start, end, cut);
    if (kind === FOREIGN) return undefined;
    if (kind !== WHOLE || cut.stampLength === 0) return 'none';
    const stamp = cut.stamp.toString('latin1', 0, cut.stampLength);
    form ??= readingsOf([stamp])[0]?.form;
    return UNPRINTABLE.test(bytes.toString('latin1', start + 1, end)) ? undefined : form?.read(stamp, 0);
  };
}

function isNear(wall: WallTime, last: WallTime | undefined): boolean {
  const step = last ? Math.abs(secondsOfYear(wall) - secondsOfYear(last)) : 0;
  return step < DAY || step > YEAR - 2 * DAY;
}

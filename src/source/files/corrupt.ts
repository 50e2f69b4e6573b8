/**
 * Decompressors notice damage late: before the error comes text that was never written, made of pieces of other lines, and it
 * would invent users and hosts. In a damaged file the first line that cannot be one of the server's ends what is believed.
 */
import { recogniseStamp } from '../../format/time/stamp-choice.ts';
import type { StampForm, WallTime } from '../../format/time/stamp-form.ts';
import { ArchiveError } from './archive-error.ts';
import { secondsOfYear } from '../../format/dating/stamp-samples.ts';

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
export function soundLines(form: StampForm): (bytes: Buffer) => Buffer {
  let last: WallTime | undefined;
  return (bytes) => {
    for (let start = 0, end; (end = bytes.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      const line = bytes.toString('latin1', start, end);
      const wall = form.read(line, 0);
      if (UNPRINTABLE.test(line) || !isSound(line, wall, last)) return bytes.subarray(0, start);
      last = wall ?? last;
    }
    return bytes;
  };
}

function isSound(line: string, wall: WallTime | undefined, last: WallTime | undefined): boolean {
  if (!wall) return CONTINUATION.test(line);
  const step = last ? Math.abs(secondsOfYear(wall) - secondsOfYear(last)) : 0;
  return step < DAY || step > YEAR - 2 * DAY;
}

/** How much of a compressed text is to be believed. */
export interface Extent {
  /** Bytes of text. */
  readonly end: number;
  /** Why there is no more. */
  readonly damage?: ArchiveError;
}

/** Goes through a compressed text, which `chunks` gives from its start whenever it is called, once, and if it is damaged once more, to find the last line that is to be believed. */
export async function soundExtent(chunks: () => AsyncGenerator<Buffer>): Promise<Extent> {
  try {
    for await (const _ of chunks());
    return { end: Infinity };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { end: await soundBytes(chunks()), damage: error };
  }
}

async function soundBytes(chunks: AsyncGenerator<Buffer>): Promise<number> {
  let end = 0;
  let rest: Buffer = Buffer.alloc(0);
  let sound: ((lines: Buffer) => Buffer) | undefined;
  try {
    for await (const chunk of chunks) {
      const text = Buffer.concat([rest, chunk]);
      const lines = text.subarray(0, text.lastIndexOf(NEWLINE) + 1);
      sound ??= soundIn(lines);
      const believed = sound(lines);
      end += believed.length;
      if (believed.length < lines.length) return end;
      rest = text.subarray(lines.length);
    }
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
  }
  return end;
}

function soundIn(lines: Buffer): (lines: Buffer) => Buffer {
  const form = recogniseStamp(lines.toString('latin1').split('\n', SAMPLE_LINES));
  return form ? soundLines(form) : (all) => all;
}

/**
 * Blocks of bytes cut into complete lines. Lines end at byte 10 and nowhere else: a CR, NEL or U+2028 is content.
 *
 * The reader is the authority on what a segment holds. With every read it reads the last bytes before again: if they are not there,
 * the file was truncated below us, even if it has grown past our place since.
 */
import { crc32 } from 'node:zlib';
import { advance, beginState, type ReadState } from '../follow/position.ts';
import type { Text } from './text.ts';

/** Bytes read at a time. */
// guard: F25
const CHUNK = 512 * 1024;
/** A line that is longer (its newline included) is passed over. */
export const LONGEST_LINE = 16 * 1024 * 1024;
const NEWLINE = 10;
const EMPTY = Buffer.alloc(0);
const NULS = Buffer.alloc(CHUNK);
/** Of a sparse file of many gigabytes; bytes. */
const NULS_AT_ONCE = 64 * 1024 * 1024;
const ONE_NEWLINE = Buffer.from('\n');

/** Whole lines, and the place behind them. `skipped` lines (0 or 1) were too long and are not in `bytes`. */
export interface Lines {
  readonly kind: 'lines';
  readonly bytes: Buffer;
  readonly state: ReadState;
  readonly skipped: number;
}

export type Reading =
  | Lines
  /** No complete line is left; `rest` bytes of an unfinished one are. */
  | { readonly kind: 'end'; readonly rest: number }
  /** There are only NUL bytes so far, and more to be looked at. */
  | { readonly kind: 'nuls' }
  /** What was read before is no longer there. */
  | { readonly kind: 'truncated' };

const TRUNCATED: Reading = { kind: 'truncated' };

/** Reads a text block by block. Remembers how far it has looked for the end of a long line, so as not to look again. */
export class LineReader {
  readonly text: Text;
  state: ReadState;
  private ahead: ReadState | undefined;

  constructor(text: Text, state: ReadState) {
    this.text = text;
    this.state = state;
  }

  /** The next lines that end at or before `limit`. The place stays until `moveTo`. */
  async nextLines(limit: number): Promise<Reading> {
    const { state } = this;
    const before = state.tail.length;
    const wanted = Math.min(CHUNK, Math.max(0, limit - state.offset));
    const chunk = await this.text.read(state.offset - before, before + wanted);
    // guard: F4
    if (!chunk.subarray(0, before).equals(state.tail)) return TRUNCATED;
    const body = chunk.subarray(before);
    // guard: F7
    if (state.offset === state.start && body[0] === 0) return this.passNuls(limit);
    // guard: F12
    const bytes = body.subarray(0, body.lastIndexOf(NEWLINE) + 1);
    if (bytes.length > 0) return this.checked(lines(bytes, advance(state, bytes)));
    if (body.length < CHUNK) return { kind: 'end', rest: body.length };
    return this.longLine(body, limit);
  }

  /** The unfinished last line of a text that will not grow any more, with the newline that it lacks. */
  async lastLine(): Promise<Reading> {
    const { state, ahead } = this;
    const length = ahead === undefined ? CHUNK : ahead.offset - state.offset;
    if (ahead !== undefined && length >= LONGEST_LINE) return this.checked(lines(EMPTY, ahead, 1));
    const line = await this.text.read(state.offset, length);
    if (line.length === 0) return { kind: 'end', rest: 0 };
    return this.checked(lines(Buffer.concat([line, ONE_NEWLINE]), advance(state, line)));
  }

  /** What was read has been stored: go on behind it. */
  moveTo(state: ReadState): void {
    this.state = state;
    this.ahead = undefined;
  }

  /** A writer without O_APPEND goes on at its old place after copytruncate: what is before it reads as NUL. */
  private async passNuls(limit: number): Promise<Reading> {
    let { offset: at, crc = 0 } = this.state;
    let nuls = CHUNK;
    for (const stop = at + NULS_AT_ONCE; nuls === CHUNK && at < stop; at += nuls) {
      const body = await this.text.read(at, CHUNK);
      nuls = leadingNuls(body);
      crc = crc32(body.subarray(0, nuls), crc);
    }
    this.moveTo(beginState(at, crc));
    return nuls < CHUNK ? this.nextLines(limit) : { kind: 'nuls' };
  }

  /** The file may have been truncated while it was being read: then its head is another one now. */
  private async checked(reading: Lines): Promise<Reading> {
    const { start, head } = reading.state;
    if (!this.text.plain) return reading;
    return head.equals(await this.text.read(start, head.length)) ? reading : TRUNCATED;
  }

  private async longLine(body: Buffer, limit: number): Promise<Reading> {
    const { state, text } = this;
    let ahead = this.ahead ?? advance(state, body);
    while (ahead.offset < limit) {
      const keep = ahead.offset - state.offset > LONGEST_LINE ? ahead.offset : state.offset;
      const part = await text.read(ahead.offset, Math.min(CHUNK, limit - ahead.offset), keep);
      if (part.length === 0) break;
      const newline = part.indexOf(NEWLINE);
      ahead = advance(ahead, newline < 0 ? part : part.subarray(0, newline + 1));
      if (newline >= 0) return this.whole(ahead);
      this.ahead = ahead;
    }
    return { kind: 'end', rest: ahead.offset - state.offset };
  }

  private async whole(end: ReadState): Promise<Reading> {
    const { state, text } = this;
    const length = end.offset - state.offset;
    // guard: F29
    if (length > LONGEST_LINE) return this.checked(lines(EMPTY, end, 1));
    const bytes = await text.read(state.offset, length);
    return bytes.length < length ? TRUNCATED : this.checked(lines(bytes, advance(state, bytes)));
  }
}

/** How many bytes of NUL there are before the first other one. There may be gigabytes of them: they are compared, not looked at. */
export function leadingNuls(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; at += NULS.length) {
    const part = bytes.subarray(at, at + NULS.length);
    if (!part.equals(NULS.subarray(0, part.length))) return at + part.findIndex((byte) => byte !== 0);
  }
  return bytes.length;
}

function lines(bytes: Buffer, state: ReadState, skipped = 0): Lines {
  return { kind: 'lines', bytes, state, skipped };
}

/**
 * Which segment of a log is this, and how far has it been read.
 *
 * A log is a sequence of segments, the incarnations of its file. A segment is known by what it contains, never by its name
 * or inode: the same segment turns up as `x.log`, `x.log.1`, as the copy that copytruncate made, or as `x.log.2.gz`.
 * What was read leaves a state: the first bytes, the last bytes, and milestones between them, dense near both ends, by
 * which also a copy is recognised that ends before the place that was reached in the original.
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { FileStat } from '../files/file-stat.ts';

/** Bytes at the beginning that tell a text; content of which so much is equal is the same, less may be equal by chance (a banner). */
export const FINGERPRINT_BYTES = 256;
const TAIL_BYTES = 64;
const NEWLINE = 10;
const FIRST_OCTAVE = 16;
const EMPTY = Buffer.alloc(0);

/** A hash of `length` bytes, hexadecimal. */
export interface Fingerprint {
  readonly length: number;
  readonly hash: string;
}

/** A place that was passed: the hash of the (at most 64) bytes before it. */
export interface Milestone {
  readonly offset: number;
  readonly hash: string;
}

/** How far one segment of a log has been read. Plain JSON, stored in the batch that stores what its lines did. */
export interface Position {
  /** Made up when the segment is first read; the key under which it is stored. */
  readonly id: string;
  /** The live path of the log that the segment belongs to. */
  readonly log: string;
  /**
   * Bytes of text read so far, of the uncompressed text: just behind a newline, or at the very end of a rotated segment
   * whose last line has none.
   */
  readonly offset: number;
  /** The first bytes of the segment: as many as have been read, at most 256. */
  readonly head: Fingerprint;
  /** The beginnings of the head that end with a line: a text that is shorter than the head is told by all its bytes. */
  readonly headLines?: readonly Fingerprint[];
  /** The last bytes before `offset`: at most 64. If they are not there, the file is not this segment, or was truncated. */
  readonly marker: Fingerprint;
  /** Unix seconds at which it was last read; orders the segments of a log and lets old ones be forgotten. */
  readonly readAt: number;
  /** Bytes of NUL before the text, left by copytruncate under a writer without O_APPEND; absent: none. */
  readonly start?: number;
  readonly milestones?: readonly Milestone[];
  /** CRC-32 of all bytes before `offset`, if all were read: what gzip writes at the end of a file. */
  readonly crc?: number;
  /** Where the segment was when it was last read. Saves work; never decides against content. */
  readonly file?: FileStat;
  /** Rotated and read to its end; while `file` stays as it was there is nothing more in it. */
  readonly done?: boolean;
  /** Read when later lines of the log were known already: it has moved last seen, and its sessions were not kept. */
  readonly isLate?: boolean;
  /** Of the log, when this was stored: files that are still to be read, and could not be so far; `dev ino`. */
  readonly awaited?: readonly string[];
}

/** What of a segment must be in memory to read on in it: the bytes themselves where a position has their hashes. */
export interface ReadState {
  readonly start: number;
  readonly offset: number;
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly milestones: readonly Milestone[];
  readonly crc: number | undefined;
}

/** The state of a segment of which nothing has been read but `nuls` bytes of NUL, whose CRC-32 is `crc`. */
export function beginState(nuls = 0, crc = 0): ReadState {
  return {
    start: nuls,
    offset: nuls,
    head: EMPTY,
    tail: Buffer.alloc(Math.min(nuls, TAIL_BYTES)),
    milestones: [],
    crc,
  };
}

/** The state after `bytes`, which follow directly on what was read before. */
export function advance(state: ReadState, bytes: Buffer): ReadState {
  if (bytes.length === 0) return state;
  const offset = state.offset + bytes.length;
  const missing = FINGERPRINT_BYTES - state.head.length;
  return {
    start: state.start,
    offset,
    head: missing > 0 ? Buffer.concat([state.head, bytes.subarray(0, missing)]) : state.head,
    tail: lastBytes(state.tail, bytes, bytes.length),
    milestones: thinned([...state.milestones, ...passed(state, bytes)], offset),
    crc: state.crc === undefined ? undefined : crc32(bytes, state.crc),
  };
}

/** The position that a state amounts to. */
export function positionOf(
  state: ReadState,
  of: Pick<Position, 'id' | 'log' | 'readAt' | 'file' | 'done' | 'awaited'>,
): Position {
  return {
    ...of,
    offset: state.offset,
    head: fingerprint(state.head),
    headLines: linesIn(state.head),
    marker: fingerprint(state.tail),
    ...(state.start > 0 ? { start: state.start } : {}),
    milestones: state.milestones,
    ...(state.crc === undefined ? {} : { crc: state.crc }),
  };
}

function linesIn(head: Buffer): Fingerprint[] {
  const lines: Fingerprint[] = [];
  for (let newline = head.indexOf(NEWLINE); newline >= 0; newline = head.indexOf(NEWLINE, newline + 1))
    lines.push(fingerprint(head.subarray(0, newline + 1)));
  return lines;
}

export function fingerprint(bytes: Buffer): Fingerprint {
  return { length: bytes.length, hash: digest(bytes) };
}

export function digest(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex').slice(0, 16);
}

/** Where the last bytes before `offset` begin. */
export function tailStart(offset: number): number {
  return Math.max(0, offset - TAIL_BYTES);
}

/** The last bytes of `before` followed by the first `end` of `bytes`. A copy: it must not keep a block in memory. */
function lastBytes(before: Buffer, bytes: Buffer, end: number): Buffer {
  if (end >= TAIL_BYTES) return Buffer.from(bytes.subarray(end - TAIL_BYTES, end));
  const joined = Buffer.concat([before, bytes.subarray(0, end)]);
  return joined.length > TAIL_BYTES ? joined.subarray(joined.length - TAIL_BYTES) : joined;
}

/** The place where the last step ended, and the first end of a line behind each power of two. */
function passed(state: ReadState, bytes: Buffer): Milestone[] {
  const end = state.offset + bytes.length;
  const milestones = state.offset > state.start ? [{ offset: state.offset, hash: digest(state.tail) }] : [];
  const first = 2 ** Math.ceil(Math.log2(Math.max(state.offset + 1, FIRST_OCTAVE)));
  for (let octave = first; octave < end; octave *= 2) {
    const newline = bytes.indexOf(NEWLINE, octave - state.offset - 1);
    const length = newline + 1;
    if (newline < 0 || length === bytes.length) break;
    const offset = state.offset + length;
    if (offset > (milestones.at(-1)?.offset ?? 0))
      milestones.push({ offset, hash: digest(lastBytes(state.tail, bytes, length)) });
  }
  return milestones;
}

/** Keeps the first milestone of each octave counted from the beginning, and the last of each counted back from the end. */
function thinned(milestones: readonly Milestone[], end: number): Milestone[] {
  return milestones.filter(({ offset }, i) => {
    const before = milestones[i - 1]?.offset ?? 0;
    const after = milestones[i + 1]?.offset ?? end;
    return octaveOf(offset) !== octaveOf(before) || octaveOf(end - offset) !== octaveOf(end - after);
  });
}

function octaveOf(n: number): number {
  return n < 1 ? -1 : Math.floor(Math.log2(n));
}

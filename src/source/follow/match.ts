/** Is this text the segment that a position tells of? Compares bytes by their hashes, from the head to the marker. */
import { fstatSync } from 'node:fs';
import {
  advance,
  beginTrace,
  digest,
  markerStart,
  FINGERPRINT_BYTES,
  sameInode,
  type FileStat,
  type Position,
  type Trace,
} from './position.ts';
import type { Opened } from './segment.ts';
import { gzipEnd, plainText, type Text } from '../files/text.ts';

export type Likeness =
  /** The segment itself or a copy that reaches as far; `trace` is where to read on. */
  | { readonly kind: 'same'; readonly trace: Trace }
  /** A copy that ends before what has been read. */
  | { readonly kind: 'shorter' }
  | { readonly kind: 'other' };

const NEWLINE = 10;
const STEP = 512 * 1024;
const OTHER: Likeness = { kind: 'other' };

/** Compares in ascending order, so that a compressed text can be compared in one go. */
export async function compare(text: Text, position: Position): Promise<Likeness> {
  const start = position.start ?? 0;
  // guard: F3b
  const head = await text.read(start, position.head.length);
  if (head.length === 0) return OTHER;
  if (head.length < position.head.length) return isBeginning(head, position) ? { kind: 'shorter' } : OTHER;
  if (digest(head) !== position.head.hash) return OTHER;
  for (const milestone of position.milestones ?? []) {
    const bytes = await before(text, milestone.offset);
    if (bytes === undefined) return { kind: 'shorter' };
    // guard: F2
    if (digest(bytes) !== milestone.hash) return OTHER;
  }
  const marker = await before(text, position.offset);
  if (marker === undefined) return { kind: 'shorter' };
  // guard: F2-end
  if (digest(marker) !== position.marker.hash) return OTHER;
  const { offset, milestones = [], crc } = position;
  return { kind: 'same', trace: { start, offset, head, marker, milestones, crc } };
}

/**
 * Whether all lines of a text that is shorter than the head are those of the segment. A place in it may have the same 64 bytes
 * before it by chance, as a first line may be that of every segment.
 */
function isBeginning(text: Buffer, { headLines = [] }: Position): boolean {
  const end = text.lastIndexOf(NEWLINE) + 1;
  return headLines.some(({ length, hash }) => length === end && digest(text.subarray(0, end)) === hash);
}

/**
 * Where a segment stands that has lost its end but not its beginning (power loss, a cut by hand): the last milestone that
 * is still there, if that is far enough from the beginning to be no chance.
 */
export async function remains(text: Text, position: Position): Promise<Trace | undefined> {
  const start = position.start ?? 0;
  const head = await text.read(start, position.head.length);
  if (head.length < FINGERPRINT_BYTES || digest(head) !== position.head.hash) return undefined;
  const milestones = (position.milestones ?? []).filter(({ offset }) => offset - start >= FINGERPRINT_BYTES);
  for (const milestone of milestones.toReversed()) {
    const { offset } = milestone;
    const marker = await before(text, offset);
    if (marker !== undefined && digest(marker) === milestone.hash)
      return {
        ...{ start, offset, head, marker, crc: undefined },
        milestones: milestones.filter((earlier) => earlier.offset < offset),
      };
  }
  return undefined;
}

/**
 * Where to read on in a text that is perhaps a copy of `original`, of which what is before `trace` has been read: behind all
 * that is the same. Undefined if it is no copy: one of them has something that the other has not, at the same place.
 */
export async function copyOf(text: Text, original: Text, { start, offset }: Trace): Promise<Trace | undefined> {
  if (start > 0) return undefined;
  let copy = beginTrace();
  while (copy.offset < offset) {
    const length = Math.min(STEP, offset - copy.offset);
    const bytes = await text.read(copy.offset, length);
    const there = await original.read(copy.offset, length);
    if (!bytes.equals(there.subarray(0, bytes.length))) return undefined;
    copy = advance(copy, bytes.length < length ? bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1) : bytes);
    if (bytes.length < length) break;
  }
  return copy.offset >= FINGERPRINT_BYTES ? copy : undefined;
}

async function before(text: Text, offset: number): Promise<Buffer | undefined> {
  const from = markerStart(offset);
  const bytes = await text.read(from, offset - from);
  return bytes.length === offset - from ? bytes : undefined;
}

/** The segment of which a gzip file holds exactly what was read, by the CRC and length at its end: nothing is unpacked. */
export function compressedOf(
  known: Iterable<Position>,
  { fd, stamp }: Pick<Opened, 'fd' | 'stamp'>,
): string | undefined {
  const end = gzipEnd(fd, stamp.size);
  if (end === undefined) return undefined;
  for (const { id, crc, offset } of known) if (crc === end.crc && offset % 2 ** 32 === end.length) return id;
  return undefined;
}

/** Undefined for a copy that holds nothing new. A file that lost its end (power loss) may have gone on since. */
export function whereToReadOn(
  text: Text,
  position: Position,
  likeness: Likeness,
  stamp: FileStat,
): Trace | undefined | Promise<Trace | undefined> {
  if (likeness.kind === 'same') return likeness.trace;
  const isItself = position.file !== undefined && sameInode(position.file, stamp);
  return isItself && text.plain ? remains(text, position) : undefined;
}

/** An open file with a plain text of which nothing has been read. */
export type Unread = Pick<Opened, 'fd' | 'text'>;

/**
 * Whether a file and one that has not been read yet may be copies of one text, of which one may have more: then they are the
 * same near the beginning and near the end of the shorter. Of a compressed file only the beginning is looked at.
 */
export async function isLikeUnread(
  head: Buffer,
  { fd, text }: Pick<Opened, 'fd' | 'text'>,
  unread: readonly Unread[],
): Promise<boolean> {
  for (const other of unread) {
    const its = await other.text.read(0, head.length);
    if (its.length === 0 || !its.equals(head.subarray(0, its.length))) continue;
    // It may have grown since it was opened, when perhaps it was empty.
    if (!text.plain || (await endsAlike(fd, other.fd))) return true;
  }
  return false;
}

/** Whether two plain files are the same before the end of the shorter. */
async function endsAlike(a: number, b: number): Promise<boolean> {
  const at = Math.max(0, Math.min(fstatSync(a).size, fstatSync(b).size) - FINGERPRINT_BYTES);
  const [ofA, ofB] = [await plainText(a).read(at, FINGERPRINT_BYTES), await plainText(b).read(at, FINGERPRINT_BYTES)];
  const shared = Math.min(ofA.length, ofB.length);
  return ofA.subarray(0, shared).equals(ofB.subarray(0, shared));
}

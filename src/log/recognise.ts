/** Is this text the piece that a position tells of? Compares bytes by their hashes, from the head to the marker. */
import { advance, beginTrace, digest, markerStart, type Position, type Trace } from './position.ts';
import type { Text } from './text.ts';

/** Content of which so much is equal is the same content; less may be equal by chance (a banner, a first line). */
export const TELLING = 256;

export type Likeness =
  /** The piece itself or a copy that reaches as far; `trace` is where to read on. */
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
  const head = await text.read(start, position.head.length);
  if (head.length === 0) return OTHER;
  if (head.length < position.head.length) return isBeginning(head, position) ? { kind: 'shorter' } : OTHER;
  if (digest(head) !== position.head.hash) return OTHER;
  for (const milestone of position.milestones ?? []) {
    const bytes = await before(text, milestone.offset);
    if (bytes === undefined) return { kind: 'shorter' };
    if (digest(bytes) !== milestone.hash) return OTHER;
  }
  const marker = await before(text, position.offset);
  if (marker === undefined) return { kind: 'shorter' };
  if (digest(marker) !== position.marker.hash) return OTHER;
  const { offset, milestones = [], crc } = position;
  return { kind: 'same', trace: { start, offset, head, marker, milestones, crc } };
}

/**
 * Whether all lines of a text that is shorter than the head are those of the piece. A place in it may have the same 64 bytes
 * before it by chance, as a first line may be that of every piece.
 */
function isBeginning(text: Buffer, { headLines = [] }: Position): boolean {
  const end = text.lastIndexOf(NEWLINE) + 1;
  return headLines.some(({ length, hash }) => length === end && digest(text.subarray(0, end)) === hash);
}

/**
 * Where a piece stands that has lost its end but not its beginning (power loss, a cut by hand): the last milestone that
 * is still there, if that is far enough from the beginning to be no chance.
 */
export async function remains(text: Text, position: Position): Promise<Trace | undefined> {
  const start = position.start ?? 0;
  const head = await text.read(start, position.head.length);
  if (head.length < TELLING || digest(head) !== position.head.hash) return undefined;
  const milestones = (position.milestones ?? []).filter(({ offset }) => offset - start >= TELLING);
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
  return copy.offset >= TELLING ? copy : undefined;
}

async function before(text: Text, offset: number): Promise<Buffer | undefined> {
  const from = markerStart(offset);
  const bytes = await text.read(from, offset - from);
  return bytes.length === offset - from ? bytes : undefined;
}

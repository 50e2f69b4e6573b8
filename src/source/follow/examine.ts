/**
 * What one file beside a log is: a segment that is known, or a copy of one; one that nobody has seen; or something that cannot
 * be told yet. What is known of it by its inode, size and time of change is not opened again.
 *
 * While a copy is being made there are two files with one content: a file that begins like a held segment that has not been
 * read yet is left alone until that segment has been.
 */
import { fstatSync } from 'node:fs';
import { sameInode, stateOf, type FileStat } from '../files/file-stat.ts';
import { isBeingWritten, isHalf, type Sibling } from '../files/siblings.ts';
import { closeFile, gzipEnd, openFile, plainText, type Opened } from '../files/text.ts';
import { match, type Match } from './match.ts';
import { FINGERPRINT_BYTES, type Position } from './position.ts';
import { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import type { Verdicts } from './verdicts.ts';

/**
 * `unread`: it begins like a held segment that has not been read. `moved`: it was renamed while we were looking. `turn`: an older
 * one is read first. `foreign`: it is compressed in a way that cannot be read.
 */
export type Reason = 'unread' | 'moved' | 'turn' | 'unfinished' | 'unreadable' | 'damaged' | 'foreign';

export type Finding =
  /** It is, or is a copy of, the segment `id`; '' if it is none that concerns us. */
  | { readonly kind: 'known'; readonly id: string }
  /** It is a known segment, and is to be read on. */
  | { readonly kind: 'segment'; readonly segment: Segment }
  | { readonly kind: 'unknown'; readonly opened: Opened }
  /** It cannot be told yet; or, of a damaged or foreign file, never. */
  | { readonly kind: 'later'; readonly reason: Reason; readonly error?: Error };

export interface Known {
  readonly list: SegmentList;
  readonly verdicts: Verdicts;
  /** Those that are open, and those that were found just now. */
  readonly segments: readonly Segment[];
  /** Whether none is opened any more. */
  readonly isTurn: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

export async function examine(sibling: Sibling, siblings: readonly Sibling[], known: Known): Promise<Finding> {
  const { list, verdicts, segments, isTurn, now } = known;
  const segment = segments.find(({ stat }) => sameInode(stat, sibling));
  if (segment !== undefined) return { kind: 'known', id: segment.id };
  const settled = verdicts.of(sibling) ?? finishedAs(sibling, list) ?? (sibling.size === 0 ? '' : undefined);
  if (settled !== undefined) return { kind: 'known', id: settled };
  if (isHalf(sibling, siblings, now)) return { kind: 'known', id: '' };
  if (isTurn) return { kind: 'later', reason: 'turn' };
  let opened: Opened | undefined;
  let found: Finding;
  try {
    opened = openFile(sibling.path);
    found = await compare(opened, sibling, known);
  } catch (error) {
    found = broken(error instanceof Error ? error : new Error(String(error)), sibling, now);
  }
  if (opened && (found.kind === 'known' || found.kind === 'later')) await closeFile(opened);
  if (found.kind === 'known') verdicts.settle(sibling, found.id);
  if (found.kind === 'later' && (found.reason === 'foreign' || found.reason === 'damaged'))
    verdicts.settle(sibling, '');
  return found;
}

/** What the disk or the system refuses may be had later. */
function broken(error: NodeJS.ErrnoException, sibling: Sibling, now: number): Finding {
  const isDamaged = error.code === 'CORRUPT' || error.code === 'UNEXPECTED_END';
  if (error.code === 'ENOENT') return { kind: 'later', reason: 'moved' };
  if (isDamaged && isBeingWritten(sibling, now)) return { kind: 'later', reason: 'unfinished' };
  const other = error.code === 'NOT_A_LOG' ? 'foreign' : 'unreadable';
  return { kind: 'later', reason: isDamaged ? 'damaged' : other, error };
}

async function compare(opened: Opened, sibling: Sibling, { list, segments }: Known): Promise<Finding> {
  if (!sameInode(opened.stat, sibling)) return { kind: 'later', reason: 'moved' };
  const { positions } = list;
  const compressed = compressedOf(positions, opened);
  if (compressed !== undefined) return { kind: 'known', id: compressed };
  // guard: F32-name
  const found = await match(opened.text, positions);
  const { head, matches } = found;
  // What is unpacked is not held until its turn to be read has come.
  await opened.text.rest?.();
  for (const each of matches) {
    const isHeld = segments.some(({ id }) => id === each.position.id);
    // guard: F5
    if (each.kind === 'same' && !isHeld)
      return { kind: 'segment', segment: new Segment(each.position.id, opened, each.state, true) };
  }
  const copied = matches.find((each) => !hasLostItsEnd(each, opened));
  if (copied) return { kind: 'known', id: copied.position.id };
  if (head.length === 0) return { kind: 'known', id: '' };
  if (await isLikeUnread(head, opened, segments)) return { kind: 'later', reason: 'unread' };
  return { kind: 'unknown', opened };
}

/** A file that is shorter than when it was read (power loss) may have gone on since: it is read again, as if it were another. */
function hasLostItsEnd({ kind, position: { file } }: Match, { stat, text }: Opened): boolean {
  return kind === 'beginning' && text.plain && file !== undefined && sameInode(file, stat);
}

/** The segment that was read to its end in this very file. */
function finishedAs(file: FileStat, { positions }: SegmentList): string | undefined {
  const state = stateOf(file);
  // guard: F32
  return positions.find((position) => position.done === true && position.file && stateOf(position.file) === state)?.id;
}

/** The segment of which a gzip file holds exactly what was read, by the CRC and length at its end: nothing is unpacked. */
function compressedOf(positions: readonly Position[], { fd, stat }: Opened): string | undefined {
  const end = gzipEnd(fd, stat.size);
  if (end === undefined) return undefined;
  return positions.find(({ crc, offset }) => crc === end.crc && offset % 2 ** 32 === end.length)?.id;
}

/**
 * Whether a file and one that has not been read yet may be copies of one text, of which one may have more: then they are the
 * same near the beginning and near the end of the shorter. Of a compressed file only the beginning is looked at.
 */
async function isLikeUnread(head: Buffer, { fd, text }: Opened, segments: readonly Segment[]): Promise<boolean> {
  for (const other of segments.filter(({ isBegun, isPlain }) => !isBegun && isPlain)) {
    const its = await other.reader.text.read(0, head.length);
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

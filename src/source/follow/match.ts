/**
 * Which of the segments that are known is this text? Its bytes tell, at the places of which a position has hashes: from the
 * head over the milestones to the last bytes that were read. All places are looked at in one go, from the front to the back,
 * so that a compressed text is unpacked once, and no further than anything may still be found.
 */
import type { Text } from '../files/text.ts';
import { digest, FINGERPRINT_BYTES, tailStart, type Position, type ReadState } from './position.ts';

export type Match =
  /** The segment itself or a copy that reaches as far; `state`: where to read on. */
  | { readonly kind: 'same'; readonly position: Position; readonly state: ReadState }
  /** A copy that ends before what has been read. */
  | { readonly kind: 'beginning'; readonly position: Position };

interface Candidate {
  readonly position: Position;
  kind: Match['kind'] | 'other';
  head: Buffer;
  tail: Buffer;
}

interface Place {
  readonly candidate: Candidate;
  readonly what: 'head' | 'milestone' | 'tail';
  readonly at: number;
  readonly length: number;
  readonly hash: string;
}

const NEWLINE = 10;
const NONE = Buffer.alloc(0);

export interface Matches {
  /** The first bytes of the text. */
  readonly head: Buffer;
  /** What it may be, that which reaches farthest first; nothing: it is unknown. */
  readonly matches: readonly Match[];
}

export async function match(text: Pick<Text, 'read'>, positions: Iterable<Position>): Promise<Matches> {
  const head = Buffer.from(await text.read(0, FINGERPRINT_BYTES));
  const candidates = [...positions].filter((position) => mayBegin(head, position)).map(candidateOf);
  for (const place of candidates.flatMap(placesOf).toSorted((a, b) => orderOf(a) - orderOf(b)))
    if (place.candidate.kind === 'same') look(place, await text.read(place.at, place.length));
  return { head, matches: candidates.flatMap(matchOf).toSorted((a, b) => b.position.offset - a.position.offset) };
}

const mayBegin = (text: Buffer, { start = 0, head: { length, hash } }: Position): boolean =>
  length > 0 && (start > 0 || length > text.length || digest(text.subarray(0, length)) === hash);

const candidateOf = (position: Position): Candidate => ({ position, kind: 'same', head: NONE, tail: NONE });

function placesOf(candidate: Candidate): Place[] {
  const { start = 0, head, milestones = [], offset, marker } = candidate.position;
  const before = (what: Place['what'], end: number, hash: string): Place => {
    return { candidate, what, at: tailStart(end), length: end - tailStart(end), hash };
  };
  return [
    // guard: F3b
    { candidate, what: 'head', at: start, length: head.length, hash: head.hash },
    ...milestones.map((each) => before('milestone', each.offset, each.hash)),
    before('tail', offset, marker.hash),
  ];
}

/** Of one segment the head comes first, and nothing lies farther back than a compressed text reaches. */
const orderOf = ({ what, at }: Place): number => (what === 'head' ? tailStart(at) - 0.5 : at);

function look({ candidate, what, length, hash }: Place, bytes: Buffer): void {
  if (bytes.length < length) {
    candidate.kind = what !== 'head' || isBeginning(bytes, candidate.position) ? 'beginning' : 'other';
    return;
  }
  // guard: F2
  if (digest(bytes) !== hash) candidate.kind = 'other';
  // A copy: what is read into one place again and again is another text by the next time.
  if (what !== 'milestone') candidate[what] = Buffer.from(bytes);
}

/**
 * Whether all lines of a text that is shorter than the head are those of the segment. A place in it may have the same 64 bytes
 * before it by chance, as a first line may be that of every segment.
 */
function isBeginning(text: Buffer, { headLines = [] }: Position): boolean {
  const end = text.lastIndexOf(NEWLINE) + 1;
  return headLines.some(({ length, hash }) => length === end && digest(text.subarray(0, end)) === hash);
}

function matchOf({ kind, position, head, tail }: Candidate): Match[] {
  if (kind === 'other') return [];
  if (kind === 'beginning') return [{ kind, position }];
  const { start = 0, offset, milestones = [], crc } = position;
  return [{ kind, position, state: { start, offset, head, tail, milestones, crc } }];
}

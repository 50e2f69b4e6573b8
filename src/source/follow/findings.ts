/** What a survey of the files beside a log has found: the segments to be read, in order, and what is still in doubt. */
import { sameInode, type Position } from './position.ts';
import type { Unread } from './match.ts';
import { openFile, type Opened, type Segment } from './segment.ts';
import { ArchiveError } from '../files/archive-error.ts';
import type { Sibling } from '../files/siblings.ts';

/**
 * `unread`: it begins like a held segment that has not been read. `moved`: it was renamed while we were looking. `foreign`: it is
 * compressed in a way that cannot be read.
 */
export type Reason = 'unread' | 'moved' | 'unfinished' | 'unreadable' | 'damaged' | 'foreign';

export type Verdict =
  /** It is, or is a copy of, the segment `id`; '' if it is older than all that concerns us. */
  | { readonly kind: 'known'; readonly id: string }
  /** It is a known segment, and is to be read on. */
  | { readonly kind: 'segment'; readonly segment: Segment }
  | { readonly kind: 'unknown'; readonly opened: Opened }
  /** It cannot be told yet; or, of a damaged or foreign file, never. */
  | { readonly kind: 'later'; readonly reason: Reason; readonly error?: Error };

export type Examined = Verdict & { readonly sibling: Sibling };

export interface Trouble {
  readonly kind: 'unreadable' | 'damaged';
  readonly path: string;
  readonly error: Error;
}

export interface Findings {
  /** All segments to be read, oldest first. */
  readonly segments: readonly Segment[];
  /** How many of them nobody had seen before. */
  readonly unseen: number;
  /** Files were renamed meanwhile: some may be missing, or out of order. */
  readonly moving: boolean;
  /** What cannot be told before the held segments have been read. */
  readonly again: boolean;
  readonly troubles: readonly Trouble[];
  /** Segments that were not read to their end, and are nowhere any more. */
  readonly lost: readonly Position[];
}

export interface Circumstances {
  /** Those that are open, oldest first. */
  readonly segments: readonly Segment[];
  /** Of files that are known by nothing yet: a file that begins alike may be a copy. */
  readonly unread: readonly Unread[];
  /** Unix milliseconds. */
  readonly now: number;
}

export function openSibling(path: string): Opened | Verdict {
  try {
    return openFile(path);
  } catch (reason) {
    const error: NodeJS.ErrnoException = reason instanceof Error ? reason : new Error(String(reason));
    if (error instanceof ArchiveError) return { kind: 'later', reason: 'foreign', error };
    return error.code === 'ENOENT'
      ? { kind: 'later', reason: 'moved' }
      : { kind: 'later', reason: 'unreadable', error };
  }
}

/** Nothing that was listed may still turn out to be something. */
export function isSettled(examined: readonly Examined[]): boolean {
  return examined.every((verdict) => verdict.kind !== 'later' || verdict.reason === 'foreign');
}

/** The segment that a file was found to be, or to be a copy of. */
export const idOf = (verdict: Examined): string[] =>
  verdict.kind === 'known' ? [verdict.id] : verdict.kind === 'segment' ? [verdict.segment.id] : [];

/** Whether the file is, or is a copy of, a segment that is known: what is newer than it is newer than what is known. */
export function isAnchor(verdict: Examined, held: readonly Segment[]): boolean {
  const segment = held.find(({ stamp }) => sameInode(stamp, verdict.sibling));
  if (segment !== undefined) return segment.consumed;
  return verdict.kind === 'segment' || (verdict.kind === 'known' && verdict.id !== '');
}

export function findings(
  examined: readonly Examined[],
  held: readonly Segment[],
  fresh: readonly Segment[],
  stable: boolean,
): Omit<Findings, 'lost'> {
  return {
    segments: inOrder(examined, held, fresh),
    unseen: fresh.filter(({ consumed }) => !consumed).length,
    moving: !stable || isAny(examined, 'moved'),
    again: isAny(examined, 'unread'),
    troubles: examined.flatMap(troubleOf),
  };
}

/** As they are listed; one that is not is put where the time of its last change says, the live one to the end. */
function inOrder(examined: readonly Examined[], held: readonly Segment[], fresh: readonly Segment[]): Segment[] {
  const all = [...held, ...fresh];
  const listed = examined.flatMap(({ sibling }) => all.find(({ stamp }) => sameInode(stamp, sibling)) ?? []);
  const segments = [...listed];
  let at = 0;
  for (const segment of held.filter((segment) => !listed.includes(segment))) {
    const rotated = segment.quietSince !== undefined;
    const next = segments.findIndex((other, i) => i >= at && other.stamp.mtimeMs > segment.stamp.mtimeMs);
    at = rotated && next >= 0 ? next : segments.length;
    segments.splice(at, 0, segment);
    at++;
  }
  return segments;
}

function isAny(examined: readonly Examined[], reason: Reason): boolean {
  return examined.some((verdict) => verdict.kind === 'later' && verdict.reason === reason);
}

function troubleOf(verdict: Examined): Trouble[] {
  if (verdict.kind !== 'later' || verdict.error === undefined) return [];
  const kind = verdict.reason === 'damaged' ? 'damaged' : 'unreadable';
  return [{ kind, path: verdict.sibling.path, error: verdict.error }];
}

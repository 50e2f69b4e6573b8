/**
 * Which of the files beside a log hold something that has not been read.
 *
 * Every rotated sibling is compared, by content, with the positions that are known. One that is known is read on from
 * its place; one that is not, and is newer than what is known, is a segment that was never seen (several rotations between
 * two looks, or while the daemon was down) and is read from its beginning; one that is older is none of our business.
 * While a copy is being made there are two files with one content: a file that begins like a held segment that has not
 * been read yet is left alone until that segment has been.
 */
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { ArchiveError } from '../files/archive-error.ts';
import { beginTrace, digest, inodeOf, sameInode, type FileStat, type Position, type Trace } from './position.ts';
import { closeFile, openFile, Segment, type Opened } from './segment.ts';
import {
  compare,
  compressedOf,
  isLikeUnread,
  remains,
  FINGERPRINT_BYTES,
  whereToReadOn,
  type Unread,
} from './match.ts';
import { isBeingWritten, isHalf, straysOf, type Listing, type Sibling } from '../files/siblings.ts';
import { textBehind } from '../files/text.ts';

/** So many positions are kept whose files are no longer there: one may come back, compressed elsewhere. */
const KEPT = 50;
/** File times come from a coarse clock that is a little behind. */
const COARSE_MS = 20;
/**
 * `unread`: it begins like a held segment that has not been read. `moved`: it was renamed while we were looking. `foreign`: it is
 * compressed in a way that cannot be read.
 */
type Reason = 'unread' | 'moved' | 'unfinished' | 'unreadable' | 'damaged' | 'foreign';

type Verdict =
  /** It is, or is a copy of, the segment `id`; '' if it is older than all that concerns us. */
  | { readonly kind: 'known'; readonly id: string }
  /** It is a known segment, and is to be read on. */
  | { readonly kind: 'piece'; readonly segment: Segment }
  | { readonly kind: 'unknown'; readonly opened: Opened }
  /** It cannot be told yet; or, of a damaged or foreign file, never. */
  | { readonly kind: 'later'; readonly reason: Reason; readonly error?: Error };

type Examined = Verdict & { readonly sibling: Sibling };

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
}

export class Inventory {
  private readonly known: Map<string, Position>;
  private readonly forgettable = new Set<string>();
  /** What was found out about a file in this very state, by its stamp. */
  private settled = new Map<string, string>();
  /** Inodes that are ours to read, though not yet. */
  private readonly awaited: Set<string>;
  /** Unix milliseconds; what is unknown and has changed since, is new. */
  private lookedAt: number;
  /** Directories in which segments were. */
  private readonly places: Set<string>;
  private soughtStrays = false;

  /** `since`, unix milliseconds: what is unknown and has changed since then is new, whatever else is known. */
  constructor(positions: readonly Position[], since: number) {
    this.known = new Map(positions.map((position) => [position.id, position]));
    const readAt = Math.max(...positions.map((position) => position.readAt));
    const latest = positions.filter((position) => position.readAt === readAt);
    this.awaited = new Set(latest.flatMap(({ awaited = [] }) => awaited));
    this.places = new Set(positions.flatMap(({ file }) => (file ? [dirname(file.path)] : [])));
    this.lookedAt = Math.min(since - COARSE_MS, positions.length === 0 ? Infinity : readAt * 1000);
  }

  /** Files that are ours to read, and could not be so far. */
  get awaitedInodes(): string[] {
    return [...this.awaited];
  }

  /** These are ours to read, though they cannot be read yet. */
  awaitInodes(inodes: Iterable<string>): void {
    for (const inode of inodes) this.awaited.add(inode);
  }

  /** Ids of positions that are no longer needed. */
  get forgotten(): string[] {
    return [...this.forgettable];
  }

  position(id: string): Position | undefined {
    return this.known.get(id);
  }

  get directories(): string[] {
    return [...this.places];
  }

  /** The position has been stored, and the ids have been deleted. */
  stored(position: Position, forgotten: readonly string[]): void {
    this.known.set(position.id, position);
    if (position.file) this.places.add(dirname(position.file.path));
    forgotten.forEach((id) => this.forgettable.delete(id));
  }

  /** What was said about copies of this segment no longer holds: it can no longer be read where it was read. */
  reopen(id: string): void {
    this.settled = new Map([...this.settled].filter(([, settled]) => settled !== id));
    this.soughtStrays = false;
  }

  /** Nothing more can be got out of this file as it is. */
  giveUp(file: FileStat): void {
    this.settled.set(keyOf(file), '');
  }

  /** What the newly opened live file is: a segment that is known, or a new one. */
  async identify(segment: Segment, held: readonly Segment[], siblings: readonly Sibling[]): Promise<Segment> {
    segment.identified = true;
    if (segment.consumed || segment.stamp.size === 0) return segment;
    const found = await this.whichKnown(segment, held, siblings);
    if (found === undefined) return segment;
    const { fd, stamp, reader } = segment;
    return new Segment(found.id, { fd, stamp, text: reader.text }, found.trace, true);
  }

  /** Compares the siblings with what is known; `held` are the segments that are open, oldest first. */
  async survey({ siblings, others, stable }: Listing, held: readonly Segment[], now: number): Promise<Findings> {
    const examined: Examined[] = [];
    const segments = [...held];
    const unread = held
      .filter(({ consumed, plain }) => !consumed && plain)
      .map(({ fd, reader: { text } }) => ({ fd, text }));
    for (const sibling of siblings) {
      const verdict = await this.examine(sibling, siblings, { segments, unread, now });
      if (verdict.kind === 'piece') segments.push(verdict.segment);
      if (verdict.kind === 'unknown' && verdict.opened.text.plain) unread.push(verdict.opened);
      examined.push({ ...verdict, sibling });
    }
    const missing = this.missing([...segments.map(({ id }) => id), ...examined.flatMap(idOf)]);
    examined.push(...(await this.examineStrays(missing, { siblings, others, stable }, segments, now)));
    const anchor = examined.findIndex((verdict) => isAnchor(verdict, held));
    const since = this.lookedAt;
    const fresh: Segment[] = [];
    for (const [i, verdict] of examined.entries()) {
      const { sibling } = verdict;
      const newer = (anchor >= 0 && i > anchor) || sibling.mtimeMs >= since || this.awaited.has(inodeOf(sibling));
      if (verdict.kind === 'later' && verdict.reason !== 'foreign' && newer) this.awaited.add(inodeOf(sibling));
      if (verdict.kind === 'piece') fresh.push(verdict.segment);
      if (verdict.kind === 'unknown') fresh.push(...(await this.take(verdict.opened, sibling, newer)));
    }
    if (stable && examined.every((verdict) => verdict.kind !== 'later' || verdict.reason === 'foreign')) {
      this.forget(examined, [...held, ...fresh]);
      this.lookedAt = Math.max(since, now - COARSE_MS);
    }
    return findings(examined, held, fresh, stable);
  }

  /** Segments that were not read to their end, and are none of those. */
  private missing(found: readonly string[]): FileStat[] {
    const ids = new Set(found);
    return [...this.known.values()].flatMap(({ id, done, file }) => (done || !file || ids.has(id) ? [] : [file]));
  }

  private async examineStrays(
    missing: readonly FileStat[],
    { siblings, others }: Listing,
    held: readonly Segment[],
    now: number,
  ): Promise<Examined[]> {
    if (this.soughtStrays) return [];
    this.soughtStrays = true;
    const strays: Examined[] = [];
    const found = [...siblings, ...held.map(({ stamp }) => stamp)];
    for (const sibling of straysOf(missing, found, others)) {
      const verdict = await this.examine(sibling, siblings, { segments: held, unread: [], now });
      if (verdict.kind === 'piece') strays.push({ ...verdict, sibling });
      if (verdict.kind === 'unknown') await closeFile(verdict.opened);
    }
    return strays;
  }

  private async take(opened: Opened, sibling: Sibling, newer: boolean): Promise<Segment[]> {
    if (newer) {
      this.awaited.delete(inodeOf(sibling));
      return [new Segment(randomUUID(), opened, beginTrace(), true)];
    }
    this.settled.set(keyOf(sibling), '');
    await closeFile(opened);
    return [];
  }

  private async examine(
    sibling: Sibling,
    siblings: readonly Sibling[],
    { segments, unread, now }: Circumstances,
  ): Promise<Verdict> {
    const segment = segments.find(({ stamp }) => sameInode(stamp, sibling));
    if (segment !== undefined) return { kind: 'known', id: segment.id };
    const settled = this.settled.get(keyOf(sibling)) ?? this.doneId(sibling) ?? (sibling.size === 0 ? '' : undefined);
    if (settled !== undefined) return { kind: 'known', id: settled };
    if (isHalf(sibling, siblings, now)) return { kind: 'known', id: '' };
    const opened = open(sibling.path);
    if (!('fd' in opened) && opened.kind === 'later' && opened.reason === 'foreign') this.giveUp(sibling);
    if (!('fd' in opened)) return opened;
    const verdict = await this.judge(opened, sibling, segments, unread).catch((error: Error) =>
      this.brokenOff(error, sibling, now),
    );
    if (verdict.kind === 'known' || verdict.kind === 'later') await closeFile(opened);
    if (verdict.kind === 'known') this.settled.set(keyOf(sibling), verdict.id);
    return verdict;
  }

  private async judge(
    opened: Opened,
    sibling: Sibling,
    held: readonly Segment[],
    unread: readonly Unread[],
  ): Promise<Verdict> {
    if (!sameInode(opened.stamp, sibling)) return { kind: 'later', reason: 'moved' };
    const compressed = compressedOf(this.known.values(), opened);
    if (compressed !== undefined) return { kind: 'known', id: compressed };
    const head = await opened.text.read(0, FINGERPRINT_BYTES);
    await opened.text.close();
    if (head.length === 0) return { kind: 'known', id: '' };
    let copy: string | undefined;
    for (const position of this.likely(head)) {
      const text = textBehind(opened.fd, sibling.path);
      const likeness = await compare(text, position);
      const isHeld = held.some(({ id }) => id === position.id);
      const trace = isHeld ? undefined : await whereToReadOn(text, position, likeness, opened.stamp);
      if (trace !== undefined)
        return { kind: 'piece', segment: new Segment(position.id, { ...opened, text }, trace, true) };
      await text.close();
      if (likeness.kind !== 'other') copy ??= position.id;
    }
    if (copy !== undefined) return { kind: 'known', id: copy };
    if (await isLikeUnread(head, opened, unread)) return { kind: 'later', reason: 'unread' };
    return { kind: 'unknown', opened: { ...opened, text: textBehind(opened.fd, sibling.path) } };
  }

  private brokenOff(error: Error, sibling: Sibling, now: number): Verdict {
    if (error instanceof ArchiveError && error.code === 'NO_PROGRAM')
      return { kind: 'later', reason: 'unreadable', error };
    if (isBeingWritten(sibling, now)) return { kind: 'later', reason: 'unfinished' };
    this.giveUp(sibling);
    return { kind: 'later', reason: 'damaged', error };
  }

  /** The positions whose head may be this one, those that reach farthest first. */
  private likely(head: Buffer): Position[] {
    const digests = new Map<number, string>();
    const digestOf = (length: number) => {
      const found = digests.get(length) ?? digest(head.subarray(0, length));
      digests.set(length, found);
      return found;
    };
    return [...this.known.values()]
      .filter(({ start = 0, head: { length, hash } }) => start > 0 || length > head.length || digestOf(length) === hash)
      .sort((a, b) => b.offset - a.offset);
  }

  private async whichKnown(
    segment: Segment,
    held: readonly Segment[],
    siblings: readonly Sibling[],
  ): Promise<{ id: string; trace: Trace } | undefined> {
    const { text } = segment.reader;
    for (const position of this.likely(await text.read(0, FINGERPRINT_BYTES))) {
      const { id, file, offset, start = 0 } = position;
      if (held.some((other) => other.id === id)) continue;
      if (file && siblings.some((sibling) => sameInode(sibling, file)) && !sameInode(file, segment.stamp)) continue;
      const there = file !== undefined && sameInode(file, segment.stamp);
      const likeness = await compare(text, position);
      if (likeness.kind === 'same' && (there || offset - start >= FINGERPRINT_BYTES))
        return { id, trace: likeness.trace };
      const trace = there ? await remains(text, position) : undefined;
      if (trace !== undefined) return { id, trace };
    }
    return undefined;
  }

  private doneId(stamp: FileStat): string | undefined {
    const key = keyOf(stamp);
    for (const { id, done, file } of this.known.values()) if (done && file && keyOf(file) === key) return id;
    return undefined;
  }

  /** Drops what is remembered about files and segments that are no longer there. */
  private forget(examined: readonly Examined[], open: readonly Segment[]): void {
    const keys = new Set(examined.map(({ sibling }) => keyOf(sibling)));
    this.settled = new Map([...this.settled].filter(([key]) => keys.has(key)));
    this.awaited.clear();
    const there = new Set([...open.map(({ id }) => id), ...this.settled.values()]);
    examined.forEach((verdict) => verdict.kind === 'known' && there.add(verdict.id));
    const gone = [...this.known.values()].filter(({ id }) => !there.has(id)).sort((a, b) => b.readAt - a.readAt);
    for (const { id } of gone.slice(KEPT)) {
      this.known.delete(id);
      this.forgettable.add(id);
    }
  }
}

interface Circumstances {
  /** Those that are open, oldest first. */
  readonly segments: readonly Segment[];
  /** Of files that are known by nothing yet: a file that begins alike may be a copy. */
  readonly unread: readonly Unread[];
  /** Unix milliseconds. */
  readonly now: number;
}

const idOf = (verdict: Examined): string[] => (verdict.kind === 'known' ? [verdict.id] : []);

/** Whether the file is, or is a copy of, a segment that is known: what is newer than it is newer than what is known. */
function isAnchor(verdict: Examined, held: readonly Segment[]): boolean {
  const segment = held.find(({ stamp }) => sameInode(stamp, verdict.sibling));
  if (segment !== undefined) return segment.consumed;
  return verdict.kind === 'piece' || (verdict.kind === 'known' && verdict.id !== '');
}

function open(path: string): Opened | Verdict {
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

function findings(
  examined: readonly Examined[],
  held: readonly Segment[],
  fresh: readonly Segment[],
  stable: boolean,
): Findings {
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
  return {
    segments,
    unseen: fresh.filter(({ consumed }) => !consumed).length,
    moving: !stable || isAny(examined, 'moved'),
    again: isAny(examined, 'unread'),
    troubles: examined.flatMap(troubleOf),
  };
}

function isAny(examined: readonly Examined[], reason: Reason): boolean {
  return examined.some((verdict) => verdict.kind === 'later' && verdict.reason === reason);
}

function troubleOf(verdict: Examined): Trouble[] {
  if (verdict.kind !== 'later' || verdict.error === undefined) return [];
  const kind = verdict.reason === 'damaged' ? 'damaged' : 'unreadable';
  return [{ kind, path: verdict.sibling.path, error: verdict.error }];
}

function keyOf(file: FileStat): string {
  return `${inodeOf(file)} ${file.size} ${file.mtimeMs}`;
}

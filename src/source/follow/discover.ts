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
import {
  beginTrace,
  digest,
  FINGERPRINT_BYTES,
  inodeOf,
  sameInode,
  type FileStat,
  type Position,
  type Trace,
} from './position.ts';
import { closeFile, Segment, type Opened } from './segment.ts';
import { compare, compressedOf, isLikeUnread, remains, whereToReadOn, type Unread } from './match.ts';
import { findings, idOf, isAnchor, isSettled, openSibling } from './findings.ts';
import type { Circumstances, Examined, Findings, Verdict } from './findings.ts';
import type { Block } from '../source.ts';
import { keyOf, Verdicts, type StoredVerdicts } from './verdicts.ts';
import { isBeingWritten, isHalf, straysOf, type Listing, type Sibling } from '../files/siblings.ts';
import { textBehind } from '../files/text.ts';

/** So many positions are kept whose files are no longer there: one may come back, compressed elsewhere. */
const KEPT = 50;
/** Milliseconds after which what was found out is stored, though more is to be found out. */
const SAVE_EVERY_MS = 100;
/** File times come from a coarse clock that is a little behind. */
const COARSE_MS = 20;

export const NOTHING = Buffer.alloc(0);

/** A block that changes nothing but what is stored of a segment. */
export function onlyPosition(log: string, position: Position): Block {
  return { log, bytes: NOTHING, continues: true, position, forgotten: [] };
}

export class Discovery {
  private readonly known: Map<string, Position>;
  private readonly forgettable = new Set<string>();
  private readonly verdicts: Verdicts;
  /** Segments that were truncated, and had been read to their end. */
  private readonly emptied = new Set<string>();
  /** Inodes that are ours to read, though not yet. */
  private readonly awaited: Set<string>;
  /** Unix milliseconds; what is unknown and has changed since, is new. */
  private lookedAt: number;
  /** Directories in which segments were. */
  private readonly places: Set<string>;
  private soughtStrays = false;

  /** `since`, unix milliseconds: what is unknown and has changed since then is new, whatever else is known. */
  constructor(positions: readonly Position[], since: number, verdicts?: StoredVerdicts) {
    this.verdicts = new Verdicts(verdicts, positions);
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

  /** The position that was read last. */
  private get latest(): Position | undefined {
    return [...this.known.values()].toSorted((a, b) => a.readAt - b.readAt).at(-1);
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

  /** What was found out and is not stored yet, with some position that is known, as what is stored is a block. */
  *verdictBlocks(): Generator<Block> {
    const { latest } = this;
    if (latest && this.verdicts.isFresh)
      yield { ...onlyPosition(latest.log, latest), verdicts: this.verdicts.toStore(latest.log) };
  }

  /** The segment can no longer be read where it was read. */
  reopen(id: string): void {
    this.verdicts.reopen(id);
    this.soughtStrays = false;
  }

  /** Nothing of the segment was unread when it was truncated. */
  noteEmptied(id: string): void {
    this.emptied.add(id);
  }

  /** Whether it is a loss that the segment is nowhere any more. */
  isLoss({ id }: Position): boolean {
    return !this.emptied.delete(id);
  }

  /** Nothing more can be got out of this file as it is. */
  giveUp(file: FileStat): void {
    this.verdicts.settle(file, '');
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

  /**
   * Compares the siblings with what is known; `held` are the segments that are open, oldest first. What is found out is given to
   * be stored meanwhile, so that a start that is broken off has done something for the next.
   */
  async *survey(listing: Listing, held: readonly Segment[], now: number): AsyncGenerator<Block, Findings, undefined> {
    const { siblings, stable } = listing;
    const examined: Examined[] = [];
    const segments = [...held];
    const unread = held
      .filter(({ consumed, plain }) => !consumed && plain)
      .map(({ fd, reader: { text } }) => ({ fd, text }));
    const since = this.lookedAt;
    let isOld = true;
    let savedAt = performance.now();
    for (const sibling of siblings) {
      if (performance.now() - savedAt > SAVE_EVERY_MS) {
        yield* this.verdictBlocks();
        savedAt = performance.now();
      }
      const found = await this.examine(sibling, siblings, { segments, unread, now });
      isOld &&= !isAnchor({ ...found, sibling }, held);
      const verdict = isOld && !this.isNew(sibling, since) ? await this.letGo(found, sibling) : found;
      if (verdict.kind === 'segment') segments.push(verdict.segment);
      if (verdict.kind === 'unknown' && verdict.opened.text.plain) unread.push(verdict.opened);
      examined.push({ ...verdict, sibling });
    }
    examined.push(...(await this.examineStrays(examined, listing, segments, now)));
    const anchor = examined.findIndex((verdict) => isAnchor(verdict, held));
    const fresh: Segment[] = [];
    for (const [i, verdict] of examined.entries()) {
      const { sibling } = verdict;
      const newer = (anchor >= 0 && i > anchor) || this.isNew(sibling, since);
      if (verdict.kind === 'later' && verdict.reason !== 'foreign' && newer) this.awaited.add(inodeOf(sibling));
      if (verdict.kind === 'segment') fresh.push(verdict.segment);
      if (verdict.kind === 'unknown') fresh.push(...(await this.take(verdict.opened, sibling, newer)));
    }
    const isAll = stable && isSettled(examined);
    if (isAll) {
      this.forget(examined, [...held, ...fresh]);
      this.lookedAt = Math.max(since, now - COARSE_MS);
    }
    // As long as nothing stands at the live path, its directory may be that below a file system which is not there yet.
    const isThere = held.some(({ quietSince }) => quietSince === undefined);
    const lost = isAll && isThere ? this.missing(examined, held) : [];
    return { ...findings(examined, held, fresh, stable), lost };
  }

  /** What has changed since the last look, or is known to be ours, is new whatever stands beside it. */
  private isNew(sibling: Sibling, since: number): boolean {
    return sibling.mtimeMs >= since || this.awaited.has(inodeOf(sibling));
  }

  /** Segments that were not read to their end, and that none of the files is. */
  private missing(examined: readonly Examined[], held: readonly Segment[]): Position[] {
    const ids = new Set([...held.map(({ id }) => id), ...examined.flatMap(idOf)]);
    return [...this.known.values()].filter(({ id, done }) => done !== true && !ids.has(id));
  }

  private async examineStrays(
    examined: readonly Examined[],
    { siblings, others }: Listing,
    held: readonly Segment[],
    now: number,
  ): Promise<Examined[]> {
    if (this.soughtStrays) return [];
    // guard: F16-strays
    this.soughtStrays = true;
    const strays: Examined[] = [];
    const found = [...siblings, ...held.map(({ stamp }) => stamp)];
    const missing = this.missing(examined, held).flatMap(({ file }) => file ?? []);
    for (const sibling of straysOf(missing, found, others)) {
      const verdict = await this.examine(sibling, siblings, { segments: held, unread: [], now });
      if (verdict.kind === 'segment' || verdict.kind === 'known') strays.push({ ...verdict, sibling });
      if (verdict.kind === 'unknown') await closeFile(verdict.opened);
    }
    return strays;
  }

  private async take(opened: Opened, sibling: Sibling, newer: boolean): Promise<Segment[]> {
    // guard: F9
    if (newer) {
      this.awaited.delete(inodeOf(sibling));
      return [new Segment(randomUUID(), opened, beginTrace(), true)];
    }
    await this.letGo({ kind: 'unknown', opened }, sibling);
    return [];
  }

  /** A file that is unknown, and older than all that is known, is none of our business. */
  private async letGo(verdict: Verdict, sibling: Sibling): Promise<Verdict> {
    if (verdict.kind !== 'unknown') return verdict;
    this.verdicts.settle(sibling, '');
    await closeFile(verdict.opened);
    return { kind: 'known', id: '' };
  }

  private async examine(
    sibling: Sibling,
    siblings: readonly Sibling[],
    { segments, unread, now }: Circumstances,
  ): Promise<Verdict> {
    const segment = segments.find(({ stamp }) => sameInode(stamp, sibling));
    // guard: F32
    if (segment !== undefined) return { kind: 'known', id: segment.id };
    const settled = this.verdicts.of(sibling) ?? this.doneId(sibling) ?? (sibling.size === 0 ? '' : undefined);
    if (settled !== undefined) return { kind: 'known', id: settled };
    if (isHalf(sibling, siblings, now)) return { kind: 'known', id: '' };
    const opened = openSibling(sibling.path);
    if (!('fd' in opened) && opened.kind === 'later' && opened.reason === 'foreign') this.giveUp(sibling);
    if (!('fd' in opened)) return opened;
    const verdict = await this.judge(opened, sibling, segments, unread).catch((error: Error) =>
      this.brokenOff(error, sibling, now),
    );
    if (verdict.kind === 'known' || verdict.kind === 'later') await closeFile(opened);
    if (verdict.kind === 'known') this.verdicts.settle(sibling, verdict.id);
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
      // guard: F32-name
      const likeness = await compare(text, position);
      const isHeld = held.some(({ id }) => id === position.id);
      // guard: F5
      const trace = isHeld ? undefined : await whereToReadOn(text, position, likeness, opened.stamp);
      if (trace !== undefined)
        return { kind: 'segment', segment: new Segment(position.id, { ...opened, text }, trace, true) };
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
      // guard: F1
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
    this.verdicts.keepOnly(examined.map(({ sibling }) => sibling));
    this.awaited.clear();
    const there = new Set([...open.map(({ id }) => id), ...this.verdicts.ids]);
    examined.forEach((verdict) => verdict.kind === 'known' && there.add(verdict.id));
    const gone = [...this.known.values()].filter(({ id }) => !there.has(id)).sort((a, b) => b.readAt - a.readAt);
    for (const { id } of gone.slice(KEPT)) {
      this.known.delete(id);
      this.forgettable.add(id);
    }
  }
}

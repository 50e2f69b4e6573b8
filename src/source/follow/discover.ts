/**
 * Which of the files beside a log hold something that has not been read.
 *
 * Every rotated sibling is compared, by content, with the segments that are known. One that is known is read on from its
 * place; one that is not, and is newer than what is known, is a segment that was never seen (several rotations between two
 * looks, or while the daemon was down) and is read from its beginning; one that is older is none of our business.
 */
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { inodeOf, sameInode } from '../files/file-stat.ts';
import { listSiblings, movedOf, oldDirectories, type Listing, type Sibling } from '../files/siblings.ts';
import { closeFile } from '../files/text.ts';
import type { FileBlock } from '../source.ts';
import { examine, type Finding, type Reason } from './examine.ts';
import { match } from './match.ts';
import { whyUnread, type NoticeKind, type Told } from './notices.ts';
import { beginState, FINGERPRINT_BYTES, type Position } from './position.ts';
import { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import type { Verdicts } from './verdicts.ts';

export interface Beside {
  readonly path: string;
  /** Globs of rotated files elsewhere. */
  readonly rotated: readonly string[];
  readonly notify: (kind: NoticeKind, text: string) => void;
}

export interface Survey {
  /** What may be read before the next survey; undefined: all. */
  readonly first?: readonly Segment[] | undefined;
  /** Files were renamed meanwhile: some may be missing, or out of order. */
  readonly moving: boolean;
  /** Something cannot be told before something else has been read, or was lost and has to be found again. */
  readonly again: boolean;
}

export interface Discovered extends Survey {
  /** How many segments there are that nobody had seen before. */
  readonly unseen: number;
  readonly troubles: readonly Told[];
  /** Segments of which there is a copy with nothing in it that has not been read: all that can be had of them was read. */
  readonly finished: readonly Position[];
  /** Segments that were not read to their end, and are nowhere any more. */
  readonly lost: readonly Position[];
}

type Examined = Finding & { readonly sibling: Sibling };
/** What is unknown has been taken or left. */
type Found = Exclude<Examined, { kind: 'unknown' }>;

/** Milliseconds after which what was found out is stored, though more is to be found out. */
const SAVE_EVERY_MS = 20;
/** File times come from a coarse clock that is a little behind. */
const COARSE_MS = 20;

export const NOTHING = Buffer.alloc(0);

/** A block that changes nothing but what is stored of a segment. */
export function onlyPosition(log: string, position: Position): FileBlock {
  return { log, bytes: NOTHING, continues: true, position, forgotten: [] };
}

export class Discovery {
  private readonly beside: Beside;
  private readonly list: SegmentList;
  private readonly verdicts: Verdicts;
  /** Inodes that are ours to read, though not yet. */
  readonly pending: Set<string>;
  /** Unix milliseconds; what is unknown and has changed since, is new. */
  private lookedAt: number;
  /** Looked up once: into others files are seen to go. */
  private oldDirectories: readonly string[] = [];
  private hasListed = false;
  private trouble: string | undefined;
  private hasSoughtMoved = false;

  /** `since`, unix milliseconds: what is unknown and has changed since then is new, whatever else is known. */
  constructor(beside: Beside, list: SegmentList, verdicts: Verdicts, since: number) {
    this.beside = beside;
    const { positions } = list;
    const readAt = Math.max(...positions.map((position) => position.readAt));
    const latest = positions.filter((position) => position.readAt === readAt);
    this.list = list;
    this.verdicts = verdicts;
    this.pending = new Set(latest.flatMap(({ awaited = [] }) => awaited));
    this.lookedAt = Math.min(since - COARSE_MS, positions.length === 0 ? Infinity : readAt * 1000);
  }

  /** The segment can no longer be read where it was read. */
  reopen(id: string): void {
    this.verdicts.reopen(id);
    this.hasSoughtMoved = false;
  }

  /** Nothing more can be got out of this file as it is. */
  giveUp({ stat }: Segment): void {
    this.verdicts.settle(stat, '');
  }

  /**
   * The files beside the log; undefined if nothing can be listed. What is not taken is told at the first look: later there may
   * be files that somebody works on.
   */
  listBeside(): Listing | undefined {
    const { path, rotated, notify } = this.beside;
    try {
      if (!this.hasListed) this.oldDirectories = oldDirectories(path);
      const places = this.list.positions.flatMap(({ file }) => (file ? [dirname(file.path)] : []));
      const listing = listSiblings(path, { directories: [...new Set([...places, ...this.oldDirectories])], rotated });
      const others = listing.others.map((other) => other.path).join(', ');
      if (!this.hasListed && others !== '')
        notify(
          'beside',
          `${others}: not read with ${path}, as rotation makes no such names; rotated in its [[log]] names more`,
        );
      this.hasListed = true;
      this.trouble = undefined;
      return listing;
    } catch (error) {
      const text = `The directory of ${path} cannot be listed (${String(error)}): what is rotated beside it is not seen`;
      // That nothing is there is told of the live path.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      if (this.trouble !== text) notify('unreadable', text);
      this.trouble = text;
      return undefined;
    }
  }

  /** What was found out and is not stored yet, with some position that is known, as what is stored is a block. */
  *verdictBlocks(): Generator<FileBlock> {
    const latest = this.list.positions.toSorted((a, b) => a.readAt - b.readAt).at(-1);
    if (latest && this.verdicts.isFresh)
      yield { ...onlyPosition(latest.log, latest), verdicts: this.verdicts.toStore(latest.log) };
  }

  /**
   * Whether the newly opened live file is the segment that was read last, and all others were read to their end: then it can
   * be read on before anything else is looked at.
   */
  async resume(segment: Segment): Promise<boolean> {
    const [last, ...others] = this.list.unfinished;
    if (!last?.file || others.length > 0 || this.pending.size > 0 || !sameInode(last.file, segment.stat)) return false;
    const [found] = (await match(segment.reader.text, [last])).matches;
    if (found?.kind !== 'same') return false;
    this.list.exchange(segment, segment.as(last.id, found.state));
    return true;
  }

  /** Finds out what the newly opened live file is: a segment that is known, or a new one. */
  async identify(segment: Segment, siblings: readonly Sibling[]): Promise<void> {
    segment.isIdentified = true;
    if (segment.isBegun || segment.stat.size === 0) return;
    const isElsewhere = ({ file }: Position): boolean =>
      file !== undefined && !sameInode(file, segment.stat) && siblings.some((sibling) => sameInode(sibling, file));
    const closed = this.list.closed.filter((position) => !isElsewhere(position));
    // guard: F1
    const found = await match(segment.reader.text, closed);
    for (const each of found.matches) {
      const { id, file, offset, start = 0 } = each.position;
      const isThere = file !== undefined && sameInode(file, segment.stat);
      if (each.kind === 'same' && (isThere || offset - start >= FINGERPRINT_BYTES))
        return this.list.exchange(segment, segment.as(id, each.state));
    }
  }

  /**
   * Compares the siblings with what is known, and puts what is to be read into the list. What is found out is given to be stored
   * meanwhile, so that a start that is broken off has done something for the next. `isOneByOne`: behind the first one that nobody
   * has read no file is opened, as a life may be too short to open all. `now`: unix milliseconds.
   */
  async *survey(listing: Listing, isOneByOne: boolean, now: number): AsyncGenerator<FileBlock, Discovered, undefined> {
    const held = this.list.open;
    const found = yield* this.examineAll(listing, held, isOneByOne, now);
    const fresh = found.flatMap((each) => (each.kind === 'segment' ? [each.segment] : []));
    for (const segment of fresh) segment.quietSince = performance.now() - Math.max(0, now - segment.stat.mtimeMs);
    this.list.open = inOrder(found, held, fresh);
    const isAll = listing.stable && found.every((each) => each.kind !== 'later' || each.reason === 'foreign');
    if (isAll) this.forget(found, now);
    return {
      unseen: fresh.filter(({ isBegun }) => !isBegun).length,
      first: isAny(found, 'turn') ? this.before(found.filter((each) => !isTurn(each))) : undefined,
      moving: !listing.stable || isAny(found, 'moved'),
      again: isAny(found, 'unread') || isAny(found, 'turn'),
      troubles: found.flatMap(troubleOf),
      finished: isAll ? this.list.unfinished.filter(({ id }) => found.some((each) => idOf(each)[0] === id)) : [],
      // As long as nothing stands at the live path, its directory may be that below a file system which is not there yet.
      lost: isAll && this.list.live ? this.missing(found) : [],
    };
  }

  /** Segments that are open, up to the last of those that were `found`. */
  private before(found: readonly Found[]): readonly Segment[] {
    const { open } = this.list;
    const last = open.findLastIndex(({ stat }) => found.some(({ sibling }) => sameInode(sibling, stat)));
    return open.slice(0, last + 1);
  }

  private async *examineAll(
    { siblings, others }: Listing,
    held: readonly Segment[],
    isOneByOne: boolean,
    now: number,
  ): AsyncGenerator<FileBlock, Found[], undefined> {
    const found: Found[] = [];
    const segments = [...held];
    const known = { list: this.list, verdicts: this.verdicts, segments, isTurn: false, now };
    let isOld = true;
    let savedAt = performance.now();
    for (const sibling of siblings) {
      if (performance.now() - savedAt > SAVE_EVERY_MS) {
        yield* this.verdictBlocks();
        savedAt = performance.now();
      }
      const finding = await examine(sibling, siblings, known);
      isOld &&= !isAnchor({ ...finding, sibling }, held);
      const each = await this.takeOrLeave({ ...finding, sibling }, !isOld || this.isNew(sibling));
      found.push(each);
      if (each.kind !== 'segment') continue;
      segments.push(each.segment);
      known.isTurn ||= isOneByOne && finding.kind === 'unknown';
    }
    if (this.hasSoughtMoved || isAny(found, 'turn')) return found;
    // guard: F16-moved
    this.hasSoughtMoved = true;
    const missing = this.missing(found).flatMap(({ file }) => file ?? []);
    for (const sibling of movedOf(missing, [...siblings, ...held.map(({ stat }) => stat)], others)) {
      const each = await examine(sibling, siblings, { ...known, isTurn: false });
      if (each.kind === 'segment' || each.kind === 'known') found.push({ ...each, sibling });
      if (each.kind === 'unknown') await closeFile(each.opened);
    }
    return found;
  }

  /** What has changed since the last look, or is known to be ours, is new whatever stands beside it. */
  private isNew(sibling: Sibling): boolean {
    return sibling.mtimeMs >= this.lookedAt || this.pending.has(inodeOf(sibling));
  }

  /** Segments that were not read to their end, and that none of the files is. */
  private missing(found: readonly Found[]): Position[] {
    const ids = new Set(found.flatMap(idOf));
    return this.list.unfinished.filter(({ id }) => !ids.has(id));
  }

  /** A file that is unknown, and older than all that is known, is none of our business. */
  private async takeOrLeave(each: Examined, isNewer: boolean): Promise<Found> {
    const { sibling } = each;
    if (each.kind === 'later' && each.reason !== 'foreign' && isNewer) this.pending.add(inodeOf(sibling));
    if (each.kind !== 'unknown') return each;
    // guard: F9
    if (isNewer) {
      this.pending.delete(inodeOf(sibling));
      return { kind: 'segment', segment: new Segment(randomUUID(), each.opened, beginState(), true), sibling };
    }
    this.verdicts.settle(sibling, '');
    await closeFile(each.opened);
    return { kind: 'known', id: '', sibling };
  }

  /** Drops what is remembered about files and segments that are no longer there. */
  private forget(found: readonly Found[], now: number): void {
    this.verdicts.keepOnly(found.map(({ sibling }) => sibling));
    this.pending.clear();
    this.list.keepOnly(new Set([...this.verdicts.ids, ...found.flatMap(idOf)]));
    this.lookedAt = Math.max(this.lookedAt, now - COARSE_MS);
  }
}

/** The segment that a file was found to be, or to be a copy of. */
const idOf = (each: Found): string[] =>
  each.kind === 'known' ? [each.id] : each.kind === 'segment' ? [each.segment.id] : [];

const isAny = (found: readonly Found[], reason: Reason): boolean =>
  found.some((each) => each.kind === 'later' && each.reason === reason);

const isTurn = (each: Found): boolean => each.kind === 'later' && each.reason === 'turn';

/** Whether the file is, or is a copy of, a segment that is known: what is newer than it is newer than what is known. */
function isAnchor(each: Examined, held: readonly Segment[]): boolean {
  const segment = held.find(({ stat }) => sameInode(stat, each.sibling));
  if (segment !== undefined) return segment.isBegun;
  return each.kind === 'segment' || (each.kind === 'known' && each.id !== '');
}

/** As they are listed; one that is not is put where the time of its last change says, the live one to the end. */
function inOrder(found: readonly Found[], held: readonly Segment[], fresh: readonly Segment[]): Segment[] {
  const all = [...held, ...fresh];
  const listed = found.flatMap(({ sibling }) => all.find(({ stat }) => sameInode(stat, sibling)) ?? []);
  const segments = [...listed];
  let at = 0;
  for (const segment of held.filter((each) => !listed.includes(each))) {
    const isRotated = segment.quietSince !== undefined;
    const next = segments.findIndex((other, i) => i >= at && other.stat.mtimeMs > segment.stat.mtimeMs);
    at = isRotated && next >= 0 ? next : segments.length;
    segments.splice(at, 0, segment);
    at++;
  }
  return segments;
}

function troubleOf(each: Found): Told[] {
  if (each.kind !== 'later' || each.error === undefined) return [];
  return [[each.reason === 'damaged' ? 'damaged' : 'unreadable', whyUnread(each.sibling.path, each.error)]];
}

/**
 * The passes over a log: one look at all files of it, and then the lines of all segments that are open, oldest first. A segment
 * that is no longer the live one is read on until it has been quiet for a while, since its writer may not have noticed; then its
 * last line is taken even without a newline, and the file is released.
 */
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { sameInode } from '../files/file-stat.ts';
import type { BeforeCorruptIn } from '../files/corrupt.ts';
import type { Lines } from '../files/lines.ts';
import { isBeingWritten, type Listing } from '../files/siblings.ts';
import { closeFile, type Opened } from '../files/text.ts';
import type { FileBlock } from '../source.ts';
import { NOTHING, onlyPosition, type Beside, type Discovery, type Survey } from './discover.ts';
import type { LiveFile } from './live-file.ts';
import { lossOf, whyUnread, type Told } from './notices.ts';
import { beginState, type Position, type ReadState } from './position.ts';
import { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';

/** `again`: something could not be settled and may be soon. `failed`: at the next tick perhaps. */
export type Outcome = 'settled' | 'again' | 'failed';

export interface DrainOptions extends Omit<Beside, 'rotated'> {
  readonly tickMs: number;
  readonly live: LiveFile;
  readonly list: SegmentList;
  readonly discovery: Discovery;
  readonly beforeCorruptIn: BeforeCorruptIn;
}

type Blocks<Result> = AsyncGenerator<FileBlock, Result, undefined>;

/** A segment, and how far it is to be read. */
type Turn = readonly [segment: Segment, limit: number];

/** In ticks. */
const SURVEY_EVERY = 10;
/** To see the files beside a log at rest. */
const ATTEMPTS = 10;
const AT_REST: Survey = { moving: false, again: false };

export class Drain {
  isSurveyDue = true;
  private readonly options: DrainOptions;
  private readonly list: SegmentList;
  private surveyedAt = 0;
  private hasBegun = false;
  private troubles = new Set<string>();
  /** Segments that were truncated, and had been read to their end. */
  private readonly emptied = new Set<string>();
  /** Blocks that were taken. */
  taken = 0;
  /** A file could not be read: no other one is to wait for it. */
  private hasFailed = false;
  private readonly counts = { rotations: 0, truncations: 0, skippedLines: 0, lostSegments: 0 };

  constructor(options: DrainOptions) {
    this.options = options;
    this.list = options.list;
  }

  status() {
    const { live, open } = this.list;
    return {
      ...this.counts,
      offset: live?.state.offset ?? 0,
      size: live?.stat.size ?? 0,
      lagBytes: open.reduce((sum, { lag }) => sum + lag, 0),
      segments: open.length,
    };
  }

  /** One look at everything, and all lines that were there when it began. */
  async *pass(signal: AbortSignal): Blocks<Outcome> {
    const { tickMs, live, discovery } = this.options;
    const isFirst = !this.hasBegun;
    const pins = live.claim();
    const isFresh = await this.takeUp(pins);
    // A life may be short: where only the live file has anything new, it is read before the files beside it are looked at.
    if (isFirst && pins.length === 1 && this.list.live && (await discovery.resume(this.list.live))) {
      yield* this.drain(this.list.open, signal);
      return 'again';
    }
    const { taken } = this;
    const isWhole = isFresh || this.isSurveyDue || performance.now() - this.surveyedAt > SURVEY_EVERY * tickMs;
    let { moving, again, first } = isWhole ? yield* this.survey() : AT_REST;
    while (first !== undefined) {
      const outcome = yield* this.drain(first, signal);
      if (outcome !== 'settled') return outcome;
      ({ moving, again, first } = yield* this.survey());
    }
    const due = this.list.open.filter((segment) => isWhole || segment.isDue(tickMs));
    const drained = yield* this.drain(due, signal);
    this.hasFailed = drained === 'failed';
    // What cannot be told before something else has been read has to wait for that, and nobody has to wait for it.
    return drained === 'settled' && (moving || (again && this.taken > taken)) ? 'again' : drained;
  }

  /** Newly pinned files become segments. True if there are any. */
  private async takeUp(pins: readonly Opened[]): Promise<boolean> {
    for (const pin of pins) {
      const held = this.list.open.find(({ stat }) => sameInode(stat, pin.stat));
      if (held !== undefined) await closeFile(pin);
      // guard: F15
      this.setLive(held ?? new Segment(randomUUID(), pin, beginState(), false));
    }
    return pins.length > 0;
  }

  private setLive(segment: Segment): void {
    const { path, notify } = this.options;
    const { open } = this.list;
    if (this.hasBegun && !open.includes(segment)) {
      this.counts.rotations++;
      notify('rotated', `${path} was rotated; following the new file`);
    }
    this.hasBegun = true;
    const others = open.filter((other) => other !== segment);
    others.forEach((other) => (other.quietSince ??= performance.now()));
    segment.quietSince = undefined;
    this.list.open = [...others, segment];
  }

  /** What has to be looked at again soon. While files are being renamed under our eyes, nothing newer is read. */
  private async *survey(): Blocks<Survey> {
    this.isSurveyDue = false;
    this.surveyedAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      const survey = yield* this.surveyOnce();
      this.isSurveyDue ||= survey.moving || survey.again;
      if (!survey.moving || attempt === ATTEMPTS) return survey;
    }
  }

  private async *surveyOnce(): Blocks<Survey> {
    const now = Date.now();
    const { discovery, live } = this.options;
    if ((await this.measure(this.list.open)) === undefined) return { moving: false, again: true };
    live.refused.forEach((inode) => discovery.pending.add(inode));
    const listing = await this.listBeside();
    for (const segment of this.list.open)
      if (!segment.isIdentified) await discovery.identify(segment, listing?.siblings ?? []);
    if (listing === undefined) return AT_REST;
    const survey = yield* discovery.survey(listing, !this.hasFailed, now);
    const { unseen, first, moving, again, troubles, finished, lost } = survey;
    this.counts.rotations += unseen;
    this.notifyTroubles(troubles);
    for (const position of finished) yield* this.giveUp(position, false);
    for (const position of lost) yield* this.giveUpLost(position);
    yield* discovery.verdictBlocks();
    return { first, moving, again };
  }

  /**
   * Whatever stood at the live path before the listing must be held: only so its rotated self is recognised. If a new file
   * stands there by now, another one may have become a sibling since the listing.
   */
  private async listBeside(): Promise<Listing | undefined> {
    const { discovery, live } = this.options;
    const listing = discovery.listBeside();
    if (listing === undefined) return undefined;
    // guard: F20-list
    live.look();
    const isFresh = await this.takeUp(live.claim());
    return { ...listing, stable: listing.stable && !isFresh };
  }

  /** A segment that was not read to its end, and is nowhere any more. It is told once, and then done with. */
  private *giveUpLost(lost: Position): Generator<FileBlock> {
    const isLoss = !this.emptied.delete(lost.id);
    yield* this.giveUp(lost, isLoss);
    this.options.discovery.reopen(lost.id);
    if (!isLoss) return;
    this.counts.lostSegments++;
    this.options.notify('lost', lossOf(lost));
  }

  /** There is no more of the segment to be read. */
  private *giveUp(segment: Position, isLoss: boolean): Generator<FileBlock> {
    const position = { ...segment, done: true };
    yield { ...onlyPosition(this.options.path, position), ...(isLoss && { isBehindLoss: true }) };
    this.list.stored(position, []);
  }

  private notifyTroubles(troubles: readonly Told[]): void {
    for (const [kind, text] of troubles) if (!this.troubles.has(text)) this.options.notify(kind, text);
    this.troubles = new Set(troubles.map(([, text]) => text));
  }

  /** How far each segment reaches now, measured from the newest to the oldest; undefined if one could not be looked at. */
  private async measure(segments: readonly Segment[]): Promise<Turn[] | undefined> {
    const turns: Turn[] = [];
    for (const segment of segments.toReversed()) {
      try {
        turns.unshift([segment, segment.refresh()]);
      } catch (error) {
        await this.letGo(segment, error);
        return undefined;
      }
    }
    return turns;
  }

  private async *drain(segments: readonly Segment[], signal: AbortSignal): Blocks<Outcome> {
    const turns = await this.measure(segments);
    if (turns === undefined) return 'failed';
    for (const [segment, limit] of turns) {
      if (signal.aborted) return 'failed';
      try {
        const outcome = yield* this.drainSegment(segment, limit, signal);
        if (outcome !== 'settled') return outcome;
      } catch (error) {
        await this.letGo(segment, error);
        return 'failed';
      }
    }
    return 'settled';
  }

  private async *drainSegment(segment: Segment, limit: number, signal: AbortSignal): Blocks<Outcome> {
    while (!signal.aborted) {
      const reading = await segment.nextLines(limit, this.options.beforeCorruptIn);
      if (reading.kind === 'truncated') return this.truncated(segment);
      if (reading.kind === 'nuls') continue;
      segment.isDrained = reading.kind === 'end';
      if (reading.kind === 'lines') {
        yield* this.give(segment, reading, false);
        continue;
      }
      if (segment.isQuiet(this.options.tickMs)) return yield* this.finish(segment);
      // Where rotated files go is stored at once: the next may go there while nobody looks.
      const isNoted = !segment.isBegun || segment.storedIn === dirname(segment.stat.path);
      if (!isNoted) yield* this.give(segment, noLines(segment.state), false);
      return 'settled';
    }
    return 'failed';
  }

  /** The end of a segment: its last line, newline or not, and the file released. */
  private async *finish(segment: Segment): Blocks<Outcome> {
    const rest = await segment.reader.lastLine();
    if (rest.kind === 'truncated') return this.truncated(segment);
    const last = rest.kind === 'lines' ? rest : noLines(segment.state);
    if (segment.isBegun || rest.kind === 'lines') yield* this.give(segment, last, true);
    if (!segment.isBegun) this.options.discovery.giveUp(segment);
    await this.release(segment);
    return 'settled';
  }

  /** When it goes on behind the yield, the block is stored. */
  private *give(segment: Segment, { bytes, state, skipped }: Lines, done: boolean): Generator<FileBlock> {
    const { path, discovery, notify } = this.options;
    const { forgotten } = this.list;
    const awaited = [...discovery.pending];
    const position = segment.position(path, state, { ...(done && { done }), ...(awaited.length > 0 && { awaited }) });
    // guard: F24
    yield { log: path, bytes, continues: segment.isBegun, position, forgotten };
    this.list.stored(position, forgotten);
    segment.reader.moveTo(state);
    segment.storedIn = dirname(segment.stat.path);
    this.taken++;
    this.counts.skippedLines += skipped;
    if (skipped > 0)
      notify('skipped-line', `A line of ${path} that ends at byte ${state.offset} is longer than 16 MiB: passed over`);
  }

  private async release(segment: Segment): Promise<void> {
    this.options.discovery.reopen(segment.id);
    await this.list.release(segment);
  }

  /** What was read of a segment is no longer in its file. The rest of it may be in a copy, which a survey finds. */
  private async truncated(segment: Segment): Promise<Outcome> {
    const { path, discovery, notify } = this.options;
    this.isSurveyDue = true;
    if (segment.quietSince !== undefined) {
      await this.release(segment);
      return 'again';
    }
    discovery.reopen(segment.id);
    this.counts.truncations++;
    if (segment.isDrained) this.emptied.add(segment.id);
    notify('truncated', `${path} was truncated`);
    this.list.exchange(segment, segment.as(randomUUID(), beginState()));
    return 'again';
  }

  /** A file that fails to be read is let go; what it is and where to read on is found out anew at a later look. */
  private async letGo(segment: Segment, error: unknown): Promise<void> {
    const { discovery, live } = this.options;
    this.hasFailed = true;
    const isBroken = !segment.isPlain && !isBeingWritten(segment.stat, Date.now());
    this.notifyTroubles([[isBroken ? 'damaged' : 'unreadable', whyUnread(segment.stat.path, error)]]);
    // guard: F22
    if (isBroken) discovery.giveUp(segment);
    // guard: F26
    if (segment.quietSince === undefined) live.forget();
    await this.release(segment);
  }
}

const noLines = (state: ReadState): Lines => ({ kind: 'lines', bytes: NOTHING, state, skipped: 0 });

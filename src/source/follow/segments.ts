/**
 * The segments of a log that are open, oldest first, and the draining of them. A segment that is no longer the live one is
 * read on until it has been quiet for a while, since its writer may not have noticed; then its last line is taken even
 * without a newline, and the file is released.
 */
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { Beside, type BesideOptions } from './beside.ts';
import { NOTHING, onlyPosition, type Discovery } from './discover.ts';
import type { BeforeCorruptIn } from '../files/corrupt.ts';
import type { Lines } from '../files/lines.ts';
import type { Block } from '../source.ts';
import type { LiveFile } from './live-file.ts';
import { closeFile, originalOf, Segment, type Opened } from './segment.ts';
import { lossOf, whyUnread, type NoticeKind } from './notices.ts';
import { beginTrace, sameInode, type Position, type Trace } from './position.ts';
import { copyOf, remains } from './match.ts';
import { isBeingWritten, type Listing, type Sibling } from '../files/siblings.ts';

/** `again`: something could not be settled and may be soon. `failed`: at the next tick perhaps. */
export type Outcome = 'settled' | 'again' | 'failed';

export interface SegmentsOptions extends BesideOptions {
  readonly tickMs: number;
  readonly discovery: Discovery;
  readonly beforeCorruptIn: BeforeCorruptIn;
}

/** In ticks. */
const SURVEY_EVERY = 10;
/** To see the files beside a log at rest. */
const ATTEMPTS = 10;

interface Survey {
  /** Files were being renamed. */
  readonly moving: boolean;
  /** Something cannot be told before something else has been read, or was lost and has to be found again. */
  readonly again: boolean;
}

interface Turn {
  readonly segment: Segment;
  /** How far it is to be read. */
  readonly limit: number;
}

export class Segments {
  surveyDue = true;
  private readonly options: SegmentsOptions;
  private open: Segment[] = [];
  private surveyedAt = 0;
  private readonly beside: Beside;
  private begun = false;
  private troubles = new Set<string>();
  /** Blocks that were taken. */
  private taken = 0;
  private readonly counts = { rotations: 0, truncations: 0, skippedLines: 0, lostSegments: 0 };

  constructor(options: SegmentsOptions) {
    this.options = options;
    this.beside = new Beside(options);
  }

  get liveSegment(): Segment | undefined {
    return this.open.findLast(({ quietSince }) => quietSince === undefined);
  }

  status() {
    const { liveSegment, open } = this;
    return {
      ...this.counts,
      offset: liveSegment?.trace.offset ?? 0,
      size: liveSegment?.stamp.size ?? 0,
      lagBytes: open.reduce((sum, { lag }) => sum + lag, 0),
      segments: open.length,
    };
  }

  /** One look at everything, and all lines that were there when it began. */
  async *pass(live: LiveFile, signal: AbortSignal): Blocks<Outcome> {
    const fresh = await this.takeUp(live.take());
    const { taken } = this;
    const { tickMs } = this.options;
    const all = fresh || this.surveyDue || performance.now() - this.surveyedAt > SURVEY_EVERY * tickMs;
    const { moving, again } = all ? yield* this.survey(live) : AT_REST;
    const due = all ? this.open : this.open.filter((segment) => segment.due(tickMs));
    const drained = yield* this.drain(live, due, signal);
    // What cannot be told before something else has been read has to wait for that, and nobody has to wait for it.
    return drained === 'settled' && (moving || (again && this.taken > taken)) ? 'again' : drained;
  }

  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((segment) => segment.close()));
  }

  /** Newly pinned files become segments. True if there are any. */
  private async takeUp(pins: readonly Opened[]): Promise<boolean> {
    for (const pin of pins) {
      const held = this.open.find(({ stamp }) => sameInode(stamp, pin.stamp));
      if (held !== undefined) await closeFile(pin);
      // guard: F15
      this.setLive(held ?? new Segment(randomUUID(), pin, beginTrace(), false));
    }
    return pins.length > 0;
  }

  private setLive(segment: Segment): void {
    const { path, notify } = this.options;
    const others = this.open.filter((other) => other !== segment);
    if (this.begun && others.length === this.open.length) {
      this.counts.rotations++;
      notify('rotated', `${path} was rotated; following the new file`);
    }
    this.begun = true;
    others.forEach((other) => (other.quietSince ??= performance.now()));
    segment.quietSince = undefined;
    this.open = [...others, segment];
  }

  /** What has to be looked at again soon. While files are being renamed under our eyes, nothing newer is read. */
  private async *survey(live: LiveFile): Blocks<Survey> {
    this.surveyDue = false;
    this.surveyedAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      const survey = yield* this.surveyOnce(live);
      this.surveyDue ||= survey.moving || survey.again;
      if (!survey.moving || attempt === ATTEMPTS) return survey;
    }
  }

  private async *surveyOnce(live: LiveFile): Blocks<Survey> {
    const now = Date.now();
    if ((await this.measure(live, this.open)) === undefined) return { moving: false, again: true };
    this.options.discovery.awaitInodes(live.refusedInodes);
    const listing = await this.list(live);
    yield* this.identify(listing?.siblings ?? []);
    if (listing === undefined) return AT_REST;
    const { discovery } = this.options;
    const found = yield* discovery.survey(listing, this.open, now);
    const { segments, unseen, moving, again, troubles, lost } = found;
    for (const segment of segments.filter((segment) => !this.open.includes(segment)))
      segment.quietSince = performance.now() - Math.max(0, now - segment.stamp.mtimeMs);
    this.open = [...segments];
    this.counts.rotations += unseen;
    this.notifyTroubles(troubles.map(({ kind, path, error }) => [kind, whyUnread(path, error)]));
    for (const position of lost) yield* this.giveUpLost(position);
    yield* discovery.verdictBlocks();
    return { moving, again };
  }

  /** A segment that was not read to its end, and is nowhere any more. It is told once, and then done with. */
  private *giveUpLost(lost: Position): Generator<Block> {
    const { path, discovery, notify } = this.options;
    const isLoss = discovery.isLoss(lost);
    const position = { ...lost, done: true };
    yield { ...onlyPosition(path, position), ...(isLoss && { isBehindLoss: true }) };
    discovery.stored(position, []);
    discovery.reopen(lost.id);
    if (!isLoss) return;
    this.counts.lostSegments++;
    notify('lost', lossOf(lost));
  }

  /**
   * Whatever stood at the live path before the listing must be held: only so its rotated self is recognised. If a new file
   * stands there by now, another one may have become a sibling since the listing.
   */
  private async list(live: LiveFile): Promise<Listing | undefined> {
    const listing = this.beside.list(this.options.discovery.directories);
    if (listing === undefined) return undefined;
    // guard: F20-list
    live.look();
    const isFresh = await this.takeUp(live.take());
    return { ...listing, stable: listing.stable && !isFresh };
  }

  private async *identify(siblings: readonly Sibling[]): Blocks<void> {
    for (const segment of this.open.filter(({ identified }) => !identified)) {
      if (yield* this.isCopy(segment)) continue;
      const known = await this.options.discovery.identify(segment, this.open, siblings);
      known.quietSince = segment.quietSince;
      this.exchange(segment, known);
    }
  }

  /**
   * Whether the segment is a copy that took the place of one we hold (`cp`, `mv`): then it is read on where that one has been
   * read to. A writer may go on in the deleted file, so that is held on to, as a segment of its own.
   */
  private async *isCopy(segment: Segment): Blocks<boolean> {
    const original = await originalOf(segment, this.open);
    if (original === undefined || !(yield* this.drainNow(original))) return false;
    const trace = await copyOf(segment.reader.text, original.reader.text, original.trace);
    if (trace === undefined) return false;
    const copy = segment.as(original.id, trace);
    this.exchange(original, original.as(randomUUID()));
    this.exchange(segment, copy);
    yield* this.deliver(copy, noLines(trace), false);
    return true;
  }

  private async *drainNow(segment: Segment): Blocks<boolean> {
    for (;;) {
      const reading = await segment.read(segment.look(), this.options.beforeCorruptIn);
      if (reading.kind !== 'lines') return reading.kind === 'end';
      yield* this.deliver(segment, reading, false);
    }
  }

  private exchange(segment: Segment, by: Segment): void {
    this.open = this.open.map((other) => (other === segment ? by : other));
  }

  private notifyTroubles(troubles: readonly (readonly [NoticeKind, string])[]): void {
    for (const [kind, text] of troubles) if (!this.troubles.has(text)) this.options.notify(kind, text);
    this.troubles = new Set(troubles.map(([, text]) => text));
  }

  /** How far each segment reaches now, measured from the newest to the oldest; undefined if one could not be looked at. */
  private async measure(live: LiveFile, segments: readonly Segment[]): Promise<Turn[] | undefined> {
    const turns: Turn[] = [];
    for (const segment of segments.toReversed()) {
      try {
        turns.unshift({ segment, limit: segment.look() });
      } catch (error) {
        await this.lose(segment, error, live);
        return undefined;
      }
    }
    return turns;
  }

  private async *drain(live: LiveFile, segments: readonly Segment[], signal: AbortSignal): Blocks<Outcome> {
    const turns = await this.measure(live, segments);
    if (turns === undefined) return 'failed';
    for (const { segment, limit } of turns) {
      if (signal.aborted) return 'failed';
      try {
        const outcome = yield* this.drainSegment(segment, limit, signal);
        if (outcome !== 'settled') return outcome;
      } catch (error) {
        await this.lose(segment, error, live);
        return 'failed';
      }
    }
    return 'settled';
  }

  private async *drainSegment(segment: Segment, limit: number, signal: AbortSignal): Blocks<Outcome> {
    for (;;) {
      const reading = await segment.read(limit, this.options.beforeCorruptIn);
      if (reading.kind === 'truncated') return this.truncated(segment);
      if (signal.aborted) return 'failed';
      if (reading.kind === 'nuls') continue;
      segment.isDrained = reading.kind === 'end';
      if (reading.kind === 'end' && segment.isQuiet(this.options.tickMs)) return yield* this.finish(segment);
      if (reading.kind === 'end') return yield* this.noteWhere(segment);
      yield* this.deliver(segment, reading, false);
    }
  }

  /** Where rotated files go is stored at once: the next may go there while nobody looks. */
  private *noteWhere(segment: Segment): Generator<Block, Outcome> {
    const isNoted = !segment.consumed || segment.storedIn === dirname(segment.stamp.path);
    if (!isNoted) yield* this.deliver(segment, noLines(segment.trace), false);
    return 'settled';
  }

  /** The end of a segment: its last line, newline or not, and the file released. */
  private async *finish(segment: Segment): Blocks<Outcome> {
    const rest = await segment.reader.readRest();
    if (rest.kind === 'truncated') return this.truncated(segment);
    const last = rest.kind === 'lines' ? rest : noLines(segment.trace);
    if (segment.consumed || rest.kind === 'lines') yield* this.deliver(segment, last, true);
    if (!segment.consumed) this.options.discovery.giveUp(segment.stamp);
    await this.release(segment);
    return 'settled';
  }

  private async release(segment: Segment): Promise<void> {
    this.open = this.open.filter((other) => other !== segment);
    this.options.discovery.reopen(segment.id);
    await segment.close();
  }

  private *deliver(segment: Segment, { bytes, trace, skipped }: Lines, done: boolean): Generator<Block> {
    const { path, discovery, notify } = this.options;
    const { forgotten } = discovery;
    const awaited = discovery.awaitedInodes;
    const position = segment.position(path, trace, { ...(done && { done }), ...(awaited.length > 0 && { awaited }) });
    // guard: F24
    yield { log: path, bytes, continues: segment.consumed, position, forgotten };
    discovery.stored(position, forgotten);
    segment.reader.moveTo(trace);
    segment.storedIn = dirname(segment.stamp.path);
    this.taken++;
    this.counts.skippedLines += skipped;
    if (skipped > 0)
      notify('skipped-line', `A line of ${path} that ends at byte ${trace.offset} is longer than 16 MiB: passed over`);
  }

  /** What was read of a segment is no longer in its file. The rest of it may be in a copy, which a survey finds. */
  private async truncated(segment: Segment): Promise<Outcome> {
    const { path, discovery, notify } = this.options;
    this.surveyDue = true;
    discovery.reopen(segment.id);
    if (segment.quietSince !== undefined) {
      await this.release(segment);
      return 'again';
    }
    this.counts.truncations++;
    if (segment.isDrained) discovery.noteEmptied(segment.id);
    notify('truncated', `${path} was truncated`);
    const position = discovery.position(segment.id);
    const trace = position && (await remains(segment.reader.text, position));
    if (trace !== undefined) segment.reader.moveTo(trace);
    else this.exchange(segment, segment.as(randomUUID(), beginTrace()));
    return 'again';
  }

  /** A file that fails to be read is let go; what it is and where to read on is found out anew at a later look. */
  private async lose(segment: Segment, error: unknown, live: LiveFile): Promise<void> {
    const { discovery } = this.options;
    const brokenOff = !segment.plain && !isBeingWritten(segment.stamp, Date.now());
    this.notifyTroubles([[brokenOff ? 'damaged' : 'unreadable', whyUnread(segment.stamp.path, error)]]);
    // guard: F22
    if (brokenOff) discovery.giveUp(segment.stamp);
    // guard: F26
    if (segment.quietSince === undefined) live.forget();
    await this.release(segment);
  }
}

type Blocks<Result> = AsyncGenerator<Block, Result, undefined>;

const noLines = (trace: Trace): Lines => ({ kind: 'lines', bytes: NOTHING, trace, skipped: 0 });
const AT_REST: Survey = { moving: false, again: false };

/**
 * The pieces of a log that are open, oldest first, and the draining of them. A piece that is no longer the live one is
 * read on until it has been quiet for a while, since its writer may not have noticed; then its last line is taken even
 * without a newline, and the file is released.
 */
import { randomUUID } from 'node:crypto';
import type { Inventory } from './discover.ts';
import type { Block, Lines } from '../files/lines.ts';
import type { LiveFile } from './live-file.ts';
import { closeFile, Piece, type Opened } from './segment.ts';
import { beginTrace, sameInode } from './position.ts';
import { copyOf, remains, TELLING } from './match.ts';
import { homesOf, isBeingWritten, listSiblings, type Listing, type Sibling } from '../files/siblings.ts';

export type Telling =
  | 'rotated'
  | 'truncated'
  | 'waiting'
  | 'unreadable'
  | 'readable'
  | 'skipped-line'
  | 'damaged'
  | 'no-events'
  | 'not-taken'
  | 'taken';

/** `again`: something could not be settled and may be soon. `failed`: at the next tick perhaps. */
export type Outcome = 'settled' | 'again' | 'failed';

export interface PiecesOptions {
  readonly path: string;
  readonly tickMs: number;
  readonly inventory: Inventory;
  readonly offer: (block: Block) => Promise<boolean>;
  readonly tell: (kind: Telling, text: string) => void;
}

/** In ticks. A file that is in no directory any more can only be read as long as it is held. */
const QUIET = 10;
const QUIET_UNLINKED = 60;
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
  readonly piece: Piece;
  /** How far it is to be read. */
  readonly limit: number;
}

export class Pieces {
  surveyDue = true;
  private readonly options: PiecesOptions;
  private open: Piece[] = [];
  private surveyedAt = 0;
  private stopped = false;
  private begun = false;
  private troubles = new Set<string>();
  /** Blocks that were taken. */
  private taken = 0;
  private readonly counts = { rotations: 0, truncations: 0, skippedLines: 0 };

  constructor(options: PiecesOptions) {
    this.options = options;
  }

  get livePiece(): Piece | undefined {
    return this.open.findLast(({ quietSince }) => quietSince === undefined);
  }

  status() {
    const { livePiece, open } = this;
    return {
      ...this.counts,
      offset: livePiece?.trace.offset ?? 0,
      size: livePiece?.stamp.size ?? 0,
      lagBytes: open.reduce((sum, { lag }) => sum + lag, 0),
      pieces: open.length,
    };
  }

  /** One look at everything, and the delivery of all lines that were there when it began. */
  async pass(live: LiveFile): Promise<Outcome> {
    const fresh = await this.takeUp(live.take());
    const { taken } = this;
    const { tickMs } = this.options;
    const all = fresh || this.surveyDue || performance.now() - this.surveyedAt > SURVEY_EVERY * tickMs;
    const { moving, again } = all ? await this.survey(live) : AT_REST;
    const drained = await this.drain(live, all ? this.open : this.open.filter((piece) => piece.due(tickMs)));
    // What cannot be told before something else has been read has to wait for that, and nobody has to wait for it.
    return drained === 'settled' && (moving || (again && this.taken > taken)) ? 'again' : drained;
  }

  stop(): void {
    this.stopped = true;
  }

  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((piece) => piece.close()));
  }

  /** Newly pinned files become pieces. True if there are any. */
  private async takeUp(pins: readonly Opened[]): Promise<boolean> {
    for (const pin of pins) {
      const held = this.open.find(({ stamp }) => sameInode(stamp, pin.stamp));
      if (held !== undefined) await closeFile(pin);
      this.setLive(held ?? new Piece(randomUUID(), pin, beginTrace(), false));
    }
    return pins.length > 0;
  }

  private setLive(piece: Piece): void {
    const { path, tell } = this.options;
    const others = this.open.filter((other) => other !== piece);
    if (this.begun && others.length === this.open.length) {
      this.counts.rotations++;
      tell('rotated', `${path} was rotated; following the new file`);
    }
    this.begun = true;
    others.forEach((other) => (other.quietSince ??= performance.now()));
    piece.quietSince = undefined;
    this.open = [...others, piece];
  }

  /** What has to be looked at again soon. While files are being renamed under our eyes, nothing newer is read. */
  private async survey(live: LiveFile): Promise<Survey> {
    this.surveyDue = false;
    this.surveyedAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      const survey = await this.surveyOnce(live);
      this.surveyDue ||= survey.moving || survey.again;
      if (!survey.moving || attempt === ATTEMPTS) return survey;
    }
  }

  private async surveyOnce(live: LiveFile): Promise<Survey> {
    const now = Date.now();
    if ((await this.measure(live, this.open)) === undefined) return { moving: false, again: true };
    this.options.inventory.awaitInodes(live.refusedInodes);
    const listing = await this.list(live);
    await this.identify(listing?.siblings ?? []);
    if (listing === undefined) return AT_REST;
    const { pieces, unseen, moving, again, troubles } = await this.options.inventory.survey(listing, this.open, now);
    for (const piece of pieces.filter((piece) => !this.open.includes(piece)))
      piece.quietSince = performance.now() - Math.max(0, now - piece.stamp.mtimeMs);
    this.open = [...pieces];
    this.counts.rotations += unseen;
    this.tellTroubles(troubles.map(({ kind, path, error }) => [kind, `${path} cannot be read: ${error.message}`]));
    return { moving, again };
  }

  /**
   * Whatever stood at the live path before the listing must be held: only so its rotated self is recognised. If a new file
   * stands there by now, another one may have become a sibling since the listing.
   */
  private async list(live: LiveFile): Promise<Listing | undefined> {
    const { path } = this.options;
    try {
      const { siblings, stable } = listSiblings(homesOf(path));
      live.look();
      const isFresh = await this.takeUp(live.take());
      return { siblings, stable: stable && !isFresh };
    } catch (error) {
      // That nothing is there is told of the live path.
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      const text = `The directory of ${path} cannot be listed (${String(error)}): what is rotated beside it is not seen`;
      if (!isMissing) this.tellTroubles([['unreadable', text]]);
      return undefined;
    }
  }

  private async identify(siblings: readonly Sibling[]): Promise<void> {
    for (const piece of this.open.filter(({ identified }) => !identified)) {
      if (await this.isCopy(piece)) continue;
      const known = await this.options.inventory.identify(piece, this.open, siblings);
      known.quietSince = piece.quietSince;
      this.exchange(piece, known);
    }
  }

  /**
   * Whether the piece is a copy that took the place of one we hold (`cp`, `mv`): then it is read on where that one has been
   * read to. A writer may go on in the deleted file, so that is held on to, as a piece of its own.
   */
  private async isCopy(piece: Piece): Promise<boolean> {
    const original = await this.originalOf(piece);
    if (original === undefined || !(await this.drainNow(original))) return false;
    const trace = await copyOf(piece.reader.text, original.reader.text, original.trace);
    if (trace === undefined) return false;
    const copy = piece.as(original.id, trace);
    this.exchange(original, original.as(randomUUID()));
    this.exchange(piece, copy);
    return this.deliver(copy, { kind: 'lines', bytes: NOTHING, trace, skipped: 0 }, false);
  }

  /** The deleted file that begins like this piece. */
  private async originalOf(piece: Piece): Promise<Piece | undefined> {
    const head = await piece.reader.text.read(0, TELLING);
    for (const other of this.open) {
      if (other === piece || !other.plain || !other.consumed) continue;
      other.look();
      if (other.unlinked && head.length === TELLING && head.equals(await other.reader.text.read(0, TELLING)))
        return other;
    }
    return undefined;
  }

  private async drainNow(piece: Piece): Promise<boolean> {
    for (;;) {
      const reading = await piece.read(piece.look());
      if (reading.kind !== 'lines') return reading.kind === 'end';
      if (!(await this.deliver(piece, reading, false))) return false;
    }
  }

  private exchange(piece: Piece, by: Piece): void {
    this.open = this.open.map((other) => (other === piece ? by : other));
  }

  private tellTroubles(troubles: readonly (readonly [Telling, string])[]): void {
    for (const [kind, text] of troubles) if (!this.troubles.has(text)) this.options.tell(kind, text);
    this.troubles = new Set(troubles.map(([, text]) => text));
  }

  /** How far each piece reaches now, measured from the newest to the oldest; undefined if one could not be looked at. */
  private async measure(live: LiveFile, pieces: readonly Piece[]): Promise<Turn[] | undefined> {
    const turns: Turn[] = [];
    for (const piece of pieces.toReversed()) {
      try {
        turns.unshift({ piece, limit: piece.look() });
      } catch (error) {
        await this.lose(piece, error, live);
        return undefined;
      }
    }
    return turns;
  }

  private async drain(live: LiveFile, pieces: readonly Piece[]): Promise<Outcome> {
    const turns = await this.measure(live, pieces);
    if (turns === undefined) return 'failed';
    for (const { piece, limit } of turns) {
      if (this.stopped) return 'failed';
      try {
        const outcome = await this.drainPiece(piece, limit);
        if (outcome !== 'settled') return outcome;
      } catch (error) {
        await this.lose(piece, error, live);
        return 'failed';
      }
    }
    return 'settled';
  }

  private async drainPiece(piece: Piece, limit: number): Promise<Outcome> {
    for (;;) {
      const reading = await piece.read(limit);
      if (reading.kind === 'truncated') return this.truncated(piece);
      if (reading.kind === 'nuls' && this.stopped) return 'failed';
      if (reading.kind === 'nuls') continue;
      if (reading.kind === 'end') return this.isQuiet(piece) ? this.finish(piece) : 'settled';
      if (!(await this.deliver(piece, reading, false))) return 'failed';
    }
  }

  private isQuiet(piece: Piece): boolean {
    if (piece.quietSince === undefined) return false;
    if (!piece.plain) return true;
    const ticks = piece.unlinked ? QUIET_UNLINKED : QUIET;
    return performance.now() - piece.quietSince >= ticks * this.options.tickMs;
  }

  /** The end of a piece: its last line, newline or not, and the file released. */
  private async finish(piece: Piece): Promise<Outcome> {
    const rest = await piece.reader.readRest();
    if (rest.kind === 'truncated') return this.truncated(piece);
    const last: Lines =
      rest.kind === 'lines' ? rest : { kind: 'lines', bytes: NOTHING, trace: piece.trace, skipped: 0 };
    if ((piece.consumed || rest.kind === 'lines') && !(await this.deliver(piece, last, true))) return 'failed';
    if (!piece.consumed) this.options.inventory.giveUp(piece.stamp);
    await this.release(piece);
    return 'settled';
  }

  private async release(piece: Piece): Promise<void> {
    this.open = this.open.filter((other) => other !== piece);
    this.options.inventory.reopen(piece.id);
    await piece.close();
  }

  private async deliver(piece: Piece, { bytes, trace, skipped }: Lines, done: boolean): Promise<boolean> {
    const { path, inventory, offer, tell } = this.options;
    const { forgotten } = inventory;
    const awaited = inventory.awaitedInodes;
    const position = piece.position(path, trace, { ...(done && { done }), ...(awaited.length > 0 && { awaited }) });
    if (!(await offer({ log: path, bytes, position, forgotten }))) return false;
    inventory.stored(position, forgotten);
    piece.reader.moveTo(trace);
    this.taken++;
    this.counts.skippedLines += skipped;
    if (skipped > 0)
      tell('skipped-line', `A line of ${path} that ends at byte ${trace.offset} is longer than 16 MiB: passed over`);
    return true;
  }

  /** What was read of a piece is no longer in its file. The rest of it may be in a copy, which a survey finds. */
  private async truncated(piece: Piece): Promise<Outcome> {
    const { path, inventory, tell } = this.options;
    this.surveyDue = true;
    inventory.reopen(piece.id);
    if (piece.quietSince !== undefined) {
      await this.release(piece);
      return 'again';
    }
    this.counts.truncations++;
    tell('truncated', `${path} was truncated`);
    const position = inventory.position(piece.id);
    const trace = position && (await remains(piece.reader.text, position));
    if (trace !== undefined) piece.reader.moveTo(trace);
    else this.exchange(piece, piece.as(randomUUID(), beginTrace()));
    return 'again';
  }

  /** A file that fails to be read is let go; what it is and where to read on is found out anew at a later look. */
  private async lose(piece: Piece, error: unknown, live: LiveFile): Promise<void> {
    const { inventory } = this.options;
    const brokenOff = !piece.plain && !isBeingWritten(piece.stamp, Date.now());
    this.tellTroubles([[brokenOff ? 'damaged' : 'unreadable', `${piece.stamp.path} cannot be read: ${String(error)}`]]);
    if (brokenOff) inventory.giveUp(piece.stamp);
    if (piece.quietSince === undefined) live.forget();
    await this.release(piece);
  }
}

const NOTHING = Buffer.alloc(0);
const AT_REST: Survey = { moving: false, again: false };

/**
 * One log on its way from bytes to users: its reader, its sessions, and the time its lines cover. `run`, `backfill` and
 * `history` differ in where the bytes come from and what is done with the users; this is what they share.
 */
import { joinSpans, OPEN_IN_SILENCE, spansSince, withoutSpans, type Span } from '../activity/coverage.ts';
import { Lifetime } from '../activity/lifetime.ts';
import { Sessions, type Session, type SessionsOptions } from '../activity/sessions.ts';
import type { Over } from '../activity/time-alone.ts';
import type { Users } from '../activity/user-table.ts';
import { EventBatch } from '../format/event-batch.ts';
import type { Rest, Wrapped } from '../format/log-format.ts';
import type { Rival } from '../format/form-change.ts';
import type { LineCounts } from '../format/line-decoder.ts';
import type { ArchivedFile } from './archive/arrange.ts';
import type { Position } from '../source/follow/position.ts';
import { LogReader, NO_LINES, type Decoded, type LogReaderOptions, type ReadState } from './log-reader.ts';
import { MAX_AHEAD } from './max-time.ts';
import { recordsFor, rulesFor, scannersFor } from './new-users.ts';
import type { StoredLog } from './stored-log.ts';
import { withPlace, type Place, type Unbelieved } from './unbelieved.ts';

/** What lines that are older than those known tell of the log. */
export interface Older {
  /** All that is covered by now. */
  readonly coverage: readonly Span[];
  readonly hasResumption: boolean;
  /** Sessions that are over by these lines. */
  readonly over: readonly (readonly [string, Session])[];
  readonly positions: readonly Position[];
  /** Of files that have other positions now. */
  readonly forgotten: readonly string[];
}

/** The log as a whole, read anew. */
export interface Anew {
  readonly logState: LogState;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly positions: readonly Position[];
}

export interface LogStateOptions extends SessionsOptions, Omit<LogReaderOptions, 'known'> {
  /** Spans of time that lines read before cover. */
  readonly coverage?: readonly Span[];
  /** When those lines came. */
  readonly lived?: readonly Span[];
  readonly stored?: { readonly log: StoredLog; readonly sessions: Iterable<readonly [string, Session]> };
}

/** After so long without a line, seconds, a log's year is told by its files again, not by the line before. */
export const YEAR_KNOWN_FOR = 300 * 86_400;
/** Spans of coverage kept: the last ones. */
const SPANS = 64;
const NO_BYTES = Buffer.alloc(0);

export class LogState {
  readonly sessions: Sessions;
  readonly #options: LogStateOptions;
  /** One for all blocks: an array more with each of them would keep the collector of garbage busy. */
  readonly #batch = new EventBatch(NO_BYTES);
  readonly #reader: LogReader;
  #read: ReadState;
  #coverage: readonly Span[];
  readonly #lifetime: Lifetime;
  #unbelieved: readonly Unbelieved[];
  #lost: readonly Span[];
  #lostSince: number | undefined;

  constructor(users: Users, options: LogStateOptions) {
    const { stored } = options;
    this.#options = options;
    this.#reader = new LogReader({ ...options, known: stored?.log }, scannersFor(users), recordsFor(users));
    this.#read = this.#reader.state;
    this.sessions = new Sessions(users, options, rulesFor(users));
    this.#coverage = options.coverage ?? stored?.log.coverage ?? [];
    this.#lifetime = new Lifetime(options.lived ?? stored?.log.lived ?? []);
    this.#unbelieved = (stored?.log.unbelieved ?? []).map((place) => ({ ...place, counts: NO_LINES }));
    this.#lost = stored?.log.lost ?? [];
    this.#lostSince = stored?.log.lostSince;
    if (stored) this.sessions.restore(stored.sessions, stored.log, options.horizon() - MAX_AHEAD);
  }

  /** As of `LogReader`. */
  beginFile(file: Pick<ArchivedFile, 'firstAt' | 'lastAt' | 'year' | 'stamp'>): void {
    this.#reader.beginFile(file);
    this.#read = this.#reader.state;
  }

  /** Lines behind the last one were lost: who is online is not known any more, and the time up to the next line not covered. */
  loseLines(): void {
    this.#lostSince ??= this.last;
  }

  /** The lines before are counted, though others have read them. */
  countOn(before: LineCounts): void {
    this.#reader.countOn(before);
    this.#read = this.#reader.state;
  }

  /** What lines from before those that were read tell. */
  addOlder({ coverage, hasResumption, over }: Pick<Older, 'coverage' | 'hasResumption' | 'over'>): void {
    this.#coverage = joinSpans([...this.#coverage, ...coverage]).slice(-SPANS);
    this.sessions.addOlder(over, hasResumption);
  }

  /** Its sessions are among those of memory no longer. */
  letGo(): void {
    this.sessions.dropAll();
    this.sessions.stored.skipChanges();
  }

  /** What comes next may have been written since the files were looked at. */
  endFiles(): void {
    this.#reader.endFiles();
  }

  /**
   * The events of whole lines, in their order; they are still to be taken in by `sessions`, before other lines are decoded. `continues`: the lines follow
   * those before in the same file, so that nothing can be missing between. `place`: where they are, if they may be read again.
   */
  decode(bytes: Buffer, continues: boolean, place?: () => Place): EventBatch {
    const batch = this.#batch;
    batch.begin(bytes);
    if (bytes.length > 0) this.#take(batch, this.#reader.decode(batch, this.#lostSince), continues, place);
    return batch;
  }

  /** The events of lines that waited for those that come next, as far as they are told without. As `decode`. */
  decodeRest(rest: Rest = 'end'): EventBatch {
    const batch = this.#batch;
    batch.begin(NO_BYTES);
    if (this.waiting > 0) this.#take(batch, this.#reader.decode(batch, this.#lostSince, rest), true);
    return batch;
  }

  /** So many of the last lines wait for those that come next, and are not counted as long as they do. */
  get waiting(): number {
    return this.#reader.waiting;
  }

  /** Whether they do as these tell whose text they are. */
  get isHolding(): boolean {
    return this.#reader.isHolding;
  }

  #take(batch: EventBatch, decoded: Decoded, continues: boolean, place?: () => Place): void {
    const { before, state, firstAt, aheadAt, gaps } = decoded;
    this.#read = state;
    this.sessions.expect(batch);
    this.#lifetime.noteAll(batch, gaps);
    if (aheadAt !== undefined && place) this.#noteUnbelieved(aheadAt, before, place());
    for (const at of [firstAt, state.last]) if (at !== undefined) this.#lifetime.note(at);
    if (this.#lostSince !== undefined && firstAt !== undefined) {
      this.#lost = [...this.#lost, [this.#lostSince, firstAt] as const].slice(-SPANS);
      this.#lostSince = undefined;
    }
    this.#cover(continues ? (before.last ?? firstAt) : firstAt, state.last);
  }

  #noteUnbelieved(at: number, { reader, counts }: Decoded['before'], place: Place): void {
    const { timezone } = this.#options;
    const now = { ...place, at, timezone, counts, detail: this.sessions.detail, ...(reader && { reader }) };
    this.#unbelieved = withPlace(this.#unbelieved, now);
  }

  /** The sessions that are over by `now`, unix seconds, if no line has come since. */
  overBy(now: number): Iterable<Over> {
    const isSilent = this.last !== undefined && now - this.last > OPEN_IN_SILENCE;
    return isSilent ? this.sessions.online() : this.sessions.overBy(now);
  }

  get counts(): Readonly<LineCounts> {
    return this.#read.counts;
  }

  /** The instant of the last line, unix seconds. */
  get last(): number | undefined {
    return this.#read.last;
  }

  get coverage(): readonly Span[] {
    return this.#coverage;
  }

  /** It does not reach back beyond that instant, unix seconds, any more. */
  uncover(since: number): void {
    this.#coverage = spansSince(this.#coverage, since);
  }

  /** Times in it of which lines were lost. */
  get lost(): readonly Span[] {
    return this.#lost;
  }

  /** Whether lines behind the last one were lost, and none has come since. */
  get isBehindLoss(): boolean {
    return this.#lostSince !== undefined;
  }

  /** Where lines were not believed. */
  get unbelieved(): readonly Unbelieved[] {
    return this.#unbelieved;
  }

  /** When its lines came. */
  get lived(): readonly Span[] {
    return this.#lifetime.spans;
  }

  /** The server's version, where the log has named it. */
  get version(): string | undefined {
    return this.#read.version;
  }

  /** What is around the lines; undefined where they are as the server wrote them into a file. */
  get wrapped(): Wrapped | undefined {
    return this.#reader.wrapped;
  }

  /** Another server that writes into the log, and is not counted. */
  get rival(): Rival | undefined {
    return this.#reader.rival;
  }

  /** The dialect's name; undefined before the first line. */
  get server(): string | undefined {
    return this.#read.server;
  }

  get stored(): StoredLog | undefined {
    const { hasResumption, detail, losses } = this.sessions;
    const { server, version, reader } = this.#read;
    const lost = {
      ...(this.#lost.length > 0 && { lost: this.#lost }),
      ...(this.#lostSince !== undefined && { lostSince: this.#lostSince }),
    };
    const { log: before } = this.#options.stored ?? {};
    if (server === undefined || !reader)
      return before && { ...before, ...lost, coverage: this.#coverage, hasResumption };
    return {
      ...lost,
      server,
      reader,
      coverage: this.#coverage,
      hasResumption,
      detail,
      ...(losses.length > 0 && { losses }),
      ...(version !== undefined && { version }),
      lived: this.lived,
      ...(this.#unbelieved.length > 0 && { unbelieved: this.#unbelieved }),
    };
  }

  #cover(from: number | undefined, to: number | undefined): void {
    if (from === undefined || to === undefined || to < from) return;
    this.#coverage = joinSpans([...this.#coverage, [from, to]]).slice(-SPANS);
  }
}

/** The time that the lines of a log cover. */
export function coveredIn({ coverage, lost = [] }: Pick<StoredLog, 'coverage' | 'lost'>): readonly Span[] {
  return withoutSpans(coverage, lost);
}

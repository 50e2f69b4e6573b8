/**
 * One log on its way from bytes to users: its dialect, its clock, its sessions, and the time its lines cover. `run`,
 * `backfill` and `history` differ in where the bytes come from and what is done with the users; this is what they share.
 */
import { joinSpans, LONGEST_SILENCE, OPEN_IN_SILENCE, withoutSpans, type Span } from '../activity/coverage.ts';
import { Lifetime } from '../activity/lifetime.ts';
import { Sessions, type Session, type SessionsOptions } from '../activity/sessions.ts';
import type { Over } from '../activity/time-alone.ts';
import type { Users } from '../activity/user-table.ts';
import type { Dialect, Gap } from '../format/dialects/dialect.ts';
import { dialectNamed, dialectOf } from '../format/format.ts';
import { decode } from '../format/decoder.ts';
import { EventBatch } from '../format/event-batch.ts';
import type { LineScanner, ScanPlan } from '../format/scanner/scanner.ts';
import { scannersFor } from './new-users.ts';
import { LineDecoder, type LineCounts, type LineDecoderState } from '../format/line-decoder.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import type { ArchivedFile } from './archive/arrange.ts';
import { latestStart } from './latest-year.ts';
import type { StoredLog } from './stored-log.ts';
import { withPlace, type Place, type Unbelieved } from './unbelieved.ts';

export interface LogStateOptions extends SessionsOptions {
  /** A dialect's name, or `auto`. */
  readonly server: string;
  readonly timezone: string;
  /** The form of the stamps, as strftime has it; empty where the lines tell. */
  readonly timestamps?: string;
  /** The latest instant believed, unix seconds. */
  readonly horizon: () => number;
  /** Spans of time that lines read before cover. */
  readonly coverage?: readonly Span[];
  /** When those lines came. */
  readonly lived?: readonly Span[];
  readonly stored?: { readonly log: StoredLog; readonly sessions: Iterable<readonly [string, Session]> };
}

/** After so long without a line, seconds, a log's year is told by its files again, not by the line before. */
export const YEAR_KNOWN_FOR = 300 * 86_400;
/** Between files, seconds: behind a longer silence the year is not counted on, as the files tell it better. */
const YEAR_COUNTED_FOR = 31 * 86_400;
/** Spans of coverage kept: the last ones, as only 30 days are ever asked about. */
const SPANS = 64;
const NO_LINES: LineCounts = { lines: 0, events: 0, rejected: 0, foreign: 0, quoted: 0 };

export class LogState {
  readonly sessions: Sessions;
  readonly #options: LogStateOptions;
  /** One for all blocks: an array more with each of them would keep the collector of garbage busy. */
  readonly #batch = new EventBatch(Buffer.alloc(0));
  readonly #scannerOf: (plan: ScanPlan) => LineScanner;
  #dialect: Dialect | undefined;
  #reader: LineDecoder | undefined;
  /** Where the reader begins; undefined for lines that are written as they are read. */
  #begin: Omit<LineDecoderState, 'parser' | 'stamp'> | LineDecoderState | undefined;
  /** Of readers before. */
  #counted = NO_LINES;
  /** Of the server, as readers before knew it. */
  #version: string | undefined;
  #coverage: readonly Span[];
  readonly #lifetime: Lifetime;
  #unbelieved: readonly Unbelieved[];
  #lost: readonly Span[];
  #lostSince: number | undefined;
  /** Where most lines of the old file that is read end, unix seconds. */
  #fileEnd: number | undefined;
  /** Lines are missing before the file that comes next; told with its first line. */
  #gap: Gap | undefined;

  constructor(users: Users, options: LogStateOptions) {
    const { stored, server } = options;
    this.#options = options;
    this.#scannerOf = scannersFor(users);
    this.sessions = new Sessions(users, options);
    this.#coverage = options.coverage ?? stored?.log.coverage ?? [];
    this.#lifetime = new Lifetime(options.lived ?? stored?.log.lived ?? []);
    this.#dialect = dialectNamed(server) ?? dialectNamed(stored?.log.server ?? '');
    this.#begin = stored?.log.reader;
    this.#version = stored?.log.version;
    this.#unbelieved = (stored?.log.unbelieved ?? []).map((place) => ({ ...place, counts: NO_LINES }));
    this.#lost = stored?.log.lost ?? [];
    this.#lostSince = stored?.log.lostSince;
    if (stored) this.sessions.restore(stored.sessions, stored.log);
  }

  /**
   * A file is read next whose lines are of `firstAt` to `lastAt`, unix seconds, but for stray ones, and begin in `year`. At the
   * beginning and after a long silence that is its year, else the one counted on from the line before. Behind a gap, open
   * sessions are not known to be open.
   */
  beginFile(file: Pick<ArchivedFile, 'firstAt' | 'lastAt' | 'year' | 'stamp'>): void {
    const { firstAt, lastAt, year, stamp } = file;
    const { last } = this;
    const end = this.#fileEnd ?? last;
    this.#fileEnd = lastAt;
    if (end !== undefined && firstAt - end > LONGEST_SILENCE) this.#gap = { kind: 'gap', at: firstAt };
    if (last !== undefined && Math.abs(firstAt - last) < YEAR_COUNTED_FOR) return;
    this.#counted = this.counts;
    this.#version = this.version;
    const before = this.#reader?.state ?? this.#begin;
    const clock = { year, last: undefined, near: firstAt };
    this.#begin = { ...before, ...(stamp && { stamp: stamp.name }), clock };
    this.#reader = undefined;
  }

  /** Lines behind the last one were lost: who is online is not known any more, and the time up to the next line not covered. */
  loseLines(): void {
    this.#lostSince ??= this.last;
  }

  /** The lines before are counted, though others have read them. */
  countOn(before: LineCounts): void {
    this.#counted = sumCounts([this.#counted, before]);
  }

  /** What comes next may have been written since the files were looked at. */
  endFiles(): void {
    this.#fileEnd = undefined;
  }

  /**
   * The events of whole lines, in their order; they are still to be taken in by `sessions`, before other lines are decoded. `continues`: the lines follow
   * those before in the same file, so that nothing can be missing between. `place`: where they are, if they may be read again.
   */
  decode(bytes: Buffer, continues: boolean, place?: () => Place): EventBatch {
    const batch = this.#batch;
    batch.begin(bytes);
    if (bytes.length === 0) return batch;
    const isFirst = !this.#reader && !this.#begin;
    const reader = (this.#reader ??= this.#readerFor(bytes));
    const { state } = reader;
    const { counts } = this;
    const before = state.clock.last;
    if (this.#lostSince !== undefined) this.#gap ??= { kind: 'gap', at: this.#lostSince };
    if (this.#gap) batch.add(this.#gap);
    this.#gap = undefined;
    const gaps = batch.count;
    decode(batch, reader, this.#scannerOf);
    this.sessions.expect(batch);
    this.#lifetime.noteAll(batch, gaps);
    const { firstAt, aheadAt } = reader;
    if (aheadAt !== undefined && place) {
      const { timezone } = this.#options;
      const now = {
        ...place(),
        at: aheadAt,
        timezone,
        counts,
        detail: this.sessions.detail,
        ...(!isFirst && { reader: state }),
      };
      this.#unbelieved = withPlace(this.#unbelieved, now);
    }
    const { last } = reader.state.clock;
    for (const at of [firstAt, last]) if (at !== undefined) this.#lifetime.note(at);
    if (this.#lostSince !== undefined && firstAt !== undefined) {
      this.#lost = [...this.#lost, [this.#lostSince, firstAt] as const].slice(-SPANS);
      this.#lostSince = undefined;
    }
    this.#cover(continues ? (before ?? firstAt) : firstAt, last);
    return batch;
  }

  /** The sessions that are over by `now`, unix seconds, if no line has come since. */
  overBy(now: number): Iterable<Over> {
    const isSilent = this.last !== undefined && now - this.last > OPEN_IN_SILENCE;
    return isSilent ? this.sessions.online() : this.sessions.overBy(now);
  }

  get counts(): Readonly<LineCounts> {
    return this.#reader ? sumCounts([this.#counted, this.#reader.counts]) : this.#counted;
  }

  /** The instant of the last line, unix seconds. */
  get last(): number | undefined {
    return (this.#reader?.state ?? this.#begin)?.clock.last;
  }

  get coverage(): readonly Span[] {
    return this.#coverage;
  }

  /** Times in it of which lines were lost. */
  get lost(): readonly Span[] {
    return this.#lost;
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
    return this.#reader?.version ?? this.#version;
  }

  /** The dialect's name; undefined before the first line. */
  get server(): string | undefined {
    return this.#dialect?.name;
  }

  get stored(): StoredLog | undefined {
    const { hasResumption, detail, losses } = this.sessions;
    const { version } = this;
    const lost = {
      ...(this.#lost.length > 0 && { lost: this.#lost }),
      ...(this.#lostSince !== undefined && { lostSince: this.#lostSince }),
    };
    const { log: before } = this.#options.stored ?? {};
    if (!this.#dialect || !this.#reader) return before && { ...before, ...lost };
    return {
      ...lost,
      server: this.#dialect.name,
      reader: this.#reader.state,
      coverage: this.#coverage,
      hasResumption,
      detail,
      ...(losses.length > 0 && { losses }),
      ...(version !== undefined && { version }),
      lived: this.lived,
      ...(this.#unbelieved.length > 0 && { unbelieved: this.#unbelieved }),
    };
  }

  #readerFor(bytes: Buffer): LineDecoder {
    const { timezone, timestamps = '', horizon, server } = this.#options;
    const stamp = strftimeForm(timestamps);
    const lines = firstLines(bytes);
    this.#dialect ??= dialectOf(server, lines);
    const begin = this.#begin;
    // A clock that was ahead when the last lines were read says nothing of the year.
    const isKnown = begin !== undefined && (begin.clock.last ?? -Infinity) <= horizon();
    const latest = () => latestStart(lines, { stamp, timezone, horizon: horizon() });
    const clock = isKnown ? begin.clock : { last: undefined, ...latest() };
    const yearUntil = (): number => this.#fileEnd ?? Infinity;
    return new LineDecoder({ dialect: this.#dialect, stamp, timezone, horizon, yearUntil, state: { ...begin, clock } });
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

export function sumCounts(all: readonly Readonly<LineCounts>[]): LineCounts {
  return all.reduce<LineCounts>(
    (sum, { lines, events, rejected, foreign, quoted }) => ({
      lines: sum.lines + lines,
      events: sum.events + events,
      rejected: sum.rejected + rejected,
      foreign: sum.foreign + foreign,
      quoted: sum.quoted + quoted,
    }),
    NO_LINES,
  );
}

/** The lines of a block by which its log is recognised, one character per byte. */
export function firstLines(bytes: Buffer): string[] {
  return bytes
    .subarray(0, 256 * 1024)
    .toString('latin1')
    .split('\n');
}

/**
 * The lines of one log made into events, file after file: which server wrote them, which year they begin in, and whether lines
 * are missing between two files. It knows no user, so old logs are read with it in a thread of their own.
 */
import { LONGEST_SILENCE } from '../activity/coverage.ts';
import type { Dialect, Gap } from '../format/dialects/dialect.ts';
import { decode } from '../format/decoder.ts';
import type { CompiledRecords } from '../format/envelopes/compiled-records.ts';
import type { EventBatch } from '../format/event-batch.ts';
import { dialectNamed } from '../format/format.ts';
import { LineDecoder, type LineCounts, type LineDecoderState, type RunEnd } from '../format/line-decoder.ts';
import { LogFormat, type Rest, type Run, type Wrapped } from '../format/log-format.ts';
import type { Rival } from '../format/form-change.ts';
import type { LineFormat } from '../format/recogniser.ts';
import type { ScanPlan } from '../format/scanner/plan.ts';
import type { LineScanner } from '../format/scanner/scanner.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import type { ArchivedFile } from './archive/arrange.ts';
import { latestStart } from './latest-year.ts';
import type { StoredLog } from './stored-log.ts';

export interface LogReaderOptions {
  /** A dialect's name, or `auto`. */
  readonly server: string;
  readonly timezone: string;
  /** The form of the stamps, as strftime has it; empty where the lines tell. */
  readonly timestamps?: string;
  /** The latest instant believed, unix seconds. */
  readonly horizon: () => number;
  /** What was known of the log when it was read before. */
  readonly known?: Pick<StoredLog, 'server' | 'reader' | 'version'> | undefined;
}

/** What is known of a log by its lines. Plain data. */
export interface ReadState {
  /** The dialect's name; undefined before the first line. */
  readonly server: string | undefined;
  readonly version: string | undefined;
  /** To go on with the next line; undefined before the first one. */
  readonly reader: LineDecoderState | undefined;
  /** The instant of the last line, unix seconds. */
  readonly last: number | undefined;
  readonly counts: LineCounts;
}

/** What became of a block of lines, beside its events. Plain data. */
export interface Decoded {
  /** What was known before them; `reader` is there before the first line, too, if its year is known. */
  readonly before: Pick<ReadState, 'reader' | 'counts'> & { readonly last: number | undefined };
  readonly state: ReadState;
  /** Of the first line that is dated and believed, unix seconds. */
  readonly firstAt: number | undefined;
  /** The earliest instant of the events that lie too far ahead to be believed. */
  readonly aheadAt: number | undefined;
  /** So many events of the batch are gaps, and not of a line: the first ones. */
  readonly gaps: number;
}

/** Between files, seconds: behind a longer silence the year is not counted on, as the files tell it better. */
const YEAR_COUNTED_FOR = 31 * 86_400;
export const NO_LINES: LineCounts = { lines: 0, events: 0, rejected: 0, foreign: 0, quoted: 0 };

export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #scannerOf: (plan: ScanPlan) => LineScanner;
  readonly #format: LogFormat;
  #dialect: Dialect | undefined;
  /** The form of the lines read last. */
  #runs: LineFormat | undefined;
  #reader: LineDecoder | undefined;
  /** Where the reader begins; undefined for lines that are written as they are read. */
  #begin: Omit<LineDecoderState, 'parser' | 'stamp'> | LineDecoderState | undefined;
  /** Of readers before. */
  #counted = NO_LINES;
  /** Of the server, as readers before knew it. */
  #version: string | undefined;
  /** Where most lines of the old file that is read end, unix seconds. */
  #fileEnd: number | undefined;
  /** Lines are missing before the file that comes next; told with its first line. */
  #gap: Gap | undefined;

  constructor(options: LogReaderOptions, scannerOf: (plan: ScanPlan) => LineScanner, records?: CompiledRecords) {
    const { known, server } = options;
    this.#options = options;
    this.#scannerOf = scannerOf;
    const { wrapping, waiting, strange, isUnknown } = known?.reader ?? {};
    const [named, before] = [dialectNamed(server), dialectNamed(known?.server ?? '')];
    const isNamed = !named || (before !== undefined && [named, named.formerly].includes(before));
    this.#dialect = isNamed ? before : named;
    const isKnown = !isUnknown && isNamed;
    this.#format = new LogFormat({
      server,
      records,
      ...(isKnown && { dialect: before, wrapping, kept: { waiting, strange } }),
    });
    this.#begin = known?.reader;
    this.#version = known?.version;
  }

  /**
   * A file is read next whose lines are of `firstAt` to `lastAt`, unix seconds, but for stray ones, and begin in `year`. At the
   * beginning and after a long silence that is its year, else the one counted on from the line before. Behind a gap, open
   * sessions are not known to be open.
   */
  beginFile(file: Pick<ArchivedFile, 'firstAt' | 'lastAt' | 'year' | 'stamp'>): void {
    const { firstAt, lastAt, year, stamp } = file;
    const last = this.#last;
    const end = this.#fileEnd ?? last;
    this.#fileEnd = lastAt;
    this.#format.beginFile();
    if (end !== undefined && firstAt - end > LONGEST_SILENCE) this.#gap = { kind: 'gap', at: firstAt };
    if (last !== undefined && Math.abs(firstAt - last) < YEAR_COUNTED_FOR) return;
    const { counts, version } = this.state;
    this.#counted = counts;
    this.#version = version;
    const before = this.#reader?.state ?? this.#begin;
    const clock = { year, last: undefined, near: firstAt };
    this.#begin = { ...before, ...(stamp && { stamp: stamp.name }), clock };
    this.#reader = undefined;
    this.#runs = undefined;
  }

  /** What comes next may have been written since the files were looked at. */
  endFiles(): void {
    this.#fileEnd = undefined;
  }

  /** The lines before are counted, though others have read them. */
  countOn(before: LineCounts): void {
    this.#counted = sumCounts([this.#counted, before]);
  }

  /** What is around the lines; undefined where they are as the server wrote them into a file. */
  get wrapped(): Wrapped | undefined {
    return this.#format.wrapped;
  }

  /** Another server that writes into the log, and is not counted. */
  get rival(): Rival | undefined {
    return this.#format.rival;
  }

  /** So many lines wait for those that come next. */
  get waiting(): number {
    return this.#format.waiting;
  }

  /** Whether they do as these tell whose text they are. */
  get isHolding(): boolean {
    return this.#format.isHolding;
  }

  get state(): ReadState {
    const reader = this.#reader;
    return {
      server: this.#dialect?.name,
      version: reader?.version ?? this.#version,
      reader: this.#known,
      last: this.#last,
      counts: reader ? sumCounts([this.#counted, reader.counts]) : this.#counted,
    };
  }

  /**
   * Adds the events of the batch's lines to it. `lostSince`: lines were lost behind that instant, unix seconds. `rest`: of the lines that
   * wait what is told without those that come next.
   */
  decode(batch: EventBatch, lostSince?: number, rest?: Rest): Decoded {
    const isFirst = !this.#reader && !this.#begin;
    const known = this.#known;
    const { wrapping, kept } = this.#format;
    const { counts } = this.state;
    this.#format.begin(batch.bytes, rest);
    let run = this.#format.run();
    if (lostSince !== undefined) this.#gap ??= { kind: 'gap', at: lostSince };
    const named = run?.format.dialect.namesSessions;
    if (this.#gap) batch.add({ ...this.#gap, ...(named && { named }) });
    this.#gap = undefined;
    const gaps = batch.count;
    let begin: LineDecoderState | undefined;
    let firstAt: number | undefined;
    let aheadAt: number | undefined;
    for (let from = 0; run; run = this.#format.run()) {
      batch.bytes = from === 0 ? run.bytes : Buffer.concat([batch.bytes.subarray(0, from), run.bytes]);
      const reader = this.#readerOf(run);
      begin ??= reader.state;
      const start = from;
      from = decode(batch, reader, this.#scannerOf, start, this.#runEnd(reader, start));
      firstAt ??= reader.firstAt;
      aheadAt = earlier(aheadAt, reader.aheadAt);
    }
    const reader = isFirst ? undefined : (known ?? (begin && { ...begin, wrapping, ...kept }));
    return { firstAt, aheadAt, before: { reader, last: begin?.clock.last, counts }, state: this.state, gaps };
  }

  /** Of a run that begins at `start` of the batch. */
  #runEnd(reader: LineDecoder, start: number): RunEnd {
    return {
      endOf: (at) => {
        const end = this.#format.endOf(at - start, {
          version: reader.version ?? this.#version,
          isQuoting: reader.isQuoting,
        });
        return end === undefined ? undefined : start + end;
      },
      hold: (at) => this.#format.hold(at - start),
    };
  }

  /** What is known of the lines before. */
  get #known(): LineDecoderState | undefined {
    const reader = this.#reader;
    if (!reader) return undefined;
    const { wrapping, format, kept } = this.#format;
    return { ...reader.state, ...(wrapping && { wrapping }), ...kept, ...(!format && { isUnknown: true }) };
  }

  get #last(): number | undefined {
    return (this.#reader?.state ?? this.#begin)?.clock.last;
  }

  /** For lines of this form: what has read those before, or one that goes on from it. */
  #readerOf({ format, bytes }: Run): LineDecoder {
    if (this.#reader && this.#runs === format) return this.#reader;
    const { counts, reader: before = this.#begin } = this.state;
    const { dialect } = format;
    const isSame = this.#dialect === undefined || this.#dialect === dialect;
    this.#version = isSame ? this.state.version : undefined;
    this.#counted = counts;
    const isOther = this.#runs !== undefined;
    this.#begin = before && { ...(isSame && before), ...(isOther && { stamp: undefined }), clock: before.clock };
    this.#runs = format;
    this.#dialect = dialect;
    this.#reader = this.#readerFor(bytes, format);
    return this.#reader;
  }

  #readerFor(bytes: Buffer, { dialect, wrapping }: LineFormat): LineDecoder {
    const { timezone, timestamps = '', horizon } = this.#options;
    // The setting is about the server's own stamps.
    const stamp = wrapping && !wrapping.keepsInner ? undefined : strftimeForm(timestamps);
    const begin = this.#begin;
    // A clock that was ahead when the last lines were read says nothing of the year.
    const isKnown = begin !== undefined && (begin.clock.last ?? -Infinity) <= horizon();
    const latest = () => latestStart(firstLines(bytes), { stamp, timezone, horizon: horizon() });
    const clock = isKnown ? begin.clock : { last: undefined, ...latest() };
    const yearUntil = (): number => this.#fileEnd ?? Infinity;
    return new LineDecoder({ dialect, stamp, timezone, horizon, yearUntil, state: { ...begin, clock } });
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
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

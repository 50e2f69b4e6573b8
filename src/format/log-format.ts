/**
 * The form of one log from block to block: its lines are made plain, run after run of one form. Where a line is not understood it is
 * looked whether another form begins there, which holds from there on; lines of which that cannot be told yet wait for those that
 * come next.
 */
import type { Dialect } from './dialects/dialect.ts';
import { prosody } from './dialects/prosody.ts';
import type { CompiledRecords } from './envelopes/compiled-records.ts';
import type { Envelope } from './envelopes/envelope.ts';
import { linesFrom, linesOf, tailOf } from './block-lines.ts';
import { Unwrapper, type UnwrapState, type Wrapping } from './envelopes/unwrap.ts';
import { ENVELOPES } from './envelopes.ts';
import type { Kept, Replaced, WrappingState } from './kept-form.ts';
import type { LineDecoder } from './line-decoder.ts';
import { GOING_ON, lookAt, type Rival } from './form-change.ts';
import { dialectNamed } from './format.ts';
import { ownIn, recogniseFormat, SAMPLE, type LastStamp, type LineFormat } from './recogniser.ts';
import { STAMP_FORMS } from './time/stamp-form.ts';
import { TIME_OF_DAY } from './time/time-of-day.ts';

const NEWLINE = 10;
const TAB = 9;
const BLANK = 32;
/** Lines at the end of a block by which it is seen whether it is still understood. */
const TAIL = 200;
/** In one block; more of them are two writers in one file, of which one is read. */
const MOST_CHANGES = 64;
/** Lines held, bytes: more than a message has (ejabberd cuts it at 102,400 characters) with what a wrapping puts around each of its lines, but for odd ones. */
const MOST_HELD = 1024 * 1024;

/**
 * What of the lines that wait is told without those that come next. `late`: messages that waited already when this was asked last,
 * or when the waiting began, as all their lines have been written by now. `file`: all messages, as none goes on in another file.
 * `now`: the form of lines, as far as it is told without others, which may be long in coming. `end`: all, as none come.
 */
export type Rest = 'late' | 'file' | 'now' | 'end';

/** What is around the lines of a log. */
export interface Wrapped {
  readonly envelope: Envelope;
  /** What is in them are lines of the server's; else each is a message with all that belongs to it. */
  readonly isOutput: boolean;
}

/** Lines of one form, made plain. */
export interface Run {
  readonly format: LineFormat;
  readonly bytes: Buffer;
}

export interface LogFormatOptions {
  /** A dialect's name, or `auto`. */
  readonly server: string;
  /** As of the log before. */
  readonly dialect?: Dialect | undefined;
  readonly wrapping?: WrappingState | undefined;
  readonly kept?: Kept;
  /** Without it usual records are read as all others are. */
  readonly records?: CompiledRecords | undefined;
}

export class LogFormat {
  readonly #server: string;
  readonly #records: CompiledRecords | undefined;
  #format: LineFormat | undefined;
  #unwrapper: Unwrapper | undefined;
  /** Lines that wait. */
  #waiting: Buffer = Buffer.alloc(0);
  /** They are held; where in the run. */
  #heldAt: number | undefined;
  /** So many bytes of them waited when it was asked last which of them are told by now, or when they began to. */
  #late = 0;
  #wasHolding = false;
  /** The block that is read. */
  #block: Buffer = Buffer.alloc(0);
  /** Where the next run begins in it, and what holds from there on. */
  #next = 0;
  #nextFormat: LineFormat | undefined;
  #changes = 0;
  #rest: Rest | undefined;
  /** As long as the other one may be a neighbour that repeats lines of it. */
  #replaced: Replaced | undefined;
  /** Where the other one came in the block. */
  #replacedAt = 0;
  /** The run that is read, where it begins in the block, and what was known before it. */
  #run: Run | undefined;
  #from = 0;
  #before: UnwrapState | undefined;
  /** The same line in the run and in the block; lines before it have been looked at. */
  #plainAt = 0;
  #at = 0;
  #seen = 0;
  #strange = 0;
  readonly #lastStamp: LastStamp = {};
  #isUnheard: boolean;
  readonly #rivals = new Map<string, number>();
  readonly #quiet = new Map<string, number>();

  constructor({ server, dialect, wrapping, kept = {}, records }: LogFormatOptions) {
    this.#server = server;
    this.#records = records;
    this.#isUnheard = !dialect;
    if (!dialect) return;
    this.#be({ dialect, wrapping: wrapping && wrappingOf(wrapping) }, wrapping?.unwrap);
    this.#waiting = Buffer.from(kept.waiting ?? '', 'latin1');
    this.#strange = kept.strange ?? 0;
    this.#replaced = wrapping?.replaced;
  }

  /** Undefined before the first line that is understood. */
  get format(): LineFormat | undefined {
    return this.#format;
  }

  get wrapping(): WrappingState | undefined {
    const { wrapping } = this.#format ?? {};
    if (!wrapping || !this.#unwrapper) return undefined;
    const { envelope, program, inner, keepsInner } = wrapping;
    const unwrap = this.#unwrapper.state;
    const replaced = this.#replaced && { replaced: this.#replaced };
    const wrapped = { envelope: envelope.name, program, ...(inner && { inner: inner.name }), keepsInner, unwrap };
    return { ...wrapped, ...replaced };
  }

  /** Undefined where the lines are as the server wrote them into a file. */
  get wrapped(): Wrapped | undefined {
    const { envelope } = this.#format?.wrapping ?? {};
    return envelope && { envelope, isOutput: this.#unwrapper?.state.isOutput === true };
  }

  /** The program beside the server that wrote most lines as a server does; they are not read. */
  get rival(): Rival | undefined {
    const [most] = [...this.#rivals].toSorted(([, a], [, b]) => b - a);
    return most && { program: most[0], lines: most[1] };
  }

  /** So many lines wait for those that come next. */
  get waiting(): number {
    return this.#waiting.length === 0 ? 0 : linesOf(this.#waiting).length - 1;
  }

  /** Whether they do as these tell whose text they are. */
  get isHolding(): boolean {
    return this.#heldAt !== undefined;
  }

  get kept(): Kept {
    const waiting = this.#waiting.length > 0 && { waiting: this.#waiting.toString('latin1') };
    return { ...waiting, ...(this.#strange > 0 && { strange: this.#strange }) };
  }

  /** What comes next is of another file. */
  beginFile(): void {
    this.#isUnheard = true;
  }

  /** Takes whole lines, which are then read run after run. */
  begin(bytes: Buffer, rest?: Rest): void {
    this.#rest = rest;
    this.#wasHolding = this.isHolding;
    this.#heldAt = undefined;
    this.#replacedAt = 0;
    this.#block = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, bytes]) : bytes;
    this.#waiting = Buffer.alloc(0);
    this.#next = 0;
    this.#nextFormat = undefined;
    this.#changes = 0;
    const found = this.#format ? undefined : this.#recognise(bytes);
    if (found) this.#be(found);
  }

  /** Other programs may have written thousands of lines before the first one of the server. */
  #recognise(bytes: Buffer): LineFormat | undefined {
    for (let from = 0, to; from < bytes.length; from = to) {
      const { lines, end } = linesFrom(bytes, from, SAMPLE);
      const found = recogniseFormat(lines, this.#server);
      if (found) return found;
      to = end;
    }
    return undefined;
  }

  /** The next lines of one form, or more than those: `endOf` tells where they end. Undefined at the end of the block. */
  run(): Run | undefined {
    const from = this.#next;
    if (this.#nextFormat) this.#be(this.#nextFormat, from === this.#from ? this.#begun(this.#nextFormat) : undefined);
    this.#nextFormat = undefined;
    const bytes = this.#block.subarray(from);
    if (bytes.length === 0) return this.#end();
    this.#from = this.#at = from;
    this.#plainAt = this.#seen = 0;
    this.#next = this.#block.length;
    this.#before = this.#unwrapper?.state;
    // Nothing is known yet: the lines of the server may be yet to come.
    const format = this.#format ?? { dialect: dialectNamed(this.#server) ?? prosody };
    this.#run = { format, bytes: this.#unwrapper?.unwrap(bytes) ?? bytes };
    return this.#run;
  }

  /**
   * Where the lines of this form end in the run: at `at`, where a line is not understood, or before empty lines in front of it; undefined
   * where they go on. `version`: of the server, where the log has named it; `isQuoting`: of that line.
   */
  endOf(at: number, { version, isQuoting }: Pick<LineDecoder, 'version' | 'isQuoting'>): number | undefined {
    const { format } = this.#run!;
    const isHeld = this.#heldAt !== undefined;
    if (isHeld || at < this.#seen || !this.#format || this.#changes === MOST_CHANGES) return undefined;
    this.#goTo(at);
    const first = this.#block[this.#at]!;
    if (first === TAB || first === BLANK) return undefined;
    if (first === NEWLINE) this.#goToRecord();
    const most = SAMPLE * (format.wrapping?.envelope.linesOfRecord ?? 1);
    const { lines, end } = linesFrom(this.#block, this.#at, most);
    const look = lookAt(lines, {
      format,
      server: this.#server,
      marks: version !== undefined && format.dialect.marksContinuations?.(version) === true,
      isQuoting,
      isUnheard: this.#isUnheard && this.#at === 0,
      strange: this.#at === 0 ? this.#strange : 0,
      isLast: end === this.#block.length,
      isEnd: (this.#rest === 'now' || this.#rest === 'end') && end === this.#block.length,
      replaced: this.#replacedHere(),
      rivals: this.#rivals,
      quiet: this.#quiet,
    });
    this.#goTo(this.#plainAt, look.at);
    this.#seen = this.#plainAt;
    if (look.kind !== 'change')
      for (const { program, lines: more } of look.rivals)
        this.#rivals.set(program, (this.#rivals.get(program) ?? 0) + more);
    if (look.kind === 'none') return undefined;
    this.#next = this.#at;
    this.#changes++;
    if (look.kind === 'change') this.#change(look.format);
    else this.#wait();
    return this.#plainAt;
  }

  /** As of a parser: the lines from the one at `at` of the run on. */
  hold(at: number): boolean {
    if (this.#heldAt !== undefined && at >= this.#heldAt) return true;
    if (!this.#format || this.#nextFormat || this.#rest === 'file' || this.#rest === 'end') return false;
    if (at < this.#plainAt) [this.#plainAt, this.#at] = [0, this.#from];
    this.#goTo(at);
    const isLate = this.#rest === 'late' && this.#at < this.#late;
    if (isLate || this.#block.length - this.#at > MOST_HELD) return false;
    this.#heldAt = at;
    this.#wait();
    return true;
  }

  #change(format: LineFormat): void {
    const before = this.#format?.wrapping?.program;
    const { program } = format.wrapping ?? {};
    const isOther = before !== undefined && program !== undefined && before !== program;
    this.#nextFormat = format;
    this.#replaced = isOther && program !== this.#replaced?.program ? { program: before, lines: 0 } : undefined;
    this.#replacedAt = this.#at;
    if (program !== undefined) this.#rivals.delete(program);
  }

  /** The program that was replaced, unless the other one has written much up to the line that is looked at. */
  #replacedHere(): string | undefined {
    const lines = this.#linesSince(this.#at);
    return lines < GOING_ON ? this.#replaced?.program : undefined;
  }

  #linesSince(end: number): number {
    if (!this.#replaced) return 0;
    const since = this.#block.subarray(this.#replacedAt, end);
    const { lines } = linesFrom(since, 0, SAMPLE);
    return this.#replaced.lines + ownIn(lines, this.#format!).length;
  }

  /** To the line at `plainAt` of the run, which is behind the last one or the same, and so many lines further. */
  #goTo(plainAt: number, more = 0): void {
    const { bytes } = this.#run!;
    for (let left = more; this.#plainAt < plainAt || left > 0;) {
      if (this.#plainAt >= plainAt) left--;
      this.#plainAt = bytes.indexOf(NEWLINE, this.#plainAt) + 1;
      this.#at = this.#block.indexOf(NEWLINE, this.#at) + 1;
    }
  }

  /** To where the record begins that ends here: each of its lines before is an empty one in the run. */
  #goToRecord(): void {
    const { bytes } = this.#run!;
    for (; this.#plainAt > 0 && (bytes[this.#plainAt - 2] ?? NEWLINE) === NEWLINE; this.#plainAt--)
      do this.#at--;
      while (this.#at > this.#from && this.#block[this.#at - 1] !== NEWLINE);
  }

  /** What was known before this run of a record that goes on in it. */
  #begun({ wrapping }: LineFormat): UnwrapState | undefined {
    const isSame = wrapping !== undefined && wrapping.envelope === this.#format?.wrapping?.envelope;
    return isSame && this.#before?.record ? { record: this.#before.record } : undefined;
  }

  /** The lines from here on are read with those that come next. */
  #wait(): void {
    this.#waiting = this.#block.subarray(this.#at);
    this.#next = this.#block.length;
    const { wrapping, dialect } = this.#format!;
    if (!wrapping) return;
    this.#unwrapper = new Unwrapper(wrapping, dialect, this.#before, this.#records);
    this.#unwrapper.unwrap(this.#block.subarray(this.#from, this.#at));
  }

  #end(): undefined {
    const read = this.#block.subarray(0, this.#block.length - this.#waiting.length);
    if (read.length > 0) this.#isUnheard = false;
    if (this.#replaced) {
      const lines = this.#linesSince(read.length);
      this.#replaced = lines < GOING_ON ? { ...this.#replaced, lines } : undefined;
    }
    if (this.#format && !this.#format.wrapping && read.length > 0) this.#strange = this.#strangeIn(read, this.#format);
    const isNew = this.#rest === 'late' || !this.#wasHolding;
    this.#late = isNew ? this.#waiting.length : Math.max(0, this.#late - read.length);
    this.#block = Buffer.alloc(0);
    return undefined;
  }

  /** Bytes at the end of what was read, and before, that are not understood. */
  #strangeIn(read: Buffer, format: LineFormat): number {
    // Nearly always.
    if (ownIn(tailOf(read, 1), format, this.#lastStamp).length > 0) return 0;
    return ownIn(tailOf(read, TAIL), format).length > 0 ? 0 : this.#strange + read.length;
  }

  #be(format: LineFormat, state?: UnwrapState): void {
    this.#format = format;
    this.#strange = 0;
    const { wrapping, dialect } = format;
    this.#unwrapper = wrapping && new Unwrapper(wrapping, dialect, state, this.#records);
  }
}

function wrappingOf({ envelope, program, inner, keepsInner }: WrappingState): Wrapping | undefined {
  const known = ENVELOPES.find(({ name }) => name === envelope);
  const form = [...STAMP_FORMS, TIME_OF_DAY].find(({ name }) => name === inner);
  return known && { envelope: known, program, inner: form, keepsInner };
}

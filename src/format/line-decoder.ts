/**
 * The lines of one log, block after block, made into session events: finds the line ends, has the dialect look at each
 * line, and reads the stamp of those that matter. Most lines are no event and cost a scan and nothing more; a stamp is read
 * besides only when its hour changes, so that the clock sees the turn of the year and of summer time.
 */
import { Clock, type ClockState } from './time/clock.ts';
import {
  holdNothing,
  type Dialect,
  type Hold,
  type Parser,
  type ParserState,
  type SessionEvent,
} from './dialects/dialect.ts';
import { ownLines } from './format.ts';
import type { Kept, WrappingState } from './kept-form.ts';
import { chooseForm, readingsOf } from './time/stamp-choice.ts';
import type { ScanPlan } from './scanner/plan.ts';
import type { LineScanner, Tick } from './scanner/scanner.ts';
import { fractionOf, lengthOf, minuteOf, secondOf, type Minute } from './time/minute.ts';
import { isAllOf } from './time/behind-stamp.ts';
import { STAMP_FORMS, type StampForm, type WallTime } from './time/stamp-form.ts';

const NEWLINE = '\n';
const HOUR = 3600;
/** More lines than any second has. */
const ALL = 0x7fff_ffff;

/** What a reader has to keep to go on with the next line of the same log; plain JSON. */
export interface LineDecoderState extends Kept {
  readonly clock: ClockState;
  readonly stamp: string | undefined;
  readonly parser: ParserState;
  /** The last instant, unix seconds, before the first line of a start of the server that has not been told yet. */
  readonly runEnd?: number | undefined;
  /** What is around the lines; undefined where nothing is. */
  readonly wrapping?: WrappingState | undefined;
  /** No line has been understood yet. */
  readonly isUnknown?: boolean;
}

/** Where the lines of a run end that are read now. */
export interface RunEnd {
  /** Where those of one form end, of which the one at `at` is not understood; undefined where they go on. */
  endOf(at: number): number | undefined;
  readonly hold: Hold;
}

export interface LineDecoderOptions {
  readonly dialect: Dialect;
  /** IANA name, for stamps that name no zone. */
  readonly timezone: string;
  readonly state: Omit<LineDecoderState, 'parser' | 'stamp'> & Partial<LineDecoderState>;
  /** The latest instant believed, unix seconds, asked for each event. */
  readonly horizon: () => number;
  /** The year turns no later, unix seconds, asked for each line; by default as `horizon`. */
  readonly yearUntil?: () => number;
  /** The form of the stamps where it is given; no other one is then tried. */
  readonly stamp?: StampForm | undefined;
}

/** What became of the lines so far. */
export interface LineCounts {
  lines: number;
  events: number;
  /** Events not believed or not dated: a stamp that cannot be read or lies in the future. */
  rejected: number;
  /** Lines that do not look like the server's at all. */
  foreign: number;
  /** Lines passed over as the text of a remote party, though they may be the server's own. */
  quoted: number;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A power failure leaves NUL bytes in a file, and the next line right behind them. */
function behindNuls(text: string, from: number, end: number): number {
  let start = from;
  while (start < end && text.charCodeAt(start) === 0) start++;
  return start === end ? from : start;
}

export class LineDecoder {
  readonly counts: LineCounts = { lines: 0, events: 0, rejected: 0, foreign: 0, quoted: 0 };
  readonly #clock: Clock;
  readonly #dialect: Dialect;
  readonly #parser: Parser;
  readonly #horizon: () => number;
  readonly #given: StampForm | undefined;
  #stamp: StampForm | undefined;
  #minute: Minute | undefined;
  #runEnd: number | undefined;
  #isKnown = false;
  #firstAt: number | undefined;
  #aheadAt: number | undefined;
  #strange: 'foreign' | 'rejected' | 'continuation' | undefined;

  constructor(options: LineDecoderOptions) {
    this.#clock = new Clock(options.timezone, options.state.clock, options.horizon, options.yearUntil);
    this.#dialect = options.dialect;
    this.#parser = options.dialect.begin(options.state.parser);
    this.#given = options.stamp;
    this.#stamp = options.stamp ?? STAMP_FORMS.find((form) => form.name === options.state.stamp);
    this.#horizon = options.horizon;
    this.#runEnd = options.state.runEnd;
  }

  get state(): LineDecoderState {
    const stamp = this.#given ? undefined : this.#stamp?.name;
    const runEnd = this.#runEnd === undefined ? {} : { runEnd: this.#runEnd };
    return { clock: this.#clock.state, stamp, parser: this.#parser.state, ...runEnd };
  }

  /** The instant of the first line of the last block that is dated and believed, unix seconds. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** The earliest instant of the events last read that lie too far ahead to be believed; undefined when there are none. */
  get aheadAt(): number | undefined {
    return this.#aheadAt;
  }

  /** Whether the line read last may be of another form: the server did not write it, or no time can be read in it. */
  get isStrange(): boolean {
    return this.#strange !== undefined;
  }

  /** Whether it may be the text of a remote party in a message before; undefined: that is never known. */
  get isQuoting(): boolean | undefined {
    return this.#parser.isQuoting;
  }

  /** The last lines read are not counted: the last one is strange, and read in another form, or held, and those before it are empty. */
  takeBack(lines: number): void {
    this.counts.lines -= lines;
    if (this.#strange === 'foreign' || this.#strange === 'rejected') this.counts[this.#strange]--;
  }

  /** The server's version, where the log has named it. */
  get version(): string | undefined {
    return this.#parser.version;
  }

  /**
   * Reads whole lines; the last byte of `bytes` is a newline. `seen` gets each event in the order of the lines, with the
   * index of its line in the block. `runEnd`: as of `decode`. Returns how many lines were read.
   */
  read(bytes: Buffer, seen: (event: SessionEvent, line: number) => void, runEnd?: RunEnd): number {
    const text = bytes.toString('latin1');
    let [line, to] = [0, text.length];
    this.begin(
      () => text,
      (at) => {
        const isHeld = runEnd?.hold(at) === true;
        if (isHeld) to = Math.min(to, at);
        return isHeld;
      },
    );
    for (let start = 0, end; start < to; start = end + 1, line++) {
      end = text.indexOf(NEWLINE, start);
      const event = this.line(text, start, end);
      if (event) seen(event, line);
      else if (this.isStrange && end > start) to = runEnd?.endOf(start) ?? to;
      if (start >= to) {
        const empty = start - to;
        this.takeBack(1 + empty);
        line -= empty;
        break;
      }
    }
    this.end();
    return line;
  }

  /** Before the lines of a block, whose text is asked for when it is needed. */
  begin(text: () => string, hold: Hold = holdNothing): void {
    this.#isKnown = this.#stamp !== undefined || this.#recognise(text());
    this.#firstAt = undefined;
    this.#aheadAt = undefined;
    this.#parser.beginBlock?.(text, hold);
  }

  /** Behind the lines of a block. */
  end(): void {
    if (!this.#isKnown) this.#stamp = undefined;
  }

  /** What a scanner may decide of the lines that come next; undefined: nothing. */
  get plan(): ScanPlan | undefined {
    return this.#parser.plan;
  }

  /** Whether the lines behind this one are needed to tell what it says. */
  needsContext(line: string): boolean {
    return this.#parser.needsContext(line);
  }

  /** The instant of the last line that was dated and believed, unix seconds; -Infinity before it. */
  get last(): number {
    return this.#clock.state.last ?? -Infinity;
  }

  /** So many lines of one second may it pass. */
  get mostInSecond(): number {
    return this.#parser.mostInSecond ?? ALL;
  }

  /** A scanner has taken lines of `bytes`. */
  passed(scanned: LineScanner, bytes: Buffer): void {
    const { lines, count, last } = scanned;
    this.#parser.passed(scanned, bytes);
    this.counts.lines += lines;
    this.counts.events += count;
    // As any event does.
    if (count > 0) this.#runEnd = undefined;
    if (lines > 0) this.#clock.goOn(last);
  }

  /** The usual stamp of the hour of this line, the last one read or the next one; undefined when it has to be read each time. */
  tickOf(line: string): Tick | undefined {
    const form = this.#stamp;
    const end = this.#parser.stampEndOf(line);
    if (!form?.isOrdered || !this.#clock.isSteady || end < 1) return undefined;
    const wall = form.read(line, 0);
    if (wall?.minuteAt === undefined || wall.secondAt !== wall.minuteAt + 3) return undefined;
    const base = isAllOf(line, wall.end, end) ? this.#clock.hour(wall) : undefined;
    const believed = base === undefined ? 0 : Math.min(HOUR, Math.floor(this.#horizon() - base));
    if (base === undefined || believed <= 0) return undefined;
    const tail = line.slice(wall.secondAt + 2, end);
    return { head: latin1(line.slice(0, wall.minuteAt)), tail: latin1(tail), digits: fractionOf(tail), base, believed };
  }

  /** False where the stamps of these lines may be read in several ways: alike so far, or not at all. */
  #recognise(text: string): boolean {
    const horizon = this.#horizon();
    const times = Number.isFinite(horizon) ? [horizon] : [];
    const own = ownLines(text.split(NEWLINE), this.#dialect);
    const { readings, isAlike } = chooseForm(readingsOf(own), { times, now: horizon });
    this.#stamp = isAlike ? readings[0]?.form : undefined;
    return readings.length === 1;
  }

  /** What the line in the text of a block says, from `from` to its newline at `end`. */
  line(text: string, from: number, end: number): SessionEvent | undefined {
    this.counts.lines++;
    this.#strange = undefined;
    const start = text.charCodeAt(from) === 0 ? behindNuls(text, from, end) : from;
    const found = this.#parser.parse(text, start, end);
    const { last } = this.#clock.state;
    if (typeof found === 'string') {
      if (found === 'first') this.#runEnd ??= last;
      if (found === 'plain' || found === 'first') this.#watchClock(text, start);
      if (found === 'foreign') this.counts.foreign++;
      if (found === 'quoted') this.counts.quoted++;
      if (found === 'foreign' || found === 'continuation') this.#strange = found;
      return undefined;
    }
    const horizon = this.#horizon();
    const at = this.#instant(text, start, this.#parser.stampEnd, horizon);
    // guard: F34
    if (at === undefined || at > horizon) {
      if (at === undefined) this.#strange = 'rejected';
      else this.#aheadAt = Math.min(at, this.#aheadAt ?? Infinity);
      this.counts.rejected++;
      return undefined;
    }
    this.counts.events++;
    this.#firstAt ??= at;
    return this.#withRun({ ...found, at }, last);
  }

  /** With the start of a server, when the run before it ended. `last`: of the line before, unix seconds. */
  #withRun(event: SessionEvent, last: number | undefined): SessionEvent {
    const before = this.#runEnd ?? last;
    if (event.kind !== 'loss') this.#runEnd = undefined;
    return event.kind === 'server-start' && event.logsOut && before !== undefined ? { ...event, before } : event;
  }

  /** The instant of the stamp between `start` and `end`, undefined when it cannot be read or is not all that stands there. */
  #instant(text: string, start: number, end: number, horizon: number): number | undefined {
    const known =
      this.#minute && end - start === lengthOf(this.#minute) ? secondOf(this.#minute, text, start) : undefined;
    if (this.#minute && known !== undefined) return this.#believed(this.#minute.at + known, horizon);
    const wall = this.#wall(text, start, end);
    const at = wall && this.#clock.read(wall);
    this.#minute = wall && at !== undefined ? this.#minuteOf(text, start, end, wall, at) : undefined;
    return at;
  }

  #believed(at: number, horizon: number): number {
    if (at <= horizon) this.#clock.note(at);
    return at;
  }

  /** What stands between `start` and `end`, undefined when that is no stamp or more than one. */
  #wall(text: string, start: number, end: number): WallTime | undefined {
    const wall = this.#stamp?.read(text, start);
    if (wall && isAllOf(text, wall.end, end)) return wall;
    if (this.#given) return undefined;
    return this.#otherWall(text, start, end);
  }

  /** The administrator may have changed the form since. Of several that fit, that which is near to the line before. */
  #otherWall(text: string, start: number, end: number): WallTime | undefined {
    const { last } = this.#clock.state;
    const others = readingsOf(
      [text.slice(start, end)],
      STAMP_FORMS.filter((form) => !isRival(form, this.#stamp)),
    );
    const evidence = { times: last === undefined ? [] : [last], now: this.#horizon() };
    const { readings, isAlike } = chooseForm(others, evidence);
    const [found] = readings;
    const wall = isAlike ? found?.form.read(text, start) : undefined;
    if (!found || !wall || !isAllOf(text, wall.end, end)) return undefined;
    this.#stamp = found.form;
    return wall;
  }

  /** A line without event dates what follows, too. */
  #watchClock(text: string, start: number): void {
    const horizon = this.#horizon();
    const known = this.#minute && secondOf(this.#minute, text, start);
    const wall = known === undefined ? this.#stamp?.read(text, start) : undefined;
    const at = known === undefined ? wall && this.#clock.read(wall) : this.#believed(this.#minute!.at + known, horizon);
    if (at === undefined) return;
    if (at <= horizon) this.#firstAt ??= at;
    if (wall) this.#minute = this.#minuteOf(text, start, wall.end, wall, at);
  }

  #minuteOf(text: string, start: number, end: number, wall: WallTime, at: number): Minute | undefined {
    return at <= this.#horizon() && this.#clock.isSteady ? minuteOf(text, start, end, wall, at) : undefined;
  }
}

/** Of two forms of one family the one reads what the other cannot only where the stamp is wrong. */
function isRival(form: StampForm, known: StampForm | undefined): boolean {
  return form !== known && form.family !== undefined && form.family === known?.family;
}

/**
 * The lines of one log, block after block, made into session events: finds the line ends, has the dialect look at each
 * line, and reads the stamp of those that matter. Most lines are no event and cost a scan and nothing more; a stamp is read
 * besides only when its hour or tens of minutes change, so that the clock sees the turn of the year and of summer time.
 */
import { Clock, type ClockState } from './clock.ts';
import type { Dialect, Parser, ParserState, SessionEvent } from './dialect.ts';
import { chooseForm, readingsOf } from './stamp-choice.ts';
import { STAMP_FORMS, type StampForm, type WallTime } from './timestamp.ts';

const NEWLINE = '\n';
const ZERO = 48;
/** Lines looked at to recognise the form of the stamps. */
const SAMPLE = 200;

/** What a reader has to keep to go on with the next line of the same log; plain JSON. */
export interface ReaderState {
  readonly clock: ClockState;
  readonly stamp: string | undefined;
  readonly parser: ParserState;
}

export interface ReaderOptions {
  readonly dialect: Dialect;
  /** IANA name, for stamps that name no zone. */
  readonly timezone: string;
  readonly state: Omit<ReaderState, 'parser' | 'stamp'> & Partial<ReaderState>;
  /** The latest instant believed, unix seconds, asked for each event. */
  readonly horizon: () => number;
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

/**
 * The stamp read last, without its seconds, and the instant at which its minute begins: most stamps differ from the one
 * before in their seconds only, and need no reading.
 */
interface Minute {
  readonly before: string;
  readonly behind: string;
  readonly at: number;
}

function minuteOf(text: string, start: number, end: number, { second, secondAt }: WallTime, at: number) {
  if (secondAt === undefined) return undefined;
  return { before: text.slice(start, secondAt), behind: text.slice(secondAt + 2, end), at: at - second };
}

/**
 * What may stand between the end of a stamp and what the server puts behind it: the name of a zone or of a day that says no
 * more than is known, and marks that part them.
 */
const BEHIND = /^(?:[ _,]{0,2}[(]?[A-Z][A-Za-z]{1,8}[)]?)?[-\s:,;|.\])}>"']*$/;

function isAllOf(text: string, stampEnd: number, end: number): boolean {
  return stampEnd === end || (stampEnd < end && end - stampEnd < 16 && BEHIND.test(text.slice(stampEnd, end)));
}

/** The second of a stamp that lies in that minute, 0..59. */
function secondOf({ before, behind }: Minute, text: string, start: number, end: number): number | undefined {
  const at = start + before.length;
  if (end !== at + 2 + behind.length || !text.startsWith(before, start)) return undefined;
  if (behind !== '' && !text.startsWith(behind, at + 2)) return undefined;
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO];
  return tens >= 0 && tens < 6 && ones >= 0 && ones < 10 ? tens * 10 + ones : undefined;
}

/** A power failure leaves NUL bytes in a file, and the next line right behind them. */
function behindNuls(text: string, from: number): number {
  let start = from;
  while (text.charCodeAt(start) === 0) start++;
  return text.startsWith(NEWLINE, start) ? from : start;
}

export class LineReader {
  readonly counts: LineCounts = { lines: 0, events: 0, rejected: 0, foreign: 0, quoted: 0 };
  readonly #clock: Clock;
  readonly #parser: Parser;
  readonly #horizon: () => number;
  readonly #given: StampForm | undefined;
  #stamp: StampForm | undefined;
  #minute: Minute | undefined;
  #firstAt: number | undefined;
  #aheadAt: number | undefined;
  /** The stamp up to the tens of minutes, and where they are. */
  #tick = '';
  #tickLength = 0;

  constructor(options: ReaderOptions) {
    this.#clock = new Clock(options.timezone, options.state.clock, options.horizon);
    this.#parser = options.dialect.begin(options.state.parser);
    this.#given = options.stamp;
    this.#stamp = options.stamp ?? STAMP_FORMS.find((form) => form.name === options.state.stamp);
    this.#horizon = options.horizon;
  }

  get state(): ReaderState {
    return { clock: this.#clock.state, stamp: this.#given ? undefined : this.#stamp?.name, parser: this.#parser.state };
  }

  /** The instant of the first line of the last block that is dated and believed, unix seconds. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** The earliest instant of the events last read that lie too far ahead to be believed; undefined when there are none. */
  get aheadAt(): number | undefined {
    return this.#aheadAt;
  }

  /** The server's version, where the log has named it. */
  get version(): string | undefined {
    return this.#parser.version;
  }

  /**
   * Reads whole lines; the last byte of `bytes` is a newline. `seen` gets each event in the order of the lines, with the
   * index of its line in the block.
   */
  read(bytes: Buffer, seen: (event: SessionEvent, line: number) => void): void {
    const text = bytes.toString('latin1');
    const isKnown = this.#stamp !== undefined || this.#recognise(text);
    this.#firstAt = undefined;
    this.#aheadAt = undefined;
    this.#tickLength = 0;
    let line = 0;
    for (let start = 0, end; (end = text.indexOf(NEWLINE, start)) >= 0; start = end + 1, line++) {
      const event = this.#line(text, start, end);
      if (event) seen(event, line);
    }
    if (!isKnown) this.#stamp = undefined;
    this.counts.lines += line;
  }

  /** False where the stamps of these lines may be read in several ways: alike so far, or not at all. */
  #recognise(text: string): boolean {
    const horizon = this.#horizon();
    const times = Number.isFinite(horizon) ? [horizon] : [];
    const { readings, isAlike } = chooseForm(readingsOf(text.split(NEWLINE, SAMPLE)), { times, now: horizon });
    this.#stamp = isAlike ? readings[0]?.form : undefined;
    return readings.length === 1;
  }

  #line(text: string, from: number, end: number): SessionEvent | undefined {
    const start = text.charCodeAt(from) === 0 ? behindNuls(text, from) : from;
    const found = this.#parser.parse(text, start, end);
    if (typeof found === 'string') {
      if (found === 'plain') this.#watchClock(text, start);
      if (found === 'foreign') this.counts.foreign++;
      if (found === 'quoted') this.counts.quoted++;
      return undefined;
    }
    const horizon = this.#horizon();
    const at = this.#instant(text, start, this.#parser.stampEnd, horizon);
    if (at === undefined || at > horizon) {
      if (at !== undefined) this.#aheadAt = Math.min(at, this.#aheadAt ?? Infinity);
      this.counts.rejected++;
      return undefined;
    }
    this.counts.events++;
    this.#firstAt ??= at;
    return { ...found, at };
  }

  /** The instant of the stamp between `start` and `end`, undefined when it cannot be read or is not all that stands there. */
  #instant(text: string, start: number, end: number, horizon: number): number | undefined {
    const known = this.#minute && secondOf(this.#minute, text, start, end);
    if (this.#minute && known !== undefined) return this.#believed(this.#minute.at + known, horizon);
    const wall = this.#wall(text, start, end);
    const at = wall && this.#clock.read(wall);
    const isSteady = at !== undefined && at <= horizon && this.#clock.isSteady;
    this.#minute = wall && isSteady ? minuteOf(text, start, end, wall, at) : undefined;
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

  #watchClock(text: string, start: number): void {
    if (this.#tickLength > 0 && text.startsWith(this.#tick, start)) return;
    const wall = this.#stamp?.read(text, start);
    if (!wall) return;
    const at = this.#clock.read(wall);
    if (at !== undefined && at <= this.#horizon()) this.#firstAt ??= at;
    // The same text may mean another instant now.
    this.#minute = undefined;
    const isTick = this.#stamp?.isOrdered === true && wall.minuteAt !== undefined && this.#clock.isSteady;
    this.#tickLength = isTick && wall.minuteAt !== undefined ? wall.minuteAt + 1 - start : 0;
    this.#tick = text.slice(start, start + this.#tickLength);
  }
}

/** Of two forms of one family the one reads what the other cannot only where the stamp is wrong. */
function isRival(form: StampForm, known: StampForm | undefined): boolean {
  return form !== known && form.family !== undefined && form.family === known?.family;
}

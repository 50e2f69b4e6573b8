/**
 * ejabberd 13 to 26.07, info level, file and console layout, lager and OTP logger. A session's both ends name the full JID, and the
 * process that stands for it tells it from others of the same name; processes are numbered anew in each run of the server.
 */
import {
  holdNothing,
  type Dialect,
  type Eventless,
  type Finding,
  type Hold,
  type Parser,
  type ParserState,
  type Passed,
} from './dialect.ts';
import { ownText } from '../own-text.ts';
import { levelOf, partsOf, secondIn, TO_SECOND, type Parts } from './ejabberd-layout.ts';
import {
  crashedIn,
  FIRST_LINES,
  mayGoOn,
  REPORT,
  ruleOf,
  RUNS,
  tellsLoss,
  versionIn,
  WELCOME,
} from './ejabberd-messages.ts';
import { QUOTING, quotingAt, restFrom, restOf, type Going, type Rest } from './ejabberd-quotation.ts';
import { PLAN } from './ejabberd-shortcuts.ts';
import type { ScanPlan } from '../scanner/plan.ts';

/**
 * ejabberd_logger.erl, log_burst_limit_count: of more lines than 500 in a second the others are thrown away without a word. So many
 * stand then in one of the two seconds that share them.
 */
const BURST = 250;

/** Lines of a block that are the text of a remote party: those that begin before `to`. */
interface Quotation {
  readonly text: string;
  readonly to: number;
}

class EjabberdParser implements Parser {
  #version: string;
  /** A line of ejabberd's own has been seen: what has no date is of a message before. */
  #isOwn: boolean;
  /** The message that quotes somebody, and may go on in the next block. */
  #going: Going | undefined;
  /** Never part of the state: what is read later is believed again. */
  #quotation: Quotation | undefined;
  #hold: Hold = holdNothing;
  /** The second of the line before, and so many lines of it. */
  #second: string;
  #inSecond: number;
  /** A burst has been seen, and is told with the next line that says nothing else. */
  #isLossToTell: boolean;
  stampEnd = 0;

  constructor(state: ParserState) {
    this.#version = String(state['version'] ?? '');
    this.#isOwn = state['own'] === true;
    this.#going = goingOf(String(state['open'] ?? ''));
    this.#second = String(state['second'] ?? '');
    this.#inSecond = Number(state['inSecond'] ?? 0);
    this.#isLossToTell = state['loss'] === true;
  }

  get state(): ParserState {
    const going = this.#going;
    return {
      version: this.#version,
      own: this.#isOwn,
      ...(going && { open: textOf(going) }),
      ...(this.#second !== '' && { second: this.#second, inSecond: String(this.#inSecond) }),
      ...(this.#isLossToTell && { loss: true }),
    };
  }

  get version(): string | undefined {
    return this.#version === '' ? undefined : this.#version;
  }

  get plan(): ScanPlan | undefined {
    const isHeld = !this.#isOwn || this.#quotation || this.#isLossToTell || this.mostInSecond < 1;
    return isHeld ? undefined : PLAN;
  }

  /** The next line of the second may be one that tells of a burst. */
  get mostInSecond(): number {
    return BURST - 1 - this.#inSecond;
  }

  get isQuoting(): boolean {
    return this.#quotation !== undefined || this.#going !== undefined;
  }

  passed({ seconds, inSecond, lastLine }: Passed, bytes: Buffer): void {
    if (seconds === 0) return;
    const second = bytes.toString('latin1', lastLine, bytes.indexOf(':', lastLine) + TO_SECOND);
    this.#inSecond = inSecond + (seconds === 1 && second === this.#second ? this.#inSecond : 0);
    this.#second = second;
  }

  needsContext(line: string): boolean {
    return line.includes(REPORT) || QUOTING.some(({ begins, has = '' }) => line.includes(begins) && line.includes(has));
  }

  stampEndOf(line: string): number {
    return partsOf(line, 0, line.length)?.stampEnd ?? -1;
  }

  parse(text: string, start: number, lineEnd: number): Finding | Eventless {
    const parts = partsOf(text, start, lineEnd);
    if (this.#isQuoted(text, start)) return parts ? 'quoted' : 'continuation';
    if (!parts) return this.#isOwn ? 'continuation' : 'foreign';
    if (this.#isHeld(text, start, parts, lineEnd)) return 'held';
    this.#isOwn = true;
    this.stampEnd = parts.stampEnd;
    this.#countBurst(text, start);
    const { message, process, processEnd, end } = parts;
    const rule = ruleOf(text, parts);
    const rest = rule ? text.slice(message + rule.begins.length, end) : '';
    const finding = rule?.read(rest, process === 0 ? undefined : ownText(text.slice(process, processEnd)));
    if (rule === RUNS && finding?.kind === 'server-start') this.#version = ownText(versionIn(rest) ?? '');
    return finding ?? this.#eventless(text, message, end);
  }

  #eventless(text: string, message: number, end: number): Finding | Eventless {
    const crashed = crashedIn(text, message);
    if (crashed !== undefined) return { kind: 'end', session: ownText(crashed) };
    if (FIRST_LINES.some((begins) => text.startsWith(begins, message))) return 'first';
    if (!this.#isLossToTell && !tellsLoss(text.slice(message, Math.min(end, message + 200)))) return 'plain';
    this.#isLossToTell = false;
    return { kind: 'loss' };
  }

  #countBurst(text: string, start: number): void {
    if (text.startsWith(this.#second, start) && this.#second !== '') this.#inSecond++;
    else [this.#second, this.#inSecond] = [ownText(secondIn(text, start)), 1];
    if (this.#inSecond === BURST) this.#isLossToTell = true;
  }

  #isQuoted(text: string, start: number): boolean {
    const quotation = this.#quotation;
    if (!quotation) return false;
    if (text === quotation.text && start < quotation.to) return true;
    this.#quotation = undefined;
    return false;
  }

  /** Whether it waits for the lines behind it; else it is known which of them are of its message. */
  #isHeld(text: string, start: number, { message, end }: Parts, lineEnd: number): boolean {
    const isReport = text.startsWith(REPORT, message) && crashedIn(text, message) === undefined;
    if (isReport && mayGoOn(text, lineEnd + 1)) return this.#hold(start);
    const quoting = quotingAt(text, message, end);
    const rest = quoting && restOf(text, { quoting, start, message, lineEnd });
    if (rest?.going && this.#hold(start)) return true;
    if (rest) this.#be(text, lineEnd + 1, rest);
    return false;
  }

  beginBlock(text: () => string, hold: Hold): void {
    this.#hold = hold;
    const going = this.#going;
    if (going) this.#be(text(), 0, restFrom(text(), 0, going));
  }

  #be(text: string, from: number, { to, going }: Rest): void {
    this.#quotation = to > from ? { text, to } : undefined;
    this.#going = going && { ...going, stamp: ownText(going.stamp) };
  }
}

/** As it is kept in the state. */
const textOf = ({ quoting, left, isWhole, stamp }: Going): string =>
  `${QUOTING.indexOf(quoting)} ${left} ${isWhole} ${stamp}`;

function goingOf(kept: string): Going | undefined {
  const [index, left, isWhole, ...stamp] = kept.split(' ');
  const quoting = QUOTING[Number(index)];
  return stamp.length === 0 || !quoting
    ? undefined
    : { quoting, left: Number(left), isWhole: isWhole === 'true', stamp: stamp.join(' ') };
}

export const ejabberd: Dialect = {
  name: 'ejabberd',
  welcome: WELCOME,
  begin: (state = {}) => new EjabberdParser(state),
  // Lines that are forged are told from real ones.
  isForgeable: () => false,
  levelOf,
  namesSessions: true,
  tellsForged: true,
  advice: {
    exactness: {
      debug:
        'the counts are exact, but for lines that the logger throws away when there are too many, as at this level',
      info: 'the counts are exact',
    },
    infoLog: 'which is ejabberd.log, with loglevel: info (the same as 4) in ejabberd.yml',
    quoting: 'which ejabberd does not mark',
  },
  repeats: 'error.log',
};

/**
 * ejabberd 13 to 26.07, info level, file and console layout, lager and OTP logger. A session's both ends name the full JID, and the
 * process that stands for it tells it from others of the same name; processes are numbered anew in each run of the server.
 */
import type { Dialect, Eventless, Finding, Parser, ParserState, Passed } from './dialect.ts';
import { ownText } from '../own-text.ts';
import { endOf, levelOf, partsOf, TO_SECOND, type Parts } from './ejabberd-layout.ts';
import { crashedIn, FIRST_LINES, REPORT, ruleOf, RUNS, tellsLoss, versionIn, WELCOME } from './ejabberd-messages.ts';
import { charactersIn } from './ejabberd-places.ts';
import { isEnd, isLate, QUOTING, quotingAt, restOf } from './ejabberd-quotation.ts';
import { PLAN } from './ejabberd-shortcuts.ts';
import type { ScanPlan } from '../scanner/plan.ts';

/**
 * ejabberd_logger.erl, log_burst_limit_count: of more lines than 500 in a second the others are thrown away without a word. So many
 * stand then in one of the two seconds that share them.
 */
const BURST = 250;

/** A message that goes on in the lines that follow. */
interface Open {
  /** Which of `QUOTING` it is. */
  readonly quoting: number;
  readonly stamp: string;
  /** Characters at most. */
  left: number;
}

/** Lines of a block that are the text of a remote party: those that begin before `to`. */
interface Quotation {
  readonly text: string;
  readonly to: number;
}

class EjabberdParser implements Parser {
  #version: string;
  /** A line of ejabberd's own has been seen: what has no date is of a message before. */
  #isOwn: boolean;
  #open: Open | undefined;
  /** Never part of the state: what is read later is believed again. */
  #quotation: Quotation | undefined;
  #second = '';
  #inSecond = 0;
  #isLossToTell = false;
  stampEnd = 0;

  constructor(state: ParserState) {
    this.#version = String(state['version'] ?? '');
    this.#isOwn = state['own'] === true;
    const [quoting, left, stamp] = String(state['open'] ?? '').split(' ');
    if (stamp !== undefined) this.#open = { quoting: Number(quoting), left: Number(left), stamp };
  }

  get state(): ParserState {
    const open = this.#open;
    return {
      version: this.#version,
      own: this.#isOwn,
      ...(open && { open: `${open.quoting} ${open.left} ${open.stamp}` }),
    };
  }

  get version(): string | undefined {
    return this.#version === '' ? undefined : this.#version;
  }

  get plan(): ScanPlan | undefined {
    const isHeld = !this.#isOwn || this.#open || this.#quotation || this.#isLossToTell || this.mostInSecond < 1;
    return isHeld ? undefined : PLAN;
  }

  /** The next line of the second may be one that tells of a burst. */
  get mostInSecond(): number {
    return BURST - 1 - this.#inSecond;
  }

  passed({ seconds, inSecond, lastLine }: Passed, bytes: Buffer): void {
    if (seconds === 0) return;
    const second = bytes.toString('latin1', lastLine, lastLine + TO_SECOND);
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
    if (this.#isQuoted(text, start, lineEnd, parts)) return parts ? 'quoted' : 'continuation';
    if (!parts) return this.#isOwn ? 'continuation' : 'foreign';
    this.#isOwn = true;
    this.stampEnd = parts.stampEnd;
    this.#countBurst(text, start);
    const { message, process, processEnd, end } = parts;
    this.#quote(text, start, parts, lineEnd);
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
    else [this.#second, this.#inSecond] = [ownText(text.slice(start, start + TO_SECOND)), 1];
    if (this.#inSecond === BURST) this.#isLossToTell = true;
  }

  #isQuoted(text: string, start: number, lineEnd: number, parts: Parts | undefined): boolean {
    if (this.#open) return this.#goesOn(text.slice(start, endOf(text, lineEnd)), this.#open, parts !== undefined);
    const quotation = this.#quotation;
    if (!quotation) return false;
    if (text === quotation.text && start < quotation.to) return true;
    this.#quotation = undefined;
    return false;
  }

  /** Whether a line is of the message that a block before left open. */
  #goesOn(line: string, open: Open, isDated: boolean): boolean {
    const quoting = QUOTING[open.quoting];
    if (!quoting || open.left < 0 || (isDated && isLate(line, open.stamp))) {
      this.#open = undefined;
      return false;
    }
    if (isEnd(line, quoting, open.left)) this.#open = undefined;
    open.left -= charactersIn(line) + 1;
    return true;
  }

  #quote(text: string, start: number, { message, end }: Parts, lineEnd: number): void {
    const quoting = quotingAt(text, message, end);
    const rest = quoting && restOf(text, { quoting, start, message, lineEnd });
    if (!rest) return;
    if ('to' in rest) this.#quotation = { text, to: rest.to };
    else {
      const stamp = text.slice(start, start + TO_SECOND).replace(' ', 'T');
      this.#open = { quoting: QUOTING.indexOf(quoting), stamp: ownText(stamp), left: rest.left };
    }
  }
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

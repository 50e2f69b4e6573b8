/**
 * jabberd2 2.2 to 2.7, sm.log and c2s.log. The session manager (sm.log) names the full JID at both ends of a session, and quotes
 * nobody: it is the log to read. The client connections (c2s.log) tell a session by the number of its connection.
 *
 *     Mon Nov 23 19:49:02 2026 [notice] session started: jid=alice@chat.example/phone
 *     Mon Nov 23 19:49:02 2026 [notice] [11] bound: jid=alice@chat.example/phone
 */
import {
  holdNothing,
  type BareLine,
  type Dialect,
  type Eventless,
  type Finding,
  type Hold,
  type Parser,
  type ParserState,
} from './dialect.ts';
import type { LogLevel } from '../log-level.ts';
import { ownText } from '../own-text.ts';
import {
  ANY_PART,
  findingAmongParts,
  findingIn,
  FIRST_LINE,
  isOfAnyPart,
  OTHER_PARTS,
  WELCOME,
} from './jabberd2-messages.ts';
import { PLAN } from './jabberd2-shortcuts.ts';
import type { ScanPlan } from '../scanner/plan.ts';
import { isIn, quotationAt, quotationsBehind, quotes, type Quotation } from './jabberd2-quotation.ts';

/** util/log.c, log_write and debug_log: ctime(3), and the level or, with `-D`, the place in the source. */
const LEVEL_NAMES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;
const CTIME = String.raw`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`;
/** Of syslog and others, which take the place of the server's own. */
const OTHER_STAMP = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|(?:[A-Z][a-z]{2} )?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\w.,:+-]{0,20}(?: [A-Z]{3,5})?`;
const HEAD = new RegExp(`(${CTIME}|${OTHER_STAMP}) (?:\\[(${LEVEL_NAMES.join('|')})\\] |[\\w.-]{1,64}:\\d{1,6} )`, 'y');
const NOTICE = LEVEL_NAMES.indexOf('notice');
const CR = 13;
const LONGEST_VERSION = 64;

class Jabberd2Parser implements Parser {
  #version: string;
  /** A line of jabberd2's own has been seen: what has no head is of a message before. */
  #isOwn: boolean;
  /** The log has lines of all parts of the server. */
  #isOfAll: boolean;
  /** Those that the lines next to be read may be in. */
  #quotations: readonly Quotation[] = [];
  /** The end of the text before, as long as what it quotes goes on in the next one. */
  #carried: string;
  #carriedFrom: string | undefined;
  #hold: Hold = holdNothing;
  stampEnd = 0;

  constructor(state: ParserState) {
    this.#version = String(state['version'] ?? '');
    this.#isOwn = state['own'] === true;
    this.#isOfAll = state['all'] === true;
    this.#carried = String(state['carried'] ?? '');
  }

  get state(): ParserState {
    const all = this.#isOfAll && { all: true };
    return { version: this.#version, own: this.#isOwn, carried: this.#carried, ...all };
  }

  get version(): string | undefined {
    return this.#version === '' ? undefined : this.#version;
  }

  get plan(): ScanPlan | undefined {
    return this.#isOwn && this.#quotations.length === 0 && this.#carried === '' ? PLAN : undefined;
  }

  get isQuoting(): boolean {
    return this.#quotations.length > 0 || this.#carried !== '';
  }

  passed(): void {}

  needsContext(line: string): boolean {
    return quotes(line);
  }

  stampEndOf(line: string): number {
    HEAD.lastIndex = 0;
    return HEAD.exec(line)?.[1]?.length ?? -1;
  }

  parse(text: string, start: number, lineEnd: number): Finding | Eventless {
    HEAD.lastIndex = start;
    const head = HEAD.exec(text);
    const isOwn = head !== null && HEAD.lastIndex <= lineEnd;
    const from = HEAD.lastIndex;
    if (this.#isQuoted(text, start)) return isOwn ? 'quoted' : 'continuation';
    if (!isOwn) return this.#isOwn ? 'continuation' : 'foreign';
    const message = text.slice(from, text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd);
    if (quotes(message) && this.#quote(text, start, lineEnd) === 'held') return 'held';
    this.#isOwn = true;
    this.stampEnd = start + (head[1]?.length ?? 0);
    if (message.startsWith(WELCOME)) this.#version = ownText(message.slice(WELCOME.length).slice(0, LONGEST_VERSION));
    this.#isOfAll ||= OTHER_PARTS.some((begins) => message.startsWith(begins));
    const finding = this.#isOfAll ? findingAmongParts(message) : findingIn(message);
    return finding ?? (message.startsWith(FIRST_LINE) ? 'first' : 'plain');
  }

  #isQuoted(text: string, start: number): boolean {
    if (this.#carried !== '' && text !== this.#carriedFrom) this.#goOn(text);
    if (this.#quotations.length === 0) return false;
    this.#quotations = this.#quotations.filter((each) => each.text === text && start < each.end);
    return this.#quotations.some((each) => isIn(each, start));
  }

  #goOn(text: string): void {
    const carried = this.#carried;
    this.#carried = '';
    this.#quotations = quotationsBehind(carried, text);
    for (const quotation of this.#quotations) this.#carry(quotation);
  }

  beginBlock(_text: () => string, hold: Hold): void {
    this.#hold = hold;
  }

  #quote(text: string, start: number, lineEnd: number): 'held' | undefined {
    const quotation = quotationAt(text, start, lineEnd);
    if (!quotation || this.#quotations.some(({ kind }) => kind === quotation.kind)) return undefined;
    const { open } = quotation;
    // A line by itself is no part of a text that goes on.
    const isHeld = open !== undefined && text.endsWith('\n') && this.#hold(open);
    if (isHeld && open === start) return 'held';
    this.#quotations = [...this.#quotations, quotation];
    if (!isHeld) this.#carry(quotation);
    return undefined;
  }

  #carry({ text, open }: Quotation): void {
    if (open === undefined || !text.endsWith('\n') || text.length - open < this.#carried.length) return;
    [this.#carried, this.#carriedFrom] = [ownText(text.slice(open)), text];
  }
}

/** At notice the sessions are told, and nothing switches that off. */
const LEVELS: Readonly<Record<string, LogLevel>> = { notice: 'info', info: 'info', warning: 'warn', debug: 'debug' };

function levelOf(line: string): LogLevel | undefined {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(line);
  return head ? (LEVELS[head[2] ?? 'debug'] ?? 'error') : undefined;
}

const PARTLESS_HEAD = Buffer.from(`[${LEVEL_NAMES[NOTICE]}] ${ANY_PART}`, 'latin1');
const HEADS = LEVEL_NAMES.map((name) => Buffer.from(`[${name}] `, 'latin1'));
/** How messages of sm and c2s begin, as much as tells them from those of other programs. */
const MESSAGE =
  /^(?:\[\d{1,10}\] |session (?:started|replaced|ended): jid=|user unloaded jid=|(?:created|deleted) user: jid=|starting up(?:$| \(interval=)|shutting down$|version: jabberd2 |loaded user table \(|initialized auth module |modules search path: |process id is |connection to router |sm ready for sessions$|ready for connections$|SASL callback for )/;
const LONGEST_BEGINNING = 64;

/** util/log.c, log_write: to syslog it writes no level, and syslog has one. */
function bare(bytes: Buffer, from: number, to: number, severity: number, into: BareLine): boolean {
  const message = bytes.toString('latin1', from, Math.min(to, from + LONGEST_BEGINNING));
  if (!MESSAGE.test(message)) return false;
  into.sourceEnd = from;
  into.message = from;
  // RFC 5424 has the same name, `jabberd`, for all parts, which are `jabberd/sm` and the like else.
  const isPartless = into.program !== '' && !into.program.includes('/') && isOfAnyPart(message);
  into.head = isPartless ? PARTLESS_HEAD : (HEADS[severity] ?? HEADS[NOTICE]!);
  into.isOutput = false;
  return true;
}

export const jabberd2: Dialect = {
  name: 'jabberd2',
  welcome: WELCOME,
  begin: (state = {}) => new Jabberd2Parser(state),
  bare,
  isForgeable: () => false,
  levelOf,
  namesSessions: true,
  tellsForged: true,
  advice: {
    exactness: { debug: 'the counts are exact', info: 'the counts are exact' },
    infoLog: "which is sm.log, of the session manager: <log type='file'> in sm.xml",
    quoting: 'which jabberd2 does not mark in c2s.log; in sm.log there is no such text, so better read that',
  },
};

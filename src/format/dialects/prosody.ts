/**
 * Prosody 0.9 to 13, info and debug level, file and console layout (core/loggingmanager.lua, log_to_file):
 *
 *     STAMP SOURCE⇥LEVEL⇥MESSAGE
 *     STAMP SOURCE      LEVEL⇥MESSAGE        with source_width, as on stdout; on a terminal LEVEL is coloured
 *     STAMP SOURCE   LEVEL   MESSAGE         copied from a terminal, which shows blanks for tabs
 *
 * What a client can put into a message stands behind the second tab, so the first tab of a line is always Prosody's own,
 * and so is the source: each message is believed of the sources that print it and of no other. From 0.12 on the
 * continuation of a message with a line break begins with a tab. Before, it begins as the client pleases, and cannot always
 * be told from Prosody's own lines (prosody-quotation.ts).
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
import { bare } from './prosody-bare.ts';
import {
  levelBehind,
  levelOf,
  messageBehind,
  partsAsShown,
  partsInFile,
  partsOnConsole,
  stampEndOf,
  type Parts,
} from './prosody-layout.ts';
import { DISCONNECTED, isSession, mayBreak, METRONOME, type Rule, unbound, WELCOME } from './prosody-messages.ts';
import { quotationEnd } from './prosody-quotation.ts';
import { planFor, QUOTING } from './prosody-shortcuts.ts';
import { forkVersion, marksContinuations, tellsHibernation, versionIn } from './prosody-version.ts';
import type { ScanPlan } from '../scanner/plan.ts';

const TAB = 9;
const CR = 13;

/** Part of a message of plugins/mod_bosh.lua at debug level, whose format itself breaks the line. */
const RULE_LINE = '----------';

/** Lines of a block that are the text of a remote party: those that begin in `from` to `to`, exclusive. */
interface Quotation {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

class ProsodyParser implements Parser {
  /** The signs of a debug log have been seen since the server started. */
  #detail: boolean;
  /** Before 0.12 the line that a resource is unbound is printed also when stream management then keeps it. */
  #unbound: string;
  /** Empty while it is not known. */
  #version: string;
  /** The session that the line before said to be `closed`, since 13.0.6. */
  #closed: string;
  #closedLine = 0;
  #line = 0;
  /** Where the line parsed last ends. */
  #end = 0;
  /** Never part of the state: what is read later is believed again. */
  #quotation: Quotation | undefined;
  #hold: Hold = holdNothing;
  #text = '';
  #from = 0;
  #nextTab = -1;
  stampEnd = 0;

  constructor(state: ParserState) {
    this.#detail = state['detail'] === true;
    this.#unbound = String(state['unbound'] ?? '');
    this.#version = String(state['version'] ?? '');
    this.#closed = String(state['closed'] ?? '');
  }

  get state(): ParserState {
    const closed = this.#closedLine === this.#line ? this.#closed : '';
    return { detail: this.#detail, unbound: this.#unbound, version: this.#version, closed };
  }

  get version(): string | undefined {
    return this.#version === '' ? undefined : this.#version;
  }

  get plan(): ScanPlan | undefined {
    const isHeld = this.#closedLine === this.#line || (this.#quotation && this.#end < this.#quotation.to);
    return isHeld ? undefined : planFor(this.#detail, tellsHibernation(this.#version));
  }

  passed({ lines }: Passed): void {
    this.#line += lines;
  }

  needsContext(line: string): boolean {
    if (marksContinuations(this.#version)) return false;
    return this.#quotation !== undefined || QUOTING.some((begins) => line.includes(begins));
  }

  stampEndOf(line: string): number {
    const tab = line.indexOf('\t');
    const level = tab < 0 ? undefined : levelBehind(line, tab);
    const other = tab < 0 ? partsAsShown(line, 0, line.length) : partsOnConsole(line, 0, tab);
    const parts = level ? partsInFile(line, 0, tab, level) : other;
    return parts ? stampEndOf(line, 0, parts) : -1;
  }

  beginBlock(_text: () => string, hold: Hold): void {
    this.#hold = hold;
  }

  parse(text: string, start: number, to: number): Finding | Eventless {
    this.#line++;
    this.#end = to;
    if (this.#quotation && start >= this.#quotation.to) this.#quotation = undefined;
    const end = text.charCodeAt(to - 1) === CR ? to - 1 : to;
    if (this.#quotation && this.#isQuoted(text, start, this.#quotation)) return 'quoted';
    if (end <= start || text.charCodeAt(start) === TAB) return 'continuation';
    const tab = this.#tabFrom(text, start);
    if (tab >= end) return this.#shown(text, start, to);
    const level = levelBehind(text, tab);
    if (!level) return this.#console(text, start, tab, to);
    const isOfInterest = level.rules.has(text.charCodeAt(messageBehind(tab, level)));
    if (!isOfInterest && (this.#detail || level.word !== 'debug')) return 'plain';
    return this.#look(text, start, partsInFile(text, start, tab, level), to);
  }

  #isQuoted(text: string, start: number, quotation: Quotation): boolean {
    return start >= quotation.from && start < quotation.to && text === quotation.text;
  }

  /** The first tab at or behind `start`. Lines come in order, and one that has none must not cost a scan of all others. */
  #tabFrom(text: string, start: number): number {
    if (text !== this.#text || start < this.#from) [this.#text, this.#nextTab] = [text, -1];
    this.#from = start;
    if (this.#nextTab < start) {
      const tab = text.indexOf('\t', start);
      this.#nextTab = tab < 0 ? Infinity : tab;
    }
    return this.#nextTab;
  }

  #shown(text: string, start: number, to: number): Finding | Eventless {
    if (text.startsWith(RULE_LINE, start)) return 'continuation';
    const parts = partsAsShown(text, start, to);
    return parts ? this.#look(text, start, parts, to) : 'foreign';
  }

  #console(text: string, start: number, tab: number, to: number): Finding | Eventless {
    const parts = partsOnConsole(text, start, tab);
    return parts ? this.#look(text, start, parts, to) : 'foreign';
  }

  #look(text: string, start: number, parts: Parts, to: number): Finding | Eventless {
    const { level, message } = parts;
    this.stampEnd = stampEndOf(text, start, parts);
    const source = text.slice(parts.source, parts.sourceEnd);
    const rule = level.rules.get(text.charCodeAt(message))?.find((r) => text.startsWith(r.begins, message));
    if (rule?.by.test(source)) {
      const end = text.charCodeAt(to - 1) === CR ? to - 1 : to;
      const rest = text.slice(message + rule.begins.length, end);
      if (rule.quoteEnd !== undefined && this.#quote(text, start, to, rule.quoteEnd, rest) === 'held') return 'held';
      const finding = this.#read(rule, ownText(source), rest);
      if (finding) return finding;
    }
    if (level.word !== 'debug' || this.#detail || !isSession(source)) return 'plain';
    this.#detail = true;
    return { kind: 'detail', on: true };
  }

  #quote(text: string, start: number, to: number, quoteEnd: string, rest: string): 'held' | undefined {
    if (marksContinuations(this.#version) || !mayBreak(quoteEnd, rest)) return undefined;
    const end = quotationEnd(text, to + 1, { stamp: text.slice(start, this.stampEnd), quoteEnd });
    if (end === 'open' && this.#hold(start)) {
      // As if it had not been seen.
      this.#line--;
      return 'held';
    }
    this.#quotation = typeof end === 'number' ? { text, from: to + 1, to: end } : undefined;
    return undefined;
  }

  #read(rule: Rule, source: string, rest: string): Finding | undefined {
    const finding = rule.keeps ? this.#kept(source) : rule.read(rest, source);
    if (!finding) return undefined;
    this.#unbound = rule.tries ? `${source} ${rest}` : '';
    if (finding.kind === 'server-start') [this.#detail, this.#version] = [false, versionOf(rule, rest)];
    if (finding.kind === 'detail') this.#detail = finding.on;
    return finding.kind === 'end' ? this.#ended(finding, rule, rest) : finding;
  }

  #kept(source: string): Finding | undefined {
    if (!this.#unbound.startsWith(`${source} `)) return undefined;
    const finding = unbound(this.#unbound.slice(source.length + 1), source);
    return finding?.kind === 'unbind' ? { ...finding, kind: 'bind' } : undefined;
  }

  #ended(finding: Finding & { kind: 'end' }, rule: Rule, reason: string): Finding {
    const isSecond = this.#closed === finding.session && this.#closedLine === this.#line - 1;
    const isByServer = rule.begins === DISCONNECTED && reason === 'connection closed';
    if (isSecond && isByServer) return { kind: 'end', session: finding.session, hibernates: true };
    if (!tellsHibernation(this.#version)) return finding;
    if (reason === 'closed') [this.#closed, this.#closedLine] = [finding.session, this.#line];
    return isByServer ? { kind: 'end', session: finding.session, over: true } : finding;
  }
}

const versionOf = ({ begins }: Rule, rest: string): string =>
  begins === METRONOME ? forkVersion('Metronome', rest) : versionIn(rest);

export const prosody: Dialect = {
  name: 'prosody',
  welcome: WELCOME,
  begin: (state = {}) => new ProsodyParser(state),
  bare,
  isForgeable: (version) => !marksContinuations(version),
  marksContinuations,
  levelOf,
  advice: {
    exactness: {
      debug: 'the counts are exact',
      info: 'the weekly and monthly counts are right, the daily one is off by one or two now and then',
    },
    infoLog: 'in Prosody log = { info = "/var/log/prosody/prosody.log" }',
    quoting: 'which Prosody 0.11 and older do not mark',
  },
};

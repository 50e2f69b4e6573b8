/**
 * Prosody 0.9 to 13, info and debug level, file and console layout (core/loggingmanager.lua, log_to_file):
 *
 *     STAMP SOURCE⇥LEVEL⇥MESSAGE
 *     STAMP SOURCE      LEVEL⇥MESSAGE        with source_width, as on stdout; on a terminal LEVEL is coloured
 *
 * What a client can put into a message stands behind the second tab, so the first tab of a line is always Prosody's own,
 * and so is the source: each message is believed of the sources that print it and of no other. From 0.12 on the
 * continuation of a message with a line break begins with a tab. Before, it begins as the client pleases; the messages at
 * info level that carry such text are then told by their missing end (`prosody-messages.ts`), but a client that forges the
 * end as well, and whole lines behind it, cannot be told from Prosody.
 */
import type { Dialect, Eventless, Finding, Parser, ParserState } from './dialect.ts';
import { ownText } from './own-text.ts';
import { isSession, LEVELS, openQuote, type Level, type Rule, unbound } from './prosody-messages.ts';

const TAB = 9;
const SPACE = 32;
const CR = 13;

/** A stamp and a source are much shorter; a line with more before its first tab is none of Prosody's. */
const LONGEST_HEAD = 512;
/** The end of the text before the first tab in the console layout, where the level stands before the tab. */
const CONSOLE = /(\S+) +(?:\x1b\[[0-9;]*m)?(debug|info|warn|error) *(?:\x1b\[[0-9;]*m)?$/;
/** Part of a message of plugins/mod_bosh.lua at debug level, whose format itself breaks the line. */
const RULE_LINE = '----------';

/** Where the parts of a line are; `source` and `message` are offsets. */
interface Parts {
  readonly level: Level;
  readonly source: number;
  readonly sourceEnd: number;
  readonly message: number;
}

class ProsodyParser implements Parser {
  /** The signs of a debug log have been seen since the server started. */
  #detail: boolean;
  /** Inside a message of a remote party that broke the line: what its last line ends with. Else empty. */
  #quote: string;
  /** Before 0.12 the line that a resource is unbound is printed also when stream management then keeps it. */
  #unbound: string;
  #text = '';
  #from = 0;
  #nextTab = -1;
  stampEnd = 0;

  constructor(state: ParserState) {
    this.#detail = state['detail'] === true;
    this.#quote = String(state['quote'] ?? '');
    this.#unbound = String(state['unbound'] ?? '');
  }

  get state(): ParserState {
    return { detail: this.#detail, quote: this.#quote, unbound: this.#unbound };
  }

  parse(text: string, start: number, to: number): Finding | Eventless {
    const end = text.charCodeAt(to - 1) === CR ? to - 1 : to;
    if (this.#quote !== '') {
      if (text.startsWith(this.#quote, end - this.#quote.length)) this.#quote = '';
      return 'continuation';
    }
    if (end <= start || text.charCodeAt(start) === TAB) return 'continuation';
    const tab = this.#tabFrom(text, start);
    if (tab >= end) return text.startsWith(RULE_LINE, start) ? 'continuation' : 'foreign';
    const level = LEVELS.get(text.charCodeAt(tab + 1));
    const message = level ? tab + level.word.length + 2 : 0;
    if (!level || text.charCodeAt(message - 1) !== TAB || !text.startsWith(level.word, tab + 1))
      return this.#console(text, start, tab, end);
    if (!level.rules.has(text.charCodeAt(message)) && (this.#detail || level.word !== 'debug')) return 'plain';
    const source = Math.max(start, text.lastIndexOf(' ', tab) + 1);
    return this.#look(text, start, { level, source, sourceEnd: tab, message }, end);
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

  #console(text: string, start: number, tab: number, end: number): Finding | Eventless {
    if (tab - start > LONGEST_HEAD) return 'foreign';
    const m = CONSOLE.exec(text.slice(start, tab));
    const [, source = '', word = ''] = m ?? [];
    const level = LEVELS.get(word.charCodeAt(0));
    if (!m || !level) return 'foreign';
    const at = start + m.index;
    return this.#look(text, start, { level, source: at, sourceEnd: at + source.length, message: tab + 1 }, end);
  }

  #look(text: string, start: number, parts: Parts, end: number): Finding | Eventless {
    const { level, message } = parts;
    this.stampEnd =
      parts.source > start && text.charCodeAt(parts.source - 1) === SPACE ? parts.source - 1 : parts.source;
    const source = text.slice(parts.source, parts.sourceEnd);
    const rule = level.rules.get(text.charCodeAt(message))?.find((r) => text.startsWith(r.begins, message));
    if (rule?.by.test(source)) {
      const rest = text.slice(message + rule.begins.length, end);
      const finding = rule.quoteEnd === undefined ? this.#read(rule, ownText(source), rest) : undefined;
      if (rule.quoteEnd !== undefined) this.#quote = openQuote(rule.quoteEnd, rest);
      if (finding) return finding;
    }
    if (level.word !== 'debug' || this.#detail || !isSession(source)) return 'plain';
    this.#detail = true;
    return { kind: 'detail', on: true };
  }

  #read(rule: Rule, source: string, rest: string): Finding | undefined {
    const finding = rule.keeps ? this.#kept(source) : rule.read(rest, source);
    if (!finding) return undefined;
    this.#unbound = rule.tries ? `${source} ${rest}` : '';
    if (finding.kind === 'server-start') this.#detail = false;
    if (finding.kind === 'detail') this.#detail = finding.on;
    return finding;
  }

  #kept(source: string): Finding | undefined {
    if (!this.#unbound.startsWith(`${source} `)) return undefined;
    const finding = unbound(this.#unbound.slice(source.length + 1), source);
    return finding?.kind === 'unbind' ? { ...finding, kind: 'bind' } : undefined;
  }
}

export const prosody: Dialect = { name: 'prosody', begin: (state = {}) => new ProsodyParser(state) };

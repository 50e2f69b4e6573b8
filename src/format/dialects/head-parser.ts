/**
 * The parser of a server whose lines have a head that no text of a remote party begins like, and whose messages say what they say
 * each by itself.
 */
import type { Dialect, Eventless, Finding, Parser, ParserState } from './dialect.ts';
import { ownText } from '../own-text.ts';
import type { ScanPlan } from '../scanner/plan.ts';

export interface Line {
  readonly message: string;
  /** Of the head, behind the stamp; empty where there is none. */
  readonly groups: readonly string[];
  /** As `isDetailed` has it. */
  readonly hasDetails: boolean;
}

/** How one server's lines look. */
export interface Lines {
  /** What a line begins with: a sticky pattern whose first group is the stamp, from the first character on. */
  readonly head: RegExp;
  /** What the message behind the head says. */
  readonly read: (line: Line) => Finding | undefined;
  /** Whether a line shows that the log has the details: then it has them from here on. */
  readonly isDetailed?: (groups: readonly string[]) => boolean;
  /** Whether a line that ends so goes on in the next one. */
  readonly goesOn?: (end: string) => boolean;
  /** What a scanner may decide; undefined: nothing. */
  readonly planFor?: (hasDetails: boolean) => ScanPlan;
  /** The version that a line with which the server starts tells. */
  readonly versionIn?: (message: string) => string | undefined;
}

/** A longer message is none of a session's; characters. */
const LONGEST = 16_384;
/** Of a line, as much as tells whether it goes on; characters. */
const LONGEST_END = 64;
const CR = 13;

class HeadParser implements Parser {
  readonly #lines: Lines;
  #version: string;
  /** A line of the server's own has been seen: what has no head is of a message before. */
  #isOwn: boolean;
  #hasDetails: boolean;
  /** The line before goes on in the next one. */
  #goesOn: boolean;
  #isOfLineBefore = false;
  stampEnd = 0;

  constructor(lines: Lines, state: ParserState) {
    this.#lines = lines;
    this.#version = String(state['version'] ?? '');
    this.#isOwn = state['own'] === true;
    this.#hasDetails = state['details'] === true;
    this.#goesOn = state['open'] === true;
  }

  get state(): ParserState {
    return { version: this.#version, own: this.#isOwn, details: this.#hasDetails, open: this.#goesOn };
  }

  get version(): string | undefined {
    return this.#version === '' ? undefined : this.#version;
  }

  get plan(): ScanPlan | undefined {
    return this.#isOwn && !this.#goesOn ? this.#lines.planFor?.(this.#hasDetails) : undefined;
  }

  get isQuoting(): boolean | undefined {
    return this.#lines.goesOn && this.#isOfLineBefore;
  }

  passed(): void {}

  needsContext(): boolean {
    return false;
  }

  stampEndOf(line: string): number {
    this.#lines.head.lastIndex = 0;
    return this.#lines.head.exec(line)?.[1]?.length ?? -1;
  }

  parse(text: string, start: number, lineEnd: number): Finding | Eventless {
    const { head, read, versionIn, isDetailed, goesOn } = this.#lines;
    // Nothing, as a field of a journal's entry that is not the message: what goes on does so behind it.
    if (start === lineEnd) return this.#isOwn ? 'continuation' : 'foreign';
    const isOfLineBefore = this.#goesOn;
    this.#isOfLineBefore = isOfLineBefore;
    head.lastIndex = start;
    const found = head.exec(text);
    const isOwn = found !== null && head.lastIndex <= lineEnd;
    const from = head.lastIndex;
    const mayGoOn = goesOn !== undefined && (isOwn || isOfLineBefore);
    this.#goesOn = mayGoOn && goesOn(text.slice(Math.max(start, lineEnd - LONGEST_END), lineEnd));
    if (isOfLineBefore) return isOwn ? 'quoted' : 'continuation';
    if (!isOwn) return this.#isOwn ? 'continuation' : 'foreign';
    this.#isOwn = true;
    const [, stamp = '', ...rest] = found;
    const groups = rest.map((group: string | undefined) => group ?? '');
    this.stampEnd = start + stamp.length;
    this.#hasDetails ||= isDetailed?.(groups) ?? false;
    if (lineEnd - from > LONGEST) return 'plain';
    const message = text.slice(from, text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd);
    const finding = read({ message, groups, hasDetails: this.#hasDetails });
    if (!finding) return 'plain';
    if (finding.kind === 'server-start') this.#version = ownText((versionIn?.(message) ?? '').slice(0, 64));
    return finding;
  }
}

export const headParser =
  (lines: Lines): Dialect['begin'] =>
  (state = {}) =>
    new HeadParser(lines, state);

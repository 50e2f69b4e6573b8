/**
 * A server that nobody knows here: its dialect is one regular expression each for a session's start and its end, from the
 * configuration. They are run in linear time (RE2's way), so that no line can make one take for ever.
 */
import type * as Re2 from 're2js';
import type { Dialect, Eventless, Finding, Parser } from './dialect.ts';
import { bareJid } from '../jid.ts';
import { ownText } from '../own-text.ts';

/** What is written in the configuration. */
export interface DialectDefinition {
  readonly name: string;
  /** Of a line that begins a session: with the groups `time`, `session` and `user`. */
  readonly start: string;
  /** Of a line that ends one: with the groups `time` and `session`, and perhaps `user`. */
  readonly end: string;
}

/** It is given, as who has no such dialect does without it. */
export type Engine = Pick<typeof Re2, 'RE2JS' | 'RE2JSException'>;

/** Longer lines are not looked at; characters. */
const LONGEST_LINE = 65_536;
const LONGEST_SESSION = 1023;
const NEEDED = { start: ['time', 'session', 'user'], end: ['time', 'session'] } as const;
/** The time is what a line begins with, perhaps in brackets. */
const BEGINS_WITH_TIME = /^\^?\\?[[({<"'|]?\(\?P?<time>/;
const BRACKETS = /^[[({<"'|]/;
const CLOSING = /^[\])}>"'|]/;
const ASCII = /^[\0-\x7f]*$/;
const CR = 13;

/** Why a pattern cannot be used, as in "PATTERN ..."; undefined when it can. */
export function problemOf(which: 'start' | 'end', pattern: string, engine: Engine): string | undefined {
  const compiled = compile(pattern, engine);
  if (typeof compiled === 'string') return `is no regular expression of RE2 (${compiled}): correct it`;
  const groups = Object.keys(compiled.namedGroups());
  const missing = NEEDED[which].filter((group) => !groups.includes(group));
  if (missing.length > 0) return `must have the group ${missing.map((group) => `(?<${group}>...)`).join(' and ')}`;
  if (!BEGINS_WITH_TIME.test(pattern)) return 'must begin with the time, as lines do: "^(?<time>...) ..."';
  return undefined;
}

function compile(pattern: string, { RE2JS, RE2JSException }: Engine): Re2.RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}

class CustomParser implements Parser {
  readonly #start: Re2.RE2JS;
  readonly #end: Re2.RE2JS;
  readonly state = {};
  readonly version = undefined;
  readonly plan = undefined;
  stampEnd = 0;

  constructor(start: Re2.RE2JS, end: Re2.RE2JS) {
    this.#start = start;
    this.#end = end;
  }

  passed(): void {}

  needsContext(): boolean {
    return false;
  }

  stampEndOf(line: string): number {
    return typeof this.parse(line, 0, line.length) === 'string' ? -1 : this.stampEnd;
  }

  parse(text: string, from: number, to: number): Finding | Eventless {
    if (to - from > LONGEST_LINE) return 'foreign';
    const line = readable(text.slice(from, text.charCodeAt(to - 1) === CR ? to - 1 : to));
    const begun = this.#groups(this.#start, line, from);
    const ended = begun ? undefined : this.#groups(this.#end, line, from);
    const { session, user } = begun ?? ended ?? {};
    if (session === undefined || session === '' || session.length > LONGEST_SESSION) return 'foreign';
    if (begun) return user === undefined ? 'foreign' : { kind: 'start', session, user, resource: session };
    return user === undefined ? { kind: 'end', session } : { kind: 'end', session, user, behind: session };
  }

  /** Undefined for a line that is not of the pattern, or does not begin with the time. */
  #groups(pattern: Re2.RE2JS, line: string, from: number): { session: string; user: string | undefined } | undefined {
    const matcher = pattern.matcher(line);
    if (!matcher.find()) return undefined;
    const [time, end] = [matcher.start('time'), matcher.end('time')];
    if (end < 1 || time > 1 || (time === 1 && !BRACKETS.test(line))) return undefined;
    this.stampEnd = from + end + (time === 1 && CLOSING.test(line.slice(end)) ? 1 : 0);
    const jid = 'user' in pattern.namedGroups() ? matcher.group('user') : undefined;
    const user = jid === undefined || jid === null ? undefined : bareJid(Buffer.from(jid).toString('latin1'));
    const session = matcher.group('session') ?? '';
    return { session: ownText(Buffer.from(session).toString('latin1')), user };
  }
}

/** Patterns are of characters, and `latin1` has one for each byte of UTF-8. */
const readable = (latin1: string): string =>
  ASCII.test(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString('utf8');

/** Throws where a pattern has a problem. */
export function customDialect({ name, start, end }: DialectDefinition, { RE2JS }: Engine): Dialect {
  const [startPattern, endPattern] = [RE2JS.compile(start), RE2JS.compile(end)];
  const begin = (): Parser => new CustomParser(startPattern, endPattern);
  const says = `as exact as the patterns of [dialect.${name}] are right`;
  return {
    name,
    welcome: name,
    begin,
    isForgeable: () => false,
    levelOf: (line) => (begin().parse(line, 0, line.length) === 'foreign' ? undefined : 'info'),
    namesSessions: true,
    advice: {
      exactness: { debug: says, info: says },
      infoLog: `in which there are lines of the patterns of [dialect.${name}]`,
      quoting: 'which its patterns do not tell',
    },
  };
}

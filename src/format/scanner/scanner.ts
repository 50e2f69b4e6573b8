/**
 * The fast way over the lines of a block: drops those that are certainly nothing and recognises those that come often, which
 * the dialect names as data. It looks at columns, and makes no string. At the first line that is not of the usual form it
 * stops: the dialect's parser, which is the definition of what a line says, takes that one.
 */
import { DISORDER } from '../time/clock.ts';
import type { NameTable } from '../name-table.ts';

/** A message that comes often. */
export interface Shortcut {
  readonly kind: 'connect' | 'start' | 'end' | 'over';
  /** The message from its first character. */
  readonly begins: string;
  /** What stands behind: nothing, a JID and perhaps a role, or anything. */
  readonly rest: 'nothing' | 'jid' | 'anything';
  /** A rest that is no shortcut. */
  readonly except?: string;
}

/** What may be decided of the lines of one level without the parser. */
export interface LevelPlan {
  readonly word: string;
  readonly shortcuts: readonly Shortcut[];
  /** Beginnings of the messages that are the parser's. All others say nothing. */
  readonly others: readonly string[];
}

/** The usual stamp of a while: all of it is the same but for the last digit of the minute and the seconds. */
export interface Tick {
  /** The stamp up to the tens of minutes. */
  readonly head: Buffer;
  /** From behind the seconds to the blank before the source. */
  readonly tail: Buffer;
  /** So many bytes behind the first one of the tail may be any digits: a fraction of the second. */
  readonly digits: number;
  /** The instant at which these ten minutes begin, unix seconds. */
  readonly base: number;
}

/** Words of an event that was found. */
export const EVENT_WORDS = 8;
export const LINE = 0;
/** Where the source ends; it begins at `SOURCE`. */
export const SOURCE_END = 1;
export const KIND = 2;
/** The session, as activity/session-id.ts has it; -1 in `HIGH`: another id than an address, to be taken from the line. */
export const LOW = 3;
export const HIGH = 4;
export const USER = 5;
export const AT = 6;
export const SOURCE = 7;

export const CONNECT = 1;
export const START = 2;
export const END = 3;
/** What another than the scanner found: the event with this number in `LOW`. */
export const OTHER = 4;

/** An end behind which the session is not resumed. */
export const OVER = 5;

const KINDS = { connect: CONNECT, start: START, end: END, over: OVER } as const;
const NEWLINE = 10;
const CR = 13;
const TAB = 9;
const BLANK = 32;
const ZERO = 48;
const COLON = 58;
const AT_SIGN = 64;
const C = 99;
const B = 98;

/** Longer JIDs are the parser's. */
const LONGEST_JID = 255;
/** The source, and the blanks behind it, in the layout of stdout. */
const WIDEST = 128;
/** Of ASCII, what folds to itself and is allowed in a JID. */
export const IN_JID = new Uint8Array(256);
for (let c = 0x21; c < 0x7f; c++) IN_JID[c] = /["&'/:<>@A-Z(]/.test(String.fromCharCode(c)) ? 0 : 1;
/** Digits; 255 for all that are none. */
const HEX = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) HEX['0123456789abcdef'.charCodeAt(i)] = i;

export interface Needle {
  readonly bytes: Buffer;
  /** 0: the parser's. */
  readonly kind: number;
  readonly rest: Shortcut['rest'];
  readonly except: Buffer | undefined;
}

export interface Level {
  readonly word: Buffer;
  /** By the first byte of the message. */
  readonly needles: readonly (readonly Needle[] | undefined)[];
}

/** What is found by a scan, and how far it went. */
export interface LineScanner {
  /** Events found by the last `scan`, `EVENT_WORDS` words each; places are offsets in its bytes. */
  readonly events: Int32Array;
  readonly count: number;
  /** Lines passed over or recognised by the last `scan`. */
  readonly lines: number;
  /**
   * Goes over the lines of `bytes` from `from` to `to`, which is behind a newline, as long as they are of the usual form and
   * of the tick. Returns where it stopped: at the line that is the parser's, or at `to`. `last`: of the line before, unix
   * seconds; when it returns, `last` is that of the last line, as `Clock.note` has it. What has been scanned of these bytes
   * once must not have changed.
   */
  scan(bytes: Buffer, from: number, to: number, tick: Tick, last: number): number;
  readonly last: number;
}

/** A plan made ready to be scanned with. */
export class ScanPlan {
  /** By the first byte of their words. */
  readonly levels: readonly (Level | undefined)[];

  constructor(plans: readonly LevelPlan[]) {
    const levels: (Level | undefined)[] = Array.from({ length: 256 });
    for (const plan of plans) levels[plan.word.charCodeAt(0)] = levelOf(plan);
    this.levels = levels;
  }
}

function levelOf({ word, shortcuts, others }: LevelPlan): Level {
  const needles: Needle[][] = Array.from({ length: 256 });
  const add = (begins: string, needle: Omit<Needle, 'bytes'>): void => {
    const bytes = Buffer.from(begins, 'latin1');
    (needles[bytes[0]!] ??= []).push({ bytes, ...needle });
  };
  for (const { kind, begins, rest, except } of shortcuts)
    add(begins, { kind: KINDS[kind], rest, except: except === undefined ? undefined : Buffer.from(except, 'latin1') });
  for (const begins of others) add(begins, { kind: 0, rest: 'anything', except: undefined });
  return { word: Buffer.from(`${word}\t`, 'latin1'), needles };
}

export class Scanner implements LineScanner {
  readonly #names: NameTable;
  readonly #plan: ScanPlan;
  events = new Int32Array(1024 * EVENT_WORDS);
  count = 0;
  lines = 0;
  last = 0;

  constructor(names: NameTable, plan: ScanPlan) {
    this.#names = names;
    this.#plan = plan;
  }

  scan(bytes: Buffer, from: number, to: number, tick: Tick, last: number): number {
    const { head, tail, base, digits } = tick;
    const seconds = head.length;
    const sourceAt = seconds + 5 + tail.length;
    this.count = 0;
    this.lines = 0;
    this.last = last;
    for (let line = from; line < to;) {
      const end = bytes.indexOf(NEWLINE, line);
      // A line that goes on with the message before says nothing.
      if (bytes[line] !== TAB) {
        if (end - line < sourceAt || bytes[end - 1] === CR) return line;
        for (let i = 0; i < seconds; i++) if (bytes[line + i] !== head[i]) return line;
        const second = secondIn(bytes, line + seconds);
        if (second < 0 || !isTail(bytes, line + seconds + 5, tail, digits)) return line;
        const at = base + second;
        if (!this.#isTaken(bytes, line, line + sourceAt, end, at)) return line;
        if (at > this.last || at < this.last - DISORDER) this.last = at;
      }
      this.lines++;
      line = end + 1;
    }
    return to;
  }

  /** Whether the line could be told without the parser. */
  #isTaken(bytes: Buffer, line: number, source: number, end: number, at: number): boolean {
    let sourceEnd = source;
    while (bytes[sourceEnd] !== TAB && bytes[sourceEnd] !== BLANK) if (++sourceEnd >= end) return false;
    const isInFile = bytes[sourceEnd] === TAB;
    const word = isInFile ? sourceEnd + 1 : wordOnConsole(bytes, source, sourceEnd);
    const level = this.#plan.levels[bytes[word]!];
    if (!level || !startsWith(bytes, word, level.word)) return false;
    const message = word + level.word.length;
    // Rather the layout of a file, whose source is called as a level is.
    if (!isInFile && (bytes[message + 4] === TAB || bytes[message + 5] === TAB)) return false;
    // A blank message, of which the newline would be the first byte, has no needle either.
    const needles = level.needles[bytes[message]!];
    if (!needles) return true;
    for (const needle of needles) {
      if (!startsWith(bytes, message, needle.bytes)) continue;
      const rest = message + needle.bytes.length;
      if (needle.kind === 0 || rest > end || isExcepted(bytes, rest, end, needle.except)) return false;
      return this.#note(bytes, { line, source, sourceEnd, at, end }, needle, rest);
    }
    return true;
  }

  #note(
    bytes: Buffer,
    { line, source, sourceEnd, at, end }: Record<'line' | 'source' | 'sourceEnd' | 'at' | 'end', number>,
    { kind, rest: form }: Needle,
    rest: number,
  ): boolean {
    if (form === 'nothing' && rest !== end) return false;
    const jidEnd = form === 'jid' ? endOfJid(bytes, rest, end) : rest;
    if (jidEnd < 0) return false;
    if (this.count * EVENT_WORDS === this.events.length) this.#grow();
    const o = this.count * EVENT_WORDS;
    const { events } = this;
    if (!isAddress(bytes, source, sourceEnd)) {
      if (!isBosh(bytes, source, sourceEnd)) return false;
      events[o + HIGH] = -1;
    } else {
      const digits = sourceEnd - source - 3;
      events[o + LOW] = hex(bytes, Math.max(source + 3, sourceEnd - 8), sourceEnd);
      events[o + HIGH] = digits > 8 ? hex(bytes, source + 3, sourceEnd - 8) : 0;
    }
    events[o + LINE] = line;
    events[o + SOURCE] = source;
    events[o + SOURCE_END] = sourceEnd;
    events[o + KIND] = kind;
    events[o + USER] = kind === START ? this.#names.intern(bytes, rest, jidEnd) : -1;
    events[o + AT] = at;
    this.count++;
    return true;
  }

  #grow(): void {
    const events = new Int32Array(this.events.length * 2);
    events.set(this.events);
    this.events = events;
  }
}

/** `2:05`: the seconds of the last minute's digit and what follows it, below 600; negative when it is none. */
function secondIn(bytes: Buffer, at: number): number {
  const minute = bytes[at]! - ZERO;
  const tens = bytes[at + 2]! - ZERO;
  const ones = bytes[at + 3]! - ZERO;
  if (minute < 0 || minute > 9 || bytes[at + 1] !== COLON || tens < 0 || tens > 5 || ones < 0 || ones > 9) return -1;
  return minute * 60 + tens * 10 + ones;
}

/** What stands behind the seconds, and the blank before the source. */
function isTail(bytes: Buffer, at: number, tail: Buffer, digits: number): boolean {
  for (let i = 0; i < tail.length; i++) {
    const byte = bytes[at - 1 + i]!;
    if (i > 0 && i <= digits ? byte < ZERO || byte > ZERO + 9 : byte !== tail[i]) return false;
  }
  return bytes[at - 1 + tail.length] === BLANK;
}

export function startsWith(bytes: Buffer, at: number, needle: Buffer): boolean {
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
}

function isExcepted(bytes: Buffer, rest: number, end: number, except: Buffer | undefined): boolean {
  return except !== undefined && end - rest === except.length && startsWith(bytes, rest, except);
}

/** Behind `localpart@host`, followed by nothing or by ` [role]`; -1 for what only the parser can tell. */
export function endOfJid(bytes: Buffer, from: number, end: number): number {
  let i = from;
  while (IN_JID[bytes[i]!] === 1) i++;
  if (i === from || bytes[i] !== AT_SIGN) return -1;
  const host = ++i;
  while (IN_JID[bytes[i]!] === 1) i++;
  if (i === host || i - from > LONGEST_JID) return -1;
  if (i === end) return i;
  return bytes[i] === BLANK && bytes[i + 1] === 91 && bytes[end - 1] === 93 && i + 2 < end ? i : -1;
}

/** Where the level begins in the layout of stdout; there is no level where only the parser can tell. */
function wordOnConsole(bytes: Buffer, source: number, sourceEnd: number): number {
  if (sourceEnd - source > WIDEST) return sourceEnd;
  for (let i = source; i < sourceEnd; i++) if (bytes[i]! < 0x21 || bytes[i]! > 0x7e) return sourceEnd;
  let word = sourceEnd;
  if (source === sourceEnd) return sourceEnd;
  while (bytes[word] === BLANK) word++;
  return word - sourceEnd > WIDEST ? sourceEnd : word;
}

/** `c2s560351951f30`, of at most 13 digits and no leading 0. */
function isAddress(bytes: Buffer, source: number, tab: number): boolean {
  if (bytes[source] !== C || bytes[source + 1] !== 50 || bytes[source + 2] !== 115) return false;
  if (tab - source < 4 || tab - source > 16 || bytes[source + 3] === ZERO) return false;
  for (let i = source + 3; i < tab; i++) if (HEX[bytes[i]!] === 255) return false;
  return true;
}

/** `bosh58833a29-3eaa-4734-878e-f48d1033363e` */
function isBosh(bytes: Buffer, source: number, tab: number): boolean {
  if (tab - source < 5 || bytes[source] !== B || bytes[source + 1] !== 111 || bytes[source + 2] !== 115) return false;
  if (bytes[source + 3] !== 104) return false;
  for (let i = source + 4; i < tab; i++) if (HEX[bytes[i]!] === 255 && bytes[i] !== 45) return false;
  return true;
}

function hex(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = (value << 4) | HEX[bytes[i]!]!;
  return value;
}

/**
 * The fast way over the lines of a block: drops those that are certainly nothing and recognises those that come often, which
 * the dialect names as data. It looks at columns, and makes no string. At the first line that is not of the usual form it
 * stops: the dialect's parser, which is the definition of what a line says, takes that one.
 */
import { DISORDER } from '../time/clock.ts';
import type { NameTable } from '../name-table.ts';
import { includes, startsWith } from './bytes.ts';
import {
  EVENT_WORDS,
  REST_END,
  SOURCE_END,
  KIND,
  LOW,
  HIGH,
  USER,
  AT,
  SOURCE,
  OF_SOURCE,
  OF_JID,
  START,
} from './event-words.ts';
import { endOfJid } from './jids.ts';
import { findMessage, levelIn, newParts, type Parts } from './layouts.ts';
import type { Needle, ScanPlan } from './plan.ts';
import { findRest, isNamed, newRest } from './rests.ts';

/** The usual stamp of an hour: all of it is the same but for the minute and the second. */
export interface Tick {
  /** The stamp up to the minute. */
  readonly head: Buffer;
  /** From behind the seconds to the blank before the source. */
  readonly tail: Buffer;
  /** So many bytes behind the first one of the tail may be any digits: a fraction of the second. */
  readonly digits: number;
  /** The instant at which the hour begins, unix seconds. */
  readonly base: number;
  /** So many seconds of it are believed. */
  readonly believed: number;
}

const NEWLINE = 10;
const CR = 13;
const TAB = 9;
const BLANK = 32;
const ZERO = 48;
const COLON = 58;
const C = 99;
const B = 98;

/** Digits; 255 for all that are none. */
const HEX = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) HEX['0123456789abcdef'.charCodeAt(i)] = i;

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
   * once must not have changed. It stops before there are more than `most` lines of one second.
   */
  scan(bytes: Buffer, from: number, to: number, tick: Tick, last: number, most: number): number;
  readonly last: number;
  /** Of the lines with a stamp: how many of the same second the last ones were, how many such seconds there were, and the last line. */
  readonly inSecond: number;
  readonly seconds: number;
  readonly lastLine: number;
}

export class Scanner implements LineScanner {
  readonly #names: NameTable;
  readonly #plan: ScanPlan;
  readonly #parts = newParts();
  readonly #rest = newRest();
  events = new Int32Array(1024 * EVENT_WORDS);
  count = 0;
  lines = 0;
  last = 0;
  inSecond = 0;
  seconds = 0;
  lastLine = 0;

  constructor(names: NameTable, plan: ScanPlan) {
    this.#names = names;
    this.#plan = plan;
  }

  scan(bytes: Buffer, from: number, to: number, tick: Tick, last: number, most: number): number {
    const { head, tail, base, digits, believed } = tick;
    const minute = head.length;
    const sourceAt = minute + 6 + tail.length;
    this.count = 0;
    this.lines = 0;
    this.last = last;
    this.seconds = this.inSecond = 0;
    let before = -1;
    for (let line = from; line < to;) {
      const end = bytes.indexOf(NEWLINE, line);
      // A line that goes on with the message before says nothing, and an empty one neither.
      if (bytes[line] !== TAB && end > line) {
        if (end - line < sourceAt || bytes[end - 1] === CR) return line;
        for (let i = 0; i < minute; i++) if (bytes[line + i] !== head[i]) return line;
        const second = secondIn(bytes, line + minute);
        if (second < 0 || second >= believed || !isTail(bytes, line + minute + 6, tail, digits)) return line;
        const at = base + second;
        if (at === before && this.inSecond >= most) return line;
        if (!this.#isTaken(bytes, line + sourceAt, end, at)) return line;
        if (at > this.last || at < this.last - DISORDER) this.last = at;
        if (at === before) this.inSecond++;
        else [this.inSecond, before] = [1, (this.seconds++, at)];
        this.lastLine = line;
      }
      this.lines++;
      line = end + 1;
    }
    return to;
  }

  /** Whether the line whose stamp ends before `from` could be told without the parser. */
  #isTaken(bytes: Buffer, from: number, end: number, at: number): boolean {
    const { levels, layout } = this.#plan;
    const parts = this.#parts;
    const word = levelIn(layout, bytes, from, end, parts);
    const level = word < 0 ? undefined : levels[bytes[word]!];
    if (!level || !startsWith(bytes, word, level.word)) return false;
    if (!findMessage(layout, bytes, word + level.word.length, end, parts)) return false;
    const { message } = parts;
    // A blank message, of which the newline would be the first byte, has no needle either.
    for (const needle of level.needles[bytes[message]!] ?? []) {
      if (!startsWith(bytes, message, needle.bytes)) continue;
      const rest = message + needle.bytes.length;
      if (needle.kind === 0 || rest > end || isExcepted(bytes, rest, end, needle.except)) return false;
      return isNamed(needle.rest)
        ? this.#noteNamed(bytes, parts, needle, [rest, end, at])
        : this.#note(bytes, parts, needle, [rest, end, at]);
    }
    return this.#saysNothing(bytes, message, end);
  }

  #saysNothing(bytes: Buffer, message: number, end: number): boolean {
    const { secondWord, suspect } = this.#plan;
    if (suspect && includes(bytes, message, end, suspect)) return false;
    if (!secondWord) return true;
    let word = message;
    while (word < end && bytes[word] !== BLANK) word++;
    return !startsWith(bytes, word, secondWord);
  }

  #note(
    bytes: Buffer,
    { source, sourceEnd }: Parts,
    { kind, rest: form }: Needle,
    [rest, end, at]: readonly [number, number, number],
  ): boolean {
    if (form === 'nothing' && rest !== end) return false;
    const jidEnd = form === 'jid' ? endOfJid(bytes, rest, end) : rest;
    if (jidEnd < 0) return false;
    const o = this.#begin();
    const { events } = this;
    if (!isAddress(bytes, source, sourceEnd)) {
      if (!isBosh(bytes, source, sourceEnd)) return false;
      events[o + HIGH] = OF_SOURCE;
    } else {
      const digits = sourceEnd - source - 3;
      events[o + LOW] = hex(bytes, Math.max(source + 3, sourceEnd - 8), sourceEnd);
      events[o + HIGH] = digits > 8 ? hex(bytes, source + 3, sourceEnd - 8) : 0;
    }
    events[o + SOURCE] = source;
    events[o + SOURCE_END] = sourceEnd;
    events[o + KIND] = kind;
    events[o + USER] = kind === START ? this.#names.intern(bytes, rest, jidEnd) : -1;
    events[o + AT] = at;
    this.count++;
    return true;
  }

  #noteNamed(bytes: Buffer, parts: Parts, needle: Needle, [from, end, at]: readonly [number, number, number]): boolean {
    const rest = this.#rest;
    if (!findRest(bytes, parts, needle, from, end, rest)) return false;
    const o = this.#begin();
    const { events } = this;
    events[o + SOURCE] = rest.id;
    events[o + SOURCE_END] = rest.idEnd;
    events[o + KIND] = needle.kind;
    events[o + LOW] = rest.behind;
    events[o + REST_END] = rest.end;
    events[o + HIGH] = needle.isOfJid ? OF_JID : OF_SOURCE;
    events[o + USER] = this.#names.intern(bytes, rest.jid, rest.jidEnd);
    events[o + AT] = at;
    this.count++;
    return true;
  }

  /** The first word of the next event. */
  #begin(): number {
    if (this.count * EVENT_WORDS === this.events.length) this.#grow();
    return this.count * EVENT_WORDS;
  }

  #grow(): void {
    const events = new Int32Array(this.events.length * 2);
    events.set(this.events);
    this.events = events;
  }
}

/** `42:05`: how many seconds of the hour have gone, below 3600; negative when it is none. */
function secondIn(bytes: Buffer, at: number): number {
  const minute = sixtiethIn(bytes, at);
  const second = sixtiethIn(bytes, at + 3);
  return minute < 0 || bytes[at + 2] !== COLON || second < 0 ? -1 : minute * 60 + second;
}

/** Two digits below 60; negative when they are none. */
function sixtiethIn(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens < 0 || tens > 5 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

/** What stands behind the seconds, and the blank before the source. */
function isTail(bytes: Buffer, at: number, tail: Buffer, digits: number): boolean {
  for (let i = 0; i < tail.length; i++) {
    const byte = bytes[at - 1 + i]!;
    if (i > 0 && i <= digits ? byte < ZERO || byte > ZERO + 9 : byte !== tail[i]) return false;
  }
  return bytes[at - 1 + tail.length] === BLANK;
}

function isExcepted(bytes: Buffer, rest: number, end: number, except: Buffer | undefined): boolean {
  return except !== undefined && end - rest === except.length && startsWith(bytes, rest, except);
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

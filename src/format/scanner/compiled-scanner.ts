/**
 * The scanner compiled to WebAssembly (compiled/scanner.ts), and the memory that it shares with the names of users: it looks
 * for them itself, and adds those that are new; where there is no room for one, it is left to be added here.
 */
import type { NameTable } from '../name-table.ts';
import type { Program, SharedMemory } from '../shared-memory.ts';
import { EVENT_WORDS, USER } from './event-words.ts';
import { IN_JID } from './jids.ts';
import type { Level, Needle, RestForm, ScanPlan } from './plan.ts';
import type { LineScanner, Tick } from './scanner.ts';
import { TEXTS } from './texts.ts';

interface Compiled {
  scan(from: number, to: number): number;
}

/** The addresses of compiled/addresses.ts. */
const BUCKET_COUNT = 16;
const LAST = 44;
const SHIFT = 48;
const NEW_NAMES = 56;
const STAMP = 64;
const MASK = 128;
const LONGEST_STAMP = 128;
/** Behind the stamp: what else is set, and is told of the lines. */
const MOST = 320;
const IN_SECOND = 324;
const SECONDS = 328;
const LAST_LINE = 332;
const LAYOUT = 336;
const BELIEVED = 340;
/** A length, and the text. */
const SECOND_WORD = 352;
const SUSPECT = 416;
const LEVEL_OF = 512;
const LEVELS = 768;
const LEVEL_SIZE = 16;
const IN_JID_AT = 1024;
const TEXTS_AT = 1280;
const TEXT_SIZE = 16;
const NAMES_STATE = 1984;
const FIRST = 2048;
const NEEDLES = 8192;
const NEEDLE_SIZE = 256;
const TEXT = 16;
const EXCEPT = 80;
const BY = 128;
const WITHOUT = 176;
const EVENTS = 65_536;
const INPUT = 2 * 1024 * 1024;
/** Blocks longer than this are scanned in parts. */
const INPUT_SIZE = 4 * 1024 * 1024 - 1;
const NEWLINE = 10;
const BLANK = 32;
const COLON = 58;
/** Bytes of the minute and the second. */
const TIME = 5;
const FORMS: Readonly<Record<RestForm, number>> = {
  anything: 0,
  nothing: 1,
  jid: 2,
  'full jid': 3,
  traffic: 4,
  fields: 5,
  login: 6,
  closing: 7,
};
/** Of each login: its event, where the name begins and ends, which are addresses, and of a new name its hash. */
const LOGINS = 1_114_112;
const LOGIN_SIZE = 16;
/** A user who is a new name that is left. */
const NEW = -2;

interface Loaded {
  readonly bytes: Buffer | undefined;
  readonly from: number;
  readonly to: number;
}

const NOTHING: Loaded = { bytes: undefined, from: 0, to: 0 };

interface Scan {
  readonly plan: ScanPlan;
  readonly tick: Tick;
  readonly names: NameTable;
  readonly last: number;
  readonly most: number;
}

/** What the compiled scanner has in the memory that it shares with the names. */
export class ScannerMemory {
  readonly #shared: SharedMemory;
  readonly #program: Program<Compiled>;
  #bytes = Buffer.alloc(0);
  #words = new Int32Array(0);
  #plan: ScanPlan | undefined;
  #tick: Tick | undefined;
  /** What of which bytes is in the input. */
  #loaded: Loaded = NOTHING;

  /** `code`: what compiled/scanner.ts was compiled to. */
  constructor(code: Uint8Array, shared: SharedMemory) {
    this.#shared = shared;
    this.#program = shared.program(code);
  }

  get words(): Int32Array {
    return this.#words;
  }

  /**
   * Scans the bytes from `from` on, as many as there is room for up to `to`; returns where it stopped. `plan`, `tick`, `last`,
   * `most`: as of `LineScanner`.
   */
  scan(bytes: Buffer, from: number, to: number, { plan, tick, names, last, most }: Scan): number {
    if (this.#shared.buffer !== this.#words.buffer) this.#begin();
    const end = this.#load(bytes, from, to);
    if (end <= from) return from;
    if (plan !== this.#plan) this.#writePlan(plan);
    if (tick !== this.#tick) this.#writeTick(tick);
    const { head, tail, base, digits, believed } = tick;
    const shift = this.#loaded.from - INPUT;
    this.#words.set([
      0,
      0,
      ...names.hashing,
      ...regionsOf(names),
      head.length,
      tail.length,
      base,
      last,
      shift,
      digits,
      0,
    ]);
    this.#words[MOST / 4] = most;
    this.#words[BELIEVED / 4] = believed;
    this.#words.set(names.state, NAMES_STATE / 4);
    const stop = this.#program().scan(from - shift, end - shift) + shift;
    names.added(this.#words.subarray(NAMES_STATE / 4, NAMES_STATE / 4 + 4), this.#words[BUCKET_COUNT / 4]!);
    return stop;
  }

  /** In a memory that is another one. */
  #begin(): void {
    const { buffer } = this.#shared;
    if (!buffer) throw new TypeError('names are allocated before they are looked for');
    this.#bytes = Buffer.from(buffer);
    this.#words = new Int32Array(buffer);
    [this.#plan, this.#tick, this.#loaded] = [undefined, undefined, NOTHING];
    this.#bytes.set(IN_JID, IN_JID_AT);
    for (const [i, text] of TEXTS.entries()) this.#writeText(TEXTS_AT + i * TEXT_SIZE, text);
  }

  /** Puts the bytes from `from` on into the input, unless they are there; returns the end of what is. */
  #load(bytes: Buffer, from: number, to: number): number {
    const loaded = this.#loaded;
    if (loaded.bytes === bytes && from >= loaded.from && from < loaded.to) return Math.min(to, loaded.to);
    const end = to - from <= INPUT_SIZE ? to : bytes.lastIndexOf(NEWLINE, from + INPUT_SIZE - 1) + 1;
    if (end > from) {
      this.#bytes.set(bytes.subarray(from, end), INPUT);
      // In a last line without a blank the end of its source is looked for behind it.
      this.#bytes[INPUT + end - from] = BLANK;
    }
    this.#loaded = { bytes, from, to: end };
    return end;
  }

  #writeTick(tick: Tick): void {
    const { head, tail, digits } = (this.#tick = tick);
    const counts = (i: number): boolean => i === 0 || i > digits;
    this.#bytes.fill(0, STAMP, MOST);
    for (const [i, byte] of head.entries()) this.#writeInStamp(i, byte);
    this.#writeInStamp(head.length + 2, COLON);
    for (const [i, byte] of [...tail, BLANK].entries()) if (counts(i)) this.#writeInStamp(head.length + TIME + i, byte);
  }

  #writeInStamp(at: number, byte: number): void {
    this.#bytes[STAMP + at] = byte;
    this.#bytes[STAMP + MASK + at] = 255;
  }

  #writePlan(plan: ScanPlan): void {
    this.#plan = plan;
    this.#bytes.fill(0, LAYOUT, IN_JID_AT);
    this.#bytes.fill(0, FIRST, EVENTS);
    this.#bytes[LAYOUT] = plan.layoutNumber;
    this.#writeText(SECOND_WORD, plan.secondWord);
    this.#writeText(SUSPECT, plan.suspect);
    const levels = [...new Set(plan.levels)].filter((level) => level !== undefined);
    let needles = 0;
    for (const [byte, level] of plan.levels.entries())
      if (level) this.#bytes[LEVEL_OF + byte] = levels.indexOf(level) + 1;
    for (const [number, level] of levels.entries()) {
      this.#bytes[LEVELS + number * LEVEL_SIZE] = level.word.length;
      this.#bytes.set(level.word, LEVELS + number * LEVEL_SIZE + 1);
      needles = this.#writeNeedles(level, FIRST + number * 256, needles);
    }
  }

  #writeNeedles({ needles: byFirst }: Level, firstOf: number, written: number): number {
    let number = written;
    for (const [byte, needles] of byFirst.entries()) {
      if (!needles) continue;
      this.#bytes[firstOf + byte] = number + 1;
      for (const [i, needle] of needles.entries()) this.#writeNeedle(number++, needle, i < needles.length - 1);
    }
    return number;
  }

  #writeNeedle(number: number, needle: Needle, isFollowed: boolean): void {
    const { bytes, kind, rest, except, by, without, isOfJid } = needle;
    const at = NEEDLES + number * NEEDLE_SIZE;
    const [exceptLength, byLength] = [except?.length ?? 0, by?.length ?? 0];
    this.#bytes.set([bytes.length, kind, FORMS[rest], isFollowed ? 1 : 0, exceptLength, byLength, isOfJid ? 1 : 0], at);
    this.#bytes.set(bytes, at + TEXT);
    if (except) this.#bytes.set(except, at + EXCEPT);
    if (by) this.#bytes.set(by, at + BY);
    this.#writeText(at + WITHOUT, without);
  }

  #writeText(at: number, text: Buffer = Buffer.alloc(0)): void {
    this.#bytes[at] = text.length;
    this.#bytes.set(text, at + 1);
  }
}

const regionsOf = ({ words, buckets, arena }: NameTable): readonly number[] =>
  [words, buckets, arena].map(({ byteOffset }) => byteOffset);

export class CompiledScanner implements LineScanner {
  readonly #memory: ScannerMemory;
  readonly #names: NameTable;
  readonly #plan: ScanPlan;
  events: Int32Array = new Int32Array(0);
  count = 0;
  lines = 0;
  last = 0;
  inSecond = 0;
  seconds = 0;
  lastLine = 0;

  /** `names` are in `memory`. */
  constructor(names: NameTable, plan: ScanPlan, memory: ScannerMemory) {
    this.#names = names;
    this.#plan = plan;
    this.#memory = memory;
  }

  scan(bytes: Buffer, from: number, to: number, tick: Tick, last: number, most: number): number {
    [this.count, this.lines, this.last, this.inSecond, this.seconds] = [0, 0, last, 0, 0];
    if (tick.head.length + TIME + tick.tail.length >= LONGEST_STAMP) return from;
    const stop = this.#memory.scan(bytes, from, to, { plan: this.#plan, tick, names: this.#names, last, most });
    if (stop === from) return from;
    const { words } = this.#memory;
    [this.count = 0, this.lines = 0] = words;
    this.last = words[LAST / 4]! >>> 0;
    this.inSecond = words[IN_SECOND / 4]!;
    this.seconds = words[SECONDS / 4]!;
    this.lastLine = words[LAST_LINE / 4]!;
    const fresh = words[NEW_NAMES / 4]!;
    this.events = words.subarray(EVENTS / 4, EVENTS / 4 + this.count * EVENT_WORDS);
    if (fresh > 0) this.#addNames(bytes, fresh);
    return stop;
  }

  /** Adds so many names that are left. */
  #addNames(bytes: Buffer, fresh: number): void {
    const { events } = this;
    const { words } = this.#memory;
    const shift = words[SHIFT / 4]!;
    for (let login = LOGINS / 4, left = fresh; left > 0; login += LOGIN_SIZE / 4) {
      const user = (words[login]! - EVENTS) / 4 + USER;
      if (events[user] !== NEW) continue;
      const from = words[login + 1]! + shift;
      const to = words[login + 2]! + shift;
      events[user] = this.#names.intern(bytes, from, to, words[login + 3]);
      left--;
    }
  }
}

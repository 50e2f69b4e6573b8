/**
 * The scanner compiled to WebAssembly (compiled/scanner.ts), and the memory that it shares with the names of users: it looks
 * for them itself, and leaves those that are new to be added here.
 */
import { arenaLength, NAME_WORDS, type NameSpace, type NameTable } from '../name-table.ts';
import {
  endOfJid,
  EVENT_WORDS,
  HEX,
  IN_JID,
  USER,
  type LineScanner,
  type Level,
  type Needle,
  type ScanPlan,
  type Tick,
} from './scanner.ts';

/** Of the language's own library, but not in its declarations for Node. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Compiled {
  scan(from: number, to: number): number;
}

/** The addresses of compiled/scanner.ts. */
const LAST = 44;
const HEAD = 64;
const TAIL = 128;
const LONGEST_STAMP = 64;
const LEVEL_OF = 256;
const LEVELS = 512;
const LEVEL_SIZE = 16;
const IN_JID_AT = 1024;
const HEX_AT = 1280;
const FIRST = 2048;
const NEEDLES = 8192;
const NEEDLE_SIZE = 128;
const TEXT = 16;
const EXCEPT = 80;
const EVENTS = 65_536;
const INPUT = 2 * 1024 * 1024;
/** Blocks longer than this are scanned in parts. */
const INPUT_SIZE = 4 * 1024 * 1024;
/** Behind the input, for what looks at 16 bytes at a time. */
const TABLES = INPUT + INPUT_SIZE + 65_536;
const PAGE = 65_536;
const FORMS = { nothing: 1, jid: 2, anything: 0 } as const;
/** A user who is a new name is `NEW` less the place of the name. */
const NEW = -2;

/** Memory in which names are found by the compiled scanner. */
export class ScannerMemory {
  readonly #module: object;
  #bytes = Buffer.alloc(0);
  #words = new Int32Array(0);
  #compiled: Compiled | undefined;
  #plan: ScanPlan | undefined;
  #regions: readonly [words: number, buckets: number, arena: number] = [0, 0, 0];

  /** `code`: what compiled/scanner.ts was compiled to. */
  constructor(code: Uint8Array) {
    this.#module = new WebAssembly.Module(code);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  get words(): Int32Array {
    return this.#words;
  }

  /** Room for the names of a table. There is one table. */
  readonly allocate = (capacity: number): NameSpace => {
    const buckets = TABLES + capacity * NAME_WORDS * 4;
    const arena = buckets + capacity * 4;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((arena + arenaLength(capacity) * 4) / PAGE) });
    const { exports } = new WebAssembly.Instance(this.#module, { env: { memory } });
    this.#compiled = exports as Compiled;
    this.#bytes = Buffer.from(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#regions = [TABLES, buckets, arena];
    this.#plan = undefined;
    this.#bytes.set(IN_JID, IN_JID_AT);
    this.#bytes.set(HEX, HEX_AT);
    return {
      words: new Int32Array(memory.buffer, TABLES, capacity * NAME_WORDS),
      buckets: new Int32Array(memory.buffer, buckets, capacity),
      arena: new Int32Array(memory.buffer, arena, arenaLength(capacity)),
    };
  };

  /** Scans the first `length` bytes of the input. `last` and what it returns: as of `LineScanner`. */
  scan(length: number, plan: ScanPlan, { head, tail, base }: Tick, hashing: readonly number[], last: number): number {
    if (plan !== this.#plan) this.#writePlan(plan);
    this.#words.set([0, 0, ...hashing, ...this.#regions, head.length, tail.length, base, last]);
    this.#bytes.set(head, HEAD);
    this.#bytes.set(tail, TAIL);
    return (this.#compiled?.scan(INPUT, INPUT + length) ?? INPUT) - INPUT;
  }

  #writePlan(plan: ScanPlan): void {
    this.#plan = plan;
    this.#bytes.fill(0, LEVEL_OF, LEVELS + LEVEL_SIZE * 16);
    this.#bytes.fill(0, FIRST, EVENTS);
    const levels = [...plan.levels.entries()].flatMap(([byte, level]) => (level ? [{ byte, level }] : []));
    let needles = 0;
    for (const [number, { byte, level }] of levels.entries()) {
      this.#bytes[LEVEL_OF + byte] = number + 1;
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

  #writeNeedle(number: number, { bytes, kind, rest, except }: Needle, isFollowed: boolean): void {
    const at = NEEDLES + number * NEEDLE_SIZE;
    this.#bytes.set([bytes.length, kind, FORMS[rest], isFollowed ? 1 : 0, except?.length ?? 0], at);
    this.#bytes.set(bytes, at + TEXT);
    if (except) this.#bytes.set(except, at + EXCEPT);
  }
}

export class CompiledScanner implements LineScanner {
  readonly #memory: ScannerMemory;
  readonly #names: NameTable;
  readonly #plan: ScanPlan;
  events: Int32Array = new Int32Array(0);
  count = 0;
  lines = 0;
  last = 0;

  /** `names` are in `memory`. */
  constructor(names: NameTable, plan: ScanPlan, memory: ScannerMemory) {
    this.#names = names;
    this.#plan = plan;
    this.#memory = memory;
  }

  scan(bytes: Buffer, from: number, to: number, tick: Tick, last: number): number {
    [this.count, this.lines, this.last] = [0, 0, last];
    if (tick.head.length > LONGEST_STAMP || tick.tail.length > LONGEST_STAMP) return from;
    const end = to - from <= INPUT_SIZE ? to : bytes.lastIndexOf(10, from + INPUT_SIZE - 1) + 1;
    if (end <= from) return from;
    this.#memory.bytes.set(bytes.subarray(from, end), INPUT);
    const length = this.#memory.scan(end - from, this.#plan, tick, this.#names.hashing, last);
    [this.count = 0, this.lines = 0] = this.#memory.words;
    this.last = this.#memory.words[LAST / 4]! >>> 0;
    this.events = this.#memory.words.subarray(EVENTS / 4, EVENTS / 4 + this.count * EVENT_WORDS);
    this.#place(bytes, from - INPUT);
    return from + length;
  }

  /** Makes the addresses of the events offsets in the bytes given, and adds the names that are new. */
  #place(bytes: Buffer, by: number): void {
    const { events } = this;
    for (let at = 0; at < events.length; at += EVENT_WORDS) {
      events[at] = events[at]! + by;
      events[at + 1] = events[at + 1]! + by;
      events[at + 7] = events[at + 7]! + by;
      const user = events[at + USER]!;
      if (user <= NEW) events[at + USER] = this.#add(bytes, NEW - user + by);
    }
  }

  #add(bytes: Buffer, from: number): number {
    return this.#names.intern(bytes, from, endOfJid(bytes, from, bytes.indexOf(10, from)));
  }
}

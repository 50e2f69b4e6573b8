/**
 * The memory that compiled code shares with the tables of names and of sessions. What belongs to the code itself lies at fixed
 * places before them. When names need more room another memory is made, and the tables are moved into it.
 */
import { arenaLength, NAME_WORDS, type NameSpace } from './name-table.ts';
import { WebAssembly } from './web-assembly.ts';

/** A program that runs in this memory. */
export type Program<T> = () => T;

/** Where sessions are kept: words for so many of them, and as many buckets, and resources. */
export interface SessionSpace {
  readonly words: Int32Array<ArrayBuffer>;
  readonly heads: Int32Array<ArrayBuffer>;
  readonly resources: Int32Array<ArrayBuffer>;
}

/** Bytes at the beginning for scanner/compiled/scanner.ts, and behind them for activity/compiled/rules.ts. */
const SCANNER = 6_356_992;
const RULES = 1_048_576;
/** Where those of the rules are. */
export const RULES_AT = SCANNER;
const PAGE = 65_536;
/** As of activity/session-table.ts. */
const SESSION_WORDS = 8;
/** Room for queues: bytes for each name, and in all for few names. */
const QUEUED = 16;
const LEAST_QUEUED = 1_048_576;

export class SharedMemory {
  #memory: { readonly buffer: ArrayBuffer } | undefined;
  #capacity = 0;
  #sessionsAt = 0;
  /** Where there is room for another queue, and where it ends. */
  #queuesAt = 0;
  #queuesEnd = 0;

  /** Another one when names have been given more room. */
  get buffer(): ArrayBuffer | undefined {
    return this.#memory?.buffer;
  }

  /** Room for the names of a table. There is one table. */
  readonly allocate = (capacity: number): NameSpace => {
    const names = SCANNER + RULES;
    const buckets = names + capacity * NAME_WORDS * 4;
    const arena = buckets + capacity * 4;
    const sessions = arena + arenaLength(capacity) * 4;
    const queues = sessions + capacity * (SESSION_WORDS + 2) * 4;
    const end = queues + capacity * QUEUED + LEAST_QUEUED;
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE) });
    [this.#capacity, this.#sessionsAt, this.#queuesAt, this.#queuesEnd] = [capacity, sessions, queues, end];
    const { buffer } = this.#memory;
    return {
      words: new Int32Array(buffer, names, capacity * NAME_WORDS),
      buckets: new Int32Array(buffer, buckets, capacity),
      arena: new Int32Array(buffer, arena, arenaLength(capacity)),
    };
  };

  /** Room for so many sessions of the one table of them; undefined when there is not so much. */
  sessions(capacity: number): SessionSpace | undefined {
    if (!this.buffer || capacity > this.#capacity) return undefined;
    const heads = this.#sessionsAt + this.#capacity * SESSION_WORDS * 4;
    return {
      words: new Int32Array(this.buffer, this.#sessionsAt, capacity * SESSION_WORDS),
      heads: new Int32Array(this.buffer, heads, capacity),
      resources: new Int32Array(this.buffer, heads + this.#capacity * 4, capacity),
    };
  }

  /** Room for a queue of so many words, which is not given back; undefined when there is none. */
  queue(length: number): Int32Array<ArrayBuffer> | undefined {
    const end = this.#queuesAt + length * 4;
    if (!this.buffer || end > this.#queuesEnd) return undefined;
    const words = new Int32Array(this.buffer, this.#queuesAt, length);
    this.#queuesAt = end;
    return words;
  }

  /** What is exported by the code when it runs here: of another instance when the memory is another one. */
  program<T>(code: Uint8Array): Program<T> {
    const module = new WebAssembly.Module(code);
    let of: object | undefined;
    let exported: unknown;
    return () => {
      const memory = this.#memory;
      if (memory !== of) exported = new WebAssembly.Instance(module, { env: { memory } }).exports;
      of = memory;
      return exported as T;
    };
  }
}

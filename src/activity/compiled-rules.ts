/**
 * The rules of the info level compiled to WebAssembly (compiled/rules.ts). They take in usual events where the words of users,
 * sessions and queues are in one memory, much faster than the definition does, which takes in all others. What follows from a
 * change for anything else they leave in a journal.
 */
import type { EventBatch } from '../format/event-batch.ts';
import { EVENT_WORDS, USER } from '../format/scanner/event-words.ts';
import { RULES_AT, type Program, type SharedMemory } from '../format/shared-memory.ts';
import { EventNames } from './event-names.ts';
import type { LogSessions } from './log-sessions.ts';
import { dueOf } from './passing-time.ts';
import type { TimeoutQueue } from './timeout-queue.ts';
import type { Users } from './user-table.ts';

interface Compiled {
  expect(from: number, to: number): number;
  take(from: number, to: number): number;
}

/** The addresses of compiled/rules.ts, as words behind `RULES_AT`. */
const NAMES = 0;
/** Nine words. */
const TABLE = 1;
const LOG = 10;
const HIBERNATION = 11;
const HAS_RESUMPTION = 12;
const IS_STORED = 13;
const PASSED = 14;
const DUE = 15;
const AWAY_QUEUE = 16;
const IDLE_QUEUE = 18;
const ENDED_QUEUE = 20;
const JOURNAL_END = 22;
const REMOVED = 23;
const BOSH_QUEUE = 24;
const BOSH_SECONDS = 26;
const RESOURCES = 27;
const EVENTS = 1024;
const JOURNAL = 33_792;
/** So many events at a time. */
const MOST_EVENTS = 4096;

/** What an entry of the journal is of: below `COME` the counts of a host. */
const MORE = 1;
const ONLINE = 2;
const COME = 4;
const SEEN = 5;
const IDLE = 6;
const CHANGED = 7;
const DROPPED = 8;
const LET_GO = 9;
const HELD = 10;
const BOUND_TO = 11;
const HOST = 13;
const CELL = 14;
/** Beside the journal: four words a host, and a ring of hours for each. */
const HOSTS = 229_248;
const CELLS = 229_376;
const HOURS = 1024;

/** Room that compiled/sessions.ts wants in a queue before an event. */
const QUEUE_SPARE = 1024;
const LEAST_QUEUE = 4096;
const LAST_INSTANT = 0xffff_ffff;

export class CompiledRules {
  readonly #memory: SharedMemory;
  readonly #program: Program<Compiled>;
  readonly #names = new EventNames();
  #words = new Int32Array(0);

  /** `code`: what compiled/rules.ts was compiled to. */
  constructor(code: Uint8Array, memory: SharedMemory) {
    this.#memory = memory;
    this.#program = memory.program(code);
  }

  /** The users of a batch are expected, as of `Users`; false where this is left to the definition. */
  expect(users: Users, { words, count }: EventBatch): boolean {
    if (!this.#isIn(users)) return false;
    const base = RULES_AT + EVENTS * 4;
    for (let first = 0; first < count; first += MOST_EVENTS) {
      const part = words.subarray(first * EVENT_WORDS, (first + MOST_EVENTS) * EVENT_WORDS);
      const end = base + Math.min(count - first, MOST_EVENTS) * EVENT_WORDS * 4;
      this.#words.set(part, EVENTS);
      this.#words[NAMES] = users.names.words.byteOffset;
      for (let at = base; (at = this.#program().expect(at, end)) < end; at += EVENT_WORDS * 4)
        users.expect(part[(at - base) / 4 + USER]!);
    }
    return true;
  }

  /** Takes in the events of a batch from `first` up to `end`, exclusive; `takeOther` by the definition, each that is not usual. */
  takeRun(
    log: LogSessions,
    batch: EventBatch,
    first: number,
    end: number,
    takeOther: (batch: EventBatch, event: number) => void,
  ): void {
    for (let event = first; event < end;) {
      const stop = Math.min(event + MOST_EVENTS, end);
      if (this.#moveIn(log)) event = this.#takePart(log, batch, event, stop, takeOther);
      else takeOther(batch, event++);
    }
  }

  /** Returns where the log went out of the memory, or `end`. */
  #takePart(
    log: LogSessions,
    batch: EventBatch,
    first: number,
    end: number,
    takeOther: (batch: EventBatch, event: number) => void,
  ): number {
    this.#words.set(batch.words.subarray(first * EVENT_WORDS, end * EVENT_WORDS), EVENTS);
    this.#names.take(log.table, batch, first, end, this.#words, EVENTS);
    const stop = this.#takeUsual(log, batch, first, end, takeOther);
    this.#names.letGo(log.table);
    return stop;
  }

  #takeUsual(
    log: LogSessions,
    batch: EventBatch,
    first: number,
    end: number,
    takeOther: (batch: EventBatch, event: number) => void,
  ): number {
    const words = this.#words;
    for (let event = first; ;) {
      event = this.#take(log, event - first, end - first) + first;
      if (event < end) takeOther(batch, event++);
      if (event >= end || !this.#moveIn(log) || words !== this.#words) return event;
    }
  }

  #take(log: LogSessions, from: number, to: number): number {
    const { table, users } = log;
    const words = this.#words;
    words[NAMES] = users.names.words.byteOffset;
    table.writeState(words, TABLE);
    words[LOG] = log.number;
    words[HIBERNATION] = log.hibernation;
    words[BOSH_SECONDS] = log.boshSeconds;
    words[RESOURCES] = table.resources.words.byteOffset;
    words[HAS_RESUMPTION] = Number(log.hasResumption);
    words[IS_STORED] = Number(table.isStored(log.number));
    words[PASSED] = Math.max(0, log.passed);
    words[DUE] = Math.min(LAST_INSTANT, dueOf(log));
    writeQueue(words, AWAY_QUEUE, log.away);
    writeQueue(words, IDLE_QUEUE, log.idle);
    writeQueue(words, ENDED_QUEUE, log.ended);
    writeQueue(words, BOSH_QUEUE, log.bosh);
    words[REMOVED] = Math.min(LAST_INSTANT, Math.max(0, users.removals.newest));
    const base = RULES_AT + EVENTS * 4;
    const stop = this.#program().take(base + from * EVENT_WORDS * 4, base + to * EVENT_WORDS * 4);
    table.readState(words, TABLE);
    log.hasResumption = words[HAS_RESUMPTION] !== 0;
    const passed = (words[PASSED] ?? 0) >>> 0;
    if (passed > 0) log.passed = Math.max(log.passed, passed);
    this.#apply(log, (words[JOURNAL_END]! >>> 0) - RULES_AT);
    return (stop - base) / (EVENT_WORDS * 4);
  }

  /** Whether the words of users are in the memory. */
  #isIn(users: Users): boolean {
    const { buffer } = this.#memory;
    if (!buffer || users.names.words.buffer !== buffer) return false;
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer, RULES_AT);
    return true;
  }

  /** Whether all that the rules look at is in the memory, and nothing is there that only the definition knows. */
  #moveIn(log: LogSessions): boolean {
    const { table, users } = log;
    if (log.detail || ![log.hibernation, log.boshSeconds].every(Number.isInteger)) return false;
    if (!this.#isIn(users)) return false;
    const { buffer } = this.#words;
    if (table.buffer !== buffer) {
      const space = this.#memory.sessions(table.capacity);
      if (!space) return false;
      table.moveTo(space);
    }
    return [log.away, log.idle, log.ended, log.bosh].every((queue) => this.#moveQueue(queue, buffer));
  }

  #moveQueue(queue: TimeoutQueue, buffer: ArrayBuffer): boolean {
    const isRoomy = queue.length - queue.filled > QUEUE_SPARE;
    if (queue.words.buffer === buffer && isRoomy) return true;
    const length = Math.max(LEAST_QUEUE, isRoomy ? queue.length : queue.length * 2);
    const words = this.#memory.queue(length + 2);
    if (words) queue.moveTo(words);
    return words !== undefined;
  }

  #apply({ users, table, number }: LogSessions, end: number): void {
    const words = this.#words;
    for (let at = JOURNAL; at < end / 4; at += 3) {
      const what = words[at]!;
      const a = words[at + 1]!;
      const b = words[at + 2]!;
      if (what < COME) users.counted.countOn(a, what & MORE ? 1 : -1, (what & ONLINE) !== 0, b >>> 0);
      else if (what === COME) users.came(a);
      else if (what === SEEN) users.pages.noteUser(a);
      else if (what === IDLE) users.releaseIfIdle(a);
      else if (what === CHANGED) table.changed(number, a);
      else if (what === DROPPED) table.dropped(number, a, b);
      else if (what === HOST) this.#takeHost(users, a);
      else if (what === CELL) this.#takeCell(users, a, b);
      else if (what === HELD) table.ids.hold(a, b);
      else if (what === LET_GO) table.ids.letGo(a, b);
      else if (what === BOUND_TO) table.resources.hold(a);
      else table.resources.letGo(a);
    }
  }

  #takeHost(users: Users, host: number): void {
    const [words, at] = [this.#words, HOSTS + host * 4];
    users.counted.countOnline(host, words[at]!, words[at + 1]! >>> 0);
    words.fill(0, at, at + 3);
  }

  /** The journal may name it twice. */
  #takeCell(users: Users, host: number, hour: number): void {
    const [words, at] = [this.#words, CELLS + host * HOURS + (hour & (HOURS - 1))];
    if (words[at] !== 0) users.counted.countIn(host, hour, words[at]!);
    words[at] = 0;
  }
}

function writeQueue(words: Int32Array, at: number, { words: { byteOffset }, length }: TimeoutQueue): void {
  words[at] = byteOffset;
  words[at + 1] = length - 1;
}

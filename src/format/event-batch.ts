/** The events of one block of lines, in their order: those of the scanner as numbers, the others as what they are. */
import type { Happening } from './dialects/dialect.ts';
import { AT, EVENT_WORDS, KIND, LOW, OTHER } from './scanner/event-words.ts';
import type { LineScanner } from './scanner/scanner.ts';

export class EventBatch {
  /** The lines. */
  bytes: Buffer;
  /** `EVENT_WORDS` words an event, as of scanner.ts; places are offsets in `bytes`. */
  words = new Int32Array(16 * EVENT_WORDS);
  times = new Uint32Array(this.words.buffer);
  count = 0;
  others: Happening[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Makes it the empty batch of other lines: what it was before is over. */
  begin(bytes: Buffer): void {
    this.bytes = bytes;
    this.count = 0;
    this.others = [];
  }

  /** Unix seconds. */
  at(event: number): number {
    return this.times[event * EVENT_WORDS + AT]!;
  }

  /** An event that no scanner found; undefined for one that it did. */
  other(event: number): Happening | undefined {
    const at = event * EVENT_WORDS;
    return this.words[at + KIND] === OTHER ? this.others[this.words[at + LOW]!] : undefined;
  }

  add(event: Happening): void {
    this.#makeRoom(1);
    const at = this.count++ * EVENT_WORDS;
    this.words[at + KIND] = OTHER;
    this.words[at + LOW] = this.others.push(event) - 1;
    this.times[at + AT] = event.at;
  }

  /** Adds what the scanner found last. */
  addScanned({ events, count }: Pick<LineScanner, 'events' | 'count'>): void {
    this.#makeRoom(count);
    this.words.set(events.subarray(0, count * EVENT_WORDS), this.count * EVENT_WORDS);
    this.count += count;
  }

  /** Adds an event of another batch, whose session is told without its lines. */
  addFrom({ words, others }: EventBatch, event: number): void {
    const from = event * EVENT_WORDS;
    const other = words[from + KIND] === OTHER ? others[words[from + LOW]!] : undefined;
    if (other) return this.add(other);
    this.#makeRoom(1);
    this.words.set(words.subarray(from, from + EVENT_WORDS), this.count++ * EVENT_WORDS);
  }

  /** From `from` on, the first event up to `to`, exclusive, that is after `at`, unix seconds; `to` when none is. */
  firstAfter(at: number, from: number, to: number): number {
    const { times } = this;
    let event = from;
    while (event < to && times[event * EVENT_WORDS + AT]! <= at) event++;
    return event;
  }

  /** The latest instant of the events from `from` up to `to`, exclusive, unix seconds; there is one. */
  latest(from: number, to: number): number {
    let latest = this.at(from);
    for (let event = from + 1; event < to; event++) latest = Math.max(latest, this.at(event));
    return latest;
  }

  #makeRoom(events: number): void {
    const needed = (this.count + events) * EVENT_WORDS;
    if (needed <= this.words.length) return;
    const words = new Int32Array(Math.max(needed, this.words.length * 2));
    words.set(this.words);
    this.words = words;
    this.times = new Uint32Array(words.buffer);
  }
}

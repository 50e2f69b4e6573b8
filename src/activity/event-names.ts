/**
 * The names that stand in the lines of events, ids of sessions and resources, as numbers: the compiled rules know no names. Each is
 * held until the events have been taken in.
 */
import type { EventBatch } from '../format/event-batch.ts';
import {
  EVENT_WORDS,
  HIGH,
  KIND,
  LOW,
  NAMED_END,
  NAMED_START,
  OF_JID,
  OTHER,
  REST_END,
  SOURCE,
  SOURCE_END,
} from '../format/scanner/event-words.ts';
import type { SessionTable } from './session-table.ts';

const BLANK = 32;
const COLON = 58;

export class EventNames {
  /** Two numbers each. */
  readonly #ids: number[] = [];
  readonly #resources: number[] = [];

  /** Puts the numbers of the names in the lines of the events from `first` to `end` beside them, in `words` at `at`. */
  take(
    { ids, resources }: SessionTable,
    batch: EventBatch,
    first: number,
    end: number,
    into: Int32Array,
    at: number,
  ): void {
    const { words, bytes } = batch;
    for (let event = first, to = at; event < end; event++, to += EVENT_WORDS) {
      const o = event * EVENT_WORDS;
      const kind = words[o + KIND]!;
      if (words[o + HIGH]! >= 0 || kind === OTHER) continue;
      const [source, sourceEnd] = [words[o + SOURCE]!, words[o + SOURCE_END]!];
      const isOfJid = words[o + HIGH] === OF_JID;
      const { low, high } = isOfJid ? ids.takeOfJid(bytes, source, sourceEnd) : ids.takeNamed(bytes, source, sourceEnd);
      into[to + LOW] = low;
      into[to + HIGH] = high;
      this.#ids.push(low, high);
      if (kind < NAMED_START) continue;
      const [rest, restEnd] = [words[o + LOW]!, words[o + REST_END]!];
      const isBare = kind !== NAMED_END || isOfJid;
      const resource =
        rest === source && restEnd === sourceEnd
          ? resources.takeOfId(low)
          : resources.take(bytes, rest, isBare ? restEnd : resourceEnd(bytes, rest, restEnd));
      into[to + REST_END] = resource;
      this.#resources.push(resource);
    }
  }

  letGo({ ids, resources }: SessionTable): void {
    for (let i = 0; i < this.#ids.length; i += 2) ids.letGo(this.#ids[i]!, this.#ids[i + 1]!);
    for (const resource of this.#resources) resources.letGo(resource);
    this.#ids.length = this.#resources.length = 0;
  }
}

/** Where a resource probably ends behind which something else may stand, as named-sessions.ts has it. */
function resourceEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) if (bytes[i + 1] === BLANK && bytes[i] === COLON) return i;
  return to;
}

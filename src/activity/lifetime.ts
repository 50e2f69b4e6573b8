/**
 * When lines of a log came. Users are kept for as long as the lines behind their last one span, and not by the clock: a clock
 * that is wrong for an hour, however far, leaves an hour of lines behind, and nobody is taken to have been away.
 */
import type { EventBatch } from '../format/event-batch.ts';
import { AT, EVENT_WORDS } from '../format/scanner/event-words.ts';
import type { Span } from './coverage.ts';

/** Lines further apart do not tell that the log lived in between; seconds. */
const LONGEST_PAUSE = 86_400;
/** So many spans are kept: the last ones. */
const SPANS = 64;

export class Lifetime {
  #spans: readonly Span[];
  #from = NaN;
  #to = NaN;

  /** `spans`: when lines that were read before came. */
  constructor(spans: readonly Span[]) {
    this.#spans = spans;
  }

  /** A line of the instant `at`, unix seconds. */
  note(at: number): void {
    if (at >= this.#from && at <= this.#to) return;
    if (at > this.#to && at - this.#to <= LONGEST_PAUSE) this.#to = at;
    else this.#begin(at);
  }

  /** The events of a batch from `from` on. */
  noteAll({ times, count }: EventBatch, from: number): void {
    for (let at = from * EVENT_WORDS + AT; at < count * EVENT_WORDS; at += EVENT_WORDS) this.note(times[at]!);
  }

  /** In the order of time. */
  get spans(): readonly Span[] {
    return Number.isNaN(this.#from) ? this.#spans : joined([...this.#spans, [this.#from, this.#to]]).slice(-SPANS);
  }

  #begin(at: number): void {
    this.#spans = this.spans;
    [this.#from, this.#to] = [at, at];
  }
}

/** The instant, unix seconds, behind which the spans last for so many seconds; -Infinity when they do not. */
export function livedSince(spans: readonly Span[], seconds: number): number {
  let left = seconds;
  for (const [from, to] of joined(spans).toReversed()) {
    if (to - from >= left) return to - left;
    left -= to - from;
  }
  return -Infinity;
}

function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last && span[0] - last[1] <= LONGEST_PAUSE) all[all.length - 1] = [last[0], Math.max(last[1], span[1])];
    else all.push(span);
  }
  return all;
}

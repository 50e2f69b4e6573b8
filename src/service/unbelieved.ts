/**
 * Lines that lay in the future when they were read. They changed nothing, as last seen is a maximum and one wrong stamp would
 * be for ever; but the clock or the zone may have been wrong, and not the lines. So the place of the first one is kept with
 * the log, and the log is read again from there when they can be believed.
 */
import type { LineDecoderState } from '../format/line-decoder.ts';
import type { Position } from '../source/follow/position.ts';

/** Where a block of lines began. */
export interface Place {
  /** Of the file that they are in. */
  readonly id: string;
  /** How far that was read before; undefined at its beginning. */
  readonly position: Position | undefined;
  /** The files that were read before, by id. */
  readonly known: readonly string[];
}

/** Plain JSON. */
export interface Unbelieved extends Place {
  /** When the earliest of the lines will be believed, but for `BELIEVED_AHEAD`; unix seconds. */
  readonly at: number;
  /** The zone that was taken for theirs. */
  readonly timezone: string;
  /** The reader before these lines; undefined when it had read none. */
  readonly reader?: LineDecoderState;
  /** Whether the log had debug lines before these. */
  readonly detail?: boolean;
}

/** So long after the first line that was not believed, seconds, it matters to no count any more. */
const WORTH_KEEPING = 31 * 86_400;

/** What is to be kept when lines were not believed, now and perhaps before. */
export function firstOf(before: Unbelieved | undefined, now: Unbelieved): Unbelieved {
  if (!before) return now;
  const [from = -Infinity, to = -Infinity] = [before.reader?.clock.last, now.reader?.clock.last];
  return to - from > WORTH_KEEPING ? now : { ...before, at: Math.min(before.at, now.at) };
}

/** Whether the lines are to be read again. `horizon`: the latest instant believed, unix seconds. */
export function isBelievedBy(horizon: number, timezone: string, unbelieved: Unbelieved): boolean {
  return unbelieved.at <= horizon || unbelieved.timezone !== timezone;
}

/**
 * Lines that lay in the future when they were read. They changed nothing, as last seen is a maximum and one wrong stamp would
 * be for ever; but the clock or the zone may have been wrong, and not the lines. So their places are kept with the log, and the
 * log is read again from there when they can be believed.
 */
import type { LineCounts, LineDecoderState } from '../format/line-decoder.ts';
import type { Position } from '../source/source.ts';

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
  /** When the earliest of the lines will be believed, but for `MAX_AHEAD`; unix seconds. */
  readonly at: number;
  /** The zone that was taken for theirs. */
  readonly timezone: string;
  /** The reader before these lines; undefined when it had read none. */
  readonly reader?: LineDecoderState;
  /** Whether the log had debug lines before these. */
  readonly detail?: boolean;
  /** What became of the lines before, as far as they were read since the start of the program. */
  readonly counts: LineCounts;
}

/** So long after the first line that was not believed, seconds, it matters to no count any more. */
const WORTH_KEEPING = 31 * 86_400;
/** Places kept of a log. */
const MOST = 8;

/**
 * The places to be kept of a log, in the order of its lines, when lines at one more were not believed. Those of each place
 * will be believed earlier than those of the place before: one line from far ahead must not have all behind it read again
 * each time. What will be believed later is read again with what is before it.
 */
export function withPlace(before: readonly Unbelieved[], now: Unbelieved): readonly Unbelieved[] {
  const to = now.reader?.clock.last ?? -Infinity;
  const kept = before.filter(({ reader }) => !(to - (reader?.clock.last ?? -Infinity) > WORTH_KEEPING));
  const last = kept.at(-1);
  if (!last || (now.at < last.at && kept.length < MOST)) return [...kept, now];
  return [...kept.slice(0, -1), { ...last, at: Math.min(last.at, now.at) }];
}

/** The place from which lines are to be read again. `horizon`: the latest instant believed, unix seconds. */
export function believedBy(
  horizon: number,
  timezone: string,
  places: readonly Unbelieved[] = [],
): Unbelieved | undefined {
  return places.find((place) => place.at <= horizon || place.timezone !== timezone);
}

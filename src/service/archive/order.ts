/**
 * Files of one log that follow each other in time are a series. Files that overlap in time and differ in text cannot be of
 * one log, whatever their names: the log of another server, copied in by hand.
 */
import type { Problem } from '../../source/files/archive-error.ts';
import type { Dated } from './dating.ts';
import { byAge } from '../../source/files/rotated-name.ts';

/**
 * Files of one log touch with some seconds of disorder, or with the hour that repeats when summer time ends, whose halves
 * the first line of a file cannot tell.
 */
const TOUCHING = 2 * 3600;

/** Files of one log, oldest first. */
export type Lane = readonly Dated[];

/** The lanes in the order of their first lines. */
export function lanesOf(dated: readonly Dated[]): { readonly lanes: readonly Lane[]; readonly problems: Problem[] } {
  const lanes: Dated[][] = [];
  for (const each of dated.toSorted(byTime)) {
    // Each file goes on from the one of its name, or else from any, that ended last before it begins.
    const fitting = lanes.filter((lane) => endOf(lane) <= each.place.firstAt + TOUCHING);
    const isOther = (lane: Lane): number => Number(lane.at(-1)?.name.log !== each.name.log);
    const lane = fitting.toSorted((a, b) => isOther(a) - isOther(b) || endOf(b) - endOf(a))[0];
    if (lane) lane.push(each);
    else lanes.push([each]);
  }
  return { lanes, problems: overlaps(lanes) };
}

/** Oldest first; of files of the same second the names tell. */
function byTime(a: Dated, b: Dated): number {
  return (
    a.place.firstAt - b.place.firstAt ||
    a.place.lastAt - b.place.lastAt ||
    byAge(b.name, a.name) ||
    (a.look.path < b.look.path ? -1 : 1)
  );
}

const endOf = (lane: Lane): number => lane.at(-1)?.place.lastAt ?? -Infinity;

function overlaps(lanes: readonly Lane[]): Problem[] {
  const [, ...others] = lanes.toSorted((a, b) => b.length - a.length);
  return others.flat().map(({ look: { path } }) => ({
    path,
    severity: 'warning',
    code: 'OVERLAP',
    sentence: `${path} is of the same time as other files of its log, with other text: read as a log of its own`,
  }));
}

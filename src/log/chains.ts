/**
 * Files that follow each other in time are one log, a chain; files that overlap in time and differ in text are different
 * logs: a debug log beside an info log, the log of another server.
 */
import type { Problem } from './archive-error.ts';
import type { Dated } from './dating.ts';

/**
 * Files of one series touch with some seconds of disorder, or with the hour that repeats when summer time ends, whose halves
 * the first line of a file cannot tell.
 */
const TOUCHING = 2 * 3600;
/** Of different series less is forgiven. */
const DISORDER = 300;

/** Files of one log, oldest first. */
export type Lane = readonly Dated[];

/** The lanes in the order of their first lines. */
export function lanesOf(dated: readonly Dated[]): { readonly lanes: readonly Lane[]; readonly problems: Problem[] } {
  const bySeries = new Map<string, Dated[]>();
  for (const each of dated.toSorted(byTime)) {
    const series = bySeries.get(each.name.log);
    if (series) series.push(each);
    else bySeries.set(each.name.log, [each]);
  }
  const split = [...bySeries.values()].map(splitOverlapping);
  const lanes = joined(split.flat().toSorted((a, b) => b.length - a.length || byFirst(a, b)));
  return { lanes: lanes.toSorted(byFirst), problems: split.flatMap(overlaps) };
}

function byTime(a: Dated, b: Dated): number {
  return a.place.firstAt - b.place.firstAt || a.place.lastAt - b.place.lastAt || (a.look.path < b.look.path ? -1 : 1);
}

function byFirst([a]: Lane, [b]: Lane): number {
  return a && b ? byTime(a, b) : 0;
}

const endOf = (lane: Lane): number => lane.at(-1)?.place.lastAt ?? -Infinity;

/** Each file goes on from the one that ended last before it begins. */
function splitOverlapping(series: readonly Dated[]): Dated[][] {
  const lanes: Dated[][] = [];
  for (const each of series) {
    const fitting = lanes.filter((lane) => endOf(lane) <= each.place.firstAt + TOUCHING);
    const lane = fitting.toSorted((a, b) => endOf(b) - endOf(a))[0];
    if (lane) lane.push(each);
    else lanes.push([each]);
  }
  return lanes;
}

function overlaps(lanes: readonly Lane[]): Problem[] {
  const [, ...others] = lanes.toSorted((a, b) => b.length - a.length);
  return others.flat().map(({ look: { path } }) => ({
    path,
    severity: 'warning',
    code: 'OVERLAP',
    sentence: `${path} is of the same time as other files of its name, with other text: read as a log of its own`,
  }));
}

/** A file copied in by hand fills a gap, or goes on where the others begin or end. */
function joined(lanes: readonly Lane[]): Lane[] {
  const result: Lane[] = [];
  for (const lane of lanes) {
    const at = result.findIndex((other) => isOneLog(lane, other));
    const other = result[at];
    if (other) result[at] = [...other, ...lane].toSorted(byTime);
    else result.push(lane);
  }
  return result;
}

function isOneLog(a: Lane, b: Lane): boolean {
  return a[0]?.stamps.form === b[0]?.stamps.form && !a.some((each) => b.some((other) => overlap(each, other)));
}

function overlap({ place: a }: Dated, { place: b }: Dated): boolean {
  return a.firstAt < b.lastAt - DISORDER && b.firstAt < a.lastAt - DISORDER;
}

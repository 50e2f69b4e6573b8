/**
 * Where a file may begin and end. Its first and its last lines are as likely to be wrong as any other, and no line behind
 * them tells: so each leap near an end may be silence, or the line beyond it a stray one. What else is known decides.
 */
import type { WallTime } from '../time/stamp-form.ts';
import { DISORDER, waysThrough, type Point, type Way } from './turns.ts';

/** Lines at an end that may all be wrong. */
const NEAR_END = 5;
/** Leaps near an end that are looked at. */
const LEAPS = 3;
/** A leap so many times as long as any other step is none that this file is used to. */
const UNUSUAL = 4;

/** As `years.ts` has costs. */
const COST = {
  /** Of each line beyond an unusual leap, only to choose where no other thing does; and beyond a usual one. */
  stray: 0.00001,
  quiet: 2,
  /** Of a line in the middle that is beside the way; only to choose between two ways. */
  beside: 0.1,
  /** The end is before the beginning. */
  backwards: 3,
} as const;

export interface Extent {
  readonly first: WallTime;
  readonly last: WallTime;
  /** How many times the year turns between them. */
  readonly turns: number;
  /** Years, counted from that of the first line, in which a 29 February was seen. */
  readonly leaps: readonly number[];
  readonly cost: number;
}

/** The likeliest by themselves first; none where there are no lines. `walls`: stamps in the order of the lines, sparse. */
export function extentsOf(walls: readonly WallTime[], hasYear: boolean): readonly Extent[] {
  const ways = waysThrough(walls, hasYear);
  const least = Math.min(...ways.map(({ cost }) => cost));
  return ways.flatMap((way) => extentsAlong(way, (way.cost - least) * COST.beside)).toSorted((a, b) => a.cost - b.cost);
}

/** Lines left away at one end. */
interface Cut {
  readonly lines: number;
  readonly cost: number;
}

function extentsAlong({ points }: Way, cost: number): Extent[] {
  const [heads, tails] = [cutsOf(points), cutsOf(points.toReversed())];
  return heads.flatMap((head) =>
    tails.flatMap((tail) => {
      const extent = extentOf(points.slice(head.lines, points.length - tail.lines));
      return extent ? [{ ...extent, cost: cost + extent.cost + head.cost + tail.cost }] : [];
    }),
  );
}

/** What may be left away at the beginning of the points. */
function cutsOf(points: readonly Point[]): Cut[] {
  const steps = points.slice(1).map(({ at }, i) => Math.abs(at - (points[i]?.at ?? at)));
  const leaps = steps.flatMap((step, i) => (i < NEAR_END && step > DISORDER ? [i] : []));
  const cuts = leaps.slice(0, LEAPS).map((i) => {
    const others = Math.max(0, ...steps.slice(i + 1));
    return { lines: i + 1, cost: (i + 1) * ((steps[i] ?? 0) > UNUSUAL * others ? COST.stray : COST.quiet) };
  });
  return [{ lines: 0, cost: 0 }, ...cuts];
}

function extentOf(points: readonly Point[]): Extent | undefined {
  const [begin, end] = [points[0], points.at(-1)];
  if (!begin || !end) return undefined;
  const leapDays = points.filter(({ wall }) => wall.month === 2 && wall.day === 29);
  return {
    first: begin.wall,
    last: end.wall,
    turns: end.turn - begin.turn,
    leaps: [...new Set(leapDays.map(({ turn }) => turn - begin.turn))],
    cost: end.at < begin.at - DISORDER ? COST.backwards : 0,
  };
}

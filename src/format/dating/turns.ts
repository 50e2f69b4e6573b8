/**
 * The way through the lines of a file that goes back the least, and how many times the year turns on it where stamps have
 * none. Most lines are in order, and some are not: a clock that was not set yet, a line that comes late, one from anywhere.
 * What lies beside the way dates no other line.
 */
import { wallSeconds } from '../time/clock.ts';
import type { WallTime } from '../time/stamp-form.ts';
import { secondsOfYear } from './stamp-samples.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const YEAR = 366 * DAY;
const HALF = YEAR / 2;
const MONTH = 31 * DAY;
/** A step back of less is a clock that was put right; of more, up to half a year, it may as well be silence until the next year. */
const PUT_RIGHT = 4 * MONTH;
/** Lines out of order by less are in order. */
export const DISORDER = 2 * HOUR;
/** Lines beside the way, one after the other, looked past. */
const REACH = 12;

/** What a step costs, in lines left beside the way. */
const COST = { beside: 1, newYear: 0.2, putRight: 2, far: 5 } as const;

/** A line on the way. */
export interface Point {
  readonly wall: WallTime;
  /** Seconds, from any beginning; where stamps have no year, years are of 366 days. */
  readonly at: number;
  /** How many times the year has turned since the first point. */
  readonly turn: number;
}

export interface Way {
  /** At least one, as long as there are lines. */
  readonly points: readonly Point[];
  readonly cost: number;
}

/** `from`: the line before on the way. */
interface Step {
  readonly cost: number;
  readonly from: number | undefined;
  readonly turn: number;
}

type CostOf = (seconds: number) => { readonly cost: number; readonly turn: number };

/**
 * `walls`: stamps in the order of the lines, sparse. Two ways where a step back may be a new year or a clock that was put
 * right.
 */
export function waysThrough(walls: readonly WallTime[], hasYear: boolean): readonly Way[] {
  if (hasYear)
    return [
      wayThrough(
        walls,
        walls.map((wall) => wallSeconds(wall, wall.year ?? 0)),
        ofDated,
      ),
    ];
  const at = walls.map(secondsOfYear);
  const strict = wayThrough(walls, at, ofUndated(HALF));
  return strict.points.some(isOpen) ? [wayThrough(walls, at, ofUndated(PUT_RIGHT)), strict] : [strict];
}

function isOpen({ at }: Point, i: number, points: readonly Point[]): boolean {
  return i > 0 && at - (points[i - 1]?.at ?? at) < -PUT_RIGHT;
}

function ofDated(seconds: number): ReturnType<CostOf> {
  return { cost: seconds >= -DISORDER ? 0 : COST.putRight, turn: 0 };
}

/** `newYear`: a step back of more is one. */
function ofUndated(newYear: number): CostOf {
  return (seconds) => {
    if (seconds >= -DISORDER) return { cost: seconds > HALF ? COST.far : 0, turn: 0 };
    if (seconds >= -newYear) return { cost: COST.putRight, turn: 0 };
    return { cost: YEAR + seconds < HALF ? COST.newYear : COST.far, turn: 1 };
  };
}

function wayThrough(walls: readonly WallTime[], at: readonly number[], costOf: CostOf): Way {
  const steps: Step[] = [];
  for (let i = 0; i < walls.length; i++) steps.push(cheapest(i, at, steps, costOf));
  let end = walls.length - 1;
  for (let i = end; i >= 0 && i > walls.length - 1 - REACH; i--)
    if (costTo(i, steps, walls.length) < costTo(end, steps, walls.length)) end = i;
  const path: number[] = [];
  for (let i: number | undefined = end; i !== undefined && i >= 0; i = steps[i]?.from) path.unshift(i);
  let turn = 0;
  const points = path.flatMap((i, n) => {
    if (n > 0) turn += steps[i]?.turn ?? 0;
    const wall = walls[i];
    return wall ? [{ wall, at: (at[i] ?? 0) + turn * YEAR, turn }] : [];
  });
  return { points, cost: walls.length > 0 ? costTo(end, steps, walls.length) : 0 };
}

const costTo = (i: number, steps: readonly Step[], length: number): number =>
  (steps[i]?.cost ?? Infinity) + (length - 1 - i) * COST.beside;

function cheapest(i: number, at: readonly number[], steps: readonly Step[], costOf: CostOf): Step {
  let best: Step = { cost: i * COST.beside, from: undefined, turn: 0 };
  for (let j = i - 1; j >= 0 && j >= i - REACH; j--) {
    const { cost, turn } = costOf((at[i] ?? 0) - (at[j] ?? 0));
    const all = (steps[j]?.cost ?? Infinity) + (i - j - 1) * COST.beside + cost;
    if (all < best.cost || (best.from === undefined && all <= best.cost)) best = { cost: all, from: j, turn };
  }
  return best;
}

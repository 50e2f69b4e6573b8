/**
 * How many times the year turns in a file whose stamps have none. Most lines are in order, and some are not: a clock that was
 * not set yet, a line that comes late, one from anywhere. So the longest way through the lines is taken that goes back the
 * least, and what lies beside it dates no other line.
 */
import type { WallTime } from '../time/stamp-form.ts';
import { secondsOfYear } from './stamp-samples.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const YEAR = 366 * DAY;
const HALF = YEAR / 2;
const MONTH = 31 * DAY;
/** A step back of less is a clock that was put right, whatever the number of lines. */
const PUT_RIGHT = 4 * MONTH;
/** Lines beside the way, one after the other, looked past. */
const REACH = 12;

/** Lines at the end that may all be wrong. */
const NEAR_END = 5;

/** What a step costs, in lines left beside the way. */
const COST = { beside: 1, newYear: 0.2, putRight: 2, far: 5 } as const;

export interface Turns {
  readonly turns: number;
  /** Years, counted from that of the first line, in which a 29 February was seen. */
  readonly leaps: readonly number[];
  /** The first and the last line that are in order. */
  readonly first: WallTime | undefined;
  readonly last: WallTime | undefined;
  /** The last line before a leap of months near the end, which silence may be or one wrong line. */
  readonly lastBefore: WallTime | undefined;
}

interface Way {
  readonly cost: number;
  readonly from: number | undefined;
  readonly turn: number;
}

/** `walls`: stamps in the order of the lines, sparse. */
export function turnsOf(walls: readonly WallTime[]): Turns {
  const at = walls.map(secondsOfYear);
  const ways: Way[] = [];
  for (let i = 0; i < walls.length; i++) ways.push(cheapest(i, at, ways));
  let end = walls.length - 1;
  for (let i = end; i >= 0 && i > walls.length - 1 - REACH; i--)
    if (costTo(i, ways, walls.length) < costTo(end, ways, walls.length)) end = i;
  const path: number[] = [];
  for (let i: number | undefined = end; i !== undefined && i >= 0; i = ways[i]?.from) path.unshift(i);
  return along(path, walls, ways);
}

const costTo = (i: number, ways: readonly Way[], length: number): number =>
  (ways[i]?.cost ?? Infinity) + (length - 1 - i) * COST.beside;

function cheapest(i: number, at: readonly number[], ways: readonly Way[]): Way {
  let best: Way = { cost: i * COST.beside, from: undefined, turn: 0 };
  for (let j = i - 1; j >= 0 && j >= i - REACH; j--) {
    const { cost, turn } = step((at[i] ?? 0) - (at[j] ?? 0));
    const all = (ways[j]?.cost ?? Infinity) + (i - j - 1) * COST.beside + cost;
    if (all < best.cost || (best.from === undefined && all <= best.cost)) best = { cost: all, from: j, turn };
  }
  return best;
}

function step(seconds: number): { readonly cost: number; readonly turn: number } {
  if (seconds >= -2 * HOUR) return { cost: seconds > HALF ? COST.far : 0, turn: 0 };
  if (seconds >= -PUT_RIGHT) return { cost: COST.putRight, turn: 0 };
  return { cost: YEAR + seconds < HALF ? COST.newYear : COST.far, turn: 1 };
}

function along(path: readonly number[], walls: readonly WallTime[], ways: readonly Way[]): Turns {
  const leaps = new Set<number>();
  let turns = 0;
  for (const [n, i] of path.entries()) {
    if (n > 0) turns += ways[i]?.turn ?? 0;
    if (walls[i]?.month === 2 && walls[i].day === 29) leaps.add(turns);
  }
  const way = path.flatMap((i) => walls[i] ?? []);
  return { turns, leaps: [...leaps], first: way[0], last: way.at(-1), lastBefore: beforeLeap(way) };
}

function beforeLeap(way: readonly WallTime[]): WallTime | undefined {
  const end = way.slice(-NEAR_END);
  const seconds = end.map(secondsOfYear);
  return end.findLast((_, i) => (seconds[i + 1] ?? 0) - (seconds[i] ?? 0) > MONTH);
}

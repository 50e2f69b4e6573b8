/**
 * The stamps of a file, sparsely: enough of them to see each turn of the year. Of a line only the stamp at its start
 * counts; a line that starts with a tab is a continuation of the one before.
 */
import type { FileHandle } from 'node:fs/promises';
import { daysIn, type StampForm, type WallTime } from '../time/stamp-form.ts';

const DAY = 86_400;
const NEWLINE = 10;
/** Places looked at to begin with. */
const PLACES = 32;
/** Two places nearer to each other than this are not looked between. */
const FINEST = 8 * 1024;
/** Lines at each end whose stamps are all kept. */
const ENDS = 12;
/** What is read at a place. If no line begins there, once more, and more. */
const GLANCES = [4 * 1024, 64 * 1024];
const TAB = '\t';

/** The stamps of some lines; `undefined` for lines without. */
export function wallsOf(lines: readonly string[], form: StampForm): WallTime[] {
  return lines.map((line) => wallOf(line, form)).filter((wall) => wall !== undefined);
}

/** A clock that has not been set yet, as at the start of a small machine, shows 1970. */
function wallOf(line: string, form: StampForm): WallTime | undefined {
  const wall = line.startsWith(TAB) ? undefined : form.read(line, 0);
  return wall?.year !== undefined && wall.year < 2000 ? undefined : wall;
}

/** Lines that are wrapped made plain, one for each; the last byte is a newline. */
export type Plain = (bytes: Buffer) => Buffer;

/** The first stamp after the first newline at or behind `at`. */
export function wallBehind(block: Buffer, at: number, form: StampForm, plain?: Plain): WallTime | undefined {
  if (plain) return wallUnwrapped(block, at, form, plain);
  for (let newline = block.indexOf(NEWLINE, at); newline >= 0; newline = block.indexOf(NEWLINE, newline + 1)) {
    const wall = wallOf(block.toString('latin1', newline + 1, newline + 65), form);
    if (wall) return wall;
  }
  return undefined;
}

function wallUnwrapped(block: Buffer, at: number, form: StampForm, plain: Plain): WallTime | undefined {
  const from = block.indexOf(NEWLINE, at) + 1;
  if (from === 0) return undefined;
  for (const length of GLANCES) {
    const some = block.subarray(from, from + length);
    const lines = plain(some.subarray(0, some.lastIndexOf(NEWLINE) + 1));
    const [wall] = wallsOf(lines.toString('latin1').split('\n'), form);
    if (wall) return wall;
  }
  return undefined;
}

/** Seconds since the start of a year that has a 29 February, so that stamps without a year can be compared. */
export function secondsOfYear({ month, day, hour, minute, second }: WallTime): number {
  let days = day - 1;
  for (let before = 1; before < month; before++) days += daysIn(before, undefined);
  return days * DAY + hour * 3600 + minute * 60 + second;
}

interface Place {
  readonly at: number;
  readonly wall: WallTime;
}

/** What the way through the lines needs of all stamps: those near the ends, and the first and the last of each day. */
export function edges(walls: readonly WallTime[]): WallTime[] {
  return walls.filter(
    (wall, i) =>
      Math.min(i, walls.length - 1 - i) < ENDS || !isSameDay(wall, walls[i - 1]) || !isSameDay(wall, walls[i + 1]),
  );
}

export function isSameDay(a: WallTime, b: WallTime | undefined): boolean {
  return a.day === b?.day && a.month === b.month && a.year === b.year;
}

/**
 * The stamps at places of a large plain file between two places with these stamps, in its order, dense enough that no two
 * neighbours are days apart.
 */
export async function sparseWalls(
  handle: FileHandle,
  [before, behind]: readonly [WallTime, WallTime],
  [from, to]: readonly [number, number],
  form: StampForm,
  plain?: Plain,
): Promise<WallTime[]> {
  const wallAt = (at: number): Promise<WallTime | undefined> => wallIn(handle, at, form, plain);
  const places: Place[] = [{ at: from, wall: before }];
  for (let i = 1; i < PLACES; i++) {
    const at = from + Math.floor(((to - from) * i) / PLACES);
    const wall = await wallAt(at);
    if (wall) places.push({ at, wall });
  }
  places.push({ at: to, wall: behind });
  const walls: WallTime[] = [];
  for (const [i, place] of places.entries()) {
    const last = places[i - 1];
    if (last) walls.push(...(await between(last, place, wallAt)), place.wall);
  }
  return walls.slice(0, -1);
}

type WallAt = (at: number) => Promise<WallTime | undefined>;

async function between(a: Place, b: Place, wallAt: WallAt): Promise<WallTime[]> {
  if (b.at - a.at < FINEST || isSoonAfter(a.wall, b.wall)) return [];
  const at = Math.floor((a.at + b.at) / 2);
  const wall = await wallAt(at);
  if (!wall) return [];
  const middle = { at, wall };
  return [...(await between(a, middle, wallAt)), wall, ...(await between(middle, b, wallAt))];
}

function isSoonAfter(a: WallTime, b: WallTime): boolean {
  const step = secondsOfYear(b) - secondsOfYear(a);
  return step > -3600 && step < DAY;
}

async function wallIn(
  handle: FileHandle,
  at: number,
  form: StampForm,
  plain: Plain | undefined,
): Promise<WallTime | undefined> {
  for (const length of GLANCES) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
    const wall = wallBehind(buffer.subarray(0, bytesRead), 0, form, plain);
    if (wall) return wall;
  }
  return undefined;
}

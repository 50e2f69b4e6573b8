/**
 * Wall times of one log, line after line, made into instants: the year is counted on from line to line, the zone's rules
 * give the offset, and the order of the lines tells the two halves of the hour that repeats when summer time ends.
 */
import { tzOffset } from '@date-fns/tz';
import { daysIn, type WallTime } from './timestamp.ts';
import { mayHaveOffset } from './zone-names.ts';

const DAY = 86_400;
/**
 * A step back of more than this is a new year. Lines are out of order by seconds, and a wrong clock is put right by hours;
 * half a year would be wrong for a server that was off from November to June.
 */
export const NEW_YEAR_STEP = 31 * DAY;
/** Lines out of order by so much are still in the first half of a repeated hour. */
const DISORDER = 120;
/** A line of 31 December that comes after one of 1 January is not late by more. */
const LATE = 2 * DAY;
/** A machine without a battery starts in some January; so long may it take until the network tells it the time. */
const UNSET = 3600;

/** Where a clock stands: what a reader has to keep to go on with the next line of the same log. */
export interface ClockState {
  /** The year of the last stamp; needed only where stamps have none. */
  readonly year: number;
  /** The last instant, unix seconds; undefined before the first line. */
  readonly last: number | undefined;
}

/** The wall time as seconds, as if it were UTC. */
export function wallSeconds(wall: WallTime, year: number): number {
  return Date.UTC(year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second) / 1000;
}

/** The instants, earliest first, that a wall time of a zone may mean: two in a repeated hour, else one. */
export function zoneInstants(zone: string): (wall: number) => readonly number[] {
  if (zone === 'UTC') return (wall) => [wall];
  const steady = new Map<number, number | undefined>();
  return (wall) => {
    const day = Math.floor(wall / DAY);
    if (!steady.has(day)) {
      if (steady.size > 4096) steady.clear();
      steady.set(day, steadyOffset(zone, day * DAY));
    }
    const offset = steady.get(day);
    return offset === undefined ? possibleOffsets(zone, wall).map((each) => wall - each) : [wall - offset];
  };
}

/** The instants, earliest first, that a stamp may mean; none when it names a zone that is not the given one. */
export function instantsOf(
  { offset, zone }: WallTime,
  seconds: number,
  instants: (wall: number) => readonly number[],
): readonly number[] {
  if (offset !== undefined) return [seconds - offset];
  const all = instants(seconds);
  return zone === undefined ? all : all.filter((at) => mayHaveOffset(zone, seconds - at));
}

/** The offset that holds on a whole day and around it, undefined where there is a change. */
function steadyOffset(zone: string, day: number): number | undefined {
  const before = offsetAt(zone, day - DAY);
  return before === offsetAt(zone, day + 2 * DAY) ? before : undefined;
}

function possibleOffsets(zone: string, wall: number): readonly number[] {
  const before = offsetAt(zone, wall - DAY);
  const after = offsetAt(zone, wall + DAY);
  const valid = [...new Set([before, after])].filter((offset) => offsetAt(zone, wall - offset) === offset);
  // In the hour that does not exist the offset before the change holds.
  if (valid.length === 0) return [before];
  return valid.toSorted((a, b) => b - a);
}

/** Seconds east of UTC that hold in a zone at an instant. */
function offsetAt(zone: string, instant: number): number {
  return Math.round(tzOffset(zone, new Date(instant * 1000)) * 60);
}

export class Clock {
  #year: number;
  #last: number | undefined;
  readonly #instants: (wall: number) => readonly number[];
  readonly #horizon: () => number;
  /** The last instant before the year turned, and the first one after. */
  #turned: { readonly before: number; readonly at: number } | undefined;

  /**
   * `zone`: an IANA name, for stamps that name none. `horizon`: the latest instant believed, unix seconds; a stamp beyond it
   * is read, but moves neither the year nor the time, or one wrong stamp would put all that follow into the next year.
   */
  constructor(zone: string, state: ClockState, horizon: () => number = () => Infinity) {
    this.#horizon = horizon;
    this.#year = state.year;
    this.#last = state.last;
    this.#instants = zoneInstants(zone);
  }

  get state(): ClockState {
    return { year: this.#year, last: this.#last };
  }

  /** The instant of the next line's stamp; undefined for a day that its year does not have. */
  read(wall: WallTime): number | undefined {
    const at = wall.year === undefined ? this.#counted(wall) : this.#instant(wall, wall.year);
    if (at === undefined || at > this.#horizon()) return at;
    if (this.#last === undefined || at > this.#last || at < this.#last - DISORDER) this.#last = at;
    return at;
  }

  /** Whether the line before is of the time of those before it, and not the first of another one. */
  get isSteady(): boolean {
    return true;
  }

  /** An instant that needed no reading, since its stamp differs from the one read last in its seconds only. */
  note(at: number): void {
    if (this.#last !== undefined && at > this.#last) this.#last = at;
  }

  /** The instant of a stamp without a year. */
  #counted(wall: WallTime): number | undefined {
    const at = this.#instant(wall, this.#year);
    const last = this.#last;
    if (last === undefined) return at;
    // 29 February of a year that has none: the year has not been noticed to change.
    if (at === undefined || at < last - NEW_YEAR_STEP) return this.#newYear(wall) ?? at;
    return at > last + NEW_YEAR_STEP ? this.#earlier(wall, last) : at;
  }

  /** A stamp far ahead: of the year before, or of a server that was off for months. */
  #earlier(wall: WallTime, last: number): number | undefined {
    const at = this.#instant(wall, this.#year - 1);
    if (at === undefined) return this.#instant(wall, this.#year);
    // A line of 31 December that comes late, after the first of January.
    if (at > last - LATE) return at;
    const turned = this.#turned;
    const isUnset =
      turned && last >= turned.at - DISORDER && last <= turned.at + UNSET && at >= turned.before - DISORDER;
    if (!isUnset) return this.#instant(wall, this.#year);
    // The year had not turned: the clock was not set yet.
    this.#year--;
    this.#turned = undefined;
    return at;
  }

  #newYear(wall: WallTime): number | undefined {
    const at = this.#instant(wall, this.#year + 1);
    if (at === undefined || at > this.#horizon()) return undefined;
    if (this.#last !== undefined) this.#turned = { before: this.#last, at };
    this.#year++;
    return at;
  }

  #instant(wall: WallTime, year: number): number | undefined {
    if (wall.day > daysIn(wall.month, year)) return undefined;
    const seconds = wallSeconds(wall, year);
    const candidates = instantsOf(wall, seconds, this.#instants);
    const first = candidates[0];
    if (first === undefined || candidates.length === 1 || this.#last === undefined) return first;
    return first < this.#last - DISORDER ? candidates[1] : first;
  }
}

/**
 * Wall times of one log, line after line, made into instants: the year is counted on from line to line, the zone's rules
 * give the offset, and the order of the lines tells the two halves of the hour that repeats when summer time ends.
 */
import { tzOffset } from '@date-fns/tz';
import { daysIn, type WallTime } from './stamp-form.ts';
import { mayHaveOffset } from './zone-names.ts';

const HOUR = 3600;
const DAY = 86_400;
/** Where the clocks do not change in an hour: the seconds of it that tell. */
const TOLD_BY = [600, 1200, 1800, 2400, 3000, 3599];
/** A step of more, ahead or back, is no silence and no clock put right before a second line says the same. */
const FAR = 31 * DAY;
/**
 * A step back of more than this is a new year, if that has begun by the time of the lines: a server that was off from November
 * to June steps back by 170 days. Whether the next June has come yet, our clock tells, and the end of an old file.
 */
const NEW_YEAR_STEP = 4 * FAR;
/** So many lines of a far time, one after the other, may be wrong: then the next one goes on from before. */
const STRAYS = 10;
const GOING_ON = 7 * DAY;
/** Lines out of order by so much are still in the first half of a repeated hour. */
export const DISORDER = 120;
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
  /** Before the first line: an instant near which most of the first lines lie. */
  readonly near?: number;
  /** Absent as long as no line steps far away, and no year turns. */
  readonly steps?: Steps;
}

/** What the last far steps mean is told by the lines behind them. All in unix seconds. */
interface Steps {
  /** The last instant that the years are counted on from: one line that steps far away is none. */
  readonly anchor: number | undefined;
  /** Where the line before stepped to from there. */
  readonly doubt: number | undefined;
  /** What the years were counted on from before the last far step, as long as it may have been one of a few stray lines. */
  readonly before: { readonly anchor: number; readonly year: number; readonly lines: number } | undefined;
  /** The last instant before the year turned, and the first one after. */
  readonly turned: { readonly before: number; readonly at: number } | undefined;
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

/** The name of a zone in a stamp that is none of the given zone's then: such a stamp is no instant. */
export function foreignZone(
  walls: readonly WallTime[],
  instants: (wall: number) => readonly number[],
): string | undefined {
  const found = walls.find((wall) => instantsOf(wall, wallSeconds(wall, wall.year ?? 2000), instants).length === 0);
  return found?.zone;
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

/** An instant, and the year that the lines behind it are of. */
interface Dated {
  readonly at: number;
  readonly year: number;
}

export class Clock {
  #year: number;
  #last: number | undefined;
  #anchor: Steps['anchor'];
  #doubt: Steps['doubt'];
  #before: Steps['before'];
  #turned: Steps['turned'];
  readonly #instants: (wall: number) => readonly number[];
  readonly #horizon: () => number;
  readonly #yearUntil: () => number;

  /**
   * `zone`: an IANA name, for stamps that name none. `horizon`: the latest instant believed, unix seconds; a stamp beyond it
   * is read, but moves neither the year nor the time, or one wrong stamp would put all that follow into the next year.
   * `yearUntil`: no year turns after this instant, unix seconds, as the end of a file tells.
   */
  constructor(
    zone: string,
    state: ClockState,
    horizon: () => number = () => Infinity,
    yearUntil: () => number = horizon,
  ) {
    this.#horizon = horizon;
    this.#yearUntil = yearUntil;
    this.#year = state.year;
    this.#last = state.last;
    const { anchor, doubt, before, turned } = state.steps ?? {};
    this.#anchor = anchor ?? state.last ?? state.near;
    this.#doubt = doubt;
    this.#before = before;
    this.#turned = turned;
    this.#instants = zoneInstants(zone);
  }

  get state(): ClockState {
    const [anchor, doubt, before, turned] = [this.#anchor, this.#doubt, this.#before, this.#turned];
    const isSettled = anchor === this.#last && !doubt && !before && !turned;
    return { year: this.#year, last: this.#last, ...(!isSettled && { steps: { anchor, doubt, before, turned } }) };
  }

  /** The instant of the next line's stamp; undefined for a day that its year does not have. */
  read(wall: WallTime): number | undefined {
    const dated = wall.year === undefined ? this.#counted(wall) : this.#dated(wall, wall.year);
    if (dated === undefined || dated.at > this.#horizon()) return dated?.at;
    const { at } = dated;
    this.#last = goneOnTo(at, this.#last);
    this.#settle(dated);
    return at;
  }

  /**
   * The instant at which the hour of a stamp begins that was read last, or is the next one; undefined when it is no hour like
   * others, because the clocks change or the stamp is of another time than the lines before.
   */
  hour(wall: WallTime): number | undefined {
    const first = { ...wall, minute: 0, second: 0 };
    const year = wall.year ?? this.#year;
    const base = this.#only(first, year);
    if (base === undefined || this.#last === undefined || Math.abs(base - this.#last) >= 2 * HOUR) return undefined;
    const isUsual = (second: number): boolean =>
      this.#only({ ...first, minute: Math.floor(second / 60), second: second % 60 }, year) === base + second;
    return TOLD_BY.every(isUsual) ? base : undefined;
  }

  /** The instant of a wall time that can mean but one. */
  #only(wall: WallTime, year: number): number | undefined {
    const [at, other] = instantsOf(wall, wallSeconds(wall, year), this.#instants);
    return other === undefined ? at : undefined;
  }

  /** Whether the line before is of the time of those before it, and not one of the first of another one. */
  get isSteady(): boolean {
    return this.#doubt === undefined && this.#before === undefined;
  }

  /** A line of an instant that is believed. A line that is late does not set time back, but a clock that was put right does. */
  note(at: number): void {
    this.#last = goneOnTo(at, this.#last);
    this.#anchor = goneOnTo(at, this.#anchor);
  }

  /** Lines went by that were believed, each noted by the rule of `note`; `last` is where they left the time. */
  goOn(last: number): void {
    this.#last = last;
    this.#anchor = last;
  }

  /** Counts on from a line, unless it is the first that steps far away. */
  #settle({ at, year }: Dated): void {
    const anchor = this.#anchor;
    const isFar = anchor !== undefined && Math.abs(at - anchor) > FAR;
    if (isFar && (this.#doubt === undefined || at < this.#doubt - DISORDER)) {
      this.#doubt = at;
      return;
    }
    this.#before = isFar ? { anchor, year: this.#year, lines: 1 } : oneMore(this.#before);
    if (anchor !== undefined && year > this.#year) this.#turned = { before: anchor, at: this.#doubt ?? at };
    // A late line of the year before changes no year.
    if (year > this.#year || isFar) this.#year = year;
    this.#anchor = goneOnTo(at, anchor);
    this.#doubt = undefined;
  }

  #dated(wall: WallTime, year: number): Dated | undefined {
    const at = this.#instant(wall, year);
    return at === undefined ? undefined : { at, year };
  }

  /** The instant of a stamp without a year. */
  #counted(wall: WallTime): Dated | undefined {
    const dated = this.#dated(wall, this.#year);
    const anchor = this.#anchor;
    if (anchor === undefined) return dated;
    if (dated === undefined || Math.abs(dated.at - anchor) > FAR) {
      const again = this.#goingOn(wall);
      if (again) return again;
    }
    // 29 February of a year that has none: the year has not been noticed to change.
    // guard: F27
    if (dated === undefined || dated.at < anchor - NEW_YEAR_STEP) return this.#inNextYear(wall) ?? dated;
    return dated.at > anchor + FAR ? (this.#inYearBefore(wall, anchor) ?? dated) : dated;
  }

  /** A stamp that goes on from before the last far step: that was made by stray lines. */
  #goingOn(wall: WallTime): Dated | undefined {
    const before = this.#before;
    if (!before) return undefined;
    const dated = [before.year, before.year + 1]
      .map((year) => this.#dated(wall, year))
      .find((each) => each && each.at > before.anchor - LATE && each.at < before.anchor + GOING_ON);
    if (!dated) return undefined;
    this.#year = before.year;
    this.#anchor = before.anchor;
    this.#before = undefined;
    this.#doubt = undefined;
    this.#turned = undefined;
    return dated;
  }

  /** A stamp far ahead may be of the year before; undefined when it is of a server that was off for months. */
  #inYearBefore(wall: WallTime, anchor: number): Dated | undefined {
    const dated = this.#dated(wall, this.#year - 1);
    if (dated === undefined) return undefined;
    // A line of 31 December that comes late, after the first of January.
    if (dated.at > anchor - LATE) return { at: dated.at, year: this.#year };
    const turned = this.#turned;
    const isUnset =
      turned && anchor >= turned.at - DISORDER && anchor <= turned.at + UNSET && dated.at >= turned.before - DISORDER;
    if (!isUnset) return undefined;
    // The year had not turned: the clock was not set yet.
    this.#year--;
    this.#anchor = turned.before;
    this.#turned = undefined;
    return dated;
  }

  #inNextYear(wall: WallTime): Dated | undefined {
    const dated = this.#dated(wall, this.#year + 1);
    const horizon = this.#horizon();
    // A line of some days ahead is not believed, in whatever file it stands; it is of no year before either.
    if (!dated || dated.at > horizon + FAR) return undefined;
    return dated.at > horizon || dated.at <= this.#yearUntil() + FAR ? dated : undefined;
  }

  #instant(wall: WallTime, year: number): number | undefined {
    if (wall.day > daysIn(wall.month, year)) return undefined;
    const seconds = wallSeconds(wall, year);
    const candidates = instantsOf(wall, seconds, this.#instants);
    const first = candidates[0];
    if (first === undefined || candidates.length === 1 || this.#last === undefined) return first;
    // guard: F28
    return first < this.#last - DISORDER ? candidates[1] : first;
  }
}

function oneMore<T extends { readonly lines: number }>(before: T | undefined): T | undefined {
  return before && before.lines < STRAYS ? { ...before, lines: before.lines + 1 } : undefined;
}

/** The time behind a line of the instant `at`: one that is late does not set it back, but a clock that was put right does. */
function goneOnTo(at: number, last: number | undefined): number {
  return last === undefined || at > last || at < last - DISORDER ? at : last;
}

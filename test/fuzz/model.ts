/**
 * What the counts must be, written from the specification and from nothing else: it shares no line with the program and
 * does not care for time or memory. Every line of a log is kept; a count at an instant takes in every line with a stamp
 * not after it, in the order of the file, and looks at every user.
 */
import {
  close,
  isBosh,
  isIn,
  RULES,
  see,
  timeoutOf,
  type Line,
  type Rules,
  type Session,
  type State,
} from './session-rules.ts';

export type { Line, Rules, Says } from './session-rules.ts';

/** The day, the week and the 30 days, in seconds. */
export const WINDOWS = [86_400, 604_800, 2_592_000] as const;
export type Counts = readonly [d1: number, d7: number, d30: number];

/** Between two files, after so much silence, one may be missing, and nobody is known to be online any more. */
const SILENCE = 12 * 3600;
/** After so much silence nobody is known to be online any more, though no file is missing. */
const OPEN_IN_SILENCE = 31 * 86_400;
/** An id of which nothing more is expected means nothing after so many seconds; a server may run for years. */
const FORGOTTEN = 7 * 86_400;
/** Lines later than this are not late by disorder: a clock was set back. They count from when they were written. */
const DISORDER = 120;

export const hostOf = (user: string): string => user.slice(user.indexOf('@') + 1);

/** One log. */
class Log {
  readonly #lines: readonly Line[];
  readonly #rules: Rules;
  /** The instant from which each line counts. */
  readonly #due: readonly number[];
  /** Of each line and all behind it. */
  readonly #earliest: number[];
  #read = 0;
  #state: State = {
    latest: -Infinity,
    clock: -Infinity,
    persons: new Map(),
    removals: new Map(),
    sessions: new Map(),
    smacks: false,
    debug: false,
  };

  constructor(lines: readonly Line[], rules: Rules) {
    this.#lines = lines;
    this.#rules = rules;
    let latest = -Infinity;
    let before = -Infinity;
    this.#due = lines.map(({ at, says }) => {
      const due = at < latest - DISORDER ? latest : at;
      // One line of a later time is a stray; the second in a row says that the clock was so.
      if (says) latest = Math.max(latest, Math.min(before, at));
      if (says) before = at;
      return due;
    });
    let earliest = Infinity;
    this.#earliest = this.#due.map(() => 0);
    for (let i = lines.length - 1; i >= 0; i--) this.#earliest[i] = earliest = Math.min(earliest, this.#due[i] ?? 0);
  }

  /** Behind all lines with a stamp not after `t`, which is never earlier than before. */
  at(t: number): State {
    while (this.#read < this.#lines.length && (this.#due[this.#read] ?? 0) <= t) this.#take(this.#state, this.#read++);
    const late = this.#lateFrom(this.#read, t);
    if (late.length === 0) return this.#state;
    const state = structuredClone(this.#state);
    for (const i of late) this.#take(state, i);
    return state;
  }

  /** Lines behind one that is after `t` and yet not after it themselves. */
  #lateFrom(first: number, t: number): number[] {
    const late: number[] = [];
    for (let i = first; (this.#earliest[i] ?? Infinity) <= t; i++) if ((this.#due[i] ?? 0) <= t) late.push(i);
    return late;
  }

  #take(state: State, i: number): void {
    const line = this.#lines[i];
    if (line?.opensFile && line.at - state.latest > SILENCE) this.#loseTrack(state, line.at);
    state.latest = Math.max(state.latest, line?.at ?? 0);
    if (!line?.says) return;
    state.clock = Math.max(state.clock, line.at);
    for (const session of state.sessions.values()) {
      this.#settle(state, session, state.clock);
      const isIdle = isIn(session, 'closed', 'waiting', 'removed');
      if (isIdle && session.at + FORGOTTEN <= state.clock) state.sessions.delete(session.id);
    }
    RULES[line.says.kind]?.(state, line.says as never, line.at, this.#rules);
  }

  /** "An end whose id is unknown changes nothing": of an address nobody knows whose it has become. */
  #loseTrack(state: State, t: number): void {
    for (const session of [...state.sessions.values()]) {
      this.#settle(state, session, t);
      if (session.state === 'bound' || !isBosh(session.id)) state.sessions.delete(session.id);
      else if (isIn(session, 'open', 'away')) close(session, 'closed', t);
    }
  }

  /** What time alone has done to a session by `t`. */
  #settle(state: State, session: Session, t: number): void {
    const over = timeoutOf(session, this.#rules);
    if (over === undefined || over.at > t) return;
    see(state, session.user, over.seen);
    // A client over BOSH may come back, or say goodbye, after all.
    close(session, session.state === 'away' ? 'ended' : 'closed', over.at);
  }
}

/** One user in all logs together. */
interface Known {
  seen: number;
  isOpen: boolean;
  isDisabled: boolean;
}

export class Model {
  readonly #logs: readonly Log[];
  readonly #rules: Rules;
  readonly #hosts = new Set<string>();

  /** `logs`: the lines of each log in the order of its files. */
  constructor(logs: readonly (readonly Line[])[], rules: Rules) {
    this.#logs = logs.map((lines) => new Log(lines, rules));
    this.#rules = rules;
  }

  /** The counts at `t`, unix seconds, of every host seen so far; `t` never goes back. */
  at(t: number): ReadonlyMap<string, Counts> {
    const known = this.#knownAt(t);
    const counts = new Map<string, [number, number, number]>();
    for (const [user, { seen, isOpen, isDisabled }] of known) {
      const host = hostOf(user);
      if (this.#rules.exclude.includes(user) || this.#rules.exclude.includes(host)) continue;
      this.#hosts.add(host);
      if (isDisabled && !this.#rules.includeDisabled) continue;
      const of = counts.get(host) ?? [0, 0, 0];
      WINDOWS.forEach((window, i) => (of[i] = (of[i] ?? 0) + (isOpen || t - seen < window ? 1 : 0)));
      counts.set(host, of);
    }
    return new Map([...this.#hosts].toSorted().map((host) => [host, counts.get(host) ?? [0, 0, 0]]));
  }

  #knownAt(t: number): ReadonlyMap<string, Known> {
    const known = new Map<string, Known>();
    for (const log of this.#logs) {
      const { persons, sessions, latest } = log.at(t);
      for (const [user, { seen, disabled }] of persons) {
        const so = known.get(user) ?? { seen: -Infinity, isOpen: false, isDisabled: false };
        so.seen = Math.max(so.seen, seen);
        so.isDisabled ||= disabled;
        known.set(user, so);
      }
      if (t - latest > OPEN_IN_SILENCE) continue;
      for (const session of sessions.values()) this.#open(known.get(session.user), session, t);
    }
    return known;
  }

  #open(known: Known | undefined, session: Session, t: number): void {
    if (!known) return;
    const over = timeoutOf(session, this.#rules);
    if (over && over.at <= t) known.seen = Math.max(known.seen, over.seen);
    else known.isOpen ||= isIn(session, 'open', 'away', 'bound');
  }
}

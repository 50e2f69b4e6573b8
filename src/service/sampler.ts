/**
 * Counts at full hours, or another step, taken as time passes in the events of one or more logs: a sample for the instant t
 * takes in every line with a stamp <= t and none later.
 */
import type { Sample } from '../activity/active-window.ts';
import { LONGEST_SILENCE, type LogCoverage } from '../activity/coverage.ts';
import type { Users } from '../activity/user-table.ts';
import { DISORDER, zoneInstants } from '../format/time/clock.ts';
import type { EventBatch } from '../format/event-batch.ts';
import { countAt } from './count-at.ts';
import { EarlyEvents } from './early-events.ts';
import type { LogState } from './log-state.ts';

const HOUR = 3600;
const DAY = 86_400;
/** The first full step after `at`. */
export const firstAfter = (at: number, step: number): number => (Math.floor(at / step) + 1) * step;

/** The first instant after `at`, unix seconds, at which a sample is taken. */
export type Steps = (at: number) => number;

/** Full steps of so many seconds; whole days begin at midnight in the zone, and have 23 or 25 hours when summer time comes or goes. */
export function stepsOf(seconds: number, timezone: string): Steps {
  if (seconds % DAY !== 0) return (at) => firstAfter(at, seconds);
  const instants = zoneInstants(timezone);
  const midnight = (day: number): number => instants(day * DAY)[0] ?? day * DAY;
  const days = seconds / DAY;
  return (at) => {
    // No zone is two days away from UTC.
    let day = Math.floor((at - 2 * DAY) / seconds) * days;
    while (midnight(day) <= at) day += days;
    return midnight(day);
  };
}

/** The last instant of which lines up to `last` tell: the first full hour, or shorter step, not before it. */
export function lastStep(last: number, begin: number, seconds: number): number {
  if (seconds > HOUR) return firstAfter(last - 1, HOUR);
  return Math.max(firstAfter(last - 1, seconds), firstAfter(begin, seconds));
}

/** A log that is replayed. */
export interface ReplayedLog {
  readonly logState: LogState;
  /** Of its last line, unix seconds. */
  readonly lastAt: number;
}

export class Sampler {
  readonly #users: Users;
  readonly #logs: readonly ReplayedLog[];
  readonly #steps: Steps;
  #next: number;
  #latest = -Infinity;
  /** Called with each sample at which a day ends in UTC. */
  atMidnight: (at: number) => void = () => {};
  /** Of instants after the next sample, which late lines still belong to. */
  readonly #early = new EarlyEvents();

  /** `begin`: unix seconds, before the first sample. */
  constructor(users: Users, logs: readonly ReplayedLog[], begin: number, steps: Steps) {
    this.#users = users;
    this.#logs = logs;
    this.#next = steps(begin);
    this.#steps = steps;
  }

  /** Unix seconds of the next sample: what happened by then can be taken in. */
  get next(): number {
    return this.#next;
  }

  /** Unix seconds: of what happened after the sample before it is taken in, the latest; a stray line's, perhaps. */
  get latest(): number {
    return this.#latest;
  }

  /** What happened by the next sample, of a batch from `first` up to `end`, exclusive. */
  takeInTime({ sessions }: LogState, batch: EventBatch, first: number, end: number): void {
    this.#early.takeRunWith(sessions, batch, first, end);
  }

  /**
   * The next sample, where the events of a batch from `event` up to `end`, exclusive, tell that it is due before one of them is
   * late: they are then still to be taken in. As what `takeEarly` says of them one by one, but none is set aside.
   */
  takeDue(batch: EventBatch, event: number, end: number): readonly Sample[] | undefined {
    if (this.#early.count > 0) return undefined;
    const due = dueIn(batch, event, end, this.#next);
    if (due === end) return undefined;
    this.#latest = Math.max(this.#latest, batch.latest(event, due + 1));
    const samples = this.#sample(this.#next);
    this.#next = this.#steps(this.#next);
    return samples;
  }

  /**
   * What happened after the next sample; gives the samples that no late line belongs to any more. One line from a later time
   * may be a stray: only the second in a row says that the time has come.
   */
  *takeEarly({ sessions }: LogState, batch: EventBatch, event: number): Iterable<readonly Sample[]> {
    this.#early.add(sessions, batch, event);
    this.#latest = Math.max(this.#latest, batch.at(event));
    yield* this.until(passed(batch, event));
  }

  /** The samples that are due up to `at`. */
  *until(at: number): Iterable<readonly Sample[]> {
    while (this.#next <= at) {
      const samples = this.#sample(this.#next);
      this.#next = this.#steps(this.#next);
      this.#early.takeUntil(this.#next);
      yield samples;
    }
  }

  #sample(at: number): readonly Sample[] {
    if (at % DAY === 0) this.atMidnight(at);
    const logs = this.#logs.map((log) => ({ coverage: coverageOf(log, at), over: log.logState.overBy(at) }));
    return countAt(this.#users, logs, at);
  }
}

/**
 * The event that tells that the sample of the instant `next` is due, all before it being after it; `end` when there is none. A function by itself
 * so that V8, which optimises what runs in a loop with all that it calls, has little to do.
 */
function dueIn(batch: EventBatch, first: number, end: number, next: number): number {
  for (let event = first; event < end && batch.at(event) > next; event++)
    if (passed(batch, event) >= next) return event;
  return end;
}

/** Unix seconds: up to then no line behind this event's is late any more. */
function passed(batch: EventBatch, event: number): number {
  const before = event > 0 ? batch.at(event - 1) : -Infinity;
  return Math.min(before, batch.at(event)) - DISORDER - 1;
}

function coverageOf({ logState, lastAt }: ReplayedLog, at: number): LogCoverage {
  return { spans: logState.coverage, state: at > lastAt + LONGEST_SILENCE ? 'over' : 'current' };
}

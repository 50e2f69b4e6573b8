/**
 * Counts at full hours, or another step, taken as time passes in the events of one or more logs: a sample for the instant t
 * takes in every line with a stamp <= t and none later.
 */
import type { Sample } from '../activity/active-window.ts';
import { coveredWindows, LONGEST_SILENCE, type LogCoverage } from '../activity/coverage.ts';
import type { Users } from '../activity/users.ts';
import type { Tally } from './tally.ts';

const WEEK = 7 * 86_400;
/** Nobody last seen longer ago is active in any window. */
const FORGET_AFTER = 31 * 86_400;

/** The first full step after `at`. */
export const firstAfter = (at: number, step: number): number => (Math.floor(at / step) + 1) * step;
/** The first full step not before `at`. */
export const firstNotBefore = (at: number, step: number): number => Math.ceil(at / step) * step;

/** A log that is replayed. */
export interface ReplayedLog {
  readonly tally: Tally;
  /** Of its last line, unix seconds. */
  readonly lastAt: number;
}

export class Sampler {
  readonly #users: Users;
  readonly #logs: readonly ReplayedLog[];
  readonly #step: number;
  #next: number;
  #forgotten = -Infinity;

  /** `first`: the first instant to be sampled; `step`: seconds between samples. */
  constructor(users: Users, logs: readonly ReplayedLog[], first: number, step: number) {
    this.#users = users;
    this.#logs = logs;
    this.#next = first;
    this.#step = step;
  }

  /** Whether a sample is due before an event of the instant `at`. */
  isDue(at: number): boolean {
    return this.#next < at;
  }

  /** The samples that are due up to `at`. */
  *until(at: number): Iterable<readonly Sample[]> {
    for (; this.#next <= at; this.#next += this.#step) yield this.#sample(this.#next);
  }

  #sample(at: number): readonly Sample[] {
    for (const { tally } of this.#logs) tally.passTime(at);
    if (at - this.#forgotten >= WEEK) {
      this.#users.forgetUnseenSince(at - FORGET_AFTER);
      // Nothing is stored of a replay.
      this.#users.takeChanges();
      for (const { tally } of this.#logs) tally.sessions.takeChanges();
      this.#forgotten = at;
    }
    const covered = coveredWindows(
      this.#logs.map((log) => coverageOf(log, at)),
      at,
    );
    return this.#users.sample(at).map((counts) => ({ ...counts, covered }));
  }
}

function coverageOf({ tally, lastAt }: ReplayedLog, at: number): LogCoverage {
  return { spans: tally.coverage, state: at > lastAt + LONGEST_SILENCE ? 'over' : 'current' };
}

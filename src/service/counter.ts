/** Who counts at an instant: this machine alone, or all nodes of a cluster together (shared-counter.ts). */
import type { Sample } from '../activity/active-window.ts';
import type { Users } from '../activity/user-table.ts';
import type { ClusterStatus } from '../index/status-file.ts';
import { countAt, type LogAt } from './count-at.ts';

/** An instant, unix seconds, up to which all lines have been taken in, and none later. */
export interface Moment {
  readonly at: number;
  /** What each log tells of it. */
  readonly logs: readonly LogAt[];
  /** Per window, seconds. */
  readonly covered: readonly number[];
}

export type Outcome =
  /** To be sent by this daemon. */
  | { readonly kind: 'counted'; readonly samples: readonly Sample[] }
  /** Another node sends it. */
  | { readonly kind: 'elsewhere'; readonly samples: readonly Sample[] }
  /** Nothing is sent for this instant. */
  | { readonly kind: 'none' };

export interface Counter {
  /** Of a daemon that starts: no line is taken in that is later. `now`: unix seconds. */
  startAt(now: number): number;
  /** Whether that instant is counted. */
  readonly countsAtStart: boolean;
  /** Events after `instant`, unix seconds, are not known yet; those up to the last one are counted. */
  stopAfter(instant: number): void;
  count(moment: Moment): Promise<Outcome>;
  /** What was counted has been sent. */
  confirm(at: number): Promise<void>;
  /** Each minute. `logs`: as of `at`, unix seconds. */
  everyMinute(at: number, logs: readonly LogAt[]): void;
  /** What it tells of itself, by name. */
  readonly gauges: Readonly<Record<string, number>>;
  /** Undefined where there is no cluster. */
  readonly cluster: ClusterStatus | undefined;
  close(): Promise<void>;
}

/** This machine alone. */
export class OwnCounter implements Counter {
  readonly countsAtStart = true;
  readonly gauges = {};
  readonly cluster = undefined;
  readonly #users: Users;

  constructor(users: Users) {
    this.#users = users;
  }

  startAt(now: number): number {
    return now;
  }

  stopAfter(): void {}

  async count({ at, logs }: Moment): Promise<Outcome> {
    return { kind: 'counted', samples: countAt(this.#users, logs, at) };
  }

  async confirm(): Promise<void> {}

  everyMinute(): void {}

  async close(): Promise<void> {}
}

/**
 * All nodes of a cluster count together: at the full hour each sends what is unsent as of then, and whoever leads counts and sends
 * it for all. Where that cannot be, there is no count: a part is never taken for the whole, and reading goes on.
 */
import type { HostCounts, Sample } from '../activity/active-window.ts';
import type { Users } from '../activity/user-table.ts';
import type { Counted, Result, SharedCount } from '../cluster/seam.ts';
import { levelOf } from '../cluster/view.ts';
import type { ClusterStatus } from '../index/status-file.ts';
import type { ClusterState } from './cluster-state.ts';
import { countAt, type LogAt } from './count-at.ts';
import type { Counter, Moment, Outcome } from './counter.ts';
import type { NodeOutbox } from './outbox.ts';

const HOUR = 3600;
const DAY = 86_400;
/** So often accounts are deleted that other nodes saw removed. */
const GONE_MINUTES = 10;

/** The way to the union, as the cluster's `Union` and `Barrier` are it. */
export interface Link extends SharedCount {
  /** Something waits in the outbox. */
  wake(): void;
  readonly standing: Omit<ClusterStatus, 'node' | 'last'>;
  /** Accounts that other nodes saw removed go here, too. */
  takeGone(): Promise<void>;
  close(): Promise<void>;
}

export interface SharedCounterOptions {
  readonly users: Users;
  readonly state: ClusterState;
  readonly outbox: NodeOutbox;
  readonly link: Link;
  readonly node: string;
  /** Unix seconds: of now, and of the last line that is in the index. */
  readonly now: number;
  readonly lastLine: number | undefined;
  readonly tell: (level: 'warning' | 'notice', sentence: string) => void;
  readonly signal: AbortSignal;
}

export class SharedCounter implements Counter {
  readonly countsAtStart: boolean;
  readonly #options: SharedCounterOptions;
  readonly #start: number;
  #missing: readonly string[] | undefined;
  #isAway = false;
  #isCounting = false;
  #minutes = 0;
  #gone: Promise<void> = Promise.resolve();

  constructor(options: SharedCounterOptions) {
    const { now, lastLine = -Infinity, state, link, outbox } = options;
    this.#options = options;
    this.#start = Math.floor(now / HOUR) * HOUR;
    // What it knows of its users is later than that hour, or may be.
    const hasPassed = (state.get('passed') ?? -Infinity) >= this.#start || lastLine > this.#start;
    this.countsAtStart = !hasPassed;
    if (hasPassed) link.passed(this.#start);
    outbox.stopAfter(hasPassed ? this.#start + HOUR : this.#start);
  }

  /**
   * The last full hour may still be counted, so a node that comes back says nothing that is later. One that has gone on behind it is there for the
   * next one, also where that has come meanwhile.
   */
  startAt(now: number): number {
    return this.countsAtStart ? this.#start : Math.min(now, this.#start + HOUR - 1);
  }

  stopAfter(instant: number): void {
    const { outbox, link } = this.#options;
    // Of hours that were slept through, too.
    link.passed(instant - HOUR);
    outbox.stopAfter(instant);
    link.wake();
  }

  async count({ at, logs, covered }: Moment): Promise<Outcome> {
    const { users, outbox, link, signal, state } = this.#options;
    const over = logs.flatMap((log) => [...log.over]);
    this.#isCounting = true;
    outbox.hold(at, over);
    const hosts = users.counted.peek(at, over).map(({ host }) => host);
    const windows = users.windows.map((window) => window / DAY);
    const counted = await link.count({ at, hosts, windows, covered }, signal);
    this.#isCounting = false;
    // What is known of the hour is over with it.
    countAt(users, logs, at);
    if (signal.aborted) return { kind: 'none' };
    state.set('passed', at);
    link.passed(at);
    return this.#outcome(counted, at);
  }

  async confirm(at: number): Promise<void> {
    const { link, tell } = this.#options;
    // Not known to be sent, it is sent again, with the same numbers.
    await link.confirm(at).catch((error: unknown) => tell('warning', messageOf(error)));
  }

  everyMinute(at: number, logs: readonly LogAt[]): void {
    const { outbox, link, tell } = this.#options;
    if (!this.#isCounting)
      outbox.look(
        at,
        logs.flatMap((log) => [...log.over]),
      );
    link.wake();
    // All users are gone through for one that is gone.
    if (this.#minutes++ % GONE_MINUTES > 0 || !link.standing.isConnected) return;
    this.#gone = this.#gone
      .then(() => link.takeGone())
      .catch((error: unknown) => tell('warning', `accounts that other nodes saw removed: ${messageOf(error)}`));
  }

  get gauges(): Readonly<Record<string, number>> {
    const { node, link } = this.#options;
    const own = `cluster.node.${levelOf(node)}`;
    const { isConnected, waiting } = link.standing;
    return {
      [`${own}.connected`]: Number(isConnected),
      [`${own}.unsent`]: waiting,
      ...(this.#missing && { 'cluster.nodes_missing': this.#missing.length }),
    };
  }

  get cluster(): ClusterStatus {
    const { node, link, state } = this.#options;
    const last = state.get('last');
    return { node, ...link.standing, ...(last && { last }) };
  }

  async close(): Promise<void> {
    await this.#options.link.close();
    await this.#gone;
  }

  #outcome(counted: Counted, at: number): Outcome {
    const { tell, state } = this.#options;
    // Of another node's count that one tells.
    this.#missing = counted.kind === 'counted' ? counted.missing : undefined;
    if (counted.kind === 'away') {
      if (counted.isTold) return { kind: 'none' };
      if (!this.#isAway)
        tell(
          'warning',
          `nothing was counted at ${isoOf(at)}: ${counted.why}. Logs are read on, and counts come again as soon as they can`,
        );
      this.#isAway = true;
      return { kind: 'none' };
    }
    if (this.#isAway) tell('notice', 'the nodes count together again');
    this.#isAway = false;
    const { kind, missing } = counted;
    if (kind === 'counted' && missing.length > 0)
      tell('warning', `counted at ${isoOf(at)} without ${missing.join(', ')}: the counts are lower bounds`);
    const samples = samplesOf(counted, at);
    state.set('last', { at, samples, missing, isOwn: kind === 'counted' });
    return { kind, samples };
  }
}

function samplesOf({ hosts, covered }: Result, at: number): Sample[] {
  return hosts.map(({ host, online, windows }) => {
    const [d1 = 0, d7 = 0, d30 = 0, d180] = windows;
    const counts: Omit<HostCounts, 'at'> = { host, d1, d7, d30, ...(d180 !== undefined && { d180 }) };
    return { at, online, ...counts, covered };
  });
}

const isoOf = (at: number): string => new Date(at * 1000).toISOString().replace('.000', '');
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

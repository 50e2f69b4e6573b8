/** Where the daemon's counts go, and what it tells about itself: to StatsD, and into a file for whoever looks at the index. */
import type { Sample } from '../activity/active-window.ts';
import type { Config } from '../config/config.ts';
import { writeStatus, type DaemonStatus } from '../index/status-file.ts';
import { hostsOfOneName, nameClash } from '../report/metric-name.ts';
import { StatsdReport } from '../report/statsd/statsd.ts';
import type { LiveLog } from './live-log.ts';
import { BEAT, heartbeat, logStatus, SelfMetrics } from './self-metrics.ts';

export interface OutputOptions {
  readonly config: Config;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'warning', sentence: string) => void;
}

/** When, unix seconds, and how much of each window the logs cover then. */
export interface Covered {
  readonly at: number;
  readonly covered: readonly number[];
}

export class Outputs {
  readonly #options: OutputOptions;
  readonly #statsd: StatsdReport;
  readonly #self = new SelfMetrics();
  readonly #clashes = new Set<string>();
  readonly #since: number;
  #samples: readonly Sample[] = [];
  #countedAt: number | undefined;

  constructor(options: OutputOptions) {
    const { config, now, tell } = options;
    this.#options = options;
    this.#statsd = new StatsdReport({ ...config.statsd, onError: (error) => tell('warning', error.message) });
    this.#since = Math.floor(now());
  }

  /** New counts, of all hosts. */
  counts(samples: readonly Sample[], logs: readonly LiveLog[], { at, covered }: Covered): void {
    this.#samples = samples;
    this.#statsd.counts(samples);
    this.#countedAt = at;
    this.#statsd.self(this.#self.figures(logs, { at, covered, countedAt: at }));
    this.#tellClashes();
  }

  /** Sends the last counts again as often as is configured, until the function that is returned is called. */
  repeat(): () => void {
    const { repeatSeconds } = this.#options.config.statsd;
    if (repeatSeconds === 0) return () => {};
    const timer = setInterval(() => this.#statsd.counts(this.#samples), repeatSeconds * 1000);
    return () => clearInterval(timer);
  }

  /** A daemon that ends at once and is started again shall not look alive: so not at the start, but with the first count. */
  beat(logs: readonly LiveLog[], now: Covered): void {
    const countedAt = this.#countedAt;
    this.#statsd.self(countedAt === undefined ? BEAT : heartbeat(logs, { ...now, countedAt }));
  }

  /** For `check`, while the index is the daemon's. That it cannot be written is told by the index when it matters. */
  status(logs: readonly LiveLog[]): void {
    try {
      writeStatus(this.#options.config.index.path, this.standing(logs));
    } catch {
      return;
    }
  }

  standing(logs: readonly LiveLog[]): DaemonStatus {
    return {
      ...{ since: this.#since, at: Math.floor(this.#options.now()), logs: logs.map(logStatus) },
      ...(this.#countedAt !== undefined && { countedAt: this.#countedAt }),
      counts: this.#samples.map(({ host, d1, d7, d30, covered }) => ({ host, d1, d7, d30, covered })),
    };
  }

  close(): Promise<void> {
    return this.#statsd.close();
  }

  #tellClashes(): void {
    if (this.#options.config.statsd.hostTag) return;
    for (const clash of hostsOfOneName(this.#samples.map(({ host }) => host)).map(nameClash)) {
      if (!this.#clashes.has(clash)) this.#options.tell('warning', clash);
      this.#clashes.add(clash);
    }
  }
}

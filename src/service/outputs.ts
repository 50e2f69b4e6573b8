/** Where the daemon's counts go, and what it tells about itself: to StatsD, and into files for whoever looks at the index or at metrics. */
import type { Sample } from '../activity/active-window.ts';
import type { Config } from '../config/config.ts';
import { writeStatus, type DaemonStatus } from '../index/status-file.ts';
import { hostsOfOneName, nameClash } from '../report/metric-name.ts';
import { nodeInfo } from '../report/nodeinfo.ts';
import { prometheusText } from '../report/openmetrics.ts';
import { metricsOf } from '../report/standing.ts';
import { countLine } from '../report/table.ts';
import { StatsdReport } from '../report/statsd/statsd.ts';
import { version } from '../config/version.ts';
import type { LiveLog } from './live-log.ts';
import { PublishedFile } from '../report/published-file.ts';
import { BEAT, heartbeat, logStatus, SelfMetrics } from './self-metrics.ts';

export interface OutputOptions {
  readonly config: Config;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'warning' | 'notice' | 'info', sentence: string) => void;
}

/** Of which the counts are told: those with the most users. */
const MOST_HOSTS = 20;

/** When, unix seconds, and how much of each window the logs cover then. */
export interface Covered {
  readonly at: number;
  readonly covered: readonly number[];
  /** What else the daemon tells of itself. */
  readonly gauges: Readonly<Record<string, number>>;
}

export class Outputs {
  readonly #options: OutputOptions;
  readonly #statsd: StatsdReport;
  readonly #self = new SelfMetrics();
  readonly #version = version();
  readonly #metricsFile: PublishedFile | undefined;
  readonly #nodeInfoFile: PublishedFile | undefined;
  readonly #clashes = new Set<string>();
  readonly #since: number;
  #samples: readonly Sample[] = [];
  #isSender = true;
  #countedAt: number | undefined;

  constructor(options: OutputOptions) {
    const { config, now, tell } = options;
    this.#options = options;
    this.#statsd = new StatsdReport({
      ...config.statsd,
      onError: (error) => tell('warning', error.message),
      onReached: (sentence) => tell('notice', sentence),
    });
    const fileAt = (path: string | undefined, setting: string): PublishedFile | undefined =>
      path === undefined ? undefined : new PublishedFile(path, setting, tell);
    this.#metricsFile = fileAt(config.openmetrics.path, 'openmetrics.path');
    this.#nodeInfoFile = fileAt(config.nodeinfo.path, 'nodeinfo.path');
    this.#since = Math.floor(now());
  }

  /** New counts, of all hosts. `isSender`: else another node sends them. */
  counts(samples: readonly Sample[], logs: readonly LiveLog[], now: Covered & { readonly isSender: boolean }): void {
    const { at, isSender } = now;
    this.#samples = samples;
    this.#isSender = isSender;
    if (isSender) this.#statsd.counts(samples);
    this.#countedAt = at;
    this.#statsd.self(this.#self.figures(logs, { ...now, countedAt: at }));
    this.#tellClashes();
    this.#publish(logs);
    this.#nodeInfoFile?.write(nodeInfo(samples, { ...softwareOf(logs), ...this.#options.config.nodeinfo }));
    this.#tellCounts(at);
  }

  /** Resolves when what was given so far has gone to StatsD, or cannot go for the moment. */
  sent(): Promise<void> {
    return this.#statsd.flush();
  }

  /** Sends the last counts again as often as is configured, until the function that is returned is called. */
  repeat(): () => void {
    const { repeatSeconds } = this.#options.config.statsd;
    if (repeatSeconds === 0) return () => {};
    const timer = setInterval(() => this.#isSender && this.#statsd.counts(this.#samples), repeatSeconds * 1000);
    return () => clearInterval(timer);
  }

  /** A daemon that ends at once and is started again shall not look alive: so not at the start, but with the first count. */
  beat(logs: readonly LiveLog[], now: Covered): void {
    const countedAt = this.#countedAt;
    this.#statsd.self(
      countedAt === undefined ? { ...BEAT, gauges: now.gauges } : heartbeat(logs, { ...now, countedAt }),
    );
    this.#publish(logs);
  }

  /** For `check`, while the index is the daemon's. That it cannot be written is told by the index when it matters. */
  status(standing: DaemonStatus): void {
    try {
      writeStatus(this.#options.config.index.path, standing);
    } catch {
      return;
    }
  }

  standing(logs: readonly LiveLog[]): DaemonStatus {
    return {
      ...{ since: this.#since, at: Math.floor(this.#options.now()), logs: logs.map(logStatus) },
      ...(this.#countedAt !== undefined && { countedAt: this.#countedAt }),
      counts: this.#samples.map(({ at: _at, online: _online, ...counts }) => counts),
    };
  }

  close(): Promise<void> {
    return this.#statsd.close();
  }

  #publish(logs: readonly LiveLog[]): void {
    if (!this.#metricsFile) return;
    const { config } = this.#options;
    const isCaughtUp = this.#countedAt !== undefined;
    const about = { version: this.#version, index: config.index.path, isCaughtUp, samples: this.#samples };
    this.#metricsFile.write(prometheusText(metricsOf({ ...about, ...this.standing(logs) }, config.openmetrics)));
  }

  #tellCounts(at: number): void {
    const { config, tell } = this.#options;
    if (!config.count.quiet) tell('info', countLine(this.#samples, at, MOST_HOSTS));
  }

  #tellClashes(): void {
    if (this.#options.config.statsd.hostTag) return;
    for (const clash of hostsOfOneName(this.#samples.map(({ host }) => host)).map(nameClash)) {
      if (!this.#clashes.has(clash)) this.#options.tell('warning', clash);
      this.#clashes.add(clash);
    }
  }
}

/** As the first log of which it is known tells it. */
function softwareOf(logs: readonly LiveLog[]): { readonly software: string; readonly version: string } {
  const known = logs.find(({ logState }) => logState.server !== undefined)?.logState;
  return { software: known?.server ?? 'xmpp', version: known?.version ?? 'unknown' };
}

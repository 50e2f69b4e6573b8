/**
 * Counts and figures about the program itself, to StatsD. StatsD may be down, slow or unknown to the name server for as long as
 * it likes: nothing here waits for it, throws, or grows. At most one batch is on its way; what comes meanwhile waits in a
 * place that holds one value per name, so newer gauges take the place of older ones and counters add up. A batch that failed
 * goes back to that place and is tried again, so a daemon that starts before the network does not lose an hour.
 *
 * The host is the last level of the name, or with `hostTag` a tag (DogStatsD's form, which Telegraf reads too) that leaves the name: `xmpp.active_users_1d:72|g|#host:chat.example,env:prod`.
 */
import type { HostCounts } from '../../activity/active-window.ts';
import { countOf, logLevel, metricName, windowName, windowsOf, type Window } from '../metric-name.ts';
import { sendMetrics, type Destination, type Metric } from './packets.ts';

export interface StatsdOptions extends Destination {
  /** Taken as it stands: `xmpp.`, with its dot. */
  readonly prefix: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The host is a tag, and the path of a log another. */
  readonly hostTag: boolean;
  /** Told of each value that is no count at most once a minute, and of each reason for which StatsD cannot be reached once. */
  readonly onError: (error: Error) => void;
  /** Told when it is reached again. */
  readonly onReached?: (sentence: string) => void;
  /** Milliseconds on any clock that does not go back. */
  readonly now?: () => number;
}

export interface SelfFigures {
  readonly counters?: Readonly<Record<string, number>>;
  readonly gauges?: Readonly<Record<string, number>>;
  readonly logs?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The code of every error of this file: `STATSD_UNREACHABLE`, `STATSD_VALUE` or `STATSD_SETTING`. */
export class StatsdError extends Error {
  override readonly name = 'StatsdError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const firstRetryMs = 1000;
const lastRetryMs = 60_000;
const quietMs = 60_000;
const remembered = 100;
const flushMs = 5000;
const closeMs = 3000;

export class StatsdReport {
  readonly #options: StatsdOptions;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  readonly #toldAt = new Map<string, number>();
  /** Since it was reached last. */
  readonly #reasonsTold = new Set<string>();
  readonly #self = new Map<string, Metric>();
  #counts: readonly Metric[] = [];
  #sending: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #closed = false;

  /** @throws StatsdError STATSD_SETTING, when the destination can never work. */
  constructor(options: StatsdOptions) {
    checkDestination(options);
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Sends the gauges of one count; whatever is left of an earlier count is given up. Values that are no count are not sent. */
  counts(samples: readonly HostCounts[]): void {
    if (this.#closed) return;
    const gauges = samples.flatMap((sample) => windowsOf(sample).map((window) => this.#gauge(sample, window)));
    this.#counts = gauges.filter((metric) => this.#isValue(metric));
    this.#start();
  }

  /**
   * Figures about the program: `PREFIXself.NAME`. Counters are what was added since the last call. `logs` are gauges of one
   * log each, by its path: `PREFIXself.log.LOG.NAME`, with `hostTag` `PREFIXself.log.NAME` and the path as the tag `log`.
   */
  self({ counters = {}, gauges = {}, logs = {} }: SelfFigures): void {
    if (this.#closed) return;
    const { tags, hostTag } = this.#options;
    for (const [name, value] of Object.entries(gauges)) this.#keep({ kind: 'gauge', name, value, tags });
    for (const [path, places] of Object.entries(logs)) {
      const of = hostTag ? { level: '', tags: { ...tags, log: path } } : { level: `${logLevel(path)}.`, tags };
      for (const [name, value] of Object.entries(places))
        this.#keep({ kind: 'gauge', name: `log.${of.level}${name}`, value, tags: of.tags });
    }
    for (const [name, value] of Object.entries(counters)) this.#keep({ kind: 'counter', name, value, tags });
    this.#start();
  }

  /** Resolves when all that was given so far has been handed over or has failed once, and after 5 s in any case. */
  async flush(): Promise<void> {
    this.#start();
    await settled(this.#sending, flushMs);
  }

  /** Tries once more to send what is left, for at most 3 s. */
  async close(): Promise<void> {
    this.#start();
    this.#closed = true;
    clearTimeout(this.#retry);
    await settled(this.#sending, closeMs);
    this.#stop.abort();
  }

  #gauge(sample: HostCounts, window: Window): Metric {
    const { prefix, tags, hostTag } = this.#options;
    const { host } = sample;
    const value = countOf(sample, window);
    if (!hostTag) return { kind: 'gauge', name: metricName(prefix, window, host), value, tags };
    return {
      kind: 'gauge',
      name: prefix + windowName(window),
      value,
      tags: Object.assign({ host }, tags, { host }),
    };
  }

  #keep(figure: Metric): void {
    const metric = { ...figure, name: `${this.#options.prefix}self.${figure.name}` };
    if (!this.#isValue(metric)) return;
    const key = keyOf(metric);
    const waiting = metric.kind === 'counter' ? (this.#self.get(key)?.value ?? 0) : 0;
    this.#self.set(key, { ...metric, value: waiting + metric.value });
  }

  /** StatsD takes `-3|g` for "three less than before" and has no word for NaN. */
  #isValue({ name, value }: Metric): boolean {
    if (Number.isFinite(value) && value >= 0) return true;
    this.#tell(new StatsdError('STATSD_VALUE', `${name} is ${value}, which is not a count: not sent`));
    return false;
  }

  #start(): void {
    if (this.#closed || this.#sending !== undefined || this.#isEmpty()) return;
    clearTimeout(this.#retry);
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    while (!this.#isEmpty()) {
      const counts = this.#counts;
      const self = [...this.#self.values()];
      this.#counts = [];
      this.#self.clear();
      try {
        await sendMetrics(this.#options, [...counts, ...self], this.#stop.signal);
        this.#retryMs = firstRetryMs;
        this.#tellReached();
      } catch (error) {
        this.#putBack(counts, self);
        this.#tellUnreachable(unreachable(this.#options, error));
        this.#tryLater();
        return;
      }
    }
  }

  /** Newer gauges, given while the batch was on its way, stay; counters of both add up. */
  #putBack(counts: readonly Metric[], self: readonly Metric[]): void {
    if (this.#counts.length === 0) this.#counts = counts;
    for (const metric of self) {
      const key = keyOf(metric);
      const newer = this.#self.get(key);
      if (newer === undefined) this.#self.set(key, metric);
      else if (newer.kind === 'counter') this.#self.set(key, { ...newer, value: newer.value + metric.value });
    }
  }

  #tryLater(): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.#start(), this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, lastRetryMs);
  }

  #isEmpty(): boolean {
    return this.#counts.length === 0 && this.#self.size === 0;
  }

  #tellUnreachable(error: StatsdError): void {
    if (this.#reasonsTold.has(error.message) || this.#reasonsTold.size >= remembered) return;
    this.#reasonsTold.add(error.message);
    this.#options.onError(error);
  }

  #tellReached(): void {
    if (this.#reasonsTold.size === 0) return;
    this.#reasonsTold.clear();
    this.#options.onReached?.(`StatsD at ${placeOf(this.#options)} is reached again`);
  }

  #tell(error: Error): void {
    const now = this.#now();
    const last = this.#toldAt.get(error.message);
    if (last !== undefined && now - last < quietMs) return;
    this.#toldAt.delete(error.message);
    this.#toldAt.set(error.message, now);
    // Messages may hold values that vary, so what is remembered of them has a limit of its own.
    for (const message of this.#toldAt.keys()) {
      if (this.#toldAt.size <= remembered) break;
      this.#toldAt.delete(message);
    }
    this.#options.onError(error);
  }
}

/** With tags, the logs share a name. */
function keyOf({ name, tags }: Metric): string {
  return `${name} ${tags['log'] ?? ''}`;
}

function checkDestination({ host, port, protocol }: Destination): void {
  if (protocol === 'uds') {
    if (host.startsWith('/')) return;
    throw new StatsdError('STATSD_SETTING', `statsd.host is "${host}": for protocol "uds" give the path of the socket`);
  }
  if (host === '') throw new StatsdError('STATSD_SETTING', 'statsd.host is empty: give the name or address of StatsD');
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return;
  throw new StatsdError('STATSD_SETTING', `statsd.port is ${port}: give a whole number from 1 to 65535`);
}

function placeOf({ host, port, protocol }: Destination): string {
  return `${protocol === 'uds' ? host : `${host}:${port}`} (${protocol})`;
}

function unreachable(destination: Destination, cause: unknown): StatsdError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StatsdError(
    'STATSD_UNREACHABLE',
    `StatsD at ${placeOf(destination)} cannot be reached: ${why}. The last counts are kept and sent when it can`,
    { cause },
  );
}

/** Waits for the work, which never rejects, but not longer than the time given. */
async function settled(work: Promise<void> | undefined, milliseconds: number): Promise<void> {
  if (work === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, enough]);
  clearTimeout(timer);
}

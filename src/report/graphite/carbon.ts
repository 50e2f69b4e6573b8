/**
 * History into Graphite. StatsD cannot carry the past: it stamps what it gets with its own clock. Carbon takes points of any
 * time, and the same point twice is the same point, so a run can be repeated, and one that broke can be done again from the start.
 *
 * Carbon drops without a word what exceeds its limits: new files above MAX_CREATES_PER_MINUTE (50 by default) lose their points,
 * and so does a full cache. So series go one after the other, each new one no sooner than the limit allows, and points at a rate
 * that carbon writes away as they come. MAX_UPDATES_PER_SECOND only delays.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostCounts } from '../../activity/active-window.ts';
import { outsideOf, pointsOf, type Point, type Series } from './points.ts';
import { CarbonConnection, encode, type Protocol } from './wire.ts';
import { countOf, metricName, windowsOf, type Window } from '../metric-name.ts';
import type { Retention } from './retention.ts';

export interface CarbonOptions {
  readonly host: string;
  readonly port: number;
  readonly protocol?: Protocol;
  /** Of a series; by default what StatsD makes of the gauges: `stats.gauges.xmpp.active_users_1d.chat_example`. */
  readonly name?: (window: Window, host: string) => string;
  /** The archives of all metrics, or of the one named. Without: the samples as they are, which only fits a step of an hour or more. */
  readonly retention?: readonly Retention[] | ((name: string) => readonly Retention[]);
  /** Says what would be sent, and connects to nobody. */
  readonly dryRun?: boolean;
  /** Unix seconds; read again for each series, since a run may take long. */
  readonly now?: () => number;
  readonly pointsPerSecond?: number;
  readonly createsPerMinute?: number;
  readonly onProgress?: (progress: CarbonProgress) => void;
  /** Stops between two writes. */
  readonly signal?: AbortSignal;
}

export interface CarbonProgress {
  readonly sent: number;
  readonly points: number;
  readonly series: number;
}

export interface PlannedSeries {
  readonly name: string;
  readonly points: number;
  /** Unix seconds of the first and the last point; absent when there are none. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export interface CarbonResult {
  /** Points written to the connection; 0 in a dry run. */
  readonly sent: number;
  readonly series: number;
  /** What the plan was when the run began; a long run adds the slots that pass meanwhile. */
  readonly plan: readonly PlannedSeries[];
  /** Seconds that a run takes at least. */
  readonly seconds: number;
  /** Values older than the longest archive, which nothing can hold: how many, and the time of the oldest (unix seconds). */
  readonly outside: { readonly points: number; readonly oldest: number | undefined };
  /** Values of hours that are not over yet: not sent. */
  readonly ahead: number;
}

/** Carbon could not be reached or closed half way. Code `CARBON`; `sent` is how many points it had been given. */
export class CarbonError extends Error {
  override readonly name = 'CarbonError';
  readonly code = 'CARBON';
  readonly sent: number;
  constructor(message: string, sent: number, cause: unknown) {
    super(message, { cause });
    this.sent = sent;
  }
}

interface NamedSeries extends Series {
  readonly name: string;
  readonly archives: readonly Retention[];
}

const pointsAtOnce = 500;
const usualPointsPerSecond = 10_000;
const usualCreatesPerMinute = 30;

/**
 * Sends samples, which come in the order of time. All of them are held in memory, as plain numbers.
 * @throws CarbonError, and whatever reading the samples throws.
 */
export async function sendHistory(
  samples: AsyncIterable<HostCounts> | Iterable<HostCounts>,
  options: CarbonOptions,
): Promise<CarbonResult> {
  const clock = options.now ?? (() => Math.floor(Date.now() / 1000));
  const { series, hold } = await collect(samples, options);
  const now = clock();
  const plan = series.map((each) => planOf(each, hold, now));
  const points = plan.reduce((sum, each) => sum + each.points, 0);
  const pace = paceOf(options);
  const sent = options.dryRun === true ? 0 : await sendAll(series, { options, hold, clock, points, pace });
  return {
    sent,
    series: series.length,
    plan,
    seconds: Math.max(points / pace.pointsPerSecond, (series.length - 1) * pace.secondsPerSeries, 0),
    outside: outside(series, now),
    ahead: series.reduce((sum, { at }) => sum + at.filter((time) => time > now).length, 0),
  };
}

interface Pace {
  readonly pointsPerSecond: number;
  readonly secondsPerSeries: number;
}

function paceOf({ pointsPerSecond, createsPerMinute }: CarbonOptions): Pace {
  return {
    pointsPerSecond: pointsPerSecond ?? usualPointsPerSecond,
    secondsPerSeries: 60 / (createsPerMinute ?? usualCreatesPerMinute),
  };
}

/** The samples as series, and for how long a value holds: the usual distance of two samples. */
async function collect(
  samples: AsyncIterable<HostCounts> | Iterable<HostCounts>,
  options: CarbonOptions,
): Promise<{ series: NamedSeries[]; hold: number }> {
  const hosts = new Map<string, { at: number[]; values: Map<Window, number[]> }>();
  let hold = Number.POSITIVE_INFINITY;
  for await (const sample of samples) {
    const host = hosts.get(sample.host) ?? { at: [], values: new Map(windowsOf(sample).map((window) => [window, []])) };
    hosts.set(sample.host, host);
    const last = host.at.at(-1);
    assert(last === undefined || sample.at > last, 'samples of a host come in the order of time');
    if (last !== undefined) hold = Math.min(hold, sample.at - last);
    host.at.push(sample.at);
    for (const [window, values] of host.values) values.push(countOf(sample, window));
  }
  const series = [...hosts].flatMap(([host, { at, values }]) =>
    [...values].map(([window, counts]) => named(options, window, host, { at, values: counts })),
  );
  return { series, hold: Number.isFinite(hold) ? hold : 3600 };
}

function named({ name, retention }: CarbonOptions, window: Window, host: string, series: Series): NamedSeries {
  const metric = name?.(window, host) ?? `stats.gauges.${metricName('xmpp.', window, host)}`;
  const archives = typeof retention === 'function' ? retention(metric) : (retention ?? []);
  return { ...series, name: metric, archives };
}

function planOf(series: NamedSeries, hold: number, now: number): PlannedSeries {
  let points = 0;
  let from: number | undefined;
  let to: number | undefined;
  for (const [at] of pointsOf(series, series.archives, hold, now)) {
    points++;
    from ??= at;
    to = at;
  }
  return { name: series.name, points, from, to };
}

function outside(series: readonly NamedSeries[], now: number): CarbonResult['outside'] {
  let points = 0;
  let oldest: number | undefined;
  for (const each of series) {
    const tooOld = outsideOf(each, each.archives, now);
    points += tooOld;
    const first = each.at[0];
    if (tooOld > 0 && first !== undefined) oldest = Math.min(oldest ?? first, first);
  }
  return { points, oldest };
}

interface Run {
  readonly options: CarbonOptions;
  readonly hold: number;
  readonly clock: () => number;
  readonly points: number;
  readonly pace: Pace;
}

async function sendAll(series: readonly NamedSeries[], run: Run): Promise<number> {
  if (run.points === 0) return 0;
  const { host, port } = run.options;
  let sent = 0;
  let connection: CarbonConnection | undefined;
  try {
    connection = await CarbonConnection.open(host, port);
    const started = performance.now();
    for (const [i, each] of series.entries()) {
      await reached(started, i * run.pace.secondsPerSeries, run.options.signal);
      for (const points of inParts(pointsOf(each, each.archives, run.hold, run.clock()))) {
        await reached(started, sent / run.pace.pointsPerSecond, run.options.signal);
        await connection.write(encode(run.options.protocol ?? 'plaintext', each.name, points));
        sent += points.length;
        run.options.onProgress?.({ sent, points: run.points, series: i + 1 });
      }
    }
    await connection.end();
    return sent;
  } catch (cause) {
    throw broken(run, sent, cause);
  } finally {
    connection?.destroy();
  }
}

/** Waits until so many seconds after the start. */
async function reached(started: number, seconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const wait = started + 1000 * seconds - performance.now();
  if (wait > 0) await sleep(wait, undefined, signal === undefined ? {} : { signal });
}

function* inParts(points: Iterable<Point>): Generator<Point[]> {
  let part: Point[] = [];
  for (const point of points) {
    part.push(point);
    if (part.length < pointsAtOnce) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

function broken({ options: { host, port }, points }: Run, sent: number, cause: unknown): CarbonError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CarbonError(
    `Carbon at ${host}:${port}: ${why}. Of ${points} points ${sent} had been sent; ` +
      'the same run can be repeated, points that are sent twice do no harm',
    sent,
    cause,
  );
}

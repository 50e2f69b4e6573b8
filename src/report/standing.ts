/** How a running daemon stands, as `/status`, `/metrics` and the file for node_exporter tell it. */
import type { Sample } from '../activity/active-window.ts';
import type { DaemonStatus, LogStatus } from '../index/status-file.ts';
import { countOf, windows, windowsOf, type Window } from './metric-name.ts';
import type { MetricFamily, MetricPoint } from './openmetrics.ts';

/** Times are unix seconds. */
export interface Standing extends Pick<DaemonStatus, 'since' | 'at' | 'logs' | 'cluster'> {
  /** Of the program. */
  readonly version: string;
  /** Its directory. */
  readonly index: string;
  /** False as long as it reads what the logs held before it started. */
  readonly isCaughtUp: boolean;
  /** Of the last count that was sent. */
  readonly countedAt?: number;
  /** As they are now; only when it has caught up. */
  readonly samples?: readonly Sample[];
}

/** As Prosody's exporter calls what mod_measure_active_users measures: core/moduleapi.lua (measure), core/statsmanager.lua, util/openmetrics.lua. */
const PROSODY = 'prosody_mod_measure_active_users__active_users_';

/** `prosodyNames`: counts also under the names that Prosody's module has. */
export function metricsOf(standing: Standing, { prosodyNames = false } = {}): readonly MetricFamily[] {
  const { version, at, since, logs, isCaughtUp, countedAt, samples = [] } = standing;
  const perLog = (value: (log: LogStatus) => number): MetricPoint[] =>
    logs.map((log) => ({ labels: { log: log.path }, value: value(log) }));
  const gauge = (name: string, help: string, points: readonly MetricPoint[]): MetricFamily =>
    ({ name: `xmpp_active_users${name}`, type: 'gauge', help, points }) as const;
  const counter = (name: string, help: string, points: readonly MetricPoint[]): MetricFamily => ({
    ...gauge(name, help, points),
    type: 'counter',
  });
  return [
    gauge('', 'Users who are online or were seen within the period', samples.flatMap(countsOf)),
    ...(prosodyNames ? windows.map((window) => ofProsody(samples, window)) : []),
    gauge(
      '_online',
      'Users with an open session',
      samples.map(({ host, online }) => ({ labels: { host }, value: online })),
    ),
    gauge(
      '_covered_seconds',
      'How much of the period the logs cover: counts are lower bounds below it',
      coveredOf(samples),
    ),
    gauge(
      '_last_count_timestamp_seconds',
      'When counts were sent last',
      countedAt === undefined ? [] : [{ value: countedAt }],
    ),
    gauge('_status_timestamp_seconds', 'When the daemon said all this: it does so each minute', [{ value: at }]),
    gauge('_caught_up', 'Whether all that the logs held at the start has been read', [{ value: Number(isCaughtUp) }]),
    gauge('_start_time_seconds', 'When the daemon started', [{ value: since }]),
    gauge('_build_info', 'The program', [{ labels: { version }, value: 1 }]),
    gauge(
      '_log_position_bytes',
      'Read of the log',
      perLog(({ offset }) => offset),
    ),
    gauge(
      '_log_lag_bytes',
      'On disk, and not read',
      perLog(({ lagBytes }) => lagBytes),
    ),
    gauge(
      '_log_readable',
      'Whether the log can be read',
      perLog(({ unreadable }) => Number(unreadable === undefined)),
    ),
    counter(
      '_log_lines',
      'Lines read',
      perLog(({ lines }) => lines),
    ),
    counter(
      '_log_rejected',
      'Lines that were not understood or not believed',
      perLog(({ rejected }) => rejected),
    ),
    counter(
      '_log_rotations',
      'Rotations seen',
      perLog(({ rotations }) => rotations),
    ),
    counter(
      '_log_truncations',
      'Truncations seen',
      perLog(({ truncations }) => truncations),
    ),
    counter(
      '_log_lost_segments',
      'Files that were gone unread',
      perLog(({ lostSegments }) => lostSegments),
    ),
    counter(
      '_log_skipped_lines',
      'Lines longer than 16 MiB',
      perLog(({ skippedLines }) => skippedLines),
    ),
  ];
}

const countsOf = (sample: Sample): MetricPoint[] =>
  windowsOf(sample).map((window) => ({
    labels: { host: sample.host, period: `${window}d` },
    value: countOf(sample, window),
  }));

function ofProsody(samples: readonly Sample[], window: Window): MetricFamily {
  const points = samples.map((sample) => ({ labels: { host: sample.host }, value: countOf(sample, window) }));
  return { name: `${PROSODY}${window}d`, type: 'gauge', help: `Users active within ${window} d`, points };
}

/** The same for all hosts. */
const coveredOf = ([sample]: readonly Sample[]): MetricPoint[] =>
  sample
    ? windowsOf(sample).map((window, i) => ({ labels: { period: `${window}d` }, value: sample.covered[i] ?? 0 }))
    : [];

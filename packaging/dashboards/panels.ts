/**
 * What the dashboards show: one list of panels, each with what it asks of Graphite and of Prometheus.
 *
 * In Graphite the gauges are below `$prefix` and the counters below `$counters`. StatsD with `legacyNamespace: false` puts `.count`
 * behind a counter, which is why two names are summed, of which one does not exist.
 */

export interface Target {
  /** In Graphite's functions or in PromQL. */
  readonly query: string;
  /** Prometheus names a series so; in Graphite a function of the query does. */
  readonly legend?: string;
}

export interface Step {
  readonly colour: 'green' | 'yellow' | 'red';
  /** Where it begins; the first has none. */
  readonly from?: number;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly kind: 'stat' | 'timeseries';
  /** Of 24 columns. */
  readonly width: number;
  /** As Grafana calls it. */
  readonly unit: 'short' | 'percent' | 's' | 'bytes';
  /** The end of the scale. */
  readonly max?: number;
  readonly steps?: readonly Step[];
  /** The time shown, where it is not that of the dashboard. */
  readonly from?: string;
  readonly graphite?: readonly Target[];
  readonly prometheus?: readonly Target[];
}

const HOUR = 3600;
const MONTH = 30 * 24 * HOUR;
const WINDOWS = [
  { days: 1, name: 'Daily' },
  { days: 7, name: 'Weekly' },
  { days: 30, name: 'Monthly' },
];

const users = (days: number): string => `$prefix.active_users_${days}d.$host`;
const counter = (name: string): string => `sumSeries($counters.self.${name},$counters.self.${name}.count)`;
const alias = (query: string, name: string): Target => ({ query: `alias(${query},"${name}")` });
/** By one level of their names, counted from the end. */
const byLevel = (query: string, level: number): Target => ({ query: `aliasByNode(${query},${level})` });
/** Only where both are known: of a missing timestamp diffSeries would make the time of now. */
const LAST_COUNT_AGE = alias('aggregate(group(identity("now"),$prefix.self.last_count_timestamp),"diff",1)', 'Age');

const LABELS = 'instance=~"$instance"';
const usersOf = (days: number): string => `xmpp_active_users{period="${days}d",host=~"$host",${LABELS}}`;
const age = (name: string): string => `time() - xmpp_active_users_${name}_timestamp_seconds{${LABELS}}`;
const share = (part: string, whole: string): string => `100 * ${part} / ${whole}`;

const WHOLE: readonly Step[] = [{ colour: 'yellow' }, { colour: 'green', from: 100 }];
const atMost = (limit: number): readonly Step[] => [{ colour: 'green' }, { colour: 'red', from: limit }];

const together: readonly Panel[] = WINDOWS.map(({ days, name }) => ({
  title: `${name} users`,
  description: `Users active within ${days} d, of all chosen hosts together`,
  kind: 'stat',
  width: 4,
  unit: 'short',
  graphite: [alias(`sumSeries(${users(days)})`, name)],
  prometheus: [{ query: `sum(${usersOf(days)})`, legend: name }],
}));

const state: readonly Panel[] = [
  {
    title: 'Stickiness',
    description: 'Daily users among the monthly ones, of all chosen hosts together',
    kind: 'stat',
    width: 3,
    unit: 'percent',
    graphite: [alias(`asPercent(sumSeries(${users(1)}),sumSeries(${users(30)}))`, 'Stickiness')],
    prometheus: [{ query: share(`sum(${usersOf(1)})`, `sum(${usersOf(30)})`), legend: 'Stickiness' }],
  },
  {
    title: 'Coverage',
    description: 'How much of the last 30 days the logs cover. Below 100 % the monthly count is a lower bound',
    kind: 'stat',
    width: 3,
    unit: 'percent',
    steps: WHOLE,
    graphite: [alias(`asPercent($prefix.self.coverage_seconds,${MONTH})`, 'Coverage')],
    prometheus: [{ query: share(`min(xmpp_active_users_covered_seconds{period="30d",${LABELS}})`, `${MONTH}`) }],
  },
  {
    title: 'Last count',
    description: 'Counts are made every hour: beyond two hours the daemon does not count any more',
    kind: 'stat',
    width: 3,
    unit: 's',
    steps: atMost(2 * HOUR),
    from: '1h',
    graphite: [LAST_COUNT_AGE],
    prometheus: [{ query: `max(${age('last_count')})` }],
  },
  {
    title: 'Heartbeat',
    description: 'Beats within 5 minutes, one a minute. None: the daemon is dead, or cannot reach StatsD',
    kind: 'stat',
    width: 3,
    unit: 'short',
    steps: [{ colour: 'red' }, { colour: 'green', from: 1 }],
    from: '1h',
    graphite: [alias(`movingSum(${counter('heartbeat')},"5min")`, 'Beats')],
  },
  {
    title: 'Heartbeat',
    description: 'Seconds since the daemon said how it stands, which it does each minute',
    kind: 'stat',
    width: 3,
    unit: 's',
    steps: atMost(300),
    from: '1h',
    prometheus: [{ query: `max(${age('status')})` }],
  },
];

const summary: readonly Panel[] = [
  {
    title: 'Active users',
    description: 'Of all chosen hosts together; each user counts once for each host',
    kind: 'timeseries',
    width: 12,
    unit: 'short',
    graphite: WINDOWS.map(({ days, name }) => alias(`sumSeries(${users(days)})`, name)),
    prometheus: WINDOWS.map(({ days, name }) => ({ query: `sum(${usersOf(days)})`, legend: name })),
  },
  {
    title: 'Stickiness',
    description: 'Daily users among the monthly ones, by host',
    kind: 'timeseries',
    width: 12,
    unit: 'percent',
    graphite: [byLevel(`asPercent(${users(1)},${users(30)},-1)`, -1)],
    prometheus: [{ query: share(usersOf(1), `ignoring(period) (${usersOf(30)} > 0)`), legend: '{{host}}' }],
  },
];

const byHost: readonly Panel[] = WINDOWS.map(({ days, name }) => ({
  title: `${name} users by host`,
  description: `Users active within ${days} d`,
  kind: 'timeseries',
  width: 8,
  unit: 'short',
  graphite: [byLevel(users(days), -1)],
  prometheus: [{ query: usersOf(days), legend: '{{host}}' }],
}));

const daemon: readonly Panel[] = [
  {
    title: 'Coverage of the last 30 days',
    description: 'Below 100 % the monthly count is a lower bound',
    kind: 'timeseries',
    width: 8,
    unit: 'percent',
    max: 100,
    graphite: [alias(`asPercent($prefix.self.coverage_seconds,${MONTH})`, 'Covered')],
    prometheus: [
      {
        query: share(`xmpp_active_users_covered_seconds{period="30d",${LABELS}}`, `${MONTH}`),
        legend: '{{instance}}',
      },
    ],
  },
  {
    title: 'Lag of the logs',
    description: 'On disk and not read: next to nothing where the daemon keeps up',
    kind: 'timeseries',
    width: 8,
    unit: 'bytes',
    graphite: [byLevel('$prefix.self.log.*.lag_bytes', -2)],
    prometheus: [{ query: `xmpp_active_users_log_lag_bytes{${LABELS}}`, legend: '{{log}}' }],
  },
  {
    title: 'Heartbeats in an hour',
    description: '60, as long as the daemon lives. Carbon must keep them as finely as StatsD flushes',
    kind: 'timeseries',
    width: 8,
    unit: 'short',
    graphite: [alias(`summarize(${counter('heartbeat')},"1h","sum")`, 'Beats')],
  },
  {
    title: 'Age of what the daemon says',
    description: 'Below two minutes, as long as the daemon lives',
    kind: 'timeseries',
    width: 8,
    unit: 's',
    prometheus: [{ query: age('status'), legend: '{{instance}}' }],
  },
  {
    title: 'Age of the last count',
    description: 'Counts are made every hour: beyond two hours the daemon does not count any more',
    kind: 'timeseries',
    width: 8,
    unit: 's',
    graphite: [LAST_COUNT_AGE],
    prometheus: [{ query: age('last_count'), legend: '{{instance}}' }],
  },
  {
    title: 'Lines not understood',
    description: 'Of those read: where it rises the wording of a log has changed, see "xmpp-active-users explain"',
    kind: 'timeseries',
    width: 8,
    unit: 'percent',
    max: 100,
    graphite: [
      alias(
        `asPercent(summarize(${counter('rejected')},"1h","sum"),summarize(${counter('lines_read')},"1h","sum"))`,
        'Not understood',
      ),
    ],
    prometheus: [
      {
        query: share(
          `increase(xmpp_active_users_log_rejected_total{${LABELS}}[1h])`,
          `(increase(xmpp_active_users_log_lines_total{${LABELS}}[1h]) > 0)`,
        ),
        legend: '{{log}}',
      },
    ],
  },
  {
    title: 'Age of the last line',
    description: 'Of the log that is newest: a server that nobody uses at night makes it rise, too',
    kind: 'timeseries',
    width: 8,
    unit: 's',
    graphite: [alias('$prefix.self.last_event_age_seconds', 'Age')],
  },
  {
    title: 'Users online',
    description: 'With an open session',
    kind: 'timeseries',
    width: 8,
    unit: 'short',
    prometheus: [{ query: `xmpp_active_users_online{host=~"$host",${LABELS}}`, legend: '{{host}}' }],
  },
];

/** From left to right, and downward. */
export const PANELS: readonly Panel[] = [...together, ...state, ...summary, ...byHost, ...daemon];

/**
 * The panels as a dashboard of Grafana 9 and newer, in the classic model of
 * https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 *
 * The data source is a variable, and there are no `__inputs`, which only the form for imports asks for: provisioning and the API take it as it is.
 */
import { PANELS, type Panel, type Step, type Target } from './panels.ts';

type Source = 'graphite' | 'prometheus';

/** Of the JSON model. Newer versions of Grafana bring it up to date when they read it. */
const SCHEMA_VERSION = 36;
const COLUMNS = 24;
const HEIGHTS = { stat: 4, timeseries: 8 };
/** Milliseconds: where gauges are deleted after each flush there is one point an hour. */
const JOINED = 7_200_000;

export function grafanaDashboard(source: Source): object {
  const name = source === 'graphite' ? 'Graphite' : 'Prometheus';
  return {
    uid: `xmpp-active-users-${source}`,
    title: `XMPP active users (${name})`,
    description:
      'Daily, weekly and monthly active users of an XMPP server, as xmpp-active-users counts them from its logs',
    tags: ['xmpp'],
    timezone: 'browser',
    editable: true,
    graphTooltip: 1,
    refresh: '5m',
    schemaVersion: SCHEMA_VERSION,
    time: { from: 'now-30d', to: 'now' },
    annotations: { list: [] },
    links: [],
    templating: { list: [sourceVariable(source, name), ...(source === 'graphite' ? ofGraphite : ofPrometheus)] },
    panels: panelsOf(source),
  };
}

const reference = (source: Source): object => ({ type: source, uid: '${datasource}' });

/** Without a current value Grafana takes the default one of that type, or the first. */
const sourceVariable = (source: Source, name: string): object => ({
  name: 'datasource',
  label: name,
  type: 'datasource',
  query: source,
  refresh: 1,
});

const textVariable = (name: string, label: string, value: string): object => ({
  name,
  label,
  type: 'textbox',
  query: value,
  current: { text: value, value },
  options: [{ selected: true, text: value, value }],
});

/** Read anew when the time range changes. */
const listVariable = (source: Source, name: string, label: string, query: string, all: string): object => ({
  name,
  label,
  type: 'query',
  datasource: reference(source),
  query: source === 'prometheus' ? { query, refId: `variable-${name}` } : query,
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: all,
  current: { text: ['All'], value: ['$__all'] },
});

const ofGraphite = [
  textVariable('prefix', 'Prefix of gauges', 'stats.gauges.xmpp'),
  textVariable('counters', 'Prefix of counters', 'stats_counts.xmpp'),
  listVariable('graphite', 'host', 'Host', '$prefix.active_users_1d.*', '*'),
];
const ofPrometheus = [
  listVariable('prometheus', 'instance', 'Instance', 'label_values(xmpp_active_users, instance)', '.*'),
  listVariable('prometheus', 'host', 'Host', 'label_values(xmpp_active_users{instance=~"$instance"}, host)', '.*'),
];

/** Beside each other as long as there is room, then below. */
function panelsOf(source: Source): object[] {
  let [x, y, below] = [0, 0, 0];
  return PANELS.filter((panel) => panel[source]).map((panel, i) => {
    const [width, height] = [panel.width, HEIGHTS[panel.kind]];
    if (x + width > COLUMNS) [x, y] = [0, below];
    const gridPos = { x, y, w: width, h: height };
    x += width;
    below = Math.max(below, y + height);
    return panelOf(source, panel, { id: i + 1, gridPos });
  });
}

function panelOf(source: Source, panel: Panel, place: object): object {
  const { title, description, kind, from } = panel;
  return {
    ...place,
    type: kind,
    title,
    description,
    datasource: reference(source),
    ...(from !== undefined && { timeFrom: from, hideTimeOverride: true }),
    fieldConfig: { defaults: fieldsOf(panel), overrides: [] },
    options: kind === 'stat' ? STAT_OPTIONS : TIMESERIES_OPTIONS,
    targets: (panel[source] ?? []).map((target, i) => targetOf(source, target, String.fromCodePoint(65 + i))),
  };
}

function targetOf(source: Source, { query, legend }: Target, refId: string): object {
  if (source === 'graphite') return { refId, datasource: reference(source), target: query };
  return { refId, datasource: reference(source), expr: query, range: true, ...(legend && { legendFormat: legend }) };
}

function fieldsOf({ kind, unit, max, steps = [{ colour: 'green' }] }: Panel): object {
  const thresholds = { mode: 'absolute', steps: steps.map(stepOf) };
  const scale = { unit, min: 0, ...(max !== undefined && { max }) };
  if (kind === 'stat') return { ...scale, color: { mode: 'thresholds' }, thresholds, noValue: '-' };
  const custom = { drawStyle: 'line', lineWidth: 1, fillOpacity: 10, showPoints: 'auto', spanNulls: JOINED };
  return { ...scale, color: { mode: 'palette-classic' }, thresholds, custom };
}

/** The first begins at minus infinity, which JSON cannot say. */
const stepOf = ({ colour, from }: Step): object => ({ color: colour, value: from ?? null });

const STAT_OPTIONS = {
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  colorMode: 'value',
  graphMode: 'area',
  textMode: 'value',
  justifyMode: 'auto',
  orientation: 'auto',
};
const TIMESERIES_OPTIONS = {
  legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
  tooltip: { mode: 'multi', sort: 'desc' },
};

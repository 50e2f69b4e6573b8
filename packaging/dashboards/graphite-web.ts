/**
 * The panels as a dashboard of graphite-web, which knows no variables: the state that its page of dashboards saves and loads
 * (graphite-web 1.1, content/js/dashboard.js, getState and applyState).
 */
import { PANELS, type Panel } from './panels.ts';

const VALUES = { prefix: 'stats.gauges.xmpp', counters: 'stats_counts.xmpp', host: '*' };

export function graphiteDashboard(): object {
  return {
    // It is the address that names it: graphite-web 1.1.8, which is Debian 12's, draws nothing that has a name here (graphite-web#2711).
    name: null,
    timeConfig: {
      type: 'relative',
      relativeStartQuantity: '30',
      relativeStartUnits: 'days',
      relativeUntilQuantity: '',
      relativeUntilUnits: 'now',
      startDate: '2026-01-01T00:00:00',
      startTime: '9:00 AM',
      endDate: '2026-01-31T00:00:00',
      endTime: '5:00 PM',
    },
    // Milliseconds.
    refreshConfig: { enabled: true, interval: 300_000 },
    graphSize: { width: 460, height: 260 },
    defaultGraphParams: { from: '-30days', until: 'now', width: 460, height: 260 },
    graphs: PANELS.filter(({ kind, graphite }) => kind === 'timeseries' && graphite).map(graphOf),
  };
}

/** The targets as an address has them, by which the page knows a graph, and what the graph is drawn with. */
function graphOf({ title, unit, max, graphite = [] }: Panel): [string, object] {
  const target = graphite.map(({ query }) => query.replace(/\$(prefix|counters|host)/g, valueOf));
  const scale = { yMin: '0', ...(max !== undefined && { yMax: String(max) }) };
  return [
    target.map((each) => `target=${encodeURIComponent(each)}`).join('&'),
    { target, title: `${title}${SIGNS[unit]}`, lineMode: 'connected', ...scale },
  ];
}

const valueOf = (_: string, name: keyof typeof VALUES): string => VALUES[name];

const SIGNS: Readonly<Record<Panel['unit'], string>> = { short: '', percent: ', %', s: ', s', bytes: ', bytes' };

/** The dashboards by their place in examples/. */
import { grafanaDashboard } from './grafana.ts';
import { graphiteDashboard } from './graphite-web.ts';

export const DASHBOARDS: Readonly<Record<string, object>> = {
  'grafana/graphite.json': grafanaDashboard('graphite'),
  'grafana/prometheus.json': grafanaDashboard('prometheus'),
  'graphite/dashboard.json': graphiteDashboard(),
};

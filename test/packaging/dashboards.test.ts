/** What lies in examples/ is what is made of the panels, and can be imported anywhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DASHBOARDS } from '../../packaging/dashboards/dashboards.ts';

const committed = (path: string): string => readFileSync(new URL(`../../../examples/${path}`, import.meta.url), 'utf8');

test('the dashboards are those of "npm run dashboards" [11.8]', () => {
  for (const [path, dashboard] of Object.entries(DASHBOARDS))
    assert.deepEqual(JSON.parse(committed(path)), dashboard, path);
});

test("the data source of Grafana's is a variable everywhere, and there is nothing to be filled in by an import [11.8]", () => {
  for (const source of ['graphite', 'prometheus']) {
    const text = committed(`grafana/${source}.json`);
    assert.doesNotMatch(text, /__inputs|__requires|\$\{DS_/);
    const { panels, templating } = JSON.parse(text);
    const sources: unknown[] = [...panels, ...templating.list].flatMap(({ datasource, targets = [] }) => [
      ...(datasource === undefined ? [] : [datasource]),
      ...targets.map((target: { datasource: unknown }) => target.datasource),
    ]);
    const reference = JSON.stringify({ type: source, uid: '${datasource}' });
    assert.deepEqual([...new Set(sources.map((each) => JSON.stringify(each)))], [reference]);
    assert.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length);
  }
});

test('the mapping for statsd_exporter gives the names that the dashboard of Prometheus asks for [11.8]', () => {
  const text = committed('statsd_exporter/mapping.yml');
  const mappings = [...text.matchAll(/- match: '(.*)'\n.*\n +name: (\S+)\n.*(?:\n +labels: (.*))?/g)];
  const mapped = (name: string): string[] => {
    const [, match = '', to = '', labels = ''] = mappings.find(([, match = '']) => new RegExp(match).test(name)) ?? [];
    return [to, labels].map((template) => name.replace(new RegExp(match), template));
  };
  const names = {
    'xmpp.active_users_30d': ['xmpp_active_users', "{ period: '30d' }"],
    'xmpp.active_users_1d.chat_example': ['xmpp_active_users', "{ period: '1d', host: 'chat_example' }"],
    'xmpp.self.coverage_seconds': ['xmpp_active_users_covered_seconds', '{ period: 30d }'],
    'xmpp.self.last_count_timestamp': ['xmpp_active_users_last_count_timestamp_seconds', ''],
    'xmpp.self.log.lag_bytes': ['xmpp_active_users_log_lag_bytes', ''],
    'xmpp.self.log.var_log_x_log.lag_bytes': ['xmpp_active_users_log_lag_bytes', "{ log: 'var_log_x_log' }"],
    'xmpp.self.lines_read': ['xmpp_active_users_log_lines_total', ''],
    'xmpp.self.rejected': ['xmpp_active_users_log_rejected_total', ''],
    'xmpp.self.heartbeat': ['xmpp_active_users_self_heartbeat', ''],
  };
  assert.deepEqual(Object.fromEntries(Object.keys(names).map((name) => [name, mapped(name)])), names);
  const asked = committed('grafana/prometheus.json');
  for (const [name = ''] of Object.values(names).slice(0, -1)) assert.ok(asked.includes(name), name);
});

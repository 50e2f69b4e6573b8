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

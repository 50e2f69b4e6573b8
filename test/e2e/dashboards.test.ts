/**
 * The dashboards of examples/ before the real thing: each target, with its variables replaced as Grafana does it, is asked of a real
 * graphite-web, or of a real Prometheus, which has what the real daemon counts of a recorded week.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, type Series } from './graphite.ts';
import { forwardTo, startPrometheus, type Prometheus } from './prometheus.ts';
import { startCampaign, type Campaign } from './recorded-campaign.ts';

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}
interface Panel {
  readonly title: string;
  readonly timeFrom?: string;
  readonly targets: readonly { readonly target?: string; readonly expr?: string }[];
}
interface Dashboard {
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}
/** What graphite-web keeps of a dashboard. */
interface State {
  readonly graphs: readonly (readonly [name: string, graph: { readonly target: string[]; readonly title: string }])[];
}

const example = (name: string): string => readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');
const textOf = ({ query }: Variable): string => (typeof query === 'string' ? query : query.query);
const replaced = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\$(\w+)/g, (_, name: string) => values[name] ?? assert.fail(`$${name} in ${text}`));
const valuesOf = (points: readonly (readonly [number | null, unknown])[]): number[] =>
  points.flatMap(([value]) => (value === null ? [] : [value]));
/** Seconds of the default schema: an age is that of the time at which a slot begins, and so may be negative. */
const SLOT = 60;
/** More than any count, percentage, age or size of a log of this week, and less than a time. */
const LARGE = 1e8;
const seconds = (): number => Math.floor(Date.now() / 1000);

describe('dashboards', () => {
  let campaign: Campaign;
  before(async () => {
    campaign = await startCampaign();
  });
  after(() => campaign.stop());

  /** The target gives series, and each of those has values that can be true, in the last `span` seconds. */
  async function drawn(title: string, target: string, span: number): Promise<void> {
    const ask = () => campaign.graphite.series(target, seconds() - span, seconds() + 60);
    const isDrawn = (found: readonly Series[]): boolean =>
      found.some(({ datapoints }) => valuesOf(datapoints).length > 0);
    const series = await eventually(ask, isDrawn);
    assert.ok(series.length > 0, `${title}: ${target}`);
    for (const { target: name, datapoints } of series) {
      const values = valuesOf(datapoints);
      assert.ok(
        values.length > 0 && values.every((value) => value > -SLOT && value < LARGE),
        `${title}: ${name}: ${String(values.slice(-5))}`,
      );
    }
  }

  test('each target of that for Graphite has values [11.8]', async () => {
    const { templating, panels }: Dashboard = JSON.parse(example('grafana/graphite.json'));
    const values: Record<string, string> = {};
    for (const variable of templating.list) {
      if (variable.type === 'textbox') values[variable.name] = textOf(variable);
      if (variable.type !== 'query') continue;
      const query = new URLSearchParams({ query: replaced(textOf(variable), values) }).toString();
      const found = await (await fetch(`${campaign.graphite.url}/metrics/find?${query}`)).json();
      const names = (found as { text: string }[]).map(({ text }) => text);
      values[variable.name] = `{${names.join(',')}}`;
    }
    assert.equal(values['host'], `{${campaign.hosts.map((host) => host.replaceAll('.', '_')).join(',')}}`);
    for (const { title, timeFrom, targets } of panels)
      for (const { target = '' } of targets)
        await drawn(title, replaced(target, values), timeFrom === '1h' ? 3600 : 30 * 86_400);
  });

  test('that of graphite-web is taken, and each of its targets has values [11.8]', async () => {
    const state: State = JSON.parse(example('graphite/dashboard.json'));
    const at = (what: string): string => `${campaign.graphite.url}/dashboard/${what}/xmpp-active-users`;
    const saved = await fetch(at('save'), {
      method: 'POST',
      body: new URLSearchParams({ state: JSON.stringify(state) }),
    });
    assert.deepEqual(await saved.json(), { success: true });
    assert.deepEqual(await (await fetch(at('load'))).json(), { state });
    for (const [name, { target, title }] of state.graphs) {
      assert.deepEqual(new URLSearchParams(name).getAll('target'), target);
      for (const each of target) await drawn(title, each, 30 * 86_400);
    }
  });

  test('each target of that for Prometheus has values [11.8]', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'dashboards-'));
    const forwarder = await forwardTo(campaign.controlSocket);
    const prometheus = await startPrometheus(root, { xmpp: forwarder.port });
    t.after(async () => {
      await prometheus.child.end('SIGKILL');
      forwarder.close();
      rmSync(root, { recursive: true });
    });
    const isThere = async (expression: string): Promise<void> => {
      const series = await eventually(
        () => prometheus.query(expression),
        (found) => found.length > 0,
      );
      const values = series.map(({ value }) => Number(value[1]));
      assert.ok(values.length > 0 && values.every(Number.isFinite), `${expression}: ${String(values)}`);
    };
    // What is shown of growth needs some.
    await isThere('xmpp_active_users_log_lines_total');
    campaign.writeLast();

    const { templating, panels }: Dashboard = JSON.parse(example('grafana/prometheus.json'));
    const values: Record<string, string> = {};
    for (const variable of templating.list.filter(({ type }) => type === 'query'))
      values[variable.name] = await chosen(prometheus, replaced(textOf(variable), values));
    assert.equal(values['host'], `(${campaign.hosts.map((host) => host.replaceAll('.', '\\\\.')).join('|')})`);
    for (const { targets } of panels) for (const { expr = '' } of targets) await isThere(replaced(expr, values));
  });
});

/** All values of `label_values(SERIES, LABEL)`, as Grafana puts them into an expression. */
async function chosen({ url }: Prometheus, query: string): Promise<string> {
  const [, series = '', label] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? assert.fail(query);
  const answer = await fetch(
    `${url}/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': series }).toString()}`,
  );
  const { data } = (await answer.json()) as { data: string[] };
  return `(${data.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\\\$&')).join('|')})`;
}

/**
 * The daemon's metrics as others read them: a real node_exporter its file, a real Prometheus both that and `/metrics`, and promtool
 * says whether they are as they should be. Needs the Debian packages prometheus and prometheus-node-exporter.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { MAIN } from '../program.ts';
import { startChild, type Child } from './child.ts';
import { eventually, freePorts } from './graphite.ts';
import { forwardTo, startPrometheus, type Prometheus, type Series } from './prometheus.ts';

const NOW = Math.floor(Date.now() / 1000);
const login = (at: number, id: string, user: string): string =>
  `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${id}\tinfo\tAuthenticated as ${user}\n`;
const LOG =
  login(NOW - 3 * 86_400, 'c2s1', 'alice@chat.example') +
  `${new Date((NOW - 3 * 86_400) * 1000).toISOString().slice(0, 19)}+0000 c2s1\tinfo\tClient disconnected: closed\n` +
  login(NOW - 600, 'c2s2', 'bob@chat.example') +
  login(NOW - 600, 'c2s3', 'carol@other.example');

/** By host and period. */
const COUNTS = {
  'chat.example 1d': 1,
  'chat.example 7d': 2,
  'chat.example 30d': 2,
  'other.example 1d': 1,
  'other.example 7d': 1,
  'other.example 30d': 1,
};

void describe('metrics as Prometheus has them', () => {
  const programs: Child[] = [];
  let root = '';
  let exporter = 0;
  let prometheus: Prometheus;
  let forwarder: { port: number; close(): void };
  let socketPath = '';

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const [index, log, textfile] = [join(root, 'index'), join(root, 'prosody.log'), join(root, 'textfile')];
    socketPath = join(index, 'control.sock');
    await mkdir(textfile);
    await writeFile(log, LOG);
    forwarder = await forwardTo(socketPath);
    [exporter = 0] = await freePorts(1);
    const settings = [`openmetrics.path=${join(textfile, 'xmpp.prom')}`, 'openmetrics.prosody_names=true'];
    const daemon = [MAIN, 'run', '--log', log, '--index', index, '--timezone', 'UTC', '--statsd', '127.0.0.1:9'];
    programs.push(startChild(process.execPath, [...daemon, ...settings.flatMap((each) => ['--set', each])]));
    const collector = ['--collector.disable-defaults', '--collector.textfile'];
    const where = [`--collector.textfile.directory=${textfile}`, `--web.listen-address=127.0.0.1:${exporter}`];
    programs.push(startChild('prometheus-node-exporter', [...collector, ...where]));
    prometheus = await startPrometheus(root, { direct: forwarder.port, node: exporter });
    programs.push(prometheus.child);
  });
  after(async () => {
    for (const program of programs) await program.end('SIGKILL');
    forwarder.close();
    await rm(root, { recursive: true });
  });

  const countsIn = (series: readonly Series[], periodOf: (metric: Series['metric']) => string | undefined): object =>
    Object.fromEntries(series.map(({ metric, value }) => [`${metric['host']} ${periodOf(metric)}`, Number(value[1])]));

  for (const job of ['direct', 'node'])
    void test(`the counts are there by ${job === 'node' ? 'the file and node_exporter' : '/metrics'} [11.6]`, async () => {
      const series = await eventually(
        () => prometheus.query(`xmpp_active_users{job="${job}"}`),
        (found) => found.length >= 6,
      );
      assert.deepEqual(
        countsIn(series, ({ period }) => period),
        COUNTS,
      );
      const ofProsody = await prometheus.query(
        `{job="${job}",__name__=~"prosody_mod_measure_active_users__active_users_.*"}`,
      );
      assert.deepEqual(
        countsIn(ofProsody, ({ __name__: name = '' }) => name.slice(name.lastIndexOf('_') + 1)),
        COUNTS,
      );
      const [beat] = await prometheus.query(`time() - xmpp_active_users_status_timestamp_seconds{job="${job}"}`);
      assert.ok(Number(beat?.value[1]) < 120);
    });

  void test('promtool has nothing to say against the file, and node_exporter read all of it [11.6]', async () => {
    const exported = await (await fetch(`http://127.0.0.1:${exporter}/metrics`)).text();
    assert.match(exported, /^node_textfile_scrape_error 0$/m);
    const ours = exported.split('\n').filter((line) => /^(# (HELP|TYPE) )?(xmpp|prosody)_/.test(line));
    const promtool = spawnSync('promtool', ['check', 'metrics'], { input: `${ours.join('\n')}\n`, encoding: 'utf8' });
    assert.deepEqual([promtool.stdout, promtool.stderr, promtool.status], ['', '', 0]);
    assert.match(exported, /^# TYPE xmpp_active_users_log_lines_total counter$/m);
  });

  void test('types and helps are known to Prometheus, also those of counters [11.6]', async () => {
    const answer = await fetch(`${prometheus.url}/api/v1/metadata?metric=xmpp_active_users_log_lines`);
    const { data } = (await answer.json()) as { data: Record<string, { type: string; help: string }[]> };
    assert.deepEqual(
      data['xmpp_active_users_log_lines']?.map(({ type, help }) => [type, help]),
      [['counter', 'Lines read']],
    );
    const [response] = (await once(get({ socketPath, path: '/metrics' }), 'response')) as [IncomingMessage];
    assert.match(await text(response), /\n# EOF\n$/);
  });
});

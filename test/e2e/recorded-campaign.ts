/**
 * The week of the demo, which a real Prosody recorded, in a real Graphite: its past by `history --carbon`, its end by the real daemon and
 * StatsD, so that all of it is there under the names that an installation gives. StatsD flushes each second.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCounts } from '../truth.ts';
import { recordedWeek, truth } from '../demo/recorded-week.ts';
import { startChild } from './child.ts';
import { command, program } from './daemon.ts';
import { eventually, startGraphite, startStatsd, type Graphite } from './graphite.ts';

const examples = new URL('../../../examples/graphite/', import.meta.url);
const example = (name: string): string => readFileSync(new URL(name, examples), 'utf8');

/** What the examples say, for a StatsD that flushes each second, and Carbon's own for the rest. */
export const EXAMPLE_SCHEMAS = `${example('storage-schemas.conf').replace('= 10s:', '= 1s:')}
[default]
pattern = .*
retentions = 60s:1d
`;
export const EXAMPLE_AGGREGATION = example('storage-aggregation.conf');

/** Lines that are written while the daemon watches. */
const LAST_LINES = 20;

export interface Campaign {
  readonly graphite: Graphite;
  readonly hosts: readonly string[];
  /** Of the daemon. */
  readonly controlSocket: string;
  /** Writes the last lines of the week into the log. */
  writeLast(): void;
  stop(): Promise<void>;
}

export async function startCampaign(): Promise<Campaign> {
  const graphite = await startGraphite(EXAMPLE_SCHEMAS, EXAMPLE_AGGREGATION);
  const statsd = await startStatsd(graphite.plaintext);
  const directory = mkdtempSync(join(tmpdir(), 'campaign-'));
  const [log, index] = [join(directory, 'prosody.log'), join(directory, 'index')];
  const counts = parseCounts(truth());
  const end = Math.floor(Date.now() / 1000);
  const lines = recordedWeek(end - (counts.at(-1)?.at ?? 0)).map(({ text }) => `${text}\n`);
  writeFileSync(log, lines.slice(0, -LAST_LINES).join(''));
  utimesSync(log, end, end);

  const carbon = ['--carbon', `127.0.0.1:${graphite.plaintext}`, '--retention', '1h:10y'];
  const past = await command('history', '--timezone', 'UTC', ...carbon, log);
  assert.equal(past.code, 0, past.stderr);
  const flags = ['--log', log, '--index', index, '--timezone', 'UTC', '--statsd', `127.0.0.1:${statsd.port}`];
  const daemon = startChild(process.execPath, [program, 'run', ...flags]);
  return {
    graphite,
    hosts: [...new Set(counts.map(({ host }) => host))],
    controlSocket: join(index, 'control.sock'),
    writeLast: () => appendFileSync(log, lines.slice(-LAST_LINES).join('')),
    async stop() {
      await daemon.end('SIGKILL');
      await statsd.stop();
      await graphite.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Asks until the daemon's own figures are in Graphite, which come with its counts. */
export async function counted({ graphite }: Campaign): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const found = await eventually(
    () => graphite.render('stats.gauges.xmpp.self.coverage_seconds', now - 600, now + 60),
    (points) => points.some(([value]) => value !== null),
  );
  assert.ok(
    found.some(([value]) => value !== null),
    'the daemon has sent no count',
  );
}

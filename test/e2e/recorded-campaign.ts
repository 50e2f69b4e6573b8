/**
 * The week of the demo, or other days that a real Prosody recorded, in a real Graphite: the past by `history --carbon`, the end by the real
 * daemon and StatsD, so that all of it is there under the names that an installation gives. StatsD flushes each second.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedUntil, WEEK } from '../demo/recorded-week.ts';
import { startChild } from './child.ts';
import { command, program } from './daemon.ts';
import { eventually, startGraphite, startStatsd, type Graphite } from './graphite.ts';

const examples = new URL('../../../examples/graphite/', import.meta.url);
const example = (name: string): string => readFileSync(new URL(name, examples), 'utf8');

/** What the examples say, for a StatsD that flushes each second; of the rest a month, at Carbon's own step. */
const EXAMPLE_SCHEMAS = `${example('storage-schemas.conf').replace('= 10s:', '= 1s:')}
[default]
pattern = .*
retentions = 60s:31d
`;
const EXAMPLE_AGGREGATION = example('storage-aggregation.conf');

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

/** Resolves when the daemon has sent its first count, and Carbon has written it. What was started ends also when that fails. */
export async function startCampaign(recorded = WEEK): Promise<Campaign> {
  const ends: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await started(recorded, ends)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function started(recorded: URL, ends: (() => unknown)[]): Promise<Omit<Campaign, 'stop'>> {
  const directory = mkdtempSync(join(tmpdir(), 'campaign-'));
  ends.push(() => rmSync(directory, { recursive: true }));
  const graphite = await startGraphite(EXAMPLE_SCHEMAS, EXAMPLE_AGGREGATION);
  ends.push(() => graphite.stop());
  const statsd = await startStatsd(graphite.plaintext);
  ends.push(() => statsd.stop());
  const [log, index] = [join(directory, 'prosody.log'), join(directory, 'index')];
  const end = Math.floor(Date.now() / 1000);
  const lines = recordedUntil(recorded, end).map(({ text }) => `${text}\n`);
  writeFileSync(log, lines.slice(0, -LAST_LINES).join(''));
  utimesSync(log, end, end);

  const carbon = ['--carbon', `127.0.0.1:${graphite.plaintext}`, '--retention', '1h:10y'];
  const past = await command('history', '--timezone', 'UTC', ...carbon, log);
  assert.equal(past.code, 0, past.stderr);
  const flags = ['--log', log, '--index', index, '--timezone', 'UTC', '--statsd', `127.0.0.1:${statsd.port}`];
  const daemon = startChild(process.execPath, [program, 'run', ...flags]);
  ends.push(() => daemon.end('SIGKILL'));
  await counted(graphite, end);
  return {
    graphite,
    hosts: ['chat.example', 'work.example'],
    controlSocket: join(index, 'control.sock'),
    writeLast: () => appendFileSync(log, lines.slice(-LAST_LINES).join('')),
  };
}

async function counted(graphite: Graphite, since: number): Promise<void> {
  const found = await eventually(
    () => graphite.render('stats.gauges.xmpp.self.coverage_seconds', since - 60, since + 600),
    (points) => points.some(([value]) => value !== null),
  );
  assert.ok(
    found.some(([value]) => value !== null),
    'the daemon has sent no count',
  );
}

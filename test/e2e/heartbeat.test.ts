/**
 * What an alarm can see of a daemon that was killed: the real daemon, StatsD, Carbon and graphite-web, with the daemon's clock
 * thirty times as fast (libfaketime), so that its heart beats every two seconds.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { startChild } from './child.ts';
import { program } from './daemon.ts';
import { eventually, startGraphite, startStatsd, type Datapoint, type Graphite } from './graphite.ts';
import { faketimeLibrary } from './prosody-lab.ts';

const examples = new URL('../../../examples/graphite/', import.meta.url);
const example = (name: string): string => readFileSync(new URL(name, examples), 'utf8');
/** What the examples say, for a StatsD that flushes each second. */
const everySecond = `${example('storage-schemas.conf').replace('= 10s:', '= 1s:').replace('= 1h:10y', '= 1s:1h')}
[default]
pattern = .*
retentions = 1s:1h
`;

const isAlive = ([value]: Datapoint): boolean => value !== null && value > 0;

describe('a daemon that is killed', () => {
  let graphite: Graphite;
  before(async () => {
    graphite = await startGraphite(everySecond, example('storage-aggregation.conf'));
  });
  after(() => graphite.stop());

  /** What Graphite has of a target, from `from` to `until` (unix seconds). */
  async function values(target: string, from: number, until: number): Promise<(number | null)[]> {
    return (await graphite.render(target, from, until)).map(([value]) => value);
  }

  async function killed(t: TestContext, prefix: string, more: string) {
    const statsd = await startStatsd(graphite.plaintext, more);
    const directory = mkdtempSync(join(tmpdir(), 'heartbeat-'));
    const log = join(directory, 'prosody.log');
    const [, day, month] = new Date().toUTCString().split(' ');
    writeFileSync(log, `${month} ${day} 00:00:00 c2s55d2\tinfo\tAuthenticated as alice@chat.example\n`);
    const flags = ['--log', log, '--index', join(directory, 'index'), '--timezone', 'UTC', '--prefix', `${prefix}.`];
    const daemon = startChild(process.execPath, [program, 'run', ...flags, '--statsd', `127.0.0.1:${statsd.port}`], {
      ...process.env,
      ...{ LD_PRELOAD: faketimeLibrary(), FAKETIME: '+0 x30' },
    });
    t.after(async () => {
      await daemon.end('SIGKILL');
      await statsd.stop();
      rmSync(directory, { recursive: true });
    });
    const started = seconds() - 1;
    const beats = `stats_counts.${prefix}.self.heartbeat`;
    const lived = await eventually(
      () => graphite.render(beats, started, seconds()),
      (points) => points.filter(isAlive).length >= 3,
    );
    assert.ok(lived.filter(isAlive).length >= 3, `${JSON.stringify(lived)}\n${daemon.lines.all.join('\n')}`);
    await daemon.end('SIGKILL');
    // What was sent before it died is flushed within a second, and that flush may be late.
    const from = seconds() + 2;
    const after = (name: string): Promise<(number | null)[]> => values(name, from, from + 5);
    const users = await eventually(
      () => after(`stats.gauges.${prefix}.active_users_1d.chat_example`),
      (points) => points.length === 5 && !points.includes(null),
    );
    const age = await after(`stats.gauges.${prefix}.self.last_event_age_seconds`);
    return { beats: await after(beats), users, age };
  }

  test('leaves gauges as they were, and a heartbeat of 0 [8.19]', async (t) => {
    const { beats, users, age } = await killed(t, 'dead', '');
    assert.deepEqual([beats, users], [Array(5).fill(0), Array(5).fill(1)]);
    assert.ok(
      typeof age[0] === 'number' && age.every((value) => value === age[0]),
      `the age stands still: ${String(age)}`,
    );
  });

  test('leaves no heartbeat at all where StatsD deletes counters [8.19]', async (t) => {
    const { beats, users } = await killed(t, 'gone', 'deleteCounters: true');
    assert.deepEqual([beats, users], [Array(5).fill(null), Array(5).fill(1)]);
  });
});

const seconds = (): number => Math.floor(Date.now() / 1000);

/**
 * A year of history through the real carbon, read back through the real graphite-web, and continued by the real StatsD.
 * Needs the Debian packages graphite-carbon and graphite-web; without them it fails and says so.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HostCounts } from '../../src/activity/active-window.ts';
import { sendHistory, type CarbonOptions } from '../../src/report/graphite/carbon.ts';
import { metricName } from '../../src/report/metric-name.ts';
import { parseRetention } from '../../src/report/graphite/retention.ts';
import { StatsdReport } from '../../src/report/statsd/statsd.ts';
import { eventually, startGraphite, startStatsd, type Datapoint, type Graphite } from './graphite.ts';

const day = 86_400;
const fine = '10s:6h,1m:6d,10m:1800d';
const usual = '60s:1d,5m:30d,1h:3y';
const schemas = `[short]
pattern = ^short\\.
retentions = 5m:2d,1h:30d
[hourly]
pattern = ^hourly\\.
retentions = 1h:10y
[stats]
pattern = ^stats\\.gauges\\.
retentions = ${fine}
[default]
pattern = .*
retentions = ${usual}
`;

const now = Math.floor(Date.now() / 1000);
const lastHour = Math.floor(now / 3600) * 3600;
const firstHour = lastHour - 365 * day;
const values: Record<1 | 7 | 30, (at: number) => number> = {
  1: (at) => (at / 3600) % 97,
  7: (at) => (at / 3600) % 193,
  30: (at) => (at / 3600) % 389,
};

function* year(): Generator<HostCounts> {
  for (let at = firstHour; at <= lastHour; at += 3600) {
    yield { at, host: 'chat.example', d1: values[1](at), d7: values[7](at), d30: values[30](at) };
  }
}

describe('a year of hourly history in Graphite', () => {
  let graphite: Graphite;
  before(async () => {
    graphite = await startGraphite(schemas);
  });
  after(() => graphite.stop());

  async function send(
    prefix: string,
    retention: string,
    more: Partial<CarbonOptions> = {},
  ): ReturnType<typeof sendHistory> {
    return sendHistory(year(), {
      host: '127.0.0.1',
      port: graphite.plaintext,
      name: (window, host) => metricName(prefix, window, host),
      retention: parseRetention(retention),
      pointsPerSecond: 60_000,
      now: () => now,
      ...more,
    });
  }

  /** Every slot from one time to the other, for all three windows, once carbon has written them. */
  async function assertAllThere(prefix: string, step: number, from: number, until: number): Promise<void> {
    for (const window of [1, 7, 30] as const) {
      const target = metricName(prefix, window, 'chat.example');
      const expected: Datapoint[] = [];
      for (let at = Math.ceil((from + 1) / step) * step; at <= until - step; at += step) {
        expected.push([values[window](Math.floor(at / 3600) * 3600), at]);
      }
      const isRight = (got: readonly Datapoint[]): boolean =>
        JSON.stringify(got.slice(0, expected.length)) === JSON.stringify(expected);
      const got = await eventually(() => graphite.render(target, from, until), isRight);
      const wrong = expected.filter(([value, at], i) => got[i]?.[0] !== value || got[i][1] !== at);
      assert.deepEqual([expected.length > 0, wrong.length, wrong.slice(0, 3)], [true, 0, []], `${target} by ${step} s`);
    }
  }

  test('every point that the archives of StatsD can hold is there, in each of the three', async () => {
    const result = await send('stats.gauges.xmpp.', fine);
    assert.equal(result.series, 3);
    assert.deepEqual(result.outside, { points: 0, oldest: undefined });
    assert.equal(
      result.sent,
      result.plan.reduce((sum, { points }) => sum + points, 0),
    );
    await assertAllThere('stats.gauges.xmpp.', 10, now - 5 * 3600, now);
    await assertAllThere('stats.gauges.xmpp.', 60, now - 5 * day, now);
    await assertAllThere('stats.gauges.xmpp.', 600, firstHour - 1, now);
  });

  test("the same with carbon's own default schema, over pickle", async () => {
    await send('pickled.', usual, { port: graphite.pickle, protocol: 'pickle' });
    await assertAllThere('pickled.', 60, now - day / 2, now);
    await assertAllThere('pickled.', 300, now - 29 * day, now);
    await assertAllThere('pickled.', 3600, firstHour - 1, now);
  });

  test('and with the schema that examples/graphite recommends', async () => {
    const result = await send('hourly.', '1h:10y');
    assert.equal(result.sent, 3 * (365 * 24 + 1));
    await assertAllThere('hourly.', 3600, firstHour - 1, now);
  });

  test('what no archive can hold is counted, and the rest is there', async () => {
    const result = await send('short.', '5m:2d,1h:30d');
    const tooOld = [...year()].filter(({ at }) => at < now - 30 * day).length;
    assert.deepEqual(result.outside, { points: 3 * tooOld, oldest: firstHour });
    // With room for the time that passes meanwhile: of what is older, Graphite draws the next archive.
    await assertAllThere('short.', 3600, now - 30 * day + 2 * 3600, now);
    await assertAllThere('short.', 300, now - 2 * day + 3600, now);
  });

  test('the same run twice changes nothing', async () => {
    const target = 'stats.gauges.xmpp.active_users_7d.chat_example';
    const look = async (): Promise<Datapoint[][]> => [
      await graphite.render(target, now - 5 * 3600, now),
      await graphite.render(target, now - 5 * day, now),
      await graphite.render(target, firstHour, now),
    ];
    const first = await look();
    await send('stats.gauges.xmpp.', fine);
    // One more series behind it: when that is there, the ones before have been written.
    await send('hourly.again.', '1h:10y');
    await assertAllThere('hourly.again.', 3600, firstHour - 1, now);
    assert.deepEqual(await look(), first);
  });

  test('a live gauge through StatsD goes on in the same series', async () => {
    const statsd = await startStatsd(graphite.plaintext);
    const report = new StatsdReport({
      host: '127.0.0.1',
      port: statsd.port,
      protocol: 'udp',
      prefix: 'xmpp.',
      tags: {},
      hostTag: false,
      onError: (error) => assert.fail(error),
    });
    try {
      report.counts([{ at: now, host: 'chat.example', d1: 4321, d7: 5432, d30: 6543 }]);
      await report.flush();
      const target = 'stats.gauges.xmpp.active_users_30d.chat_example';
      const until = (): number => Math.floor(Date.now() / 1000) + 1;
      const isLive = (points: readonly Datapoint[]): boolean => points.some(([value]) => value === 6543);
      const points = await eventually(() => graphite.render(target, now - 3600, until()), isLive);
      assert(isLive(points));
      const [value, at] = points[0] ?? [null, 0];
      assert.equal(value, values[30](Math.floor(at / 3600) * 3600));
    } finally {
      await report.close();
      await statsd.stop();
    }
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import * as fc from '../properties.ts';
import type { HostCounts } from '../../src/activity/active-window.ts';
import { pointsOf, type Point } from '../../src/report/graphite/points.ts';
import { CarbonConnection, encode } from '../../src/report/graphite/wire.ts';
import { CarbonError, sendHistory, type CarbonOptions } from '../../src/report/graphite/carbon.ts';
import { parseRetention, type Retention } from '../../src/report/graphite/retention.ts';

const hour = 3600;

const now = 1_772_414_567;
const lastHour = Math.floor(now / hour) * hour;

function history(hours: number, until = lastHour, host = 'chat.example'): HostCounts[] {
  return Array.from({ length: hours }, (_, i) => ({
    at: until - (hours - 1 - i) * hour,
    host,
    d1: i,
    d7: i + 1,
    d30: i + 2,
  }));
}

/** Closed also when a test fails before it does so, or the file would not end. */
const servers: Server[] = [];
after(() => servers.forEach((server) => server.close()));

/** A carbon of our own, which keeps what it is sent. */
async function carbon(
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<{ server: Server; port: number; text: () => string }> {
  const parts: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', (bytes) => parts.push(bytes));
    onConnection(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return { server, port: address.port, text: () => Buffer.concat(parts).toString() };
}

function options(port: number, more: Partial<CarbonOptions> = {}): CarbonOptions {
  return { host: '127.0.0.1', port, now: () => now, createsPerMinute: 6000, pointsPerSecond: 1e6, ...more };
}

describe('the points of a series', () => {
  const archives = parseRetention('10s:6h,1m:6d,10m:1800d');

  /** The newest point that falls into a slot. */
  function inSlot(points: readonly Point[], slot: number, step: number): number | undefined {
    return points.findLast(([at]) => at >= slot && at < slot + step)?.[1];
  }

  test('give every slot of every archive the value of its hour', () => {
    const at = history(24 * 40).map((sample) => sample.at);
    const points = [...pointsOf({ at, values: at }, archives, hour, now)];
    for (const { step, span } of archives) {
      const oldest = Math.max(now - span, at[0] ?? 0);
      for (let slot = Math.ceil(oldest / step) * step; slot <= now - step; slot += step) {
        assert.equal(inSlot(points, slot, step), Math.floor(slot / hour) * hour, `${step} s, age ${now - slot}`);
        // Each slot is looked at for the finest archive; for the coarser ones a few suffice.
        if (step < 600 && now - slot < span - 7200) slot += 50 * step;
      }
    }
  });

  test('are ascending, past, within the retention, and the latest sample that still holds', () => {
    const retentions = ['10s:6h,1m:6d,10m:1800d', '60s:1d,5m:30d,1h:3y', '1h:5y', '5m:2d', '1m:2d,1h:60d,1d:5y'];
    fc.assert(
      fc.property(
        fc.constantFrom(...retentions),
        fc.uniqueArray(fc.integer({ min: 0, max: 24 * 60 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: hour }),
        (retention, hours, offset) => {
          const archives: Retention[] = parseRetention(retention);
          const at = hours.toSorted((a, b) => b - a).map((back) => lastHour - back * hour);
          const span = Math.max(...archives.map((archive) => archive.span));
          const clock = lastHour + offset;
          let previous = 0;
          for (const [time, value] of pointsOf({ at, values: at }, archives, hour, clock)) {
            assert(time > previous && time <= clock && time > clock - span);
            assert.equal(
              value,
              at.findLast((sample) => sample <= time),
            );
            assert(time < value + hour);
            previous = time;
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test('fill the finer archive also for a carbon whose clock is half a minute behind', () => {
    const at = history(24 * 10).map((sample) => sample.at);
    const times = new Set([...pointsOf({ at, values: at }, archives, hour, now)].map(([time]) => time));
    for (const [step, span] of [
      [10, 6 * hour],
      [60, 6 * 24 * hour],
    ] as const) {
      for (let slot = Math.ceil((now - 30 - span) / step) * step; slot < now - span + hour; slot += step) {
        assert(times.has(slot), `${step} s, age ${now - slot}`);
      }
    }
  });

  test('without archives are the samples up to now', () => {
    const at = [lastHour, lastHour + hour];
    assert.deepEqual([...pointsOf({ at, values: [1, 2] }, [], hour, now)], [[lastHour, 1]]);
  });
});

describe('pickles', () => {
  test('are what Python reads', (t) => {
    const bytes = encode('pickle', 'a.b\u00fc', [
      [1_772_413_200, 72],
      [4_000_000_000, 0.5],
    ]);
    assert.equal(bytes.readUInt32BE(0), bytes.length - 4);
    const script = 'import pickle,sys;print(pickle.loads(sys.stdin.buffer.read()))';
    let read: string;
    try {
      read = execFileSync('python3', ['-c', script], { input: bytes.subarray(4), encoding: 'utf8' });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return t.skip('there is no python3 here');
      throw error;
    }
    assert.equal(read.trim(), "[('a.b\u00fc', (1772413200.0, 72.0)), ('a.b\u00fc', (4000000000.0, 0.5))]");
  });
});

describe('sending history', () => {
  test('writes plain lines, series by series, under the names that StatsD gives', async () => {
    const { server, port, text } = await carbon();
    const result = await sendHistory(history(2), options(port));
    assert.deepEqual(text().split('\n'), [
      ...[1, 7, 30].flatMap((days, i) =>
        [0, 1].map((k) => `stats.gauges.xmpp.active_users_${days}d.chat_example ${k + i} ${lastHour - (1 - k) * hour}`),
      ),
      '',
    ]);
    assert.deepEqual([result.sent, result.series, result.ahead], [6, 3, 0]);
    server.close();
  });

  test('says what is too old and what is not over yet', async () => {
    const { server, port } = await carbon();
    const retention = parseRetention('1h:2d');
    const result = await sendHistory(history(73, lastHour + hour), options(port, { retention }));
    const tooOld = 72 - 48;
    assert.deepEqual(result.outside, { points: 3 * tooOld, oldest: lastHour - 71 * hour });
    assert.equal(result.ahead, 3);
    assert.equal(result.plan[0]?.to, lastHour);
    server.close();
  });

  test('in a dry run connects to nobody', async () => {
    const { server, port, text } = await carbon(() => assert.fail('connected'));
    const result = await sendHistory(history(48), options(port, { dryRun: true, retention: parseRetention('1h:5y') }));
    assert.equal(result.sent, 0);
    assert.deepEqual(
      result.plan.map(({ points }) => points),
      [48, 48, 48],
    );
    assert.equal(text(), '');
    server.close();
  });

  test('takes no samples for an answer', async () => {
    const result = await sendHistory([], options(1));
    assert.deepEqual([result.sent, result.series, result.seconds], [0, 0, 0]);
  });

  test('names carbon when it refuses', async () => {
    const { server, port } = await carbon();
    server.close();
    await once(server, 'close');
    await assert.rejects(sendHistory(history(2), options(port)), (error: CarbonError) => {
      assert.equal(error.code, 'CARBON');
      assert.match(
        error.message,
        new RegExp(`Carbon at 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED.* Of 6 points 0 had been sent; .*repeated`),
      );
      return true;
    });
  });

  for (const [how, close] of [
    ['closes', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ] as const) {
    test(`says how far it came when carbon ${how} the connection half way`, async () => {
      const { server, port } = await carbon((socket) => socket.once('data', () => close(socket)));
      const many = options(port, { retention: parseRetention('10s:1d'), pointsPerSecond: 10_000 });
      await assert.rejects(sendHistory(history(24), many), (error: CarbonError) => {
        assert(error instanceof CarbonError);
        assert(error.sent > 0 && error.sent < 3 * 8640, String(error.sent));
        assert.match(error.message, /closed the connection|ECONNRESET|EPIPE/);
        assert.match(error.message, new RegExp(`points ${error.sent} had been sent`));
        return true;
      });
      server.close();
    });
  }

  test('waits for a carbon that stops reading for a while', async () => {
    let wake: () => void = () => undefined;
    const { server, port, text } = await carbon((socket) => {
      socket.pause();
      wake = () => socket.resume();
    });
    const progress: number[] = [];
    const running = sendHistory(
      history(24 * 300),
      options(port, {
        retention: parseRetention('1m:400d'),
        pointsPerSecond: 1e9,
        onProgress: ({ sent }) => {
          progress.push(sent);
        },
      }),
    );
    // The buffers of both kernels fill up, and then there is no more progress until it reads.
    let before = -1;
    while (progress.length !== before || progress.length === 0) {
      before = progress.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const stalled = progress.at(-1) ?? 0;
    wake();
    const { sent } = await running;
    assert(stalled < sent, `${stalled} of ${sent}`);
    assert.equal(text().split('\n').length - 1, sent);
    server.close();
  });

  test('begins a new series no sooner than carbon may create one', async () => {
    const { server, port } = await carbon();
    const starts: number[] = [];
    let series = 0;
    const begun = performance.now();
    await sendHistory(
      history(2),
      options(port, {
        createsPerMinute: 300,
        onProgress: (progress) => {
          if (progress.series > series) starts.push(performance.now());
          series = progress.series;
        },
      }),
    );
    assert.equal(starts.length, 3);
    // Seen late on a busy machine, but none too early: 300 a minute are one in 200 ms.
    for (const [i, start] of starts.entries()) assert.ok(start - begun > i * 200 - 10, starts.join());
    server.close();
  });

  test('keeps to the points per second', async () => {
    const { server, port } = await carbon();
    const started = performance.now();
    const { seconds } = await sendHistory(
      history(24),
      options(port, { retention: parseRetention('1m:1d'), pointsPerSecond: 10_000 }),
    );
    assert(performance.now() - started > 250);
    assert(seconds > 0.4 && seconds < 0.5, String(seconds));
    server.close();
  });

  test('stops when told to', async () => {
    const { server, port } = await carbon();
    const stop = new AbortController();
    const running = sendHistory(
      history(24 * 30),
      options(port, {
        retention: parseRetention('1m:1y'),
        pointsPerSecond: 1000,
        signal: stop.signal,
        onProgress: () => stop.abort(),
      }),
    );
    await assert.rejects(running, /500 had been sent/);
    server.close();
  });
});

test('a carbon that stops reading, or never closes, is given up with a sentence', async () => {
  const sockets: Socket[] = [];
  const { server, port } = await carbon((socket) => {
    sockets.push(socket);
    if (sockets.length === 1) socket.pause();
  });
  const deaf = await CarbonConnection.open('127.0.0.1', port, 50);
  await assert.rejects(async () => {
    for (;;) await deaf.write(Buffer.alloc(1024 * 1024));
  }, /it has read nothing for 0\.05 s/);
  deaf.destroy();
  const open = createServer({ allowHalfOpen: true }, (socket) => void sockets.push(socket.resume()));
  open.listen(0, '127.0.0.1');
  await once(open, 'listening');
  const address = open.address();
  assert(address !== null && typeof address === 'object');
  const endless = await CarbonConnection.open('127.0.0.1', address.port, 50);
  await endless.write(Buffer.from('a 1 1\n'));
  await assert.rejects(endless.end(), /it did not close the connection after the last point for 0\.05 s/);
  endless.destroy();
  for (const socket of sockets) socket.destroy();
  server.close();
  open.close();
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { HostCounts } from '../../src/activity/active-window.ts';
import { portOf, Received, report, streamServer } from './listeners.ts';

const sample: HostCounts = { at: 1_772_413_200, host: 'chat.example', d1: 72, d7: 127, d30: 130 };

describe('TCP', () => {
  test('a server that comes late gets the last counts, and all of the counters', async () => {
    const received = new Received();
    const connections = new Set<Socket>();
    const probe = await streamServer(0, received, connections);
    const port = portOf(probe);
    probe.close();
    await once(probe, 'close');

    const { statsd, errors } = report({ protocol: 'tcp', port });
    statsd.counts([{ ...sample, d1: 1 }]);
    statsd.self({ counters: { lines_read: 5 }, gauges: { lag_seconds: 1 } });
    await statsd.flush();
    statsd.counts([{ ...sample, d1: 2 }]);
    statsd.self({ counters: { lines_read: 7 }, gauges: { lag_seconds: 2 } });
    await statsd.flush();
    assert.match(errors[0]?.message ?? '', /127\.0\.0\.1:\d+ \(tcp\) cannot be reached: .*ECONNREFUSED/);

    const server = await streamServer(port, received, connections);
    const text = await received.has((all) => all.includes('lines_read'));
    assert.match(text, /^xmpp\.active_users_1d\.chat_example:2\|g\n/);
    assert.match(text, /self\.lag_seconds:2\|g\n/);
    assert.match(text, /self\.lines_read:12\|c\n$/);
    await statsd.close();
    for (const connection of connections) connection.destroy();
    server.close();
  });

  test('a server that was restarted gets the next counts', async () => {
    const received = new Received();
    const connections = new Set<Socket>();
    const first = await streamServer(0, received, connections);
    const port = portOf(first);
    const { statsd, errors } = report({ protocol: 'tcp', port });
    statsd.counts([sample]);
    await received.has((text) => text.includes('_30d'));
    for (const connection of connections) connection.end();
    first.close();
    await once(first, 'close');
    const second = await streamServer(port, received, connections);
    statsd.counts([{ ...sample, d1: 73 }]);
    await received.has((text) => text.includes('_1d.chat_example:73|g\n'));
    await statsd.close();
    second.close();
    assert.deepEqual(errors, []);
  });

  test('closing does not wait for a server that accepts and never reads', async () => {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connections: Socket[] = [];
    server.on('connection', (connection) => connections.push(connection));
    const { statsd } = report({ protocol: 'tcp', port: portOf(server) });
    const samples = Array.from({ length: 60_000 }, (_, i) => ({ ...sample, host: `host-${i}.example` }));
    statsd.counts(samples);
    await once(server, 'connection');
    await statsd.close();
    for (const connection of connections) connection.destroy();
    server.close();
  });
});

describe('unix sockets', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'statsd-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('a stream socket is written to', async () => {
    const path = join(folder, 'stream.sock');
    const received = new Received();
    const server = await streamServer(path, received, new Set());
    const { statsd, errors } = report({ protocol: 'uds', host: path });
    statsd.counts([sample]);
    assert.match(await received.has((text) => text.includes('_30d')), /^xmpp\.active_users_1d\.chat_example:72\|g\n/);
    await statsd.close();
    server.close();
    assert.deepEqual(errors, []);
  });

  test('a socket that is not there is named', async () => {
    const path = join(folder, 'missing.sock');
    const { statsd, errors } = report({ protocol: 'uds', host: path });
    statsd.counts([sample]);
    await statsd.close();
    assert.match(errors[0]?.message ?? '', /StatsD at .*missing\.sock \(uds\) cannot be reached: .*ENOENT/);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { HostCounts } from '../../src/activity/active-window.ts';
import { hostsOfOneName } from '../../src/report/metric-name.ts';
import type { StatsdOptions, StatsdReport } from '../../src/report/statsd/statsd.ts';
import { report, udpServer } from './listeners.ts';

const sample: HostCounts = { at: 1_772_413_200, host: 'chat.example', d1: 72, d7: 127, d30: 130 };

const datadogVariables = {
  DD_ENV: 'prod',
  DD_SERVICE: 'chat',
  DD_VERSION: '1.2',
  DD_ENTITY_ID: 'pod-1',
  DD_TAGS: 'team:a,b:c',
  DATADOG_TAGS: 'x:y',
  DD_AGENT_HOST: '192.0.2.1',
  DD_DOGSTATSD_PORT: '9',
  DD_DOGSTATSD_URL: 'udp://192.0.2.1:9',
  DD_DOGSTATSD_SOCKET: '/nowhere',
  DD_EXTERNAL_ENV: 'it-false,cn-x,pu-y',
  DD_CARDINALITY: 'high',
  DD_ORIGIN_DETECTION_ENABLED: 'true',
  DD_API_KEY: 'k',
};

describe('packets over UDP', () => {
  let server: Awaited<ReturnType<typeof udpServer>>;
  before(async () => {
    server = await udpServer();
  });
  after(() => void server.socket.close());

  /** What one report makes arrive; `n` is how many lines to wait for. */
  async function wire(
    lines: number,
    options: Partial<StatsdOptions>,
    give: (statsd: StatsdReport) => void,
  ): Promise<string[]> {
    const { statsd, errors } = report({ port: server.port, ...options });
    server.received.packets.length = 0;
    give(statsd);
    await statsd.flush();
    await server.received.has((text) => text.split('\n').length >= lines);
    await statsd.close();
    assert.deepEqual(errors, []);
    return [...server.received.packets];
  }

  test('the three gauges of a host are one datagram, in the order day, week, month', async () => {
    assert.deepEqual(await wire(3, {}, (statsd) => statsd.counts([sample])), [
      'xmpp.active_users_1d.chat_example:72|g\nxmpp.active_users_7d.chat_example:127|g\nxmpp.active_users_30d.chat_example:130|g',
    ]);
  });

  test('variables meant for Datadog change nothing', async () => {
    const saved = { ...process.env };
    Object.assign(process.env, datadogVariables);
    try {
      const [packet] = await wire(3, {}, (statsd) => statsd.counts([sample]));
      assert.equal(packet?.split('\n')[0], 'xmpp.active_users_1d.chat_example:72|g');
      assert.equal(packet.split('\n').length, 3);
    } finally {
      for (const name of Object.keys(datadogVariables)) delete process.env[name];
      Object.assign(process.env, saved);
    }
  });

  test("the prefix of Prosody's module gives the names that the module sends", async () => {
    const prefix = 'prosody.prosody_mod_measure_active_users.';
    const [packet] = await wire(3, { prefix }, (statsd) => statsd.counts([sample]));
    assert.equal(
      packet?.split('\n')[2],
      'prosody.prosody_mod_measure_active_users.active_users_30d.chat_example:130|g',
    );
  });

  test('hosts become one level of the name, whatever they hold', async () => {
    const hosts: [string, string][] = [
      ['my-host.example', 'my-host_example'],
      ['127.0.0.1', '127_0_0_1'],
      ['m\u00fcller.example', 'xn--mller-kva_example'],
      ['a b/c:d|e;f=g@h\ni', 'a_b_c_d_e_f_g_h_i'],
      ['[::1]', '___1_'],
    ];
    const samples = hosts.map(([host]) => ({ ...sample, host }));
    const packets = await wire(15, {}, (statsd) => statsd.counts(samples));
    const daily = packets
      .join('\n')
      .split('\n')
      .filter((line) => line.includes('_1d.'));
    assert.deepEqual(
      daily,
      hosts.map(([, level]) => `xmpp.active_users_1d.${level}:72|g`),
    );
  });

  test('the host alone can be a tag, and tags can leave it in the name [8.25]', async () => {
    assert.deepEqual(await wire(3, { hostTag: true }, (statsd) => statsd.counts([sample])), [
      [1, 7, 30].map((days, i) => `xmpp.active_users_${days}d:${[72, 127, 130][i]}|g|#host:chat.example`).join('\n'),
    ]);
    assert.deepEqual(await wire(3, { tags: { env: 'prod' } }, (statsd) => statsd.counts([sample])), [
      [1, 7, 30]
        .map((days, i) => `xmpp.active_users_${days}d.chat_example:${[72, 127, 130][i]}|g|#env:prod`)
        .join('\n'),
    ]);
  });

  test('hosts of one name are found [8.25]', () => {
    const hosts = ['a.b_c', 'x.example', 'a_b.c', 'a.b_c', 'x_example'];
    assert.deepEqual(hostsOfOneName(hosts), [
      ['a.b_c', 'a_b.c'],
      ['x.example', 'x_example'],
    ]);
    assert.deepEqual(hostsOfOneName(['a.b', 'a.b', 'a.c']), []);
  });

  test('with the host as a tag it leaves the name, whatever other tags there are', async () => {
    const tags = { env: 'prod', timestamp: '5', host: 'not this' };
    assert.deepEqual(await wire(3, { tags, hostTag: true }, (statsd) => statsd.counts([sample])), [
      [1, 7, 30]
        .map((days, i) => `xmpp.active_users_${days}d:${[72, 127, 130][i]}|g|#host:chat.example,env:prod,timestamp:5`)
        .join('\n'),
    ]);
  });

  test('many hosts are datagrams of at most 1432 bytes, whole lines, none missing', async () => {
    const samples = Array.from({ length: 400 }, (_, i) => ({ ...sample, host: `host-${i}.example`, d1: i }));
    const packets = await wire(1200, {}, (statsd) => statsd.counts(samples));
    for (const packet of packets) {
      assert(Buffer.byteLength(packet) <= 1432);
      for (const line of packet.split('\n'))
        assert.match(line, /^xmpp\.active_users_(1|7|30)d\.host-\d+_example:\d+\|g$/);
    }
    assert.equal(new Set(packets.join('\n').split('\n')).size, 1200);
    assert(packets.length < 60, `${packets.length} datagrams`);
  });

  test('figures about one log have its path for a level, or for a tag', async () => {
    const logs = { '/var/log/a.log': { lag_bytes: 1 }, '/var/log/b.log': { lag_bytes: 2 } };
    assert.deepEqual(await wire(2, {}, (statsd) => statsd.self({ logs })), [
      'xmpp.self.log.var_log_a_log.lag_bytes:1|g\nxmpp.self.log.var_log_b_log.lag_bytes:2|g',
    ]);
    assert.deepEqual(await wire(2, { tags: { env: 'prod' }, hostTag: true }, (statsd) => statsd.self({ logs })), [
      'xmpp.self.log.lag_bytes:1|g|#env:prod,log:/var/log/a.log\nxmpp.self.log.lag_bytes:2|g|#env:prod,log:/var/log/b.log',
    ]);
  });

  test('figures about the program are counters and gauges below self', async () => {
    const values = { counters: { lines_read: 12, rejected: 0 }, gauges: { lag_seconds: 0.25 } };
    assert.deepEqual(await wire(3, {}, (statsd) => statsd.self(values)), [
      'xmpp.self.lag_seconds:0.25|g\nxmpp.self.lines_read:12|c\nxmpp.self.rejected:0|c',
    ]);
  });

  test('a value that is no count is not sent, and said', async () => {
    const { statsd, errors } = report({ port: server.port });
    server.received.packets.length = 0;
    statsd.counts([{ ...sample, d1: -3, d7: Number.NaN, d30: 4 }]);
    statsd.self({ gauges: { lag_seconds: Number.POSITIVE_INFINITY } });
    await statsd.flush();
    assert.equal(await server.received.has((text) => text !== ''), 'xmpp.active_users_30d.chat_example:4|g');
    await statsd.close();
    assert.deepEqual(
      errors.map((error) => error.message),
      [
        'xmpp.active_users_1d.chat_example is -3, which is not a count: not sent',
        'xmpp.active_users_7d.chat_example is NaN, which is not a count: not sent',
        'xmpp.self.lag_seconds is Infinity, which is not a count: not sent',
      ],
    );
  });

  test('close sends what flush was not called for, and nothing after it', async () => {
    const { statsd } = report({ port: server.port });
    server.received.packets.length = 0;
    statsd.counts([sample]);
    await statsd.close();
    statsd.counts([{ ...sample, d1: 99 }]);
    await statsd.close();
    assert.match(await server.received.has((text) => text !== ''), /^xmpp\.active_users_1d\.chat_example:72\|g/);
    assert(!server.received.text.includes('99'));
  });

  test('a name is resolved, and to its IPv4 address where it has one', async () => {
    const packets = await wire(3, { host: 'localhost' }, (statsd) => statsd.counts([sample]));
    assert.equal(packets.length, 1);
  });

  test('an IPv6 address is reached', async (t) => {
    const six = await udpServer('::1').catch(() => undefined);
    if (six === undefined) return t.skip('this machine has no IPv6');
    const { statsd } = report({ host: '::1', port: six.port });
    statsd.counts([sample]);
    await statsd.close();
    assert.match(await six.received.has((text) => text !== ''), /chat_example:72/);
    six.socket.close();
  });
});

describe('a StatsD that is not there', () => {
  const unresolvable = { host: 'statsd.invalid' };

  test('a name that does not resolve is an error for the journal, not for the caller', async () => {
    const { statsd, errors } = report(unresolvable);
    statsd.counts([sample]);
    await statsd.flush();
    await statsd.close();
    assert.equal(errors.length, 1);
    assert.match(String(errors[0]), /StatsD at statsd\.invalid:8125 \(udp\) cannot be reached: .*statsd\.invalid/);
    assert(errors[0]?.cause instanceof Error);
  });

  test('that it cannot be reached is told once, and when it is reached again [11.4]', async () => {
    let now = 0;
    const reached: string[] = [];
    const path = join(tmpdir(), `statsd-${process.pid}.sock`);
    const options = { host: path, protocol: 'uds' } as const;
    const { statsd, errors } = report({ ...options, now: () => now, onReached: (said) => reached.push(said) });
    for (const at of [0, 1000, 60_001, 86_400_000]) {
      now = at;
      statsd.counts([sample]);
      await statsd.flush();
    }
    assert.deepEqual([errors.length, reached.length], [1, 0]);
    const server = createServer((socket) => socket.resume()).listen(path);
    await once(server, 'listening');
    for (let sent = 0; sent < 2; sent++) {
      statsd.counts([sample]);
      await statsd.flush();
    }
    await statsd.close();
    server.close();
    assert.deepEqual([errors.length, reached], [1, [`StatsD at ${path} (uds) is reached again`]]);
  });

  test('ten thousand counts meanwhile keep only the last', async () => {
    const { statsd } = report({ protocol: 'tcp', port: 1 });
    const heap = (): number => process.memoryUsage().heapUsed;
    const samples = Array.from({ length: 50 }, (_, i) => ({ ...sample, host: `host-${i}.example` }));
    const started = heap();
    for (let i = 0; i < 10_000; i++) {
      statsd.counts(samples);
      statsd.self({ counters: { lines_read: 1 } });
    }
    assert(heap() - started < 100e6, 'ten thousand counts of 50 hosts would be about a gigabyte');
    await statsd.close();
  });

  test('settings that can never work are refused at once, by name', () => {
    const cases: [Partial<StatsdOptions>, RegExp][] = [
      [{ host: '' }, /statsd\.host is empty/],
      [{ port: 0 }, /statsd\.port is 0/],
      [{ port: 65_536 }, /statsd\.port is 65536/],
      [{ port: 1.5 }, /statsd\.port is 1\.5/],
      [{ protocol: 'uds', host: '127.0.0.1' }, /statsd\.host is "127\.0\.0\.1": .* the path of the socket/],
    ];
    for (const [options, expected] of cases) assert.throws(() => report(options), expected);
  });
});

/** The table `[cluster]`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisAddress, withoutPassword } from '../../src/cluster/address.ts';
import { ConfigError, DEFAULT_FILE, loadConfig, type Config } from '../../src/config/config.ts';

function load(toml: string, env: Record<string, string> = {}, files: readonly string[] = []): Config {
  return loadConfig({
    flags: {},
    env: { HOME: '/home/x', ...env },
    readFile: (path) => (path === DEFAULT_FILE ? toml : undefined),
    exists: (path) => files.includes(path),
    defaultTimezone: 'UTC',
  });
}

test('without a url this machine counts alone [12.2]', () => {
  assert.equal(load('').cluster, undefined);
  assert.equal(load('[cluster]\nnodes = 3').cluster, undefined);
});

test('a url wants the number of nodes, and has the defaults for the rest [12.2]', () => {
  assert.deepEqual(load('[cluster]\nurl = "redis://r.example"\nnodes = 3').cluster, {
    url: 'redis://r.example',
    nodes: 3,
    keyFile: '/etc/xmpp-active-users/cluster.key',
    waitSeconds: 60,
    leaseSeconds: 7200,
    slots: 1,
  });
  assert.equal(load('[cluster]\nurl = "rediss+cluster://a,b:7000"\nnodes = 3').cluster?.slots, 16);
  const refused = (toml: string, sentence: RegExp): void =>
    assert.throws(
      () => load(toml),
      (error: unknown) => error instanceof ConfigError && sentence.test(error.message),
    );
  refused('[cluster]\nurl = "redis://r.example"', /line 2: cluster\.nodes must say how many nodes there are/);
  refused('[cluster]\nurl = "http://r.example"\nnodes = 3', /cluster\.url must be redis:\/\//);
  refused('[cluster]\nnode = "a:b"', /cluster\.node must be a name of letters/);
  refused('[cluster]\nwait_seconds = 0', /cluster\.wait_seconds must be a whole number/);
});

test("the key is systemd's credential where there is one, unless a file is named [12.4]", () => {
  const toml = '[cluster]\nurl = "redis://r.example"\nnodes = 3';
  const env = { CREDENTIALS_DIRECTORY: '/run/credentials/x' };
  const given = ['/run/credentials/x/cluster.key'];
  assert.equal(load(toml, env, given).cluster?.keyFile, '/run/credentials/x/cluster.key');
  assert.equal(load(toml, env).cluster?.keyFile, '/etc/xmpp-active-users/cluster.key');
  assert.equal(load(`${toml}\nkey_file = "/srv/key"`, env, given).cluster?.keyFile, '/srv/key');
});

test('where Redis is [12.2]', () => {
  const single = { kind: 'single', isTls: false, hosts: [{ host: 'r', port: 6379 }], database: 0 };
  for (const [url, address] of [
    ['redis://r', single],
    ['redis://r:6380/2', { ...single, hosts: [{ host: 'r', port: 6380 }], database: 2 }],
    ['redis://[::1]:1', { ...single, hosts: [{ host: '::1', port: 1 }] }],
    ['rediss://x:p%40ss@r', { ...single, isTls: true, user: 'x', password: 'p@ss' }],
    ['redis://:secret@r', { ...single, password: 'secret' }],
    [
      'redis+sentinel://x@a,b:1/main',
      {
        kind: 'sentinel',
        isTls: false,
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
        ],
        user: 'x',
        database: 0,
        master: 'main',
      },
    ],
    ['rediss+cluster://r', { ...single, kind: 'cluster', isTls: true }],
    ['redis://a,b', undefined],
    ['redis+cluster://r/2', undefined],
    ['redis+sentinel://a', undefined],
    ['redis://r:70000', undefined],
    ['redis://r:0', undefined],
    ['redis://%zz@r', undefined],
    ['http://r', undefined],
    ['redis://', undefined],
  ] as const)
    assert.deepEqual(redisAddress(url), address, url);
});

test('a password is not shown [12.4]', () => {
  assert.equal(withoutPassword('rediss://x:p@r:1/2'), 'rediss://x:***@r:1/2');
  assert.equal(withoutPassword('redis://x@r'), 'redis://x@r');
  assert.equal(withoutPassword('redis://x:p@q@r'), 'redis://x:***@r');
  for (const password of ['SE/CRET', 'SE@CRET', '100%SECRET'])
    assert.throws(
      () => load(`[cluster]\nurl = "redis://x:${password}@127.0.0.1"\nnodes = 3`),
      ({ message }: Error) => /cluster\.url must be .* %40 for @$/m.test(message) && !message.includes('CRET'),
    );
});

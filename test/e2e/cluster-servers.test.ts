/** Real servers of each kind: a Redis Cluster of three masters, a master that sentinels replace, TLS, and a user who may do no more than is needed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { describeServers } from '../../src/cluster/administration.ts';
import { randomFrom } from '../cluster/model.ts';
import { KEY, ModelCluster } from '../cluster/model-cluster.ts';
import { deadline } from '../deadline.ts';
import { SEED } from '../properties.ts';
import { runToEnd, startChild } from './child.ts';
import { ask } from './redis-faults.ts';
import { freePort, RedisLab } from './redis-lab.ts';

/** What the README gives the user. */
const RIGHTS =
  /ACL SETUSER (xau .*)/.exec(readFileSync(new URL('../../../README.md', import.meta.url), 'utf8'))?.[1] ?? '';

async function countIn(
  t: TestContext,
  url: string,
  slots: number,
  steps: number,
  halfway?: () => Promise<void>,
): Promise<void> {
  const cluster = new ModelCluster({ url, nodes: 3, slots, users: 40, random: randomFrom(SEED), waitSeconds: 60 });
  t.after(() => cluster.end());
  for (let step = 0; step < steps; step++) await cluster.step(step === steps / 2 ? halfway : undefined);
  assert.deepEqual(cluster.wrong, []);
  assert.deepEqual(cluster.away, []);
  assert.equal(cluster.samples, 3 * steps);
  await cluster.end();
}

test('users are divided among the masters of a Redis Cluster [12.2]', async (t) => {
  const options = ['--save', '', '--cluster-enabled', 'yes'];
  const masters = await Promise.all([1, 2, 3].map(() => RedisLab.start(options)));
  t.after(() => Promise.all(masters.map((master) => master.close())));
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`);
  const { code, stdout } = await runToEnd('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  assert.equal(code, 0, stdout);
  for (const master of masters)
    await ask(master, async (client) => {
      while (!(await client.cluster('INFO')).includes('cluster_state:ok')) deadline().throwIfAborted();
    });
  await countIn(t, `redis+cluster://${addresses.join(',')}`, 16, 12);
  for (const master of masters) assert.ok((await ask(master, (client) => client.dbsize())) > 5);
});

test('a replica that sentinels make the master goes on where it was, or is sent what it lacks [12.2]', async (t) => {
  const master = await RedisLab.start();
  const replica = await RedisLab.start(['--save', '', '--replicaof', `127.0.0.1 ${master.port}`]);
  const port = await freePort();
  const configuration = join(master.directory, 'sentinel.conf');
  writeFileSync(
    configuration,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 300',
      'sentinel failover-timeout main 2000',
      '',
    ].join('\n'),
  );
  const sentinel = startChild('redis-sentinel', [configuration]);
  t.after(async () => {
    await sentinel.end('SIGKILL');
    await replica.close();
    await master.close();
  });
  await sentinel.lines.first('replica that the sentinel knows', (line) =>
    line.includes(`+slave slave 127.0.0.1:${replica.port}`),
  );
  const url = `redis+sentinel://127.0.0.1:${port}/main`;
  const settings = { url, node: 'x', nodes: 3, key: KEY, waitSeconds: 60, leaseSeconds: 60, slots: 4 };
  assert.match((await describeServers(settings)).problems.join(), /set min-replicas-to-write 1/);
  await countIn(t, url, 4, 12, async () => {
    await master.kill();
    await sentinel.lines.first('another master', (line) => line.includes('+switch-master'));
  });
});

/** A certificate for a name or an address, and how redis-server is told of it. */
async function certificateOf(directory: string, name: string): Promise<{ cert: string; options: string[] }> {
  const [key, cert] = ['key', 'cert'].map((file) => join(directory, `${name.replace(/\W/g, '-')}.${file}`)) as [
    string,
    string,
  ];
  const made = await runToEnd('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', cert],
  ]);
  assert.equal(made.code, 0, made.stderr);
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  return { cert, options: ['--tls-auth-clients', 'no', ...files] };
}

test('over TLS, a user with the rights of the README can do all that is needed, and no more [12.4]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'tls-'));
  const { cert, options } = await certificateOf(directory, 'DNS:localhost');
  const port = await freePort();
  const lab = await RedisLab.start(['--save', '', '--tls-port', String(port), ...options]);
  t.after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  assert.notEqual(RIGHTS, '');
  await ask(lab, (client) => client.call('ACL', 'SETUSER', ...RIGHTS.replace('PASSWORD', 'p@ss').split(' ')));
  const url = `rediss://xau:p%40ss@localhost:${port}`;
  const settings = { node: 'node0', nodes: 3, key: KEY, waitSeconds: 60, leaseSeconds: 60, slots: 2 };
  await assert.rejects(
    describeServers({ ...settings, url }),
    /self-signed certificate; NODE_EXTRA_CA_CERTS must name the file with its CA/,
  );
  // As an administrator does for a certificate of one's own.
  const counted = await runToEnd(process.execPath, [join(import.meta.dirname, 'cluster-over-tls.js'), url], {
    ...process.env,
    NODE_EXTRA_CA_CERTS: cert,
  });
  assert.equal(counted.stdout.trim(), '0 wrong, 0 away, 18 samples', counted.stderr);
  await ask(lab, async (client) => {
    await client.call('AUTH', 'xau', 'p@ss');
    for (const command of [
      ['FLUSHALL'],
      ['GET', 'other'],
      ['KEYS', '*'],
      ['CONFIG', 'GET', '*'],
      ['EVAL', 'return 1', '0'],
    ] as const)
      await assert.rejects(client.call(...(command as readonly [string, ...string[]])), /NOPERM/, command[0]);
  });
});

test('over TLS, servers and sentinels have a certificate each, with a name of its own [12.2]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'tls-'));
  const own = await certificateOf(directory, 'IP:127.0.0.1');
  const ofSentinel = await certificateOf(directory, 'DNS:localhost');
  const both = join(directory, 'both');
  writeFileSync(both, readFileSync(own.cert, 'utf8') + readFileSync(ofSentinel.cert, 'utf8'));
  const [master, port] = [await freePort(), await freePort()];
  const lab = await RedisLab.start(['--save', '', '--tls-port', String(master), ...own.options]);
  const configuration = join(directory, 'sentinel.conf');
  writeFileSync(configuration, `sentinel monitor main 127.0.0.1 ${master} 1\n`);
  const options = [...ofSentinel.options, '--tls-ca-cert-file', both, '--tls-replication', 'yes'];
  const ports = ['--bind', '127.0.0.1', '--port', '0', '--tls-port', String(port)];
  const sentinel = startChild('redis-sentinel', [configuration, ...ports, ...options]);
  t.after(async () => {
    await sentinel.end('SIGKILL');
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  await sentinel.lines.first('sentinel', (line) => line.includes('+monitor master main'));
  const counted = await runToEnd(
    process.execPath,
    [join(import.meta.dirname, 'cluster-over-tls.js'), `rediss+sentinel://localhost:${port}/main`],
    { ...process.env, NODE_EXTRA_CA_CERTS: both },
  );
  assert.equal(counted.stdout.trim(), '0 wrong, 0 away, 18 samples', counted.stderr);
});

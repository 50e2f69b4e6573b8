import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import { run, type Outcome } from '../program.ts';

let root = '';
let statsd: Socket;
const received: string[] = [];
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'check-'));
  statsd = createSocket('udp4').on('message', (bytes) => received.push(bytes.toString()));
  statsd.bind(0, '127.0.0.1');
  await once(statsd, 'listening');
});
after(async () => {
  statsd.close();
  await rm(root, { recursive: true });
});

const stamp = (secondsAgo: number): string =>
  `${new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 19)}+0000`;
const line = (rest: string): string => `${stamp(60)} ${rest}\n`;
const login = (user: string, id = 'c2s1'): string => line(`${id}\tinfo\tAuthenticated as ${user}`);
const welcome = line('startup\tinfo\tHello and welcome to Prosody version 0.12.3');
const warning = line('certmanager\terror\tSSL/TLS: Failed to load') + line('c2s55a1\twarn\tFailed to enable smacks');

async function check(content: string | Buffer, ...more: readonly string[]): Promise<Outcome> {
  const log = join(root, 'a.log');
  await writeFile(log, content);
  const address = `127.0.0.1:${statsd.address().port}`;
  return run(['check', '--log', log, '--index', join(root, 'index'), '--statsd', address, ...more]);
}

describe('check says what will be counted', () => {
  test('version, level, hosts, users and counts, and disturbs StatsD with no metric [8.24]', async () => {
    const { code, out, err } = await check(welcome + login('anna@a.example') + login('ben@b.example', 'c2s2'));
    assert.equal(code, 0, err);
    assert.match(out, /written by prosody 0\.12\.3, time stamps: year-month-day time; 100 % of the last 3 lines/);
    assert.match(out, /level info: .* the daily one is off by one or two/);
    assert.match(out, /hosts: a\.example \(1 users\), b\.example \(1 users\)/);
    assert.match(out, /counts from these lines alone: a\.example 1, 1, 1; b\.example 1, 1, 1 \(1, 7 and 30 days\)/);
    assert.match(err, /all of this will work/);
    assert.equal(received.join(''), '');
  });

  test('which files it takes for rotated ones, and which not [9.7]', async () => {
    const old = join(root, 'old');
    await mkdir(old);
    const files = [join(old, 'a.log-202601'), join(root, 'a.log.1.lz4'), join(root, 'a.log.err')];
    for (const file of files) await writeFile(file, Buffer.from('04224d18', 'hex'));
    const { out } = await check(login('anna@a.example'));
    assert.match(out, /, and 2 rotated files of it/);
    assert.match(out, /rotated files are in .*\/old, too/);
    assert.match(out, /a\.log\.1\.lz4 is compressed with lz4/);
    assert.match(out, /not taken for a rotated file of it: .*\/a\.log\.err;/);
    for (const file of files) await rm(file);
    await rm(old, { recursive: true });
  });

  test('exact counts at level debug [8.24]', async () => {
    const { out } = await check(login('anna@a.example') + line('c2s1\tdebug\tResource bound: anna@a.example/x'));
    assert.match(out, /level debug: the counts are exact; no line of the log tells the version/);
  });

  test('what it would send, from the index, and what of it is a lower bound [8.24] [8.21]', async () => {
    const log = join(root, 'a.log');
    await writeFile(log, login('anna@a.example'));
    const index = ['--index', join(root, 'filled')];
    assert.equal((await run(['backfill', ...index, log])).code, 0);
    const { out } = await check(login('anna@a.example'), ...index);
    assert.match(
      out,
      /it would send a\.example >=1, >=1, >=1 \(1, 7 and 30 days; with >= lower bounds, as the logs do not/,
    );
  });

  test('of hosts with one name among the metrics [8.25]', async () => {
    const { code, err } = await check(login('anna@a.b_c') + login('ben@a_b.c', 'c2s2'));
    assert.equal(code, 1);
    assert.match(err, /the hosts a\.b_c and a_b\.c have one name among the metrics/);
    assert.equal(
      (await check(login('anna@a.b_c') + login('ben@a_b.c', 'c2s2'), '--set', 'statsd.host_tag=true')).code,
      0,
    );
  });
});

describe('check tells a log from which nothing can be counted', () => {
  for (const [kind, bytes, sentence] of [
    ['small and compressed', gzipSync(login('anna@a.example')), /a\.log: is compressed with gzip, so it is an old one/],
    ['large and compressed', gzipSync(randomBytes(100_000)), /a\.log: is compressed with gzip/],
    ['a zip archive', Buffer.from('504b0304', 'hex'), /a\.log: is a zip archive/],
  ] as const)
    test(`as it is ${kind} [8.24]`, async () => {
      const { code, err } = await check(bytes);
      assert.equal(code, 1);
      assert.match(err, sentence);
    });

  test('but none that has only begun [8.24]', async () => {
    for (const [content, told] of [
      ['', /is empty/],
      [login('anna@a.example').trimEnd(), /no line of it is complete yet/],
    ] as const) {
      const { code, out, err } = await check(content);
      assert.equal(code, 0, err);
      assert.match(out, told);
    }
  });

  test('that has only warnings and errors [8.24]', async () => {
    const { code, out, err } = await check(warning.repeat(15));
    assert.equal(code, 1);
    assert.match(out, /level warn or error: logins and logouts are not in it/);
    assert.match(err, /a\.log: holds only warnings and errors, so no login is in it/);
  });

  test('that is one of another program, by its name [8.24]', async () => {
    const { code, err } = await check('Mar  2 10:00:00 vm sshd[12]: Accepted publickey\n'.repeat(9));
    assert.equal(code, 1);
    assert.match(err, /a\.log: is not understood; this looks like a log of syslog or journald: no log/);
  });

  test('that nobody knows, without advice for the settings of a server [8.24]', async () => {
    for (const content of ['some words\n', '03/04/2026 10:00:00 some words\n']) {
      const { code, err } = await check(content.repeat(30));
      assert.equal(code, 1);
      assert.match(err, /a\.log: none of the last 30 lines is understood; .* name the log that the server writes\n/);
    }
  });

  test('but not one with lines of other programs among good ones [8.24]', async () => {
    const coturn = '0: : INFO: Coturn Version Coturn-4.6.2\n'.repeat(50);
    const { code, out, err } = await check(coturn + login('anna@a.example'));
    assert.equal(code, 0, err);
    assert.match(out, /written by prosody.* 1\.9 % of the last 51 lines/);
  });
});

test('check finds a UDP port on which nobody listens, and its failures are errors for the journal [8.24]', async () => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address();
  await new Promise<void>((resolve) => void silent.close(resolve));
  const log = join(root, 'b.log');
  await writeFile(log, login('anna@a.example'));
  const args = ['check', '--log', log, '--index', join(root, 'none'), '--statsd', `127.0.0.1:${port}`];
  const { code, err } = await run(args, { env: { JOURNAL_STREAM: '8:1' } });
  assert.equal(code, 1);
  assert.match(err, /^<3>statsd: nobody listens at 127\.0\.0\.1:\d+ over udp; start StatsD.* \(ECONNREFUSED\)$/m);
  assert.match(err, /^<3>something of this will not work \(problems: 1\)$/m);
});

for (const command of ['history', 'explain'])
  test(`${command} names the program, too [8.24]`, async () => {
    const log = join(root, 'c.log');
    await writeFile(log, 'Mar  2 10:00:00 vm sshd[12]: Accepted publickey for root\n'.repeat(9));
    const { code, err } = await run([command, log]);
    assert.equal(code, command === 'history' ? 1 : 0);
    assert.match(err, /not understood: .*; this looks like a log of syslog or journald/);
  });

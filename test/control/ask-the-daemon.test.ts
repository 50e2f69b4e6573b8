/** What commands answer while a daemon holds the index, and who is answered. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, stat } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import type { Standing } from '../../src/report/standing.ts';
import { deadline } from '../deadline.ts';
import { asNobody, cannotStart, readable } from '../ordinary-user.ts';
import { MAIN, run } from '../program.ts';
import { daemon, line, login, place, type Place } from './running-daemon.ts';

const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const LOG =
  login(NOW - 3 * DAY, 'c2s1', 'alice') +
  line(NOW - 3 * DAY + 60, 'c2s1\tinfo\tClient disconnected: closed') +
  login(NOW - 600, 'c2s2', 'bob') +
  login(NOW - 60, 'c2s3', 'carol');
const QUESTIONS = [
  ['count', '--at', `${NOW}`],
  ['count', '--at', `${NOW}`, '--json'],
  ['count', '--at', `${NOW + 2 * DAY}`],
  ['count', '--at', `${NOW - 2 * DAY}`],
  ['last', 'alice@chat.example'],
  ['last', 'Bob@Chat.Example/phone'],
  ['last', 'nobody@chat.example'],
];

/** By somebody with the same configuration. */
const asked = (question: readonly string[], { index, log }: Place) =>
  run([...question, '--index', index], { env: { XMPP_ACTIVE_USERS_LOG: log } });

async function answers(at: Place): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const question of QUESTIONS) all.push(await asked(question, at));
  return all;
}

test('count and last answer alike whether the daemon runs or not [11.1]', async (t) => {
  const at = await place(t, LOG);
  const running = await daemon(at);
  const during = await answers(at);
  assert.equal(await running.end('SIGTERM'), 0);
  assert.deepEqual(during, await answers(at));
  const [table, json] = during as { code: unknown; out: string }[];
  assert.match(table?.out ?? '', /^chat\.example +\D?\D?2 +\D?\D?3 +\D?\D?3$/m);
  assert.equal(json?.code, 0);
});

test('the socket of a daemon that was killed is taken over [11.1]', async (t) => {
  const at = await place(t, LOG);
  const killed = await daemon(at);
  await killed.end('SIGKILL');
  assert.ok((await stat(join(at.index, 'control.sock'))).isSocket());
  const [, before] = await answers(at);
  await daemon(at);
  assert.deepEqual((await answers(at))[1], before);
  assert.equal((await stat(join(at.index, 'control.sock'))).mode & 0o777, 0o600);
});

test('a daemon is asked only of the index that it holds [11.1]', async (t) => {
  const [one, other] = [await place(t, LOG), await place(t, login(NOW - 60, 'c2s1', 'dave'))];
  const socket = join(one.root, 'shared.sock');
  const shared = ['--set', `control.socket=${socket}`];
  await daemon(one, ...shared);
  const second = await daemon(other, ...shared);
  await second.says(/another daemon listens there/);
  await second.end('SIGTERM');
  const of = async ({ index }: Place) => (await run(['last', 'dave@chat.example', ...shared, '--index', index])).code;
  assert.deepEqual([await of(one), await of(other)], [1, 0]);
  // Who names no index means that of the daemon.
  const { code, out } = await run(['last', 'carol@chat.example', ...shared]);
  assert.deepEqual([code, /open sessions {2}1/.test(out)], [0, true]);
});

test('whom the mode of the socket refuses is told so [11.1]', { skip: cannotStart }, async (t) => {
  const at = await place(t, LOG);
  const socket = join(at.root, 'control.sock');
  await chmod(at.root, 0o755);
  await daemon(at, '--set', `control.socket=${socket}`);
  const command = [readable(MAIN), 'count', '--set', `control.socket=${socket}`];
  const child = spawn(process.execPath, command, { ...asNobody, env: { PATH: process.env['PATH'] }, cwd: '/' });
  const [told, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (process.getuid?.() === 0) assert.match(told, /this user may not ask the daemon: its socket \S+ is for root/);
  assert.equal(code, process.getuid?.() === 0 ? 1 : 0);
});

async function got(socketPath: string, path: string): Promise<string> {
  const [response] = (await once(get({ socketPath, path }), 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  return text(response);
}

test('how the daemon stands is told as JSON and in the form of OpenMetrics [11.1]', async (t) => {
  const at = await place(t, LOG);
  const running = await daemon(at);
  const socket = join(at.index, 'control.sock');
  const { version, index, isCaughtUp, logs, samples, since } = JSON.parse(await got(socket, '/status')) as Standing;
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.deepEqual([index, isCaughtUp, since >= NOW], [at.index, true, true]);
  assert.deepEqual(
    logs.map(({ path, lagBytes }) => [path, lagBytes]),
    [[at.log, 0]],
  );
  assert.deepEqual(
    samples?.map(({ host, online, d1, d7, d30 }) => [host, online, d1, d7, d30]),
    [['chat.example', 2, 2, 3, 3]],
  );
  const told = await asked(['status'], at);
  assert.equal(told.code, 0);
  assert.match(
    told.out,
    /^daemon {3}\d+\.\d+\.\d+, running since \S+\ncounted {2}\S+\ncovered {2}1 day, 3\.0 of 7 days, 3\.0 of 30 days\nindex {4}\S+\nlog {6}\S+: prosody, 0 bytes/,
  );
  assert.match(told.out, /^chat\.example +2 +2 +>=3 +>=3$/m);
  const checked = await asked(['check'], at);
  assert.match(
    checked.out,
    /: in use, as the daemon is running since \S+, version \d\S+; it sent counts last at \S+\n/,
  );
  assert.match(
    checked.out,
    new RegExp(`\n  ${at.log}: written by prosody; read to byte (\\d+) of \\1, 0 bytes behind`),
  );
  assert.match(checked.out, /\n {2}it counts chat\.example/);
  const metrics = await got(socket, '/metrics');
  assert.match(metrics, /^xmpp_active_users\{host="chat\.example",period="1d"\} 2$/m);
  assert.match(metrics, /^xmpp_active_users\{host="chat\.example",period="30d"\} 3$/m);
  assert.match(metrics, /^xmpp_active_users_online\{host="chat\.example"\} 2$/m);
  assert.ok(metrics.includes(`\nxmpp_active_users_log_lag_bytes{log="${at.log}"} 0\n`));
  assert.match(metrics, /^xmpp_active_users_covered_seconds\{period="7d"\} 25\d{4}$/m);
  assert.match(metrics, /\n# EOF\n$/);
  assert.equal(await running.end('SIGTERM'), 0);
  const stopped = await asked(['status'], at);
  assert.match(
    stopped.out,
    /^daemon {3}not running\ncovered {2}.*\nindex {4}\S+\nlog {6}\S+: prosody, up to \S+\n\nhost /,
  );
});

/** Connected, and what it is answered with until it is sent away. */
async function stranger(t: TestContext, socket: string, bytes: string): Promise<{ end: Promise<string>; raw: Socket }> {
  const raw = connect(socket);
  t.after(() => raw.destroy());
  const end = text(raw).catch(() => '');
  await once(raw, 'connect');
  raw.on('error', () => {});
  raw.write(bytes);
  return { end, raw };
}

test('requests that stall, are huge or malformed harm nobody else [11.1]', async (t) => {
  const at = await place(t, LOG);
  await daemon(at);
  const socket = join(at.index, 'control.sock');
  const [, right] = await answers(at);
  const head = (first: string, rest = ''): string => `${first} HTTP/1.1\r\nHost: x\r\n${rest}\r\n`;
  for (const [bytes, status] of [
    ['\x16\x03\x01nonsense\r\n\r\n', 400],
    [head('GET /count', `X-Long: ${'x'.repeat(100_000)}\r\n`), 431],
    [head(`GET /last/${'x'.repeat(100_000)}`), 431],
    [head('GET /last/%ff%zz'), 404],
    [head('GET /last/no-jid'), 400],
    [head('GET /last/nobody@chat.example'), 404],
    [head('GET /count?at=yesterday'), 400],
    [head('GET http://[/count'), 404],
    [head('GET /nothing'), 404],
    [head('POST /count', 'Content-Length: 99999999999\r\n') + 'x'.repeat(100_000), 405],
    [head('GET /count', 'X-Index: 0:0\r\n'), 421],
  ] as const) {
    const { end } = await stranger(t, socket, bytes);
    const answer = await end;
    // Who still sends when it is answered may not come to read it.
    if (bytes.length < 50_000 || answer !== '')
      assert.equal(answer.split(' ', 2)[1], String(status), bytes.slice(0, 40));
  }
  const stalled = [];
  for (let i = 0; i < 20; i++) stalled.push(await stranger(t, socket, 'GET /count HTTP/1.1\r\n'));
  assert.deepEqual((await answers(at))[1], right);
  const over = Promise.all(stalled.map(({ end }) => end));
  const late = once(deadline(), 'abort').then(() => 'they are still connected');
  assert.ok(Array.isArray(await Promise.race([over, late])));
});

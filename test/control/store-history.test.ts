/** Counts of the past, from old logs into the index, and how they stand beside what the daemon counts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { PastCounts } from '../../src/service/past-counts.ts';
import { contentsOf } from '../index/index-contents.ts';
import { run } from '../program.ts';
import { daemon, line, login, place, type Place, type Running } from './running-daemon.ts';

const HOUR = 3600;
const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const NOON = Math.floor(NOW / DAY) * DAY - 9 * DAY + 12 * HOUR;
const LOG =
  login(NOON + 60, 'c2s1', 'alice') +
  line(NOON + 2 * HOUR, 'c2s1\tinfo\tClient disconnected: closed') +
  login(NOON + DAY + 60, 'c2s2', 'bob') +
  line(NOON + DAY + 90, 'c2s2\tinfo\tClient disconnected: closed');

const store = ({ index, log }: Place, ...more: readonly string[]) =>
  run(['history', '--store', '--index', index, log, ...more]);

async function pastOf(index: string): Promise<PastCounts> {
  const past = new PastCounts();
  for (const [key, packed] of (await contentsOf(index)).counts) past.restore(key, packed);
  return past;
}

test('history --store fills the hours of old logs, once [11.2]', async (t) => {
  const at = await place(t, LOG);
  const { code, out } = await store(at);
  assert.equal(code, 0);
  assert.match(out, /^24 of 24 counts/);
  const all = [...(await pastOf(at.index)).between(0, Infinity)].flat();
  assert.deepEqual([all[0]?.at, all.at(-1)?.at], [NOON + HOUR, NOON + DAY]);
  assert.deepEqual(
    all.slice(0, 3).map(({ online, d1 }) => [online, d1]),
    [
      [1, 1],
      [0, 1],
      [0, 1],
    ],
  );
  // As the CSV has them, but for the hour in which the log ends.
  const rows = (await run(['history', '--format', 'csv', '--coverage', at.log])).out.trim().split('\n').slice(1, -1);
  assert.deepEqual(
    all.map(({ at: time, host, d1, d7, d30, covered }) => [time, host, d1, d7, d30, ...covered].join(',')),
    rows,
  );
  assert.match((await store(at)).out, /^0 of 24 counts/);
});

test('history --store goes to the daemon where one holds the index, which goes on [11.2]', async (t) => {
  const at = await place(t, LOG);
  const running = await daemon(at);
  assert.match((await store(at)).out, /^24 of 24 counts/);
  assert.match((await store(at)).out, /^0 of 24 counts/);
  const socketPath = join(at.index, 'control.sock');
  const [response] = (await once(get({ socketPath, path: '/status' }), 'response')) as [IncomingMessage];
  assert.ok('before' in ((await json(response)) as object));
  assert.equal(await running.end('SIGTERM'), 0);
  assert.equal([...(await pastOf(at.index)).between(0, Infinity)].length, 24);
});

/** Hands one request on to the daemon, which ends before the answer is given; and is then gone as well. */
async function onlyOnce(t: TestContext, { root, index }: Place, running: Running): Promise<string> {
  const path = join(root, 'relay.sock');
  const handOn = async ({ method, url, headers }: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const asked = get({ socketPath: join(index, 'control.sock'), method, path: url, headers });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const body = await buffer(response);
    await running.end('SIGTERM');
    answer.writeHead(response.statusCode ?? 0, { connection: 'close' }).end(body);
  };
  const relay = createServer((asked, answer) => {
    relay.close();
    void handOn(asked, answer);
  });
  t.after(() => relay.close());
  await once(relay.listen(path), 'listening');
  return path;
}

test('history --store goes on by itself when the daemon ends meanwhile, and tells of each count once [11.2]', async (t) => {
  const days = Array.from({ length: 50 }, (_, day) => NOON - (50 - day) * DAY);
  const at = await place(t, days.map((noon, day) => login(noon, `c2s${day}`, 'alice')).join('') + LOG);
  const relay = await onlyOnce(t, at, await daemon(at));
  const { code, out, err } = await store(at, '--set', `control.socket=${relay}`);
  assert.equal(code, 0, err);
  const [, stored, counted] = /^(\d+) of (\d+) counts/.exec(out) ?? [];
  assert.deepEqual([stored, counted], ['1224', '1224']);
  assert.equal([...(await pastOf(at.index)).between(0, Infinity)].length, 1224);
});

test('history --store is by the hour, and into the index alone [11.2]', async (t) => {
  const at = await place(t, LOG);
  for (const more of [
    ['--step', '1d'],
    ['--carbon', '127.0.0.1:9'],
    ['--format', 'csv'],
  ]) {
    const { code, err } = await store(at, ...more);
    assert.equal(code, 2);
    assert.match(err, /--store/);
  }
});

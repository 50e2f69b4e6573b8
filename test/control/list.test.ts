/** Who was last seen when, of the daemon and of the index, and what nobody can know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../program.ts';
import { daemon, line, login, place, type Place } from './running-daemon.ts';

const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const LOG =
  login(NOW - 30 * DAY, 'c2s1', 'alice') +
  line(NOW - 30 * DAY + 60, 'c2s1\tinfo\tClient disconnected: closed') +
  line(NOW - 20 * DAY, 'c2s2\tinfo\tAuthenticated as bob@b.example') +
  line(NOW - 10 * DAY, 'c2s2\tinfo\tClient disconnected: closed') +
  login(NOW - 2 * DAY, 'c2s3', 'carol');

const list = ({ index, log }: Place, ...flags: readonly string[]) =>
  run(['list', ...flags, '--index', index], { env: { XMPP_ACTIVE_USERS_LOG: log } });

const CASES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[], ['carol@chat.example,online', 'bob@b.example,offline', 'alice@chat.example,offline']],
  [
    ['--since', '11d'],
    ['carol@chat.example,online', 'bob@b.example,offline'],
  ],
  [['--since', '1h'], ['carol@chat.example,online']],
  [
    ['--not-seen-for', '5d'],
    ['bob@b.example,offline', 'alice@chat.example,offline'],
  ],
  [['--not-seen-for', '5d', '--since', '15d'], ['bob@b.example,offline']],
  [['--host', 'B.example'], ['bob@b.example,offline']],
  [['--host', 'example'], []],
];

test('users are named by last seen, alike whether the daemon runs or not [11.2]', async (t) => {
  const at = await place(t, LOG);
  const running = await daemon(at);
  const answers = async (): Promise<unknown[]> => {
    const all: unknown[] = [];
    for (const [flags] of CASES) {
      const { code, out } = await list(at, ...flags, '--format', 'csv');
      const [header, ...rows] = out.trimEnd().split('\n');
      assert.deepEqual([code, header], [0, 'user,last_seen,state']);
      all.push(rows.map((row) => row.replace(/,\d+,/, ',')));
    }
    return all;
  };
  const wanted = CASES.map(([, rows]) => rows);
  assert.deepEqual(await answers(), wanted);
  const json = JSON.parse((await list(at, '--format', 'json', '--host', 'b.example')).out) as { users: unknown };
  assert.deepEqual(json.users, [{ user: 'bob@b.example', last_seen: NOW - 10 * DAY, state: 'offline' }]);
  assert.equal(await running.end('SIGTERM'), 0);
  assert.deepEqual(await answers(), wanted);
});

test('what lies before the retention is refused, with the setting that would answer it [11.2]', async (t) => {
  const at = await place(t, LOG);
  assert.equal((await run(['backfill', '--index', at.index, at.log])).code, 0);
  for (const flags of [
    ['--since', '60d'],
    ['--not-seen-for', '60d'],
  ]) {
    const { code, out, err } = await list(at, ...flags);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /kept for 31 days .*set index\.retention_days to 60 \(at most 3650\)/);
    assert.match(err, /never logged in are not known/);
  }
  assert.match((await list(at, '--since', '4000d')).err, /index\.retention_days keeps them for 3650 days at most/);
  const { err } = await list(at, '--not-seen-for', '31d');
  assert.match(err, /not named are accounts that never logged in.*more than 31 days/);
  assert.match(err, /the logs cover \d+\.\d of these 31\.0 days/);
});

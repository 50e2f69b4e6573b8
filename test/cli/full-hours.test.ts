/** At which instants `history` counts, and which lines belong to a count. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../program.ts';

const root = mkdtempSync(join(tmpdir(), 'full-hours-'));
after(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, 'config.toml'), '');
let made = 0;

const at = (iso: string): number => Date.parse(iso) / 1000;
const login = (time: string, user: string): string => `${time} c2s${user}\tinfo\tAuthenticated as ${user}@a.example\n`;
const end = (time: string, user: string): string => `${time} c2s${user}\tinfo\tClient disconnected: closed\n`;

/** Files of one log by what rotation added to their names; the rows as `ISO d1`. */
async function history(files: Readonly<Record<string, string>>, ...args: string[]): Promise<string[]> {
  const directory = mkdtempSync(join(root, `${++made}-`));
  const paths = Object.entries(files).map(([suffix, text]) => {
    const path = join(directory, `x.log${suffix}`);
    writeFileSync(path, text);
    utimesSync(path, at('2026-10-25T02:00:00Z'), at('2026-10-25T02:00:00Z'));
    return path;
  });
  const { out } = await run(['history', '--config', join(root, 'config.toml'), '--format', 'csv', ...args, ...paths]);
  const rows = out.trim().split('\n').slice(1);
  return rows
    .map((row) => row.split(','))
    .map(([time, , d1]) => `${new Date(Number(time) * 1000).toISOString().slice(0, 16)} ${d1}`);
}

test('the hour that repeats at the end of a log is counted twice [8.18]', async () => {
  const text =
    login('2026-10-25 01:30:00', 'a') + login('2026-10-25 02:30:00', 'b') + login('2026-10-25 02:10:00', 'c');
  const rows = await history({ '': text }, '--timezone', 'Europe/Berlin');
  assert.deepEqual(rows, ['2026-10-25T00:00 1', '2026-10-25T01:00 2', '2026-10-25T02:00 3']);
});

test('a line that comes seconds late belongs to the count before it, and one that comes early does not [8.18]', async () => {
  const text =
    login('2026-11-02 09:59:58', 'a') +
    login('2026-11-02 10:00:02', 'b') +
    login('2026-11-02 09:59:59', 'c') +
    login('2026-11-02 10:00:00', 'd') +
    end('2026-11-02 10:30:00', 'a');
  const rows = await history({ '': text }, '--timezone', 'UTC');
  assert.deepEqual(rows, ['2026-11-02T10:00 3', '2026-11-02T11:00 4']);
});

test('a line that comes a minute late belongs to the count before it [8.18]', async () => {
  const text =
    login('2026-11-02 09:10:00', 'a') +
    login('2026-11-02 10:00:35', 'b') +
    login('2026-11-02 10:00:36', 'c') +
    login('2026-11-02 09:59:45', 'd') +
    login('2026-11-02 10:30:00', 'e');
  const rows = await history({ '': text }, '--timezone', 'UTC');
  assert.deepEqual(rows, ['2026-11-02T10:00 2', '2026-11-02T11:00 5']);
});

test('one stray line from days ahead takes no count before its time [8.15]', async () => {
  const text =
    login('2026-10-02 09:10:00', 'a') +
    login('2026-10-05 09:20:00', 'b') +
    login('2026-10-02 10:30:00', 'c') +
    login('2026-10-02 11:30:00', 'd');
  const rows = await history({ '': text }, '--timezone', 'UTC', '--to', '2026-10-02T12:00');
  assert.deepEqual(rows, ['2026-10-02T10:00 1', '2026-10-02T11:00 2', '2026-10-02T12:00 3']);
});

const ACROSS_THE_HOUR: readonly (readonly [what: string, text: string, d1: number])[] = [
  [
    'a connection that begins seconds after its login, and behind the full hour, does not end its session',
    login('2026-11-02 09:10:00', 'a') +
      '2026-11-02 10:00:06 c2sb\tinfo\tClient connected\n' +
      login('2026-11-02 10:00:00', 'b'),
    2,
  ],
  [
    'nor when both lie in the next hour but one, the connection behind its end',
    login('2026-11-02 08:30:00', 'a') +
      '2026-11-02 10:00:55 c2sb\tinfo\tClient connected\n' +
      login('2026-11-02 09:59:54', 'b') +
      '2026-11-02 10:40:00 c2sc\tinfo\tClient connected\n',
    2,
  ],
  [
    'an end behind the full hour, before a login that comes late, does not end what that begins',
    login('2026-11-02 08:00:00', 'a') +
      end('2026-11-02 09:00:00', 'a') +
      login('2026-11-02 09:05:00', 'a').replace('c2sa', 'c2sb') +
      end('2026-11-02 10:00:32', 'a') +
      login('2026-11-02 09:59:45', 'a').replace('c2sa', 'c2sc'),
    1,
  ],
  [
    'a start of the server, by a clock that is ahead, behind the full hour drops nobody who logs in behind it',
    login('2026-11-02 09:10:00', 'a') +
      '2026-11-02 10:00:24 startup\tinfo\tHello and welcome to Prosody version 0.12.3\n' +
      login('2026-11-02 09:59:54', 'b'),
    1,
  ],
];

for (const [what, text, d1] of ACROSS_THE_HOUR)
  test(`${what} [8.18]`, async () => {
    const at = '2026-11-04T10:00';
    const log = text + end('2026-11-04 10:30:00', 'x');
    assert.deepEqual(await history({ '': log }, '--timezone', 'UTC', '--from', at, '--to', at), [`${at} ${d1}`]);
  });

test('who was seen before a full hour is in its count, though what came behind it had to be taken in first [8.18]', async () => {
  const text =
    login('2026-11-02 08:30:00', 'a') +
    end('2026-11-02 08:50:00', 'a') +
    login('2026-11-02 10:00:29', 'a') +
    end('2026-11-02 09:59:01', 'a') +
    login('2026-11-02 10:03:02', 'b') +
    end('2026-11-02 10:30:00', 'b');
  const rows = await history({ '': text }, '--timezone', 'UTC');
  assert.deepEqual(rows, ['2026-11-02T09:00 1', '2026-11-02T10:00 1', '2026-11-02T11:00 2']);
});

test('who was online before a full hour is in its count, though a start of the server behind it had to be taken in first [8.18]', async () => {
  const text =
    login('2026-11-01 08:30:00', 'a') +
    login('2026-11-01 08:40:00', 'c') +
    ['01 18', '02 04'].map((hour) => end(`2026-11-${hour}:00:00`, 'x')).join('') +
    end('2026-11-02 10:00:20', 'c') +
    '2026-11-02 10:00:24 startup\tinfo\tHello and welcome to Prosody version 0.12.3\n' +
    login('2026-11-02 09:59:54', 'b') +
    end('2026-11-02 10:30:00', 'x');
  const rows = await history({ '': text }, '--timezone', 'UTC', '--from', '2026-11-02T10:00');
  assert.deepEqual(rows, ['2026-11-02T10:00 3', '2026-11-02T11:00 2']);
});

test('a user who is new is in the count before their login when a late line saw them, whatever the letters of the name [8.18]', async () => {
  for (const name of ['a', 'иван']) {
    const text =
      login('2026-11-02 09:10:00', 'c') +
      '2026-11-02 10:00:24 c2s55e41b91cb58\tinfo\tClient connected\n' +
      '2026-11-02 10:00:24 c2s55e41b91cb58\tdebug\tClient sent opening <stream:stream> to a.example\n' +
      `2026-11-02 10:00:24 c2s55e41b91cb58\tinfo\tAuthenticated as ${name}@a.example\n` +
      `2026-11-02 09:59:17 c2s55e41b91cb58\tdebug\tResource bound: ${name}@a.example/r\n` +
      `2026-11-02 09:59:18 c2s55e41b91cb58\tdebug\tUnbinding resource for ${name}@a.example/r (${name}@a.example)\n`;
    const rows = await history({ '': text }, '--timezone', 'UTC', '--to', '2026-11-02T10:00');
    assert.deepEqual(rows, ['2026-11-02T10:00 2']);
  }
});

test('who is bound by a line that comes late is online at the full hour before it [8.18]', async () => {
  const text =
    login('2026-11-02 09:10:00', 'c') +
    '2026-11-02 10:01:12 c2s559d4a9e59c4\tdebug\tClient sent opening <stream:stream> to a.example\n' +
    '2026-11-02 10:01:12 c2s559d4a9e59c4\tinfo\tAuthenticated as bob@a.example\n' +
    '2026-11-02 09:59:45 c2s559d4a9e59c4\tdebug\tResource bound: bob@a.example/phone\n';
  assert.deepEqual(await history({ '': text }, '--timezone', 'UTC'), ['2026-11-02T10:00 2', '2026-11-02T11:00 2']);
});

test('an end that comes late, and before its login, is no sighting at the full hour between [8.18]', async () => {
  const text =
    login('2026-11-01 08:10:00', 'a') +
    end('2026-11-01 08:20:00', 'a') +
    '2026-11-02 10:00:47 c2sa\tinfo\tClient connected\n' +
    login('2026-11-02 10:00:47', 'a') +
    end('2026-11-02 09:59:30', 'a');
  const rows = await history({ '': text }, '--timezone', 'UTC', '--from', '2026-11-02T10:00');
  assert.deepEqual(rows, ['2026-11-02T10:00 0', '2026-11-02T11:00 1']);
});

test('a last line that comes late does not keep the one before it from being counted [8.18]', async () => {
  const text =
    login('2026-11-02 09:10:00', 'c') + login('2026-11-02 10:01:58', 'a') + login('2026-11-02 09:59:31', 'b');
  assert.deepEqual(await history({ '': text }, '--timezone', 'UTC'), ['2026-11-02T10:00 2', '2026-11-02T11:00 3']);
});

test('who has resumed a session is known to do so after months, too', async () => {
  const text =
    login('2026-06-01 09:00:00', 'a') +
    end('2026-06-01 10:00:00', 'a') +
    login('2026-06-01 10:05:00', 'a').replace('c2sa', 'c2sb') +
    end('2026-06-01 11:00:00', 'a') +
    login('2026-10-02 09:00:00', 'a') +
    end('2026-10-02 10:00:00', 'a') +
    end('2026-10-03 12:00:00', 'x');
  const rows = await history(
    { '': text },
    '--timezone',
    'UTC',
    '--from',
    '2026-10-03T10:00',
    '--to',
    '2026-10-03T11:00',
  );
  assert.deepEqual(rows, ['2026-10-03T10:00 1', '2026-10-03T11:00 0']);
});

test('of two rotated files of one second the names tell which is older [8.18]', async () => {
  const rows = await history(
    {
      '.2': login('2026-11-01 10:00:00', 'a'),
      '.1': end('2026-11-01 10:00:00', 'a'),
      '': login('2026-11-02 10:30:00', 'b'),
    },
    ...['--timezone', 'UTC', '--from', String(at('2026-11-02T11:00:00Z'))],
  );
  assert.deepEqual(rows, ['2026-11-02T11:00 1']);
});

test('a step of a week adds no row behind the end of the log [8.18]', async () => {
  const text = login('2026-11-01 10:00:00', 'a') + end('2026-11-12 09:30:00', 'a');
  const rows = await history({ '': text }, '--timezone', 'UTC', '--step', '1w');
  assert.deepEqual(rows, ['2026-11-05T00:00 1', '2026-11-12T00:00 1']);
});

test('days begin at midnight in the zone, also where they have 25 hours [8.18]', async () => {
  const text = login('2026-10-24 10:00:00', 'a') + end('2026-10-26 09:30:00', 'a');
  const rows = await history({ '': text }, '--timezone', 'Europe/Berlin', '--step', '1d');
  assert.deepEqual(rows, ['2026-10-24T22:00 1', '2026-10-25T23:00 1']);
});

test('a date is midnight in the zone [8.18]', async () => {
  const text = login('2026-10-24 10:00:00', 'a') + end('2026-10-26 09:30:00', 'a');
  const hours = ['--timezone', 'Europe/Berlin', '--from', '2026-10-25', '--to', '2026-10-25T01:30'];
  assert.deepEqual(await history({ '': text }, ...hours), ['2026-10-24T22:00 1', '2026-10-24T23:00 1']);
});

test('no row lies behind the last line that is believed [8.18]', async () => {
  const now = Math.floor(Date.now() / 1000);
  const stamp = (at: number): string => new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const rows = await history(
    { '': login(stamp(now - 9 * 3600), 'a') + login(stamp(now + 3600), 'b') },
    '--timezone',
    'UTC',
  );
  assert.equal(rows.length, 1);
});

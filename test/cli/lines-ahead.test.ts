import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { invoke } from '../fuzz/drive.ts';
import { run } from '../program.ts';

test('count takes in no login that is some minutes ahead, though it is believed [8.12]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [log, index] = [join(directory, 'prosody.log'), join(directory, 'index')];
  const now = Math.floor(Date.now() / 1000);
  const line = (at: number, session: string, user: string): string =>
    `${new Date(at * 1000).toISOString()} ${session}\tinfo\tAuthenticated as ${user}\n`;
  writeFileSync(log, line(now - 3600, 'c2s1', 'alice@here.example') + line(now + 250, 'c2s2', 'bob@ahead.example'));
  await run(['backfill', '--index', index, log]);
  const { out } = await run(['count', '--index', index, '--json', '--at', String(now)]);
  const { hosts } = JSON.parse(out);
  assert.deepEqual(hosts['here.example'], { d1: 1, d7: 1, d30: 1 });
  assert.equal(hosts['ahead.example']?.d1 ?? 0, 0);
  const later = JSON.parse((await run(['count', '--index', index, '--json', '--at', String(now + 250)])).out);
  assert.equal(later.hosts['ahead.example'].d1, 1);
});

const AGAIN: readonly (readonly [what: string, files: readonly string[]])[] = [
  ['all files', ['x.log.2', 'x.log.1', 'x.log']],
  ['the later files', ['x.log.1', 'x.log']],
];
for (const [what, again] of AGAIN)
  test(`a backfill of ${what} again, as one line of them lay in the future, leaves the sessions as they were [8.3]`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const index = join(directory, 'index');
    const now = Math.floor(Date.now() / 1000);
    const line = (ago: number, session: string, text: string): string =>
      `${new Date((now - ago) * 1000).toISOString()} ${session}\tinfo\t${text}\n`;
    const DAY = 86_400;
    const texts: Readonly<Record<string, readonly string[]>> = {
      'x.log.2': [
        line(7 * DAY, 'c2s1', 'Authenticated as alice@a.example'),
        line(3 * DAY + 3600, 'c2s9', 'Client connected'),
      ],
      'x.log.1': [
        line(3 * DAY, 'c2s9', 'Client connected'),
        line(-20 * DAY, 'c2s8', 'Authenticated as ghost@a.example'),
        line(3 * DAY - 60, 'c2s1', 'Client disconnected: connection closed'),
        line(3 * DAY - 120, 'c2s2', 'Authenticated as alice@a.example'),
        // An id that is used again without an end carried a resumption: alice is online.
        line(2 * DAY, 'c2s2', 'Client connected'),
        line(3600, 'c2s9', 'Client connected'),
      ],
      'x.log': [line(60, 'c2s9', 'Client connected')],
    };
    for (const [name, lines] of Object.entries(texts)) writeFileSync(join(directory, name), lines.join(''));
    for (const names of [['x.log.2', 'x.log.1'], again, again]) {
      await run(['backfill', '--index', index, ...names.map((name) => join(directory, name))]);
      const { hosts } = JSON.parse((await run(['count', '--index', index, '--json'])).out);
      assert.deepEqual(hosts['a.example'], { d1: 1, d7: 1, d30: 1 });
    }
  });

test('who carried a resumption stays nobody online when only the files behind its first login are read again [8.3]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const index = join(directory, 'index');
  const now = Math.floor(Date.now() / 1000);
  const line = (ago: number, session: string, text: string): string =>
    `${new Date((now - ago) * 1000).toISOString()} ${session}\tinfo\t${text}\n`;
  const login = (ago: number, session: string, user: string): string =>
    line(ago, session, `Authenticated as ${user}@a.example`);
  const end = (ago: number, session: string): string => line(ago, session, 'Client disconnected: connection closed');
  const idle = (ago: number): string => line(ago, 'c2s9', 'Client connected');
  const DAY = 86_400;
  const texts: Readonly<Record<string, readonly string[]>> = {
    'x.log.2': [
      // Somebody resumes, so an end closes what began while the session was open.
      ...[login(8 * DAY, 'c2se', 'eve'), end(8 * DAY - 60, 'c2se')],
      ...[login(8 * DAY - 120, 'c2sf', 'eve'), end(8 * DAY - 180, 'c2se')],
      ...[login(7 * DAY, 'c2s1', 'alice'), idle(5 * DAY + 3600)],
    ],
    'x.log.1': [
      ...[idle(5 * DAY), login(-20 * DAY, 'c2s8', 'ghost')],
      ...[login(5 * DAY - 60, 'c2s2', 'alice'), end(5 * DAY - 120, 'c2s1')],
      // The first session is forgotten by then, and only the second tells of it.
      ...[login(5 * DAY - 7200, 'c2s3', 'alice'), end(5 * DAY - 7300, 'c2s3'), idle(5 * DAY - 7500), idle(7200)],
    ],
    'x.log': [idle(60)],
  };
  for (const [name, lines] of Object.entries(texts)) writeFileSync(join(directory, name), lines.join(''));
  for (const names of [
    ['x.log.2', 'x.log.1'],
    ['x.log.1', 'x.log'],
  ]) {
    await run(['backfill', '--index', index, ...names.map((name) => join(directory, name))]);
    const { hosts } = JSON.parse((await run(['count', '--index', index, '--json'])).out);
    assert.deepEqual(hosts['a.example'], { d1: 0, d7: 1, d30: 2 });
  }
});

test('all that was read by a clock that was ahead, given again, tells who is online [8.4]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [log, index, config] = [join(directory, 'x.log'), join(directory, 'index'), join(directory, 'config.toml')];
  writeFileSync(config, '');
  const now = Math.floor(Date.now() / 1000);
  const login = (at: number, session: string, user: string): string =>
    `${new Date(at * 1000).toISOString()} ${session}\tinfo\tAuthenticated as ${user}\n`;
  writeFileSync(log, login(now - 60, 'c2s2', 'bob@b.example') + login(now + 86_000, 'c2s3', 'ghost@c.example'));
  writeFileSync(
    `${log}.1`,
    login(now - 3 * 86_400, 'c2s1', 'alice@a.example') + login(now - 90, 'c2s4', 'bob@b.example'),
  );
  const by = async (clock: number, ...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await invoke([...args, '--config', config, '--index', index], { now: () => clock });
    // 1 says that there were lines that are not believed.
    assert.ok(code === 0 || code === 1, err);
    return out;
  };
  await by(now + 86_400, 'backfill', log);
  await by(now, 'backfill', `${log}.1`);
  await by(now, 'backfill', `${log}.1`, log);
  const { hosts } = JSON.parse(await by(now, 'count', '--json'));
  assert.deepEqual(hosts['a.example'], { d1: 1, d7: 1, d30: 1 });
});

test('only the last files given again leave who logged in between the line that lay ahead and them online [8.3]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const index = join(directory, 'index');
  const now = Math.floor(Date.now() / 1000);
  const HOUR = 3600;
  const line = (ago: number, session: string, text: string): string =>
    `${new Date((now - ago) * 1000).toISOString()} ${session}\tinfo\t${text}\n`;
  const idle = (ago: number): string => line(ago, 'c2s9', 'Client connected');
  const login = (ago: number, session: string, user: string): string =>
    line(ago, session, `Authenticated as ${user}@a.example`);
  const texts: Readonly<Record<string, readonly string[]>> = {
    'x.log.3': [idle(82 * HOUR), login(-480 * HOUR, 'c2s8', 'ghost'), idle(72 * HOUR)],
    'x.log.2': [login(70 * HOUR, 'c2s1', 'alice'), idle(60 * HOUR)],
    'x.log.1': [idle(58 * HOUR), idle(48 * HOUR)],
    'x.log': [idle(46 * HOUR), idle(60)],
  };
  for (const [name, lines] of Object.entries(texts)) writeFileSync(join(directory, name), lines.join(''));
  for (const names of [['x.log.3', 'x.log.2'], ['x.log.1'], ['x.log.1', 'x.log']])
    await run(['backfill', '--index', index, ...names.map((name) => join(directory, name))]);
  const { hosts } = JSON.parse((await run(['count', '--index', index, '--json'])).out);
  assert.deepEqual(hosts['a.example'], { d1: 1, d7: 1, d30: 1 });
});

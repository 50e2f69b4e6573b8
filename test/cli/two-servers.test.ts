/** Two servers that write into one log: one of them is counted, and that the other one is not is told. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ParseHealth } from '../../src/service/parse-health.ts';
import { run } from '../program.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'two-servers-'));
});
after(() => rm(root, { recursive: true }));

const line = (program: string, second: number, text: string): string =>
  `2026-03-02T10:00:${String(second).padStart(2, '0')}+00:00 vm ${program}[12]: ${text}`;

const lines = [
  line('prosody', 0, 'startup: Hello and welcome to Prosody version 0.12.3'),
  line('other', 0, 'startup: Hello and welcome to Prosody version 0.12.3'),
  ...Array.from({ length: 40 }, (_, i) =>
    line(i % 2 ? 'prosody' : 'other', i, `c2s55d${i}: Authenticated as user${i}@chat.example`),
  ),
];

test('check names the one that is not counted [10.6]', async () => {
  const log = join(root, 'syslog');
  await writeFile(log, `${lines.join('\n')}\n`);
  const { out } = await run(['check', '--log', log, '--index', join(root, 'index')]);
  assert.match(out, /warning: lines of another XMPP server, which are not counted.*: 21 of other;/);
  assert.match(out, /logins and logouts in them: 20/);
});

for (const command of ['history', 'backfill'])
  test(`${command} names it, too [10.6]`, async () => {
    const log = join(root, `syslog-${command}`);
    await writeFile(log, `${lines.join('\n')}\n`);
    const { code, err } = await run([
      command,
      log,
      ...(command === 'backfill' ? ['--index', join(root, 'filled')] : []),
    ]);
    assert.match(err, /lines of another XMPP server, which are not counted.*: 21 of other; let each server write/);
    assert.equal(code, 0);
  });

test('run warns once [10.6]', () => {
  const parseHealth = new ParseHealth();
  const counts = { lines: 1, events: 1, rejected: 0, foreign: 0, quoted: 0 };
  const told = { path: '/a.log', server: 'prosody', version: '0.12.3', counts, rival: { program: 'b', lines: 9 } };
  assert.equal([...parseHealth.judge(told, 1)].length, 1);
  assert.equal([...parseHealth.judge(told, 2)].length, 0);
});

describe('lines at the end of a log of which it cannot be told whose they are', () => {
  const container = (second: number): string =>
    line('17e3a6f0c2d9', second, 'c2s55ee: Authenticated as late@chat.example');
  const begin = lines.filter((each) => each.includes('prosody['));

  for (const command of ['history', 'explain'])
    test(`${command} takes them where there are some of them [10.6]`, async () => {
      const log = join(root, `some-${command}`);
      await writeFile(log, `${[...begin, container(50), container(51)].join('\n')}\n`);
      const { out, err } = await run([command, log]);
      assert.ok(!err.includes('cannot be told'), err);
      assert.match(out, command === 'history' ? /chat\.example,21,21,21/ : /late@chat\.example/);
    });

  for (const command of ['history', 'backfill', 'explain'])
    test(`${command} tells of one [10.6]`, async () => {
      const log = join(root, `one-${command}`);
      await writeFile(log, `${[...begin, container(50)].join('\n')}\n`);
      const index = ['--index', join(root, 'one-index')];
      const { code, err } = await run([command, log, ...(command === 'backfill' ? index : [])]);
      assert.match(err, /the last line of \S+ cannot be told/);
      assert.equal(code, 0);
    });

  test('run tells of it when an hour later it still is so, and once [10.6]', () => {
    const parseHealth = new ParseHealth();
    const counts = { lines: 1, events: 1, rejected: 0, foreign: 0, quoted: 0 };
    const told = { path: '/a.log', server: 'prosody', version: '0.12.3', counts, waiting: 1 };
    assert.deepEqual(
      [1, 2, 3].map((at) => [...parseHealth.judge(told, at)].length),
      [0, 1, 0],
    );
  });
});

/** Which of the files given are one log, and whose zone it has: told by names, tables and flags, and never guessed. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { run } from '../program.ts';

const root = mkdtempSync(join(tmpdir(), 'which-log-'));
after(() => rmSync(root, { recursive: true }));
let made = 0;

const HELLO = 'startup\tinfo\tHello and welcome to Prosody version 0.12.3';
const login = (id: string, user: string): string => `${id}\tinfo\tAuthenticated as ${user}@a.example`;
const end = (id: string): string => `${id}\tinfo\tClient disconnected: closed`;

/** A directory with files, given as lines, and with a configuration of these tables. */
function laid(
  files: Readonly<Record<string, readonly string[]>>,
  ...tables: readonly Record<string, string>[]
): string {
  const directory = join(root, `case-${++made}`);
  mkdirSync(directory);
  for (const [name, lines] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  }
  const toml = tables.map((table) =>
    ['[[log]]', ...Object.entries(table).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)].join('\n'),
  );
  writeFileSync(join(directory, 'config.toml'), toml.join('\n'));
  return directory;
}

const at = (iso: string): number => Date.parse(iso) / 1000;

/** The rows of `history` by time: `d1 d7 d30`. */
async function rows(
  directory: string,
  ...args: string[]
): Promise<{ at: (iso: string) => string | undefined; first: number; err: string; code: unknown }> {
  const { code, out, err } = await run([
    'history',
    '--config',
    join(directory, 'config.toml'),
    '--format',
    'csv',
    ...args,
  ]);
  const found = new Map(
    out
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(','))
      .map(([time, , ...counts]) => [Number(time), counts.join(' ')]),
  );
  return { at: (iso) => found.get(at(iso)), first: Math.min(...found.keys()), err, code };
}

const inside = (directory: string, ...names: string[]): string[] => names.map((name) => join(directory, name));

describe('the zone of a table', () => {
  test('is that of the stamps in its files [8.13]', async () => {
    const directory = laid(
      { 'prosody.log': [`2026-11-02 09:10:00 ${login('c2s1', 'alice')}`, `2026-11-02 10:10:00 ${end('c2s1')}`] },
      { path: 'prosody.log', timezone: 'Asia/Tokyo' },
    );
    const found = await rows(directory, ...inside(directory, 'prosody.log'));
    assert.deepEqual([found.code, found.first], [0, at('2026-11-02T01:00:00Z')]);
    assert.match(found.err, /log \S+prosody\.log: 1 file, zone Asia\/Tokyo/);
  });

  test("is no other table's, and each is a log of its own in one backfill [8.13]", async () => {
    const directory = laid(
      {
        'west/prosody.log': [`2026-11-02 10:00:00 ${login('c2s1', 'alice')}`, `2026-11-02 11:00:00 ${end('c2s1')}`],
        'south/prosody.log': [`2026-11-03 12:00:00 ${login('c2s1', 'bob')}`, `2026-11-03 13:00:00 ${end('c2s1')}`],
      },
      { path: 'west/prosody.log', timezone: 'America/Los_Angeles' },
      { path: 'south/prosody.log', timezone: 'Pacific/Auckland' },
    );
    const index = ['--config', join(directory, 'config.toml'), '--index', join(directory, 'index')];
    assert.equal(
      (await run(['backfill', ...index, ...inside(directory, 'west/prosody.log', 'south/prosody.log')])).code,
      0,
    );
    const logins = async (user: string): Promise<string> => (await run(['last', ...index, `${user}@a.example`])).out;
    assert.match(await logins('alice'), /2026-11-02T18:00:00\+00:00/);
    assert.match(await logins('bob'), /2026-11-02T23:00:00\+00:00/);
  });

  test('decides of two tables with the same text, too [8.13]', async () => {
    const lines = [`2026-11-02 10:00:00 ${login('c2s1', 'alice')}`, `2026-11-02 11:00:00 ${end('c2s1')}`];
    const directory = laid(
      { 'a.log': lines, 'b.log': lines },
      { path: 'a.log', timezone: 'UTC' },
      { path: 'b.log', timezone: 'America/New_York' },
    );
    const found = await rows(directory, ...inside(directory, 'a.log', 'b.log'));
    assert.equal(found.at('2026-11-03T15:00:00Z'), undefined);
    assert.equal(found.at('2026-11-02T16:00:00Z'), '1 1 1');
  });
});

test('a file that is given twice is read once', async () => {
  const directory = laid({ 'x.log': [`2026-11-02 09:10:00 ${login('c2s1', 'alice')}`] });
  const twice = inside(directory, 'x.log', 'x.log');
  assert.equal((await rows(directory, ...twice)).at('2026-11-02T10:00:00Z'), '1 1 1');
  assert.equal((await rows(directory, ...twice.flatMap((path) => ['--log', `x=${path}`]))).code, 0);
});

describe('files of different logs', () => {
  const NODES = {
    'nodeA/prosody.log': [
      `2026-11-02 09:00:00 ${HELLO}`,
      `2026-11-02 09:10:00 ${login('c2s1', 'alice')}`,
      `2026-11-04 12:00:00 ${end('c2s1')}`,
    ],
    'nodeB/prosody.log': [`2026-11-02 10:30:00 ${HELLO}`, `2026-11-04 13:00:00 mod_x\tinfo\tnothing`],
  };

  test('are those of different directories: a start of B ends no session of A [8.13]', async () => {
    const directory = laid(NODES);
    const found = await rows(directory, ...inside(directory, ...Object.keys(NODES)));
    assert.equal(found.at('2026-11-04T10:00:00Z'), '1 1 1');
    assert.match(found.err, /log \S+nodeA\/prosody\.log: 1 file, zone UTC\n.*log \S+nodeB\/prosody\.log: 1 file/);
    assert.match(found.err, /--log NAME=GLOB says what is one log/);
  });

  test('are those of two tables, also when they do not overlap in time [8.13]', async () => {
    const directory = laid(
      {
        'a.log': [`2026-11-02 09:10:00 ${login('c2s1', 'alice')}`],
        'b.log': [`2026-11-04 09:00:00 ${HELLO}`, `2026-11-04 12:00:00 mod_x\tinfo\tnothing`],
      },
      { path: 'a.log' },
      { path: 'b.log' },
    );
    const found = await rows(directory, ...inside(directory, 'a.log', 'b.log'));
    assert.equal(found.at('2026-11-04T11:00:00Z'), '1 1 1');
  });

  test('are those of different names in one directory [8.13]', async () => {
    const directory = laid({
      'a.log': [`2026-11-02 09:10:00 ${login('c2s1', 'alice')}`, `2026-11-02 10:00:00 mod_x\tinfo\tnothing`],
      'b.log': [`2026-11-02 10:30:00 ${HELLO}`, `2026-11-02 12:00:00 mod_x\tinfo\tnothing`],
    });
    const found = await rows(directory, ...inside(directory, 'a.log', 'b.log'));
    assert.match(found.err, /log \S+a\.log: 1 file.*\n.*log \S+b\.log: 1 file/);
  });

  test('are standard input and whatever is given with it [8.13]', async () => {
    const directory = laid({ 'a.log': [`2026-11-02 09:10:00 ${login('c2s1', 'alice')}`] });
    const { err } = await run(['history', '--config', join(directory, 'config.toml'), '-', join(directory, 'a.log')], {
      input: `2026-11-02 10:30:00 ${HELLO}\n2026-11-02 12:00:00 ${login('c2s2', 'bob')}\n`,
    });
    assert.match(err, /log \S+a\.log: 1 file.*\n.*log standard input: 1 file/);
  });
});

describe('files of one log', () => {
  const OLD = [`2026-11-02 09:10:00 ${login('c2s1', 'alice')}`];
  const LIVE = [`2026-11-02 09:50:00 ${end('c2s1')}`, `2026-11-04 12:00:00 mod_x\tinfo\tnothing`];

  test('are the configured log and its backup in one other directory [8.13]', async () => {
    const directory = laid(
      { 'backup/prosody.log.1': OLD, 'log/prosody.log': LIVE },
      { path: 'log/prosody.log', name: 'main', timezone: 'Asia/Tokyo' },
    );
    const found = await rows(directory, ...inside(directory, 'backup/prosody.log.1', 'log/prosody.log'));
    assert.match(found.err, /log main: 2 files, zone Asia\/Tokyo/);
    assert.equal(found.at('2026-11-04T03:00:00Z'), '0 1 1');
    const alone = await rows(directory, ...inside(directory, 'backup/prosody.log.1'));
    assert.match(alone.err, /log main: 1 file, zone Asia\/Tokyo/);
  });

  for (const [what, tables, files] of [
    ['two tables', ['x/prosody.log', 'y/prosody.log'], ['backup/prosody.log.1']],
    ['two directories', ['x/prosody.log'], ['backup/prosody.log.1', 'other/prosody.log.2']],
  ] as const)
    test(`are not guessed where ${what} fit: the flag is named [8.13]`, async () => {
      const directory = laid(
        { 'backup/prosody.log.1': OLD, 'other/prosody.log.2': LIVE },
        ...tables.map((path) => ({ path })),
      );
      const found = await rows(directory, ...inside(directory, ...files));
      assert.equal(found.code, 2);
      assert.match(found.err, /prosody\.log.*it is not clear.*--log NAME=GLOB/);
    });

  test('are those of one name in --log, with the zone of the table of that name [8.13]', async () => {
    const directory = laid(
      { 'old/chat-1.txt': OLD, 'new/chat.txt': LIVE, 'x/prosody.log': [`2026-11-02 10:30:00 ${HELLO}`] },
      { path: 'x/prosody.log', name: 'main', timezone: 'Asia/Tokyo' },
    );
    const named = (name: string): string[] => [
      '--log',
      `${name}=${directory}/old/*`,
      '--log',
      `${name}=${directory}/n?[vw]/chat.txt`,
    ];
    const found = await rows(directory, ...named('main'));
    assert.match(found.err, /log main: 2 files, zone Asia\/Tokyo/);
    assert.equal(found.at('2026-11-04T03:00:00Z'), '0 1 1');
    const other = await rows(directory, ...named('other'), ...inside(directory, 'new/chat.txt'));
    assert.match(other.err, /log other: 2 files, zone UTC/);
    assert.doesNotMatch(other.err, /chat\.txt: /);
  });

  test('are known again by the name of the log in the next backfill [8.13]', async () => {
    const directory = laid({ 'old/a': OLD, 'new/b': LIVE });
    const backfill = (): Promise<{ code: unknown; err: string }> =>
      run([
        'backfill',
        '--config',
        join(directory, 'config.toml'),
        '--index',
        join(directory, 'index'),
        '--log',
        `n=${directory}/*/[ab]`,
      ]);
    assert.match((await backfill()).err, /log n: 2 files[^]*: 3 lines read/);
    assert.match((await backfill()).err, /log n: 2 files[^]*: 0 lines read/);
  });
});

test('explain reads a file that may be of two logs as one of neither, as the zone that it prints says [8.13]', async () => {
  const at = `2026-11-02 09:10:00 ${login('c2s1', 'alice')}`;
  const tables = ['/a/x.log', '/b/x.log'].map((path) => ({ path, timezone: 'Asia/Tokyo' }));
  const directory = laid({ 'backup/x.log.1': [at], 'a/x.log.1': [at] }, ...tables);
  const config = ['--config', join(directory, 'config.toml')];
  const { code, out, err } = await run(['explain', ...config, join(directory, 'backup/x.log.1')]);
  assert.deepEqual([code, /alice@a\.example/.test(out), /time \(UTC\)/.test(err)], [0, true, true], err);
});

describe('what is wrong with --log and with names', () => {
  const one = laid({ 'a.log': [`2026-11-02 09:10:00 ${login('c2s1', 'alice')}`] });
  const CASES: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no name', ['--log', join(one, 'a.log')], /NAME=GLOB/],
    ['no file', ['--log', `a=${one}/*.gz`], /--log a=\S+\*\.gz: there is no such file/],
    [
      'a range of characters that goes backwards',
      ['--log', `a=${one}/[z-a]*`],
      /--log a=\S+\/\[z-a\]\*: a range of characters in it goes backwards; write the lower one first/,
    ],
    ['nothing at all', [], /missing required argument 'file'/],
    [
      'one file in two logs',
      ['--log', `a=${one}/a.log`, '--log', `b=${one}/*.log`],
      /a\.log is given to two logs, a and b/,
    ],
  ];
  for (const [what, args, sentence] of CASES)
    for (const command of ['history', 'backfill'])
      test(`${command}: ${what} [8.13]`, async () => {
        const env = { XDG_STATE_HOME: one };
        const { code, err } = await run([command, '--config', join(one, 'config.toml'), ...args], { env });
        assert.deepEqual([code, sentence.test(err)], [2, true], err);
      });

  for (const [what, tables, sentence] of [
    [
      'one name for two',
      [
        { path: '/a', name: 'x' },
        { path: '/b', name: 'x' },
      ],
      /two logs have the name "x"/,
    ],
    ['the path of another', [{ path: '/a' }, { path: '/b', name: '/a' }], /two logs have the name "\/a"/],
    ['an equals sign', [{ path: '/a', name: 'a=b' }], /log\.0\.name must be a text without "="/],
  ] as const)
    test(`${what} in [[log]] name [8.13]`, async () => {
      const directory = laid({}, ...tables);
      const { code, err } = await run(['check', '--config', join(directory, 'config.toml')]);
      assert.deepEqual([code, sentence.test(err)], [2, true], err);
    });
});

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isOnline } from '../../src/activity/session-state.ts';
import type { Session } from '../../src/activity/sessions.ts';
import { contentsOf } from '../index/index-contents.ts';
import { golden, run } from '../program.ts';

const FILES = ['prosody.log.2', 'prosody.log.1', 'prosody.log'].map((name) => golden(`small-utc/${name}`));
const YEAR = ['--year', '2026', '--timezone', 'UTC'];
const LAST = 1_773_014_400;
let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'old-logs-'));
});
after(() => rm(root, { recursive: true }));

const newIndex = (): string => join(root, `index-${++made}`);

type LogLine = readonly [time: string, source: string, message: string];

/** Logs of one name with years in their stamps, by what rotation added to the name; their paths in the same order. */
async function logs(files: Readonly<Record<string, readonly LogLine[]>>): Promise<string[]> {
  const directory = await mkdtemp(join(root, 'logs-'));
  const paths = Object.keys(files).map((suffix) => join(directory, `prosody.log${suffix}`));
  for (const [i, lines] of Object.values(files).entries())
    await writeFile(paths[i] ?? '', lines.map(([time, ...rest]) => `${time} ${rest.join('\tinfo\t')}\n`).join(''));
  return paths;
}

/** What an index holds, without what names a run: ids and times of reading. */
async function contents(path: string): Promise<{ users: object; sessions: Record<string, Session> }> {
  const { users, sessions } = await contentsOf(path);
  return {
    users: Object.fromEntries(users),
    sessions: Object.fromEntries([...sessions].map(([key, session]) => [key, session as Session])),
  };
}

async function online(path: string): Promise<string[]> {
  const { sessions } = await contents(path);
  return Object.values(sessions)
    .filter(isOnline)
    .map(({ user }) => user)
    .toSorted();
}

async function countAt(index: string, at: number): Promise<unknown> {
  const { code, out } = await run(['count', '--json', '--at', String(at), '--index', index]);
  assert.equal(code, 0);
  const { time, hosts } = JSON.parse(out) as { time: unknown; hosts: unknown };
  return { time, hosts };
}

/** The last sample of `history`, as `count --json` has it. */
async function lastOfHistory(): Promise<unknown> {
  const { out } = await run(['history', ...YEAR, '--format', 'csv', ...FILES]);
  const rows = out
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','));
  const hosts = rows
    .filter(([time]) => time === String(LAST))
    .map(([, host = '', d1, d7, d30]) => [host, { d1: Number(d1), d7: Number(d7), d30: Number(d30) }] as const);
  return { time: LAST, hosts: Object.fromEntries(hosts) };
}

describe('count', () => {
  it('marks lower bounds, and says how much the logs cover [8.21]', async () => {
    const index = newIndex();
    await run(['backfill', ...YEAR, '--index', index, ...FILES]);
    const asked = ['count', '--index', index, '--at', String(LAST)];
    const { out, err } = await run(asked);
    assert.match(out, /^chat\.example +\d+ +\d+ +>=\d+$/m);
    assert.match(err, /counts with >= are lower bounds: the logs cover 7\.0 of 30 days\n/);
    assert.match((await run(asked, { env: { LANG: 'C.UTF-8' } })).out, /^all hosts +\d+ +\d+ +\u2265\d+$/m);
  });
});

describe('old logs', () => {
  it('backfill and count say what history says', async () => {
    const index = newIndex();
    assert.equal((await run(['backfill', ...YEAR, '--index', index, ...FILES])).code, 0);
    assert.deepEqual(await countAt(index, LAST), await lastOfHistory());
  });

  it('F31: a second backfill changes nothing, and any order of the files gives the same', async () => {
    const [once, shuffled] = [newIndex(), newIndex()];
    await run(['backfill', ...YEAR, '--index', once, ...FILES]);
    const before = await contents(once);
    assert.equal((await run(['backfill', ...YEAR, '--index', once, ...FILES])).code, 0);
    assert.deepEqual(await contents(once), before);
    const [oldest = '', middle = '', newest = ''] = FILES;
    await run(['backfill', ...YEAR, '--index', shuffled, newest, oldest, middle]);
    assert.deepEqual(await countAt(shuffled, LAST), await countAt(once, LAST));
  });

  it('standard input is read like a file', async () => {
    const [oldest = ''] = FILES;
    const piped = await run(['history', ...YEAR, '--format', 'csv', '-'], { input: await readFile(oldest) });
    const named = await run(['history', ...YEAR, '--format', 'csv', oldest]);
    assert.deepEqual([piped.code, piped.out], [0, named.out]);
  });

  it('explain prints one object per line of the file', async () => {
    const [oldest = ''] = FILES;
    const { out } = await run(['explain', '--json', ...YEAR, oldest]);
    const objects = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; kind: string | null });
    assert.equal(objects.length, (await readFile(oldest, 'utf8')).trimEnd().split('\n').length);
    assert.deepEqual(objects[15], {
      ...{ line: 16, kind: 'connect', session: 'c2s56255868f2e0', at: 1_772_409_927 },
    });
    assert.deepEqual(objects[16], {
      ...{ line: 17, kind: 'start', user: 'tina191@chat.example', session: 'c2s56255868f2e0', at: 1_772_409_927 },
    });
  });

  it('files that are read one by one leave no session open that ended in one of them, in whatever order they come', async () => {
    const files = await logs({
      '.2': [
        ['2026-10-03 10:00:00', 'c2sa1', 'Authenticated as alice@a.example'],
        ['2026-10-03 10:05:00', 'c2sb1', 'Authenticated as bob@a.example'],
        ['2026-10-03 10:06:00', 'c2sb1', 'Client disconnected: closed'],
      ],
      '.1': [
        ['2026-10-03 18:00:00', 'c2sa1', 'Client disconnected: closed'],
        ['2026-10-03 19:00:00', 'c2sb2', 'Authenticated as bob@a.example'],
        ['2026-10-03 20:00:00', 'c2sb2', 'Client disconnected: closed'],
      ],
      '': [
        ['2026-10-04 06:00:00', 'c2sc1', 'Authenticated as carol@a.example'],
        ['2026-10-04 07:00:00', 'c2sc1', 'Client disconnected: closed'],
      ],
    });
    const [a = '', b = '', c = ''] = files;
    for (const order of [
      [a, b, c],
      [a, c, b],
      [b, a, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
    ]) {
      const index = newIndex();
      for (const file of order) await run(['backfill', '--timezone', 'UTC', '--index', index, file]);
      assert.deepEqual(await online(index), []);
      const later = Date.parse('2026-10-20T00:00:00Z') / 1000;
      assert.deepEqual(await countAt(index, later), { time: later, hosts: { 'a.example': { d1: 0, d7: 0, d30: 3 } } });
    }
  });

  it('files given with one missing between them, and then all of them, are as all at once [8.12]', async () => {
    const [two = '', one = '', live = ''] = await logs({
      '.2': [['2026-03-01T08:00:00Z', 'c2s1', 'Authenticated as stays@chat.example']],
      '.1': [
        ['2026-03-03T08:00:00Z', 'c2s2', 'Authenticated as bob@chat.example'],
        ['2026-03-03T09:00:00Z', 'c2s2', 'Client disconnected: connection closed'],
      ],
      '': [['2026-03-05T08:00:00Z', 'c2s3', 'Authenticated as carol@chat.example']],
    });
    const step = async (index: string, ...files: string[]): Promise<void> => {
      const { code, err } = await run(['backfill', ...YEAR, '--index', index, ...files]);
      assert.equal(code, 0, err);
    };
    const [index, fresh] = [newIndex(), newIndex()];
    await step(fresh, two, one, live);
    await step(index, one);
    await step(index, live, two);
    await step(index, live, one, two);
    assert.deepEqual(await contents(index), await contents(fresh));
  });

  it('a file that was read behind later ones is read anew with them when all are given [8.12]', async () => {
    const [three = '', two = '', one = '', live = ''] = await logs({
      '.3': [['2026-03-01T08:00:00Z', 'c2s1', 'Authenticated as alice@chat.example']],
      '.2': [['2026-03-01T18:00:00Z', 'c2s2', 'Authenticated as bob@chat.example']],
      '.1': [['2026-03-02T02:00:00Z', 'c2s3', 'Authenticated as carol@chat.example']],
      '': [['2026-03-02T12:00:00Z', 'c2s4', 'Authenticated as dave@chat.example']],
    });
    const all = [three, two, one, live];
    for (const steps of [
      [[three, live], [two], [one], all],
      [[live], [one, three], all],
      [[one, live], [two], [three], all],
    ]) {
      const index = newIndex();
      for (const files of steps) await run(['backfill', ...YEAR, '--index', index, ...files]);
      assert.deepEqual(
        await online(index),
        ['alice', 'bob', 'carol', 'dave'].map((name) => `${name}@chat.example`),
      );
    }
  });

  it('an end behind a missing file is not taken for that of whoever had the id before [8.12]', async () => {
    const [two = '', one = '', live = ''] = await logs({
      '.2': [['2026-05-09 10:00:00', 'c2sa1', 'Authenticated as carol@a.example']],
      '.1': [
        ['2026-05-10 10:00:00', 'c2sa1', 'Client disconnected: closed'],
        ['2026-05-12 10:00:00', 'c2sa1', 'Client connected'],
        ['2026-05-12 10:00:00', 'c2sa1', 'Authenticated as bob@a.example'],
      ],
      '': [
        ['2026-05-18 10:00:00', 'c2sa1', 'Client disconnected: closed'],
        ['2026-05-18 10:00:00', 'bosh1', 'Authenticated as erin@a.example'],
      ],
    });
    const index = newIndex();
    await run(['backfill', '--timezone', 'UTC', '--index', index, live, two]);
    const at = Date.parse('2026-05-18T11:00:00Z') / 1000;
    assert.deepEqual(await countAt(index, at), { time: at, hosts: { 'a.example': { d1: 1, d7: 1, d30: 2 } } });
    await run(['backfill', '--timezone', 'UTC', '--index', index, live, one, two]);
    assert.deepEqual(await countAt(index, at), { time: at, hosts: { 'a.example': { d1: 1, d7: 2, d30: 3 } } });
  });

  it('older files that are read again do not undo what newer ones said', async () => {
    const [older = '', old = '', live = ''] = await logs({
      '.2': [
        ['2026-11-10 10:00:00', 'c2sd1', 'Authenticated as dave@a.example'],
        ['2026-11-10 10:05:00', 'c2sd1', 'Client disconnected: closed'],
      ],
      '.1': [
        ['2026-11-10 20:00:00', 'c2sb1', 'Authenticated as bob@a.example'],
        ['2026-11-10 20:10:00', 'c2se1', 'Authenticated as erin@a.example'],
      ],
      '': [
        ['2026-11-10 20:30:00', 'c2sb1', 'Client disconnected: closed'],
        ['2026-11-10 21:00:00', 'c2sc1', 'Authenticated as carol@a.example'],
      ],
    });
    const index = newIndex();
    await run(['backfill', '--timezone', 'UTC', '--index', index, old, live]);
    await run(['backfill', '--timezone', 'UTC', '--index', index, older, old]);
    assert.deepEqual(await online(index), ['carol@a.example', 'erin@a.example']);
  });

  it('who was online before a gap is not taken to be online for ever', async () => {
    const [before = '', after = ''] = await logs({
      '.2': [['2026-06-01 10:00:00', 'c2sa1', 'Authenticated as alice@a.example']],
      '': [
        ['2026-06-09 10:00:00', 'c2sb1', 'Authenticated as bob@a.example'],
        ['2026-07-09 10:00:00', 'c2sb1', 'Client disconnected: closed'],
      ],
    });
    const { out } = await run(['history', '--timezone', 'UTC', '--format', 'csv', before, after]);
    const at = Date.parse('2026-07-05T10:00:00Z') / 1000;
    assert.match(out, new RegExp(`^${at},a\\.example,1,1,1$`, 'm'));
  });

  it('a first line from the future is not believed, and does not hide the rest', async () => {
    const [file = ''] = await logs({
      '': [
        ['2126-06-24 10:00:00', 'c2sf1', 'Authenticated as xenia@a.example'],
        ['2026-06-01 10:00:00', 'c2sa1', 'Authenticated as alice@a.example'],
        ['2026-06-01 11:30:00', 'c2sa1', 'Client disconnected: closed'],
      ],
    });
    const { code, out, err } = await run(['history', '--timezone', 'UTC', '--format', 'csv', file]);
    assert.equal(code, 1);
    assert.match(err, /a time stamp in the future.* not counted: 1/);
    assert.match(out, new RegExp(`^${Date.parse('2026-06-01T12:00:00Z') / 1000},a\\.example,1,1,1$`, 'm'));
  });

  it('a file whose stamps fit no year is told, and the exit code says so', async () => {
    const [file = ''] = await logs({ '': [['Feb 29 10:00:00', 'c2sa1', 'Authenticated as alice@a.example']] });
    const { code, err } = await run(['history', '--year', '2026', '--format', 'csv', file]);
    assert.equal(code, 1);
    assert.match(err, /prosody\.log is not read: no year .* --year/);
  });

  const containers = (text: string): string =>
    text.replaceAll(/.+/g, (log) =>
      JSON.stringify({ log: `${log}\n`, stream: 'stdout', time: `2026-03-02T${timeIn(log)}.123456789Z` }),
    );
  const timeIn = (line: string): string => /\d\d:\d\d:\d\d/.exec(line)?.[0] ?? '00:00:00';
  const kinds = [
    ['', (text: string) => text],
    [' of a container', containers],
  ] as const;
  for (const [which, made] of kinds)
    it(`of a damaged gzip${which} all that is sound is read, and nobody is invented`, async () => {
      const [oldest = ''] = FILES;
      const whole = gzipSync(made(await readFile(oldest, 'utf8')));
      const directory = await mkdtemp(join(root, 'damaged-'));
      const path = join(directory, 'prosody.log.gz');
      for (let i = 1; i < 12; i++) {
        const bytes = Buffer.from(whole);
        bytes.fill('X', Math.floor((i * bytes.length) / 12), Math.floor((i * bytes.length) / 12) + 12);
        await writeFile(path, bytes);
        const { code, out, err } = await run(['history', ...YEAR, '--format', 'json', path]);
        assert.equal(code, 1);
        assert.match(err, /prosody\.log\.gz is damaged: it was read up to byte \d+ of its text/);
        const hosts = [...out.matchAll(/"([\w.]+)":\{/g)]
          .map(([, host]) => host)
          .filter((key) => key !== 'hosts' && key !== 'covered');
        const known = ['chat.example', 'work.example'];
        assert.deepEqual(
          [...new Set(hosts)].filter((host) => !known.includes(host ?? '')),
          [],
        );
        assert.ok(i < 3 || hosts.length > 0, `damaged at ${i} of 12`);
      }
    });

  it('what was missing between two files is told', async () => {
    const [oldest = '', , newest = ''] = FILES;
    const { code, err } = await run(['history', ...YEAR, '--format', 'csv', oldest, newest]);
    assert.equal(code, 0);
    assert.match(err, /no log between 2026-03-03 .* and 2026-03-05 .* lower bounds/);
  });
});

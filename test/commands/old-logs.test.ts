import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
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

/** What an index holds, without what names a run: ids and times of reading. */
async function contents(path: string): Promise<unknown> {
  const index = await LastSeenIndex.open(path, { create: false });
  const { users, sessions } = await index.load();
  await index.close();
  return { users: Object.fromEntries(users), sessions: Object.fromEntries(sessions) };
}

async function countAt(index: string, at: number): Promise<unknown> {
  const { code, out } = await run(['count', '--json', '--at', String(at), '--index', index]);
  assert.equal(code, 0);
  return JSON.parse(out);
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

  it('what was missing between two files is told', async () => {
    const [oldest = '', , newest = ''] = FILES;
    const { code, err } = await run(['history', ...YEAR, '--format', 'csv', oldest, newest]);
    assert.equal(code, 0);
    assert.match(err, /no log between 2026-03-03 .* and 2026-03-05 .* lower bounds/);
  });
});

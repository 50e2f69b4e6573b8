/** What is asked of an index while lines are taken in, and of logs that nobody reads at the moment. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { LogState } from '../../src/service/log-state.ts';
import { newUsers } from '../../src/service/new-users.ts';
import { withIndex } from '../../src/service/open-index.ts';
import { count, forget, last, status, type OpenIndex } from '../../src/service/operations.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

const LOG = '/var/log/prosody/prosody.log';
const HOUR = 3600;
const DAY = 86_400;
const BEGIN = Date.UTC(2026, 2, 2, 10) / 1000;
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'operations-'));
});
after(() => rm(root, { recursive: true }));

const configFor = (index: string, logs: readonly string[] = [LOG]) =>
  loadConfig({
    ...{ flags: { index: join(root, index), log: logs }, env: {}, defaultTimezone: 'UTC' },
    readFile: () => undefined,
    exists: () => false,
  });
const stamp = (at: number): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+0000`;
const login = (at: number, id: string, user: string): string =>
  `${stamp(at)} ${id}\tinfo\tAuthenticated as ${user}@chat.example\n`;

/** An index as whoever follows a log holds it. */
async function holding(name: string) {
  const config = configFor(name);
  const users = newUsers(config);
  const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(config.index.path), users, BEGIN);
  const logState = new LogState(users, { ...config.count, server: 'auto', timezone: 'UTC', horizon: () => Infinity });
  const take = async (lines: string): Promise<void> => {
    const batch = logState.decode(Buffer.from(lines), true);
    logState.sessions.takeRun(batch, 0, batch.count);
    await writeBuffer.commit(LOG, logState, [], []);
  };
  const logsAt = (at: number) => [
    { coverage: { spans: logState.coverage, state: 'current' as const }, over: logState.overBy(at) },
  ];
  return { open: { config, users, writeBuffer, logsAt } satisfies OpenIndex, take, logState };
}

const figures = (open: OpenIndex, at: number) =>
  count(open, at).samples?.map(({ host, d1, d7, d30 }) => [host, d1, d7, d30]);

test('who holds the index answers from memory, and forgets there, too [9.5]', async () => {
  const { open, take } = await holding('held');
  await take(login(BEGIN, 'c2s1', 'alice') + login(BEGIN + 60, 'c2s2', 'bob') + login(BEGIN + HOUR, 'c2s3', 'bob'));
  assert.deepEqual(figures(open, BEGIN + 2 * HOUR), [['chat.example', 2, 2, 2]]);
  const of = (user: string) => last(open, `${user}@chat.example`, BEGIN + 2 * HOUR)?.open.map(({ id }) => id);
  assert.deepEqual(of('bob'), ['c2s2', 'c2s3']);
  assert.equal(await forget(open, 'bob@chat.example', BEGIN + 2 * HOUR), 2);
  assert.equal(await forget(open, 'bob@chat.example', BEGIN + 2 * HOUR), undefined);
  assert.equal(of('bob'), undefined);
  // What ends now means nobody; who comes back is online until the end of that session.
  await take(`${stamp(BEGIN + 3 * HOUR)} c2s2\tinfo\tClient disconnected: closed\n`);
  assert.deepEqual(figures(open, BEGIN + 4 * HOUR), [['chat.example', 1, 1, 1]]);
  await take(login(BEGIN + 5 * HOUR, 'c2s4', 'bob'));
  await take(`${stamp(BEGIN + 6 * HOUR)} c2s3\tinfo\tClient disconnected: closed\n`);
  assert.deepEqual(of('bob'), ['c2s4']);
  assert.deepEqual(figures(open, BEGIN + 20 * DAY), [['chat.example', 2, 2, 2]]);
  await open.writeBuffer.close();
  await withIndex(open.config, { now: BEGIN + 6 * HOUR, create: false }, async (again) => {
    assert.deepEqual(last(again, 'bob@chat.example', BEGIN + 6 * HOUR)?.open, [
      { log: LOG, id: 'c2s4', since: BEGIN + 5 * HOUR },
    ]);
  });
});

test('the time of lost lines is not covered in a count of the index, either [9.9]', async () => {
  const { open, take, logState } = await holding('lost');
  await take(login(BEGIN, 'c2s1', 'alice') + login(BEGIN + HOUR, 'c2s1', 'alice'));
  logState.loseLines();
  await take(login(BEGIN + 3 * HOUR, 'c2s1', 'alice') + login(BEGIN + 3 * HOUR + 60, 'c2s1', 'alice'));
  await open.writeBuffer.close();
  await withIndex(open.config, { now: BEGIN + 4 * HOUR, create: false }, async (again) => {
    assert.deepEqual(count(again, BEGIN + 4 * HOUR).samples?.[0]?.covered, [2 * HOUR, 2 * HOUR, 2 * HOUR]);
    assert.equal(status(again, BEGIN + 4 * HOUR)[0]?.covered, 2 * HOUR);
  });
});

test('a count of the index can be asked for any time, in any order [9.5]', async () => {
  const { open, take } = await holding('times');
  const begun = login(BEGIN, 'c2s1', 'alice') + `${stamp(BEGIN + 60)} c2s1\tinfo\tClient disconnected: closed\n`;
  await take(begun + login(BEGIN + HOUR, 'c2s2', 'bob'));
  await open.writeBuffer.close();
  const at = BEGIN + 2 * HOUR;
  const right: readonly (readonly [number, number | undefined, number | undefined])[] = [
    [at, 2, 2],
    [at + 6 * DAY, 1, 2],
    [BEGIN + HOUR - 1, 1, 1],
    [at + 40 * DAY, 0, 0],
    [at + DAY, 1, 2],
    [at, 2, 2],
    [BEGIN - HOUR, undefined, undefined],
  ];
  await withIndex(open.config, { now: at, create: false }, async (again) => {
    for (const [instant, d1, d7] of right) {
      const [sample] = count(again, instant).samples ?? [];
      assert.deepEqual([sample?.d1, sample?.d7], [d1, d7], `${(instant - at) / HOUR} h`);
    }
  });
});

for (const [isFollowed, days] of [
  [true, 31],
  [false, 1],
] as const)
  test(`a session open at the end of a log that is ${isFollowed ? '' : 'not '}followed counts for ${days} d [9.5]`, async () => {
    const { open, take } = await holding(`followed-${isFollowed}`);
    await take(login(BEGIN - 5 * DAY, 'c2s1', 'alice') + login(BEGIN, 'c2s2', 'bob'));
    await open.writeBuffer.close();
    const config = configFor(`followed-${isFollowed}`, isFollowed ? [LOG] : ['/var/log/other.log']);
    await withIndex(config, { now: BEGIN, create: false }, async (again) => {
      assert.deepEqual(figures(again, BEGIN + days * DAY)?.[0]?.[1], 2);
      assert.deepEqual(figures(again, BEGIN + days * DAY + 1)?.[0]?.[1], 0);
    });
  });

/** What was counted each hour is kept: in the index, from start to start, for as long as is configured. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Level } from 'level';
import { WINDOWS, type Sample } from '../../src/activity/active-window.ts';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { loadConfig } from '../../src/config/config.ts';
import { newUsers } from '../../src/service/new-users.ts';
import { openWriteBuffer } from '../../src/service/open-index.ts';
import { PastCounts } from '../../src/service/past-counts.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { deadline } from '../deadline.ts';

const HOUR = 3600;
const DAY = 86_400;
/** Midnight. */
const BEGIN = Date.UTC(2026, 2, 2) / 1000;
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'past-'));
});
after(() => rm(root, { recursive: true }));

const sample = (at: number, host: string, online: number, covered: readonly number[] = WINDOWS): Sample => ({
  ...{ at, host, online, covered },
  ...{ d1: online + 10, d7: online + 20, d30: online + 30 },
});

test('each hour is kept by host, with what was covered [11.2]', () => {
  const past = new PastCounts();
  const first = [sample(BEGIN, 'a.example', 3, [86_400, 90_000, 90_000]), sample(BEGIN, 'b.example', 0)];
  past.note(first);
  past.note([sample(BEGIN + 23 * HOUR, 'a.example', 5)]);
  past.note([sample(BEGIN + DAY, 'a.example', 6)]);
  assert.deepEqual(past.at(BEGIN), first);
  assert.deepEqual(past.at(BEGIN + HOUR), []);
  assert.deepEqual(past.at(BEGIN + 23 * HOUR), [sample(BEGIN + 23 * HOUR, 'a.example', 5)]);
  const hours = [...past.between(BEGIN + 1, BEGIN + DAY)].map((group) => group.map(({ at, online }) => [at, online]));
  assert.deepEqual(hours, [[[BEGIN + 23 * HOUR, 5]], [[BEGIN + DAY, 6]]]);
});

test('an hour is filled where nothing is known of it, or less was covered [11.2]', () => {
  const past = new PastCounts();
  past.note([sample(BEGIN, 'a.example', 3, [86_400, 90_000, 90_000]), sample(BEGIN + HOUR, 'a.example', 4)]);
  const fromLogs = [0, 1, 2].map((hour) => sample(BEGIN + hour * HOUR, 'a.example', 7));
  assert.equal(past.fill(fromLogs), 2);
  assert.deepEqual(
    [...past.between(BEGIN, BEGIN + DAY)].flat().map(({ online }) => online),
    [7, 4, 7],
  );
  assert.equal(past.fill(fromLogs), 0);
});

test('the counts are in the index from start to start, until they are too old [11.2]', async () => {
  const path = join(root, 'index');
  const open = async (): Promise<WriteBuffer> =>
    WriteBuffer.open(await LastSeenIndex.open(path), new Users({ exclude: [], includeDisabled: false }), BEGIN);
  let writeBuffer = await open();
  const days = Array.from({ length: 40 }, (_, day) => sample(BEGIN + day * DAY, 'a.example', day));
  for (const each of days) writeBuffer.past.note([each]);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  writeBuffer = await open();
  assert.deepEqual([...writeBuffer.past.between(0, Infinity)].flat(), days);
  writeBuffer.past.dropBefore(BEGIN + 10 * DAY + HOUR);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  writeBuffer = await open();
  assert.deepEqual([...writeBuffer.past.between(0, Infinity)].flat(), days.slice(10));
  await writeBuffer.close();
});
test('of a damaged index that is made again the counts of the past that can be read are kept [11.2]', async () => {
  const path = join(root, 'damaged');
  const config = loadConfig({
    ...{ flags: { index: path, log: [join(root, 'x.log')] }, env: {}, defaultTimezone: 'UTC' },
    readFile: () => undefined,
    exists: () => false,
  });
  const said: string[] = [];
  const now = (): number => BEGIN + 3 * DAY;
  const tell = (_level: string, sentence: string): void => void said.push(sentence);
  const opened = async (): Promise<WriteBuffer> =>
    (await openWriteBuffer({ config, now, tell, signal: deadline() }, newUsers(config)))!;
  const hours = [0, 25].map((hour) => sample(BEGIN + hour * HOUR, 'a.example', hour));
  const first = await opened();
  for (const hour of hours) first.past.note([hour]);
  await first.commitUsers();
  await first.close();
  const db = new Level(path);
  await db.del('!meta!digest');
  await db.put(`!counts!${Math.floor(BEGIN / DAY) + 2} a.example`, 'zzz "no checksum"');
  await db.close();
  const second = await opened();
  assert.deepEqual([...second.past.between(0, Infinity)].flat(), hours);
  assert.match(said[0] ?? '', /damaged .* with 2 counts of the past, which is all that could be read/);
  await second.commitUsers();
  await second.close();
  const third = await opened();
  assert.deepEqual([...third.past.between(0, Infinity)].flat(), hours);
  await third.close();
});

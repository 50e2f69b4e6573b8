/** What was counted each hour is kept: in the index, from start to start, for as long as is configured. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WINDOWS, type Sample } from '../../src/activity/active-window.ts';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { PastCounts } from '../../src/service/past-counts.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

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

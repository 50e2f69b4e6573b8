/** What is well and what is not, of a log that is behind. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LogStatus } from '../../src/index/status-file.ts';
import { behindNow, standingStill } from '../../src/manager/health.ts';

const root = await mkdtemp(join(tmpdir(), 'health-'));
after(() => rm(root, { recursive: true }));

const COUNTS = { size: 0, lagBytes: 0, rotations: 0, truncations: 0, skippedLines: 0, lostSegments: 0 };
const at = (path: string, offset: number, more: Partial<LogStatus> = {}): { logs: readonly LogStatus[] } => ({
  logs: [{ path, offset, lines: 0, rejected: 0, ...COUNTS, ...more }],
});

/** By name: how the log is at the first look and at the second, and whether it stands still. `line` is of five bytes. */
const CASES: readonly [name: string, before: Partial<LogStatus>, now: Partial<LogStatus>, isStill: boolean][] = [
  ['has whole lines and stays where it was', { offset: 5 }, { offset: 5 }, true],
  ['has whole lines and moves', { offset: 0 }, { offset: 5 }, false],
  ['has been rotated', { offset: 5 }, { offset: 5, rotations: 1 }, false],
  ['has been read, but for a line that is not at its end', { offset: 10 }, { offset: 10 }, false],
  ['waits for the hour', { offset: 5, waits: 'hour' }, { offset: 5, waits: 'hour' }, false],
  ['waited for the disk up to now', { offset: 5, waits: 'disk' }, { offset: 5 }, false],
  ['may not be read any more', { offset: 5 }, { offset: 5, unreadable: 'EACCES' }, false],
];

for (const [name, before, now, isStill] of CASES)
  test(`a log that ${name} ${isStill ? 'stands still' : 'is well'} [11.3]`, async () => {
    const path = join(root, 'log');
    await writeFile(path, 'line\nline\n');
    await appendFile(path, 'li');
    const still = standingStill(behindNow(at(path, 0, before)), behindNow(at(path, 0, now)));
    assert.deepEqual(still, isStill ? [path] : []);
  });

test('a log that is not there, and one in the journal, are well [11.3]', () => {
  for (const path of [join(root, 'none'), 'journal:prosody.service'])
    assert.deepEqual([...behindNow(at(path, 0)).keys()], []);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openLevel } from '../../src/index/level.ts';

const BATCH = 128 * 1024;

/** The most that is only in its log while 5 MB are written. */
async function mostInLog(t: TestContext, isSmall: boolean): Promise<number> {
  const path = mkdtempSync(join(tmpdir(), 'level-'));
  t.after(() => rmSync(path, { recursive: true }));
  const db = await openLevel(path, isSmall);
  let most = 0;
  for (let n = 0; n < 40; n++) {
    await db.put(`${n}`, randomBytes(BATCH / 2).toString('hex'));
    // One of which a file was made may go at any moment.
    const logs = readdirSync(path).filter((name) => name.endsWith('.log'));
    most = Math.max(most, ...logs.map((name) => statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0));
  }
  await db.close();
  return most;
}

describe('LevelDB', () => {
  it('holds little in memory of what a backfill writes [9.14]', async (t) => {
    const most = await mostInLog(t, true);
    assert.ok(most > BATCH && most < 12 * BATCH, `${most} bytes`);
  });

  it('holds a burst in memory until it is merged [9.14]', async (t) => {
    const most = await mostInLog(t, false);
    assert.ok(most > 24 * BATCH, `${most} bytes`);
  });
});

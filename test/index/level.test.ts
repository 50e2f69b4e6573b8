import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openLevel } from '../../src/index/level.ts';

const BATCH = 128 * 1024;

it('holds little in memory of what was written, and reads as little again at a start [9.14]', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'level-'));
  t.after(() => rmSync(path, { recursive: true }));
  const db = await openLevel(path);
  let most = 0;
  for (let n = 0; n < 40; n++) {
    await db.put(`${n}`, randomBytes(BATCH / 2).toString('hex'));
    const logs = readdirSync(path).filter((name) => name.endsWith('.log'));
    most = Math.max(most, ...logs.map((name) => statSync(join(path, name)).size));
  }
  await db.close();
  assert.ok(most > BATCH && most < 12 * BATCH, `${most} bytes`);
});

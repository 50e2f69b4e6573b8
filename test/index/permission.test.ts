import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { asOrdinaryUser, cannotBe } from '../ordinary-user.ts';

test('an index is NOT_WRITABLE where its user may not write [8.0]', { skip: cannotBe }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'permission-'));
  t.after(() => rm(directory, { recursive: true }));
  asOrdinaryUser(t, directory);
  await chmod(directory, 0o500);
  await assert.rejects(LastSeenIndex.open(join(directory, 'index')), { code: 'NOT_WRITABLE' });
});

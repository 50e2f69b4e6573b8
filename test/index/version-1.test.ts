/** An index that release 0.1.0 made with `backfill`, twice, of a small log: it had a record for each user. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { StoredUsers } from '../../src/service/stored-users.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { contentsOf, inPages, knownUsers } from './index-contents.ts';

const FIXTURE = fileURLToPath(new URL('../../../test/index/version-0.1.0', import.meta.url));
const LOG = '/srv/example/prosody.log';
const NOW = Date.UTC(2026, 1, 21, 12) / 1000;
let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'version-1-'));
});
after(() => rm(root, { recursive: true }));

async function fresh(): Promise<string> {
  const path = join(root, `index-${++made}`);
  await cp(FIXTURE, path, { recursive: true });
  return path;
}

async function openAndClose(path: string): Promise<Users> {
  const users = new Users({ exclude: [], includeDisabled: true });
  const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(path), users, NOW);
  await writeBuffer.close();
  return users;
}

test('is taken over at start without loss, once [9.4]', async () => {
  const path = await fresh();
  const before = await contentsOf(path);
  assert.deepEqual(
    [...before.users],
    [
      ['alice@chat.example', { login: 1_771_574_406 }],
      ['dan@chat.example', { login: 1_771_660_800, logout: 1_771_662_600 }],
      ['eve@im.example.org', { login: 1_771_668_000 }],
      ['søren@chat.example', { login: 1_771_578_602, logout: 1_771_579_801, resumes: true }],
      ['web@im.example.org', { login: 1_771_581_600, logout: 1_771_582_800 }],
    ],
  );
  assert.deepEqual(before.unmoved, [...before.users.keys()]);
  for (const start of [1, 2]) {
    const users = await openAndClose(path);
    assert.deepEqual(knownUsers(users), before.users, `start ${start}`);
    assert.deepEqual(await contentsOf(path), { ...before, unmoved: [] }, `after start ${start}`);
  }
});

test('goes on with its logs, sessions and positions [9.4]', async () => {
  const path = await fresh();
  const writeBuffer = await WriteBuffer.open(
    await LastSeenIndex.open(path),
    new Users({ exclude: [], includeDisabled: true }),
    NOW,
  );
  const stored = writeBuffer.logs.stored(LOG);
  await writeBuffer.close();
  assert.equal(stored?.log.hasResumption, true);
  assert.equal(stored.log.server, 'prosody');
  assert.deepEqual(
    stored.sessions.map(([id, { user, state }]) => [id, user, state]),
    [
      ['c2s5500000000a0', 'alice@chat.example', 'open'],
      ['c2s5500000000c0', 'søren@chat.example', 'carrier'],
      ['c2s5500000000f0', 'eve@im.example.org', 'open'],
    ],
  );
  assert.equal(writeBuffer.logs.positions(LOG)[0]?.offset, 1328);
});

test('is whole when a start is broken off between pages and records [9.4]', async () => {
  const path = await fresh();
  const { users } = await contentsOf(path);
  const index = await LastSeenIndex.open(path);
  await index.load(new StoredUsers(new Users({ exclude: [], includeDisabled: true }), NOW));
  await index.write({ ...inPages(users), moved: ['alice@chat.example', 'dan@chat.example'] });
  await index.close();
  assert.deepEqual(knownUsers(await openAndClose(path)), users);
  assert.deepEqual((await contentsOf(path)).unmoved, []);
  assert.deepEqual((await contentsOf(path)).users, users);
});

test('does not bring back who is gone since [9.4]', async () => {
  const path = await fresh();
  const users = new Users({ exclude: [], includeDisabled: true });
  const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(path), users, NOW);
  users.remove('dan@chat.example', NOW);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  assert.deepEqual(
    [...(await contentsOf(path)).users.keys()],
    ['alice@chat.example', 'eve@im.example.org', 'søren@chat.example', 'web@im.example.org'],
  );
});

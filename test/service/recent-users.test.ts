/** Users by themselves and in pages: after each write, and with any of them broken off, the index tells all that was stored. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { forgettingUnseenSince } from '../../src/activity/forgetting.ts';
import { Users } from '../../src/activity/user-table.ts';
import { IndexError, LastSeenIndex } from '../../src/index/last-seen.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { copyOfOpen } from '../index/copy-of-open.ts';
import { knownUsers } from '../index/index-contents.ts';
import * as fc from '../properties.ts';

const AT = Date.UTC(2026, 2, 2) / 1000;
const jid = (n: number): string => `user${n}@chat.example`;
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'recent-users-'));
});
after(() => rm(root, { recursive: true }));

async function open(path: string) {
  const users = new Users({ exclude: [], includeDisabled: true });
  const index = await LastSeenIndex.open(path);
  const writeBuffer = await WriteBuffer.open(index, users, AT + 86_400);
  const come = (from: number, count: number, at: number): void => {
    for (let n = from; n < from + count; n++) users.sawLogin(users.number(jid(n)), at);
    users.settle();
  };
  return { index, users, writeBuffer, come };
}

/** As the disk has it when the daemon is killed now. */
async function killed(path: string) {
  const copy = `${path}-killed`;
  copyOfOpen(path, copy);
  const { users, writeBuffer } = await open(copy);
  await writeBuffer.close();
  await rm(copy, { recursive: true });
  return users;
}

/** So many are there before, in more pages than are written at once; each thousand was seen an hour behind the one before. */
const THERE = 25_000;
const HOUR = 3600;
const hourOf = (n: number): number => AT - (25 - Math.floor(n / 1000)) * HOUR;

const step = fc.record({
  kind: fc.constantFrom(
    'come' as const,
    'new' as const,
    'few' as const,
    'removed' as const,
    'old' as const,
    'start' as const,
  ),
  from: fc.nat(THERE),
  count: fc.nat(1500),
});

/** To compare two maps of many users takes long. */
const textOf = (users: Users): string => JSON.stringify([...knownUsers(users)]);

test('whoever comes, goes and is forgotten, a start finds all as it was stored last [9.11]', async () => {
  const begun = join(root, 'begun');
  const first = await open(begun);
  for (let n = 0; n < THERE; n += 1000) first.come(n, 1000, hourOf(n));
  await first.writeBuffer.commitUsers();
  // In nearly all pages somebody is stored by themselves.
  for (let n = 0; n < 10_000; n += 1250) {
    first.come(2 * n, 1250, AT);
    await first.writeBuffer.commitUsers();
  }
  await first.writeBuffer.close();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 8, size: 'max' }), async (steps) => {
      const path = join(root, `run-${runs++}`);
      await cp(begun, path, { recursive: true });
      let lab = await open(path);
      let since = -Infinity;
      for (const [i, { kind, from, count }] of steps.entries()) {
        const at = AT + i * 60;
        if (kind === 'come') lab.come(from, count, at);
        if (kind === 'new') lab.come(THERE + i * 2000, 1600, at);
        if (kind === 'few') lab.come(from, count % 4, at);
        if (kind === 'removed') for (let n = from; n < from + (count % 40); n++) lab.users.remove(jid(n), at);
        if (kind === 'start') {
          await lab.writeBuffer.close();
          lab = await open(path);
        }
        if (kind === 'old') since = Math.max(since, hourOf(from % 4000));
        for (const _ of forgettingUnseenSince(lab.users, since, new Set()));
        await lab.writeBuffer.commitUsers();
        const again = await killed(path);
        // Who was last seen too long ago, a start finds again.
        for (const _ of forgettingUnseenSince(again, since, new Set()));
        assert.equal(textOf(again), textOf(lab.users));
      }
      await lab.writeBuffer.close();
      await rm(path, { recursive: true });
    }),
    { numRuns: 3 },
  );
});

test('pages that are split while it is the turn of others lose nobody [9.11]', async () => {
  const path = join(root, 'split');
  const { users, writeBuffer, come } = await open(path);
  come(0, THERE, AT - HOUR);
  come(2 * THERE, 5, AT - 9 * HOUR);
  await writeBuffer.commitUsers();
  for (let n = 0; n < 10_000; n += 1250) {
    come(2 * n, 1250, AT);
    await writeBuffer.commitUsers();
  }
  for (const _ of forgettingUnseenSince(users, AT - 2 * HOUR, new Set()));
  await writeBuffer.commitUsers();
  assert.ok(users.pages.due > 0);
  come(3 * THERE, 1600, AT);
  for (let n = 0; users.pages.due > 0; n++) {
    come(n, 1, AT + 1);
    await writeBuffer.commitUsers();
  }
  assert.equal(textOf(await killed(path)), textOf(users));
  await writeBuffer.close();
});

test('whoever begins anew writes no pages with the first commits, and then those whose turn it is [9.10]', async () => {
  const path = join(root, 'begun-anew');
  const before = await open(path);
  before.come(0, 25_000, AT);
  await before.writeBuffer.commitUsers();
  // Fewer than there are pages, so that they are stored by themselves.
  for (let i = 0; i < 16; i++) {
    before.come(i * 1000, 1000, AT + 1);
    await before.writeBuffer.commitUsers();
  }
  await before.writeBuffer.close();
  const { index, users, writeBuffer, come } = await open(path);
  come(16_000, 1000, AT + 1);
  await writeBuffer.commitUsers();
  const write = index.write.bind(index);
  const pages: number[] = [];
  index.write = (changes) => {
    pages.push(changes.pages?.length ?? 0);
    return write(changes);
  };
  for (let i = 0; i < 10; i++) {
    come(i, 1, AT + 10);
    await writeBuffer.commitUsers();
  }
  assert.deepEqual(
    pages.slice(0, 7),
    Array.from({ length: 7 }, () => 0),
  );
  assert.ok(pages.at(-1)! > 0);
  assert.deepEqual(knownUsers(await killed(path)), knownUsers(users));
  await writeBuffer.close();
});

test('what could not be written is written with the next, users by themselves and pages alike [9.11]', async () => {
  const path = join(root, 'refused');
  const { users, writeBuffer, come } = await open(path);
  for (let i = 0; i < 12; i++) {
    come(i * 1500, 2000, AT + i);
    if (i % 5 === 1) users.remove(jid(i * 1500), AT + 100);
    await rename(path, `${path}-away`);
    await assert.rejects(writeBuffer.commitUsers(), { code: 'DAMAGED' });
    await rename(`${path}-away`, path);
    if (i % 2 === 0) come(i * 700, 50, AT + 50 + i);
    await writeBuffer.commitUsers();
    assert.deepEqual(knownUsers(await killed(path)), knownUsers(users));
  }
  await writeBuffer.close();
});

test('what was written though it was refused does not come back [9.11]', async () => {
  const path = join(root, 'written');
  const { index, users, writeBuffer, come } = await open(path);
  come(0, 2000, AT);
  await writeBuffer.commitUsers();
  const write = index.write.bind(index);
  index.write = async (changes) => {
    await write(changes);
    throw new IndexError('FAILED', 'the disk is full');
  };
  come(5, 20, AT + 1);
  await assert.rejects(writeBuffer.commitUsers(), { code: 'FAILED' });
  index.write = write;
  come(5, 20, AT + 2);
  await writeBuffer.commitUsers();
  users.remove(jid(7), AT + 3);
  await writeBuffer.commitUsers();
  assert.deepEqual(knownUsers(await killed(path)), knownUsers(users));
  await writeBuffer.close();
});

test('who is removed is nowhere in the index once that is stored, and purged [9.11]', async () => {
  const path = join(root, 'removed');
  const { users, writeBuffer, come } = await open(path);
  for (let i = 0; i < 30; i++) {
    come(i * 10, 40, AT + i);
    await writeBuffer.commitUsers();
  }
  users.forget(jid(45), AT + 100);
  await writeBuffer.commitUsers();
  await writeBuffer.purge();
  await writeBuffer.close();
  for (const name of await readdir(path)) {
    const bytes = await readFile(join(path, name)).catch(() => Buffer.alloc(0));
    assert.ok(!bytes.includes(jid(45)), name);
  }
});

test('what changes of many users is written in proportion to that [9.11]', async () => {
  const path = join(root, 'proportion');
  const { writeBuffer, come } = await open(path);
  come(0, 24_000, AT);
  await writeBuffer.commitUsers();
  const before = await sizeOf(path);
  const name = jid(10_000).length;
  assert.ok(before < 1.3 * 24_000 * (name + 7), `${before} bytes`);
  // Each in another page.
  for (let i = 0; i < 15; i++) {
    come(i * 1000, 1000, AT + 1 + i);
    await writeBuffer.commitUsers();
  }
  const written = (await sizeOf(path)) - before;
  assert.ok(written < 1.3 * 15_000 * (name + 7), `${written} bytes`);
  await writeBuffer.close();
});

/** What LevelDB has been given so far; it does not begin a new journal before some megabytes. */
async function sizeOf(path: string): Promise<number> {
  const names = (await readdir(path)).filter((name) => /\.(log|ldb)$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await readFile(join(path, name))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

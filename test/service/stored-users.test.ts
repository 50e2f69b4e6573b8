/** The digest of the index follows every change of its users: it is compared with the records whenever the index is read. */
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as fc from '../properties.ts';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { contentsOf } from '../index/index-contents.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

const NOW = Date.UTC(2026, 2, 2) / 1000;
let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'stored-'));
});
after(() => rm(root, { recursive: true }));

async function open(path: string, exclude: readonly string[]) {
  const users = new Users({ exclude, includeDisabled: true });
  return { users, writeBuffer: await WriteBuffer.open(await LastSeenIndex.open(path), users, NOW) };
}

async function stored(path: string): Promise<unknown> {
  return [...(await contentsOf(path)).users];
}

type Step = readonly ['login' | 'remove' | 'commit' | 'commit late' | 'fail', user: number, at: number];

async function play(path: string, steps: readonly Step[], model: Map<string, unknown>): Promise<void> {
  const { users, writeBuffer } = await open(path, ['never.example']);
  const writing: Promise<void>[] = [];
  for (const [what, number, at] of steps) {
    const jid = `user${number}@chat.example`;
    if (what === 'commit') await writeBuffer.commitUsers();
    else if (what === 'commit late') writing.push(writeBuffer.commitUsers());
    else if (what === 'fail') {
      await Promise.all(writing.splice(0));
      await rename(path, `${path}.away`);
      await assert.rejects(writeBuffer.commitUsers(), { code: 'DAMAGED' });
      await rename(`${path}.away`, path);
    } else {
      // As lines come: those of removed accounts are not from before.
      const second = NOW - 10_000 + at;
      if (what === 'login') users.sawLogin(users.number(jid), second);
      else users.remove(jid, second);
      users.settle();
      const known = users.get(jid);
      if (known) model.set(jid, { login: known.login });
      else model.delete(jid);
    }
  }
  await Promise.all(writing);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
}

test('users who come, go, come back and are written late or not at all are stored as they are [9.13]', async () => {
  const step = fc.tuple(
    fc.constantFrom(...(['login', 'login', 'login', 'remove', 'remove', 'commit', 'commit late', 'fail'] as const)),
    fc.nat(4),
    fc.nat(9_000),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 30 }), { maxLength: 3 }), async (lives) => {
      const path = join(root, `${++made}`);
      const model = new Map<string, unknown>();
      for (const steps of lives) await play(path, steps, model);
      const expected = [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));
      if (lives.length > 0) assert.deepEqual(await stored(path), expected);
    }),
    { numRuns: 25 },
  );
});

test('who is excluded by now keeps the record of before until it is old [9.13]', async () => {
  const path = join(root, 'excluded');
  const first = await open(path, []);
  for (const jid of ['a@never.example', 'b@chat.example', 'ü@chat.example'])
    first.users.sawLogin(first.users.number(jid), NOW);
  await first.writeBuffer.commitUsers();
  await first.writeBuffer.close();
  const second = await open(path, ['never.example']);
  second.users.sawLogin(second.users.number('a@never.example'), NOW + 1);
  second.users.sawLogin(second.users.number('ü@chat.example'), NOW + 1);
  await second.writeBuffer.commitUsers();
  await second.writeBuffer.close();
  assert.deepEqual(await stored(path), [
    ['a@never.example', { login: NOW }],
    ['b@chat.example', { login: NOW }],
    ['ü@chat.example', { login: NOW + 1 }],
  ]);
});

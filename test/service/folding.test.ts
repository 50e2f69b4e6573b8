/** A node of a cluster reads the index of one machine, which has many users by themselves, without having them all in memory. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Users, type LastSeen } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { contentsOf } from '../index/index-contents.ts';
import { BEGIN, pseudonymOf } from './cluster-node.ts';

const NODE = fileURLToPath(new URL('folding-node.js', import.meta.url));
const DAY = 86_400;
const USERS = 22_000;
/** With each commit: from some thousands on they are fewer than the pages, and are written by themselves. */
const AT_ONCE = 500;
/** Lives that are ended. */
const KILLS = 4;

let root = '';
let expected: ReadonlyMap<string, LastSeen>;
const oneMachine = (): string => join(root, 'one-machine');

const jidOf = (n: number): string => `user${n}.${'with-a-long-name'.repeat(4 + (n % 4))}@chat${n % 3}.example`;

const open = async (path: string, keepsFew: boolean) => {
  const users = new Users({ exclude: [], includeDisabled: false });
  const index = await LastSeenIndex.open(path);
  const options = keepsFew ? { pseudonymOf, keepsFew } : {};
  return { users, writeBuffer: await WriteBuffer.open(index, users, BEGIN, options) };
};

/** Some users are in pages, most by themselves, in several records, and most pages have been split since they were written. */
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'folding-'));
  const { users, writeBuffer } = await open(oneMachine(), false);
  for (let n = 0; n < USERS; n++) {
    const user = users.number(jidOf(n));
    users.sawLogin(user, BEGIN - 20 * DAY + n);
    if (n % 5 === 0) users.setDisabled(user, true);
    // Seen again, once they are stored.
    const again = users.number(jidOf(n - (n % 1000)));
    if (n >= AT_ONCE) users.sawLogout(again, BEGIN - 10 * DAY + n);
    if (n % 7 === 0) users.noteResumption(again);
    if (n % AT_ONCE === AT_ONCE - 1) await writeBuffer.commitUsers();
  }
  await writeBuffer.close();
  expected = (await contentsOf(oneMachine())).users;
  assert.equal(expected.size, USERS);
});
after(() => rm(root, { recursive: true }));

/** How many batches have been written to an index that may be open. */
const batchesIn = async (path: string): Promise<number> =>
  Number((await readFile(join(path, 'xmpp-active-users'), 'latin1')).slice(-22, -10));

/** What the first start writes that nobody kills. */
let batchesAtOnce = 0;

/** Records of users by themselves. */
async function recentIn(path: string): Promise<number> {
  const index = await LastSeenIndex.open(path);
  let records = 0;
  for await (const _ of index.eachOf('recent')) records++;
  await index.close();
  return records;
}

test('many users by themselves are put into pages before any is in memory, and nothing of them is lost [12.3]', async () => {
  const path = join(root, 'folded');
  await cp(oneMachine(), path, { recursive: true });
  assert.ok((await recentIn(path)) > 4, 'several records');
  const all = await open(oneMachine(), false);
  const before = await batchesIn(path);
  const few = await open(path, true);
  batchesAtOnce = (await batchesIn(path)) - before;
  assert.equal(few.users.names.size, 0, 'nobody is in memory');
  assert.equal(few.users.size, USERS);
  assert.deepEqual(few.users.peek(BEGIN, []), all.users.peek(BEGIN, []));
  for (let n = 0; n < USERS; n += 997) assert.deepEqual(few.users.get(jidOf(n)), all.users.get(jidOf(n)));
  for (const { writeBuffer } of [all, few]) await writeBuffer.close();
  assert.equal(await recentIn(path), 0);
  assert.deepEqual((await contentsOf(path)).users, expected);
});

test('a node that is killed again and again at its first start goes on where it was, and loses nothing [12.3]', async () => {
  const path = join(root, 'killed');
  await cp(oneMachine(), path, { recursive: true });
  const atFirst = await batchesIn(path);
  for (let life = 0; life <= KILLS; life++) {
    const before = await batchesIn(path);
    const node = spawn(process.execPath, [NODE, path], { stdio: ['ignore', 'ignore', 'inherit'] });
    const exit = once(node, 'exit') as Promise<[code: number | null, signal: string | null]>;
    const over = exit.then(() => true);
    // One or two batches each.
    if (life < KILLS) {
      while ((await batchesIn(path)) === before && !(await Promise.race([over, setImmediate(false)])));
      node.kill('SIGKILL');
    }
    assert.deepEqual(await exit, life < KILLS ? [null, 'SIGKILL'] : [0, null]);
  }
  assert.deepEqual((await contentsOf(path)).users, expected);
  assert.equal(await recentIn(path), 0);
  assert.equal((await batchesIn(path)) - atFirst, batchesAtOnce, 'no batch is written twice');
});

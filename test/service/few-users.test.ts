/** A node of a cluster that keeps few users in memory does all that one does that keeps them all. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import * as fc from '../properties.ts';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { NodeOutbox } from '../../src/service/outbox.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { knownUsers } from '../index/index-contents.ts';
import { BEGIN, jidOf, Node, play, pseudonymOf, STEP } from './cluster-node.ts';

let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'few-users-'));
});
after(() => rm(root, { recursive: true }));

test('a node that keeps few users and one that keeps all tell the union the same, and store the same [12.3]', async () => {
  let absent = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 120 }), async (steps) => {
      const nodes = [new Node(root, true), new Node(root, false)];
      const [few, all] = nodes as [Node, Node];
      for (const node of nodes) await node.open();
      for (const step of steps) {
        for (const node of nodes) {
          node.passTo(node.now + step.seconds);
          await play(node, step);
        }
        assert.equal(few.users.size, all.users.size);
        absent += Math.max(0, few.users.size - few.users.names.size);
      }
      for (const node of nodes) {
        node.count();
        await node.commit();
      }
      assert.deepEqual(few.union, all.union);
      for (const node of nodes) await node.close();
      assert.deepEqual(knownUsers(await few.stored()), knownUsers(await all.stored()));
    }),
    { numRuns: 12 },
  );
  assert.ok(absent > 20, `${absent} were not in memory`);
});

const OLD = BEGIN - 40 * 86_400;
const LOT = fc.record({
  what: fc.constantFrom('login', 'login', 'logout', 'old', 'prune', 'removed', 'rest', 'rest', 'crash', 'lose', 'ship'),
  from: fc.nat({ max: 3000 }),
  count: fc.nat({ max: 900 }),
});
type Lot = typeof LOT extends fc.Arbitrary<infer T> ? T : never;

async function playMany(node: Node, { what, from, count }: Lot): Promise<void> {
  const { now: at, users } = node;
  const all = Array.from({ length: what === 'removed' ? count % 30 : count }, (_, n) => from + n);
  if (what === 'login') for (const n of all) node.take({ kind: 'start', session: `c2s${n}`, user: jidOf(n), at });
  else if (what === 'logout') for (const n of all) node.take({ kind: 'end', session: `c2s${n}`, at });
  else if (what === 'old') for (const n of all) users.sawLogin(users.number(jidOf(n)), OLD + n);
  else if (what === 'prune') {
    // Who is not sent yet stays; on the disk nobody knows that.
    node.count();
    node.prune(OLD + from);
  } else if (what === 'removed') {
    for (const n of all) node.take({ kind: 'removed', user: jidOf(n), at });
    node.passTo(at + 1);
  } else if (what === 'crash') await node.crash();
  else if (what === 'lose') node.lose();
  else if (what === 'ship') node.ship(count + 1, from % 2 === 0 ? 'sent' : 'unknown');
  else {
    node.count();
    await node.commit();
  }
}

test('pages of many users are split, thinned out and sent again with few of them in memory as with all [12.3]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(LOT, { minLength: 10, maxLength: 30 }), async (lots) => {
      const nodes = [new Node(root, true), new Node(root, false)];
      const [few, all] = nodes as [Node, Node];
      for (const node of nodes) {
        node.piece = 200;
        await node.open();
      }
      for (const lot of [...lots, { what: 'rest', from: 0, count: 0 } as const]) {
        for (const node of nodes) {
          node.passTo(node.now + 61);
          await playMany(node, lot);
        }
        assert.equal(few.users.size, all.users.size);
        assert.deepEqual(few.users.peek(few.next, []), all.users.peek(all.next, []));
      }
      assert.deepEqual(few.union, all.union);
      for (const node of nodes) await node.close();
      assert.deepEqual(knownUsers(await few.stored()), knownUsers(await all.stored()));
    }),
    { numRuns: 5 },
  );
});

test('a user is read from the disk also while the index is opened anew, as when somebody is forgotten [12.3]', async () => {
  const path = join(root, 'reopened');
  const open = async () => {
    const users = new Users({ exclude: [], includeDisabled: false });
    const index = await LastSeenIndex.open(path);
    return { users, writeBuffer: await WriteBuffer.open(index, users, BEGIN, { pseudonymOf, keepsFew: true }) };
  };
  const first = await open();
  for (let n = 0; n < 2000; n++) first.users.sawLogin(first.users.number(jidOf(n)), BEGIN - n);
  first.users.pages.noteAll();
  await first.writeBuffer.commitUsers();
  // All have been sent.
  const outbox = new NodeOutbox(first.users, first.writeBuffer.cluster);
  for (let piece; (piece = outbox.take(500)).users.length > 0;) outbox.sent(piece);
  first.users.pages.noteAll();
  await first.writeBuffer.commitUsers();
  await first.writeBuffer.close();
  const { users, writeBuffer } = await open();
  assert.equal(users.names.size, 0);
  const over = new AbortController();
  const purged = writeBuffer.purge().finally(() => over.abort());
  let reads = 0;
  for (; !over.signal.aborted || reads < 10; reads++) {
    const n = reads % 2000;
    assert.equal(users.get(jidOf(n))?.login, BEGIN - n);
    users.absent?.sweep();
    await setImmediate();
  }
  await purged;
  await writeBuffer.close();
  assert.ok(!(await readdir(path)).includes('reading'), 'nothing is left of the copy');
});

/** What a node of a cluster sends of its users: taken together it is what the node itself counts, whatever was lost on the way. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as fc from '../properties.ts';
import { Sessions } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import type { Piece } from '../../src/cluster/seam.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { NodeOutbox } from '../../src/service/outbox.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { BEGIN, hexOf, HOUR, jidOf, Node, OPTIONS, play, pseudonymOf, STEP } from './cluster-node.ts';

let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'outbox-'));
});
after(() => rm(root, { recursive: true }));

/** A node whose index is `name`, as it starts at `now`, unix seconds. */
async function openNode(name: string, { exclude = [] as readonly string[], now = BEGIN } = {}) {
  const users = new Users({ exclude, includeDisabled: false });
  const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(join(root, name)), users, now, { pseudonymOf });
  return { users, writeBuffer, outbox: new NodeOutbox(users, writeBuffer.cluster) };
}

test('the union of one node counts what the node counts, with crashes and losses at any time [12.2]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 120 }), async (steps) => {
      const node = new Node(root);
      await node.open();
      for (const step of steps) {
        node.passTo(node.now + step.seconds);
        await play(node, step);
      }
      node.count();
      await node.commit();
      await node.close();
    }),
    { numRuns: 40 },
  );
});

test('what happened to accounts is told in its order, again where it was not heard, and all of it after a loss [12.2]', async () => {
  const open = () => openNode('accounts', { exclude: ['never.example'] });
  const told = ({ changes }: Piece) =>
    changes.map(({ kind, host, member, at }) => [kind, host, member.toString('hex'), at]);
  const all = ['removed', 'disabled', 'enabled', 'forgotten'].map((kind, i) => [
    kind,
    'a.example',
    hexOf(jidOf(0)),
    BEGIN + i,
  ]);
  const { users, writeBuffer, outbox } = await open();
  users.remove(jidOf(0), BEGIN);
  users.noteAccount('disabled', jidOf(0), BEGIN + 1);
  users.noteAccount('enabled', jidOf(0), BEGIN + 2);
  users.remove('x@never.example', BEGIN);
  users.forget(jidOf(0), BEGIN + 3);
  const [first, second] = [outbox.take(2), outbox.take(2)];
  assert.deepEqual([...told(first), ...told(second)], all);
  outbox.sent(first);
  outbox.giveBack(second);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  const later = await open();
  assert.deepEqual(told(later.outbox.take(10)), all.slice(2));
  later.outbox.again();
  assert.deepEqual(told(later.outbox.take(10)), all);
  await later.writeBuffer.close();
});

test('what was sent is not sent again after a restart [12.2]', async () => {
  const open = () => openNode('sent');
  const { users, writeBuffer, outbox } = await open();
  for (const user of [0, 1]) users.sawLogin(users.number(jidOf(user)), BEGIN);
  await writeBuffer.commitUsers();
  outbox.sent(outbox.take(1));
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  const later = await open();
  assert.deepEqual(
    later.outbox.take(9).users.map(({ jid }) => jid),
    [jidOf(1)],
  );
  await later.writeBuffer.close();
});

test('who was seen ahead of a clock that went back is told when that time has come, also where all was sent again before [12.2]', async () => {
  const open = () => openNode('ahead');
  const { users, writeBuffer } = await open();
  users.sawLogin(users.number(jidOf(0)), BEGIN + 1800);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  const later = await open();
  later.outbox.stopAfter(BEGIN);
  later.outbox.again();
  assert.deepEqual(later.outbox.take(9).users, []);
  later.outbox.hold(BEGIN + HOUR, []);
  const seen = BEGIN + 1800;
  assert.deepEqual(later.outbox.take(9).users, [{ jid: jidOf(0), login: seen, seen, isOpen: false }]);
  await later.writeBuffer.close();
});

test('who was seen ahead of a clock that went back, and was sent as before, is sent again by a process that starts when that time has come [12.2]', async () => {
  const open = (now: number) => openNode('ahead-anew', { now });
  const sentBy = async (now: number, change: (users: Users) => void = () => {}) => {
    const { users, writeBuffer, outbox } = await open(now);
    outbox.stopAfter(now);
    change(users);
    const piece = outbox.take(9);
    outbox.sent(piece);
    await writeBuffer.commitUsers();
    await writeBuffer.close();
    return piece.users;
  };
  const [jid, before, seen] = [jidOf(0), BEGIN - HOUR, BEGIN + 1800];
  const old = { jid, login: 0, seen: before, isOpen: false };
  assert.deepEqual(await sentBy(BEGIN, (users) => users.sawLogout(users.number(jid), before)), [old]);
  await sentBy(BEGIN + HOUR, (users) => users.sawLogin(users.number(jid), seen));
  const { writeBuffer, outbox } = await open(BEGIN);
  outbox.stopAfter(BEGIN);
  outbox.again();
  const piece = outbox.take(9);
  assert.deepEqual(piece.users, [old]);
  outbox.sent(piece);
  await writeBuffer.commitUsers();
  await writeBuffer.close();
  assert.deepEqual(await sentBy(BEGIN + HOUR), [{ jid, login: seen, seen, isOpen: false }]);
});

test('of one who comes behind the hour before it is counted, the hour is told first, and then the rest [12.2]', async () => {
  const users = new Users({ exclude: [], includeDisabled: false });
  const index = await LastSeenIndex.open(join(root, 'beyond'));
  const writeBuffer = await WriteBuffer.open(index, users, BEGIN, { pseudonymOf });
  const outbox = new NodeOutbox(users, writeBuffer.cluster);
  const sessions = new Sessions(users, OPTIONS);
  const start = (session: string, at: number): void => {
    const user = users.number(jidOf(0));
    if (at > BEGIN) users.noteBefore(user);
    users.releaseIfIdle(user);
    sessions.take({ kind: 'start', session, user: jidOf(0), at });
  };
  outbox.stopAfter(BEGIN);
  start('c2s1', BEGIN - 5);
  start('c2s2', BEGIN + 3);
  const first = outbox.take(9);
  // Online since before, but when they logged in before is not known any more.
  assert.deepEqual(first.users, [{ jid: jidOf(0), login: 0, seen: BEGIN, isOpen: true }]);
  outbox.sent(first);
  assert.deepEqual(outbox.take(9).users, []);
  outbox.stopAfter(BEGIN + HOUR);
  users.sample(BEGIN, []);
  assert.deepEqual(outbox.take(9).users, [{ jid: jidOf(0), login: BEGIN + 3, seen: BEGIN + 3, isOpen: true }]);
  await writeBuffer.close();
});

test('an index that was used without a cluster is in step with no union [12.2]', async () => {
  const path = join(root, 'without');
  const open = async (isShared: boolean) => {
    const users = new Users({ exclude: [], includeDisabled: false });
    const index = await LastSeenIndex.open(path);
    return { users, writeBuffer: await WriteBuffer.open(index, users, BEGIN, isShared ? { pseudonymOf } : {}) };
  };
  const login = async (isShared: boolean): Promise<NodeOutbox | undefined> => {
    const { users, writeBuffer } = await open(isShared);
    const outbox = isShared ? new NodeOutbox(users, writeBuffer.cluster) : undefined;
    const kept = outbox?.kept;
    users.sawLogin(users.number(jidOf(made++)), BEGIN);
    outbox?.keep(1);
    if (outbox) for (let piece; (piece = outbox.take(9)).users.length > 0;) outbox.sent(piece);
    await writeBuffer.commitUsers();
    await writeBuffer.close();
    seen.push(kept);
    return outbox;
  };
  const seen: unknown[] = [];
  for (const isShared of [false, true, true, false, true]) await login(isShared);
  assert.deepEqual(seen, [undefined, undefined, 1, undefined, undefined]);
});

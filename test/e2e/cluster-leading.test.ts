/** Who leads a count: for which nodes it is waited, of whom all has to be there, and when what was counted is sent; with a real Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { SCRIPTS } from '../../src/cluster/scripts/scripts.ts';
import type { Counted } from '../../src/cluster/seam.ts';
import type { Mark, View } from '../../src/cluster/view.ts';
import type { ModelNode } from '../cluster/model-node.ts';
import { deadline } from '../deadline.ts';
import { AT, countAt, DAY, HOUR, login, logout, worldOf } from './model-world.ts';
import { ask } from './redis-faults.ts';

const flushed = (...nodes: readonly ModelNode[]): Promise<unknown> =>
  Promise.all(nodes.map((node) => node.union.flush(deadline())));

/** Turns until it is so. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (const end = deadline(); ;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    end.throwIfAborted();
  }
}

const missingOf = (counted: Counted): readonly string[] => {
  assert(counted.kind !== 'away', counted.kind === 'away' ? counted.why : '');
  return counted.missing;
};

const whyOf = (counted: Counted): string => (counted.kind === 'away' ? counted.why : counted.kind);

const markOf = ({ union }: ModelNode, at: number, isKnown = false): Mark => ({
  ...{ at, seqs: union.seqs, epoch: union.epoch, covered: [DAY, 7 * DAY, 30 * DAY, 180 * DAY], isKnown },
});

/** What a node sent is there no longer, and it has another process. */
async function begunAnew(...nodes: readonly ModelNode[]): Promise<void> {
  for (const node of nodes) {
    await node.union.look(AT, markOf(node, AT));
    await node.kill((outbox) => outbox.wipe());
  }
  await flushed(...nodes);
}

test('a node of which not all is there is waited for, though it has set its mark [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c'], { settings: { waitSeconds: 60 } });
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  login(c, 'carol', AT - 60);
  await flushed(a, b, c);
  await begunAnew(c);
  const counts = [countAt(a, AT), countAt(b, AT)];
  await until(
    () => c.union.look(AT),
    ({ leader }) => leader !== '',
  );
  // Time enough for a count.
  for (let i = 0; i < 30; i++) await c.union.look(AT);
  for (const counted of await Promise.all([...counts, countAt(c, AT)])) assert.deepEqual(missingOf(counted), []);
});

test('nodes of which not all is there are none of those of whom more than half have to come [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  for (const node of [b, c]) login(node, node.name, AT - 60);
  await flushed(a, b, c);
  await begunAnew(b, c);
  const alone = countAt(a, AT);
  // So long nodes are waited for that have not come.
  await pause(1500);
  // One of them may come so much later that it is missing.
  for (const counted of await Promise.all([alone, countAt(b, AT), countAt(c, AT)]))
    assert.ok(missingOf(counted).length <= 1);
});

test('a node that has lost what it sent is not missing in its own count, but sends it again [12.5]', async (t) => {
  // Redis loses it when the node has looked for the last time.
  const losing = `if redis.call('DEL', 'lose') == 1 then redis.call('HDEL', string.gsub(KEYS[1], ':c}counted', ':0}nodes'), 'a:s') end\n`;
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c', 'd'], {
    settings: { nodes: 5 },
    scripts: (name) => ({ ...SCRIPTS, lead: name === 'a' ? losing + SCRIPTS.lead : 'return 0' }),
  });
  const [a] = nodes as [ModelNode];
  login(a, 'alice', AT - 60);
  await flushed(...nodes);
  await ask(lab, (client) => client.set('lose', 1));
  for (const counted of await Promise.all(nodes.map((node) => countAt(node, AT)))) {
    assert.deepEqual(missingOf(counted), ['never seen (1)']);
    assert(counted.kind !== 'away');
    assert.equal(counted.hosts[0]?.online, 1);
  }
  assert.equal(await ask(lab, (client) => client.exists('lose')), 0);
});

test('no mark is set by a node that has not sent all [12.5]', async (t) => {
  const slow = `for i = 1, 1e7 do end\n`;
  const { nodes } = await worldOf(t, ['a', 'b'], {
    scripts: (name) => ({ ...SCRIPTS, apply: name === 'a' ? slow + SCRIPTS.apply : SCRIPTS.apply }),
    settings: { nodes: 2, waitSeconds: 60 },
  });
  const [a, b] = nodes as [ModelNode, ModelNode];
  await flushed(a, b);
  a.outbox.most = 1;
  for (let i = 0; i < 30; i++) login(a, `user${i}`, AT - 60);
  const counting = countAt(a, AT);
  await until(
    () => b.union.look(AT),
    ({ nodes: [first] }) => {
      assert.ok(a.outbox.isQuiet || first?.mark === undefined);
      return first?.mark !== undefined;
    },
  );
  assert.equal(a.outbox.waiting, 0);
  for (const counted of await Promise.all([counting, countAt(b, AT)])) assert.deepEqual(missingOf(counted), []);
});

test('what was counted is sent when more than half of the nodes remember it, or some seconds later [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c', 'd', 'e'], { settings: { nodes: 6, leaseSeconds: 60 } });
  const [a, b, c, d, e] = nodes as [ModelNode, ModelNode, ModelNode, ModelNode, ModelNode];
  await flushed(...nodes);
  // One has come, and does not know of it yet; and one remembers the hour before.
  await d.union.look(AT, markOf(d, AT));
  await e.union.look(AT, markOf(e, AT - HOUR, true));
  const counting = Promise.all([a, b, c].map((node) => countAt(node, AT)));
  await until(
    () => d.union.look(AT),
    (view) => knowing(view, AT) >= 3,
  );
  const known = performance.now();
  const counts = await counting;
  assert.ok(performance.now() - known > 2000);
  assert.deepEqual(missingOf(counts[0]!), ['e', 'never seen (1)']);
  // And so at each hour.
  await d.union.look(AT + HOUR, markOf(d, AT + HOUR, true));
  const next = [a, b, c].map((node) => countAt(node, AT + HOUR));
  const views = await Promise.all(
    next.map(async (counted) => {
      const { kind } = await counted;
      return kind === 'counted' ? [await d.union.look()] : [];
    }),
  );
  assert.deepEqual(
    views.flat().map((view) => knowing(view, AT + HOUR)),
    [4],
  );
});

const knowing = ({ nodes }: View, at: number): number =>
  nodes.filter(({ mark }) => mark?.at === at && mark.isKnown).length;

test('numbers that may have been sent are sent again by one who is alone, and nobody else is waited for longer [12.5]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b] = nodes as [ModelNode, ModelNode, ModelNode];
  login(a, 'alice', AT - 60);
  const asked = { at: AT, hosts: [], windows: [1, 7, 30], covered: [DAY, 7 * DAY, 30 * DAY] };
  const counts = nodes.map((node) => ({ node, counted: node.barrier.count(asked, node.signal) }));
  const { node: first } = await Promise.race(counts.map(async ({ node, counted }) => (await counted, { node })));
  const other = first === a ? b : a;
  for (const node of nodes) if (node !== other) await node.end();
  await other.kill((outbox) => outbox.store());
  await ask(lab, (client) => client.flushall());
  await other.union.flush(deadline());
  const again = await countAt(other, AT);
  assert.equal(again.kind, 'counted');
  assert.deepEqual(missingOf(again), []);
});

test('that a count was sent is known when it could not be noted in Redis, and it is not sent again [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c'], {
    scripts: () => ({ ...SCRIPTS, confirm: 'return redis.error_reply("away")' }),
  });
  login(nodes[0]!, 'alice', AT - 60);
  const asked = { at: AT, hosts: [], windows: [1, 7, 30], covered: [DAY, 7 * DAY, 30 * DAY] };
  const kinds = await Promise.all(
    nodes.map(async ({ barrier }) => {
      const { kind } = await barrier.count(asked, deadline());
      if (kind === 'counted') await assert.rejects(barrier.confirm(AT), /away/);
      return kind;
    }),
  );
  assert.deepEqual(kinds.toSorted(), ['counted', 'elsewhere', 'elsewhere']);
});

test('no log is held for a Redis that has been away for long when it is time [12.5]', async (t) => {
  let clock = AT;
  const { lab, nodes } = await worldOf(t, ['a'], { now: () => clock, settings: { nodes: 1, waitSeconds: 3600 } });
  const [a] = nodes as [ModelNode];
  await flushed(a);
  clock = AT + 10;
  await lab.kill();
  await until(
    () => pause(10),
    () => a.union.state.isAway,
  );
  assert.equal(a.union.state.since, AT + 10);
  clock = AT + HOUR;
  const end = deadline();
  const counted = await countAt(a, AT + HOUR);
  assert.equal(end.aborted, false);
  assert(counted.kind === 'away' && counted.isTold);
  assert.match(counted.why, /^Redis at /);
});

test('who gives it up tells which node has gone on, and all others that it was given up [12.5]', async (t) => {
  const { nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  c.barrier.passed(AT);
  login(c, 'later', AT + 5);
  await flushed(a, b, c);
  const reasons = (await Promise.all([countAt(a, AT), countAt(b, AT)])).map(whyOf);
  assert.deepEqual(reasons.toSorted(), [
    'it was given up for all nodes',
    'the node c has gone on without this count, and has told of what happened later',
  ]);
  assert.equal(whyOf(await countAt(c, AT)), 'it was given up for all nodes');
});

test('of an hour that was counted it is asked what, of those who may come back, and then no longer [12.5]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b', 'c']);
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  const [counted] = await Promise.all([countAt(a, AT), countAt(b, AT)]);
  for (const node of [a, b]) node.outbox.store();
  const results = c.union.keys.control.replace(/counted$/, 'results');
  await a.end();
  await ask(lab, (client) => client.del(results));
  const late = countAt(c, AT);
  await until(
    () => b.union.look(),
    ({ nodes: [, , third] }) => third?.mark?.at === AT,
  );
  assert.equal(await ask(lab, (client) => client.exists(results)), 0);
  await b.kill();
  const { kind, ...heard } = await late;
  assert.equal(kind, 'elsewhere');
  assert.deepEqual({ ...heard, kind: counted?.kind }, counted);
  assert.equal(whyOf(await countAt(c, AT - HOUR)), 'what was counted is no longer known');
});

test('a count has all hosts that its leader knows, covers what the logs of all nodes do, and is followed by upkeep [12.2]', async (t) => {
  const { lab, nodes } = await worldOf(t, ['a', 'b']);
  const [a, b] = nodes as [ModelNode, ModelNode];
  login(a, 'old', AT - 40 * DAY);
  logout(a, 'old', AT - 40 * DAY + 1);
  const windows = [1, 7, 30];
  const count = async ({ barrier }: ModelNode, covered: readonly number[]): Promise<Counted> => {
    const counted = await barrier.count({ at: AT, hosts: ['empty.example'], windows, covered }, deadline());
    if (counted.kind === 'counted') await barrier.confirm(AT);
    return counted;
  };
  for (const counted of await Promise.all([count(a, [5, 50, 60]), count(b, [9, 40, 70])])) {
    assert(counted.kind !== 'away');
    assert.deepEqual(counted.covered, [5, 40, 60]);
    assert.deepEqual(
      counted.hosts.map(({ host }) => host),
      ['chat.example', 'empty.example'],
    );
  }
  const seen = a.union.keys.slot(0).replace(/nodes$/, 'seen:chat.example');
  await until(
    () => ask(lab, (client) => client.exists(seen)),
    (exists) => exists === 0,
  );
});

test('who hears of an hour late still knows of the hour behind it [12.5]', async (t) => {
  // Upkeep that fails is tried again with the next count, and harms none.
  const scripts = { ...SCRIPTS, prune: 'return redis.error_reply("no")' };
  const { nodes } = await worldOf(t, ['a', 'b', 'c'], { scripts: () => scripts });
  const [a, b, c] = nodes as [ModelNode, ModelNode, ModelNode];
  login(a, 'alice', AT - 60);
  for (const at of [AT, AT + HOUR]) await Promise.all([countAt(a, at), countAt(b, at)]);
  await c.union.look();
  assert.equal((await countAt(c, AT)).kind, 'elsewhere');
  assert.ok(c.union.knows(AT + HOUR));
});

/** When a node of a cluster counts with the others, and what it tells when that cannot be. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Users } from '../../src/activity/user-table.ts';
import type { Asked, Counted } from '../../src/cluster/seam.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { NodeOutbox } from '../../src/service/outbox.ts';
import { SharedCounter, type Link } from '../../src/service/shared-counter.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

const HOUR = 3600;
const NINE = Date.UTC(2026, 2, 2, 9) / 1000;
let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'shared-counter-'));
});
after(() => rm(root, { recursive: true }));

async function begin({ now = NINE + 5, lastLine = NINE - 1, passed = 0 }) {
  const users = new Users({ exclude: [], includeDisabled: false });
  const index = await LastSeenIndex.open(join(root, String(made++)));
  const writeBuffer = await WriteBuffer.open(index, users, now, { pseudonymOf: (jid) => Buffer.from(jid) });
  const state = writeBuffer.cluster;
  if (passed > 0) state.set('passed', passed);
  const said: string[] = [];
  const answers: Counted[] = [];
  const asked: Asked[] = [];
  const told: number[] = [];
  const link: Link = {
    count: async (of) => {
      asked.push(of);
      return answers.shift() ?? { kind: 'away', why: 'Redis is away' };
    },
    confirm: async () => {},
    passed: (at) => void told.push(at),
    wake: () => {},
    standing: { isConnected: true, since: now, waiting: 0, isSendingAll: false, nodes: [] },
    takeGone: async () => {},
    close: async () => {},
  };
  const outbox = new NodeOutbox(users, state);
  const tell = (_level: string, sentence: string): void => void said.push(sentence);
  const { signal } = new AbortController();
  const counter = new SharedCounter({ users, state, outbox, link, node: 'a.b', now, lastLine, tell, signal });
  return { counter, users, outbox, state, said, answers, asked, told, close: () => writeBuffer.close() };
}

const CASES: readonly [what: string, known: { lastLine?: number; passed?: number }, counts: boolean][] = [
  ['comes to the last full hour', {}, true],
  ['comes to it, also where its last line is of that second', { lastLine: NINE }, true],
  ['does not where it has gone on', { passed: NINE }, false],
  ['does where it has gone on from the hour before', { passed: NINE - HOUR }, true],
  ['does not where it knows of what came later', { lastLine: NINE + 1 }, false],
];
for (const [what, known, counts] of CASES)
  test(`a daemon that starts ${what} [12.5]`, async () => {
    const { counter, told, close } = await begin(known);
    assert.equal(counter.countsAtStart, counts);
    assert.equal(counter.startAt(NINE + 7), counts ? NINE : NINE + 7);
    assert.deepEqual(told, counts ? [] : [NINE]);
    // The logs were read until the next hour had come.
    assert.equal(counter.startAt(NINE + HOUR + 7), counts ? NINE : NINE + HOUR - 1);
    // What is sent then may be later than hours that were slept through.
    counter.stopAfter(NINE + 3 * HOUR);
    assert.equal(told.at(-1), NINE + 2 * HOUR);
    await close();
  });

test('without the union nothing is counted, which is told once, and reading goes on [12.5]', async () => {
  const { counter, said, answers, told, state, close } = await begin({});
  const moment = (at: number) => ({ at, logs: [], covered: [60, 60, 60] });
  assert.deepEqual(await counter.count(moment(NINE)), { kind: 'none' });
  assert.deepEqual(await counter.count(moment(NINE + HOUR)), { kind: 'none' });
  assert.deepEqual(said.length, 1);
  assert.match(said[0]!, /^nothing was counted at 2026-03-02T09:00:00Z: Redis is away\. Logs are read on/);
  assert.deepEqual(told, [NINE, NINE + HOUR]);
  assert.equal(state.get('passed'), NINE + HOUR);
  const host = { host: 'chat.example', online: 1, windows: [2, 3, 4] };
  answers.push({ kind: 'elsewhere', hosts: [host], missing: ['c'], covered: [50, 60, 60] });
  const sample = { at: NINE + 2 * HOUR, host: 'chat.example', online: 1, d1: 2, d7: 3, d30: 4, covered: [50, 60, 60] };
  assert.deepEqual(await counter.count(moment(NINE + 2 * HOUR)), { kind: 'elsewhere', samples: [sample] });
  assert.deepEqual(said.slice(1), ['the nodes count together again']);
  assert.equal('cluster.nodes_missing' in counter.gauges, false);
  answers.push({ kind: 'counted', hosts: [host], missing: ['c'], covered: [50, 60, 60] });
  await counter.count(moment(NINE + 3 * HOUR));
  assert.match(said[2]!, /^counted at 2026-03-02T12:00:00Z without c: the counts are lower bounds$/);
  assert.deepEqual(counter.gauges, {
    'cluster.node.a_b.connected': 1,
    'cluster.node.a_b.unsent': 0,
    'cluster.nodes_missing': 1,
  });
  await close();
});

test('of an hour without Redis nothing is said where that it is away has been told [12.5]', async () => {
  const { counter, said, answers, close } = await begin({});
  const moment = { at: NINE, logs: [], covered: [60, 60, 60] };
  answers.push({ kind: 'away', why: 'Redis is away', isTold: true });
  assert.deepEqual(await counter.count(moment), { kind: 'none' });
  answers.push({ kind: 'elsewhere', hosts: [], missing: [], covered: [] });
  await counter.count({ ...moment, at: NINE + HOUR });
  assert.deepEqual(said, []);
  await close();
});

test('what changes while an instant is being counted is sent behind it [12.5]', async () => {
  const { counter, users, outbox, answers, close } = await begin({});
  users.sawLogin(users.number('a@chat.example'), NINE - 5);
  answers.push({ kind: 'elsewhere', hosts: [], missing: [], covered: [] });
  const counting = counter.count({ at: NINE, logs: [], covered: [] });
  users.sawLogin(users.number('b@chat.example'), NINE - 3);
  users.remove('c@chat.example', NINE - 3);
  const sent = outbox.take(9);
  assert.deepEqual([sent.users.map(({ jid }) => jid), sent.changes], [['a@chat.example'], []]);
  await counting;
  counter.stopAfter(NINE + HOUR);
  const later = outbox.take(9);
  assert.deepEqual([later.users.map(({ jid }) => jid), later.changes.length], [['b@chat.example'], 1]);
  await close();
});

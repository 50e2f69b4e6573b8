/** For how long a node waits, and since when it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patienceOf, Waiting } from '../../src/cluster/waiting.ts';

for (const [seconds, patience] of [
  [1, { others: 1, needed: 2, most: 31 }],
  [30, { others: 30, needed: 60, most: 60 }],
  [60, { others: 60, needed: 90, most: 90 }],
  [600, { others: 600, needed: 630, most: 630 }],
] as const)
  test(`with wait_seconds = ${seconds} nodes are waited for first, then what a count needs, and the leader in the end [12.5]`, () => {
    assert.deepEqual(patienceOf(seconds), patience);
  });

const NEVER = new AbortController().signal;
const waitingFor = (most: number, joinedAt: () => number = () => -Infinity): Waiting =>
  new Waiting({ most, joinedAt, signal: NEVER });

test('a node has waited since it was in step with the union last, but is not put off for ever [12.5]', () => {
  const begin = performance.now();
  let joined = begin + 50_000;
  const waiting = waitingFor(100, () => joined);
  assert.equal(Math.round(waiting.seconds), -50);
  joined = begin + 1e9;
  assert.equal(Math.round(waiting.seconds), -100);
  joined = begin - 1e9;
  assert.equal(Math.round(waiting.seconds), 0);
  waiting.end();
});

test('a node whose clock is ahead has waited since it was time, but not for one that is ahead by hours [12.5]', async () => {
  const waiting = waitingFor(100);
  const passed = async (): Promise<number> => {
    const { seconds } = waiting;
    while (waiting.seconds - seconds < 0.005) await new Promise((resolve) => setImmediate(resolve));
    return waiting.seconds;
  };
  const before = await passed();
  waiting.isEarly(0);
  waiting.isEarly(3601);
  assert.ok(waiting.seconds >= before);
  waiting.isEarly(3600);
  assert.ok(waiting.seconds < before);
  await passed();
  waiting.isEarly(0.001);
  assert.ok(waiting.seconds < before);
  waiting.end();
});

test('it is over when it was long enough, counted from the end of what put it off, or when the daemon stops [12.5]', async () => {
  let joined = performance.now() + 15;
  const waiting = waitingFor(0.03, () => joined);
  await new Promise((resolve) => waiting.over.addEventListener('abort', resolve));
  assert.ok(waiting.seconds >= 0.03);
  joined = -Infinity;
  const stop = new AbortController();
  const stopped = new Waiting({ most: 100, joinedAt: () => joined, signal: stop.signal });
  assert.equal(stopped.over.aborted, false);
  stop.abort();
  assert.equal(stopped.over.aborted, true);
  stopped.end();
});

/** What has to be written and cannot be is tried again, told once, and given up only when the program ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consume, storeOnce, storeWithPatience, type Store } from '../../src/service/consume.ts';
import type { Block } from '../../src/source/source.ts';

const FULL = new Error('ENOSPC: no space left on device');
const none = { length: 0, hash: '' };

function block(text: string): Block {
  const bytes = Buffer.from(text);
  const position = { id: 'p', log: '/x.log', offset: bytes.length, head: none, marker: none, readAt: 0 };
  return { log: '/x.log', bytes, continues: true, position, forgotten: [] };
}

/** Reads two blocks; the first `failures` writes fail. Gives what happened, in order. */
async function happened(failures: number, storeFor: (events: string[]) => Store): Promise<string[]> {
  const events: string[] = [];
  let attempts = 0;
  async function* blocks(): AsyncGenerator<Block> {
    for (const text of ['one\n', 'two\n']) {
      events.push(`gave ${text.trim()}`);
      yield block(text);
    }
    events.push('over');
  }
  const commit = (each: Block): Promise<void> => {
    if (++attempts <= failures) return Promise.reject(FULL);
    events.push(`wrote ${String(each.bytes).trim()}`);
    return Promise.resolve();
  };
  const apply = (each: Block): void => void events.push(`took ${String(each.bytes).trim()}`);
  await consume(blocks(), { apply, commit, store: storeFor(events) }).catch((error: unknown) =>
    events.push(`failed: ${String(error)}`),
  );
  return events;
}

const patient = (events: string[], over = new AbortController()): Store =>
  storeWithPatience({
    signal: over.signal,
    trouble: (reason) => events.push(`trouble: ${reason}`),
    over: () => events.push('over it'),
    waitMs: 1,
  });

const ONE = ['gave one', 'took one', 'wrote one'];
const TWO = ['gave two', 'took two', 'wrote two', 'over'];
for (const { what, failures, store, expected } of [
  { what: 'nothing fails', failures: 0, store: patient, expected: [...ONE, ...TWO] },
  {
    what: 'the first block is written at the fourth attempt',
    failures: 3,
    store: patient,
    expected: ['gave one', 'took one', `trouble: ${FULL.message}`, 'wrote one', 'over it', ...TWO],
  },
  {
    what: 'nobody waits',
    failures: 1,
    store: () => storeOnce,
    expected: ['gave one', 'took one', `failed: Error: ${FULL.message}`],
  },
])
  test(`a block is taken in once and stored before the next is asked for: ${what} [9.3]`, async () => {
    assert.deepEqual(await happened(failures, store), expected);
  });

test('who waits for room on the disk can be stopped [9.3]', async () => {
  const over = new AbortController();
  const events = await happened(Infinity, (told) => {
    const store = patient(told, over);
    return (write) => {
      queueMicrotask(() => over.abort());
      return store(write);
    };
  });
  assert.deepEqual(events.slice(0, -1), ['gave one', 'took one', `trouble: ${FULL.message}`]);
  assert.match(events.at(-1) ?? '', /AbortError/);
});

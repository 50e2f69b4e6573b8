import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GUARDS } from './guards.ts';

const FAULTS = ['3b', ...Array.from({ length: 35 }, (_, i) => i + 1)].map((n) => `F${n}`);
const sourceOf = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../src/${file}`, import.meta.url)), 'utf8');

test('every fault has a guard that can be taken away', () => {
  const guarded = new Set(GUARDS.flatMap(({ faults }) => faults));
  assert.deepEqual(
    FAULTS.filter((fault) => !guarded.has(fault)),
    [],
  );
  for (const [file, from] of GUARDS.flatMap(({ cut }) => cut))
    assert.equal(sourceOf(file).split(from).length - 1, 1, `src/${file} holds exactly once: ${from}`);
});

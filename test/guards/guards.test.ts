import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GUARDS } from './guards.ts';
import { labelledIn } from './labels.ts';

const FAULTS = ['3b', ...Array.from({ length: 36 }, (_, i) => i + 1)].map((n) => `F${n}`);
const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url));

test('every fault has a guard that can be taken away', () => {
  const guarded = new Set(GUARDS.flatMap(({ faults }) => faults));
  assert.deepEqual(
    FAULTS.filter((fault) => !guarded.has(fault)),
    [],
  );
});

test('each label stands above one statement of the source, and is that of a guard', () => {
  const labels = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => labelledIn(readFileSync(join(SOURCE, file), 'utf8')))
    .map(({ label }) => label);
  const cut = new Set(GUARDS.flatMap((guard) => Object.keys(guard.cut)));
  assert.deepEqual(labels.toSorted(), [...cut].toSorted());
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, tryCase, type Way } from './fuzz.ts';

/** A case of each kind; `npm run fuzz` tries as many as there is time for. */
const CASES: readonly (readonly [Way, readonly number[]])[] = [
  ['history', [1, 3, 4, 5, 7, 8, 9, 10, 11, 12]],
  ['backfill', [1, 4]],
  ['run', [1]],
];

for (const [way, seeds] of CASES) {
  for (const seed of seeds) {
    test(`random logs, seed ${seed}: ${way} counts as the specification says [8 must show]`, async () => {
      const found = await tryCase(seed, way);
      assert.equal(found && `${found.differences[0]?.sentence}\n${describe(found.the).slice(0, 2000)}`, undefined);
    });
  }
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NumberSet } from '../../src/activity/number-set.ts';
import * as fc from '../properties.ts';

describe('a set of numbers', () => {
  it('gives each of them once, be they few or many, and is empty then [9.14]', () => {
    const run = fc.record({ from: fc.nat(70_000), count: fc.nat(30_000), step: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(fc.record({ runs: fc.array(run, { maxLength: 3 }), isDropped: fc.boolean() })), (turns) => {
        const set = new NumberSet();
        for (const { runs, isDropped } of turns) {
          const expected = new Set<number>();
          for (const { from, count, step } of runs)
            for (let i = 0; i < count; i++) {
              set.add(from + i * step);
              expected.add(from + i * step);
            }
          assert.equal(set.size, expected.size);
          if (isDropped) set.clear();
          else assert.deepEqual(new Set(set.take()), expected);
          assert.equal(set.size, 0);
        }
      }),
      { numRuns: 20 },
    );
  });
});

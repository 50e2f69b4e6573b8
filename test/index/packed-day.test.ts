import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from '../properties.ts';
import { HOURS, packDay, unpackDay } from '../../src/index/packed-day.ts';

const LARGEST = 2 ** 31;
const value = fc.option(fc.integer({ min: 0, max: LARGEST }), { nil: undefined });
const columns = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  fc.array(value, { minLength: 1, maxLength: HOURS }),
);

test('a day of counts is the same after packing, whatever columns and hours it has [11.2]', () => {
  fc.assert(
    fc.property(columns, (record) => {
      const day = new Map(Object.entries(record));
      assert.deepEqual(unpackDay(packDay(day)), day);
    }),
  );
});

test('a day of counts that change little takes few bytes [11.2]', () => {
  const near = Array.from({ length: HOURS }, (_, hour) => 1000 + (hour % 7));
  assert.ok(packDay(new Map(['online', 'd1', 'd7', 'd30'].map((name) => [name, near]))).length < 180);
});

test('what is no packed day has no hours, and breaks nothing [11.2]', () => {
  fc.assert(fc.property(fc.string(), (text) => void unpackDay(text)));
  assert.deepEqual(unpackDay(''), new Map());
});

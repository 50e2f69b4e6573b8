import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coveredWindows, type LogCoverage } from '../../src/activity/coverage.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const NOW = 1000 * DAY;
const WHOLE = [DAY, 7 * DAY, 30 * DAY];

/** From and to in days before now. */
const log = (state: LogCoverage['state'], ...spans: [number, number][]): LogCoverage => ({
  spans: spans.map(([from, to]) => [NOW - from * DAY, NOW - to * DAY]),
  state,
});

const CASES: readonly (readonly [string, readonly LogCoverage[], readonly number[]])[] = [
  ['nothing', [], [0, 0, 0]],
  ['a log of a month', [log('current', [40, 0])], WHOLE],
  ['a log of three days', [log('current', [3, 0])], [DAY, 3 * DAY, 3 * DAY]],
  ['a gap', [log('current', [40, 6], [4, 0])], [DAY, 5 * DAY, 28 * DAY]],
  ['a night without a line', [log('current', [40, 0.25])], WHOLE],
  ['ten days without a line', [log('current', [40, 10])], [0, 0, 20.5 * DAY]],
  ['a year without a line', [log('current', [800, 325])], [0, 0, 0]],
  ['lines that are not read yet', [log('behind', [40, 0.25])], [0.75 * DAY, 6.75 * DAY, 29.75 * DAY]],
  ['two logs, one of them new', [log('current', [40, 0]), log('current', [2, 0])], [DAY, 2 * DAY, 2 * DAY]],
  ['a log that took the place of another', [log('over', [40, 5]), log('current', [5, 0])], WHOLE],
  ['a log without a line', [log('current', [40, 0]), log('current')], WHOLE],
  ['a log that begins later', [log('current', [40, 0]), log('current', [-1, -2])], WHOLE],
  ['logs of the past only', [log('over', [40, 20]), log('over', [19, 0])], [DAY, 7 * DAY, 29.5 * DAY]],
];

describe('of the windows that end now is covered by', () => {
  for (const [what, logs, covered] of CASES)
    test(`${what} [8.17]`, () => assert.deepEqual(coveredWindows(logs, NOW), covered));
});

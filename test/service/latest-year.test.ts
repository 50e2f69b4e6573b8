import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { latestStart } from '../../src/service/latest-year.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;

function yearOf(stamps: readonly string[], now: string): number {
  const lines = stamps.map((stamp) => `${stamp} c2s1\tinfo\tClient connected`);
  return latestStart(lines, { stamp: undefined, timezone: 'UTC', horizon: at(now) + 300 }).year;
}

const CASES: readonly (readonly [what: string, stamps: readonly string[], now: string, year: number])[] = [
  ['is that of now', ['Mar 01 10:00:00', 'Mar 01 10:01:00'], '2026-03-01T10:02:00Z', 2026],
  ['may be the one before', ['Dec 31 23:59:59', 'Jan 01 00:00:00'], '2026-01-01T00:00:01Z', 2025],
  [
    'is not told by a first line from the future',
    ['Mar 20 10:00:00', 'Mar 01 10:00:00', 'Mar 01 10:01:00'],
    '2026-03-01T10:02:00Z',
    2026,
  ],
  [
    'is not told by a last line from the future',
    ['Mar 01 10:00:00', 'Mar 01 10:01:00', 'Mar 20 10:00:00'],
    '2026-03-01T10:02:00Z',
    2026,
  ],
  [
    'is not told by two of four lines',
    ['Mar 20 10:00:00', 'Mar 20 10:00:00', 'Mar 01 10:00:00', 'Mar 01 10:01:00', 'Mar 01 10:02:00'],
    '2026-03-01T10:02:00Z',
    2026,
  ],
  ['has the days of the lines', ['Feb 29 10:00:00', 'Mar 01 10:01:00'], '2026-03-01T10:02:00Z', 2024],
];

describe('the year of a log that appears', () => {
  for (const [what, stamps, now, year] of CASES) test(`${what} [8.15]`, () => assert.equal(yearOf(stamps, now), year));
});

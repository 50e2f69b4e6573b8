import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countAxis, dateLabel, shortCount, timeTicks } from '../../src/report/charts/axis.ts';

const instant = (text: string): number => Date.parse(text) / 1000;

describe('the axis of counts', () => {
  const cases: [largest: number, most: number, ticks: number[]][] = [
    [0, 4, [0, 1]],
    [1, 4, [0, 1]],
    [3, 4, [0, 1, 2, 3]],
    [72, 4, [0, 20, 40, 60, 80]],
    [130, 4, [0, 50, 100, 150]],
    [363, 5, [0, 100, 200, 300, 400]],
    [12_345, 4, [0, 5000, 10_000, 15_000]],
    [999_999, 4, [0, 500_000, 1_000_000]],
  ];
  for (const [largest, most, ticks] of cases) {
    test(`up to ${largest} is ${ticks.join(', ')}`, () => {
      assert.deepEqual(countAxis(largest, most), { top: ticks.at(-1), ticks });
    });
  }
  test('is labelled shortly', () => {
    assert.deepEqual([0, 950, 9500, 15_000, 12_500, 2_500_000].map(shortCount), [
      '0',
      '950',
      '9500',
      '15k',
      '12.5k',
      '2.5M',
    ]);
  });
});

describe('the axis of time', () => {
  const cases: [from: string, to: string, zone: string, most: number, labels: string[]][] = [
    ['2026-03-01T10:20Z', '2026-03-02T10:20Z', 'UTC', 5, ['12:00', '18:00', '2 Mar', '06:00']],
    [
      '2026-03-01T00:00Z',
      '2026-03-08T00:00Z',
      'UTC',
      7,
      ['1 Mar', '2 Mar', '3 Mar', '4 Mar', '5 Mar', '6 Mar', '7 Mar', '8 Mar'],
    ],
    ['2026-10-25T00:00Z', '2026-11-24T00:00Z', 'UTC', 6, ['26 Oct', '2 Nov', '9 Nov', '16 Nov', '23 Nov']],
    ['2025-11-24T00:00Z', '2026-11-24T00:00Z', 'UTC', 6, ['2026', 'Apr', 'Jul', 'Oct']],
    ['2023-06-01T00:00Z', '2026-06-01T00:00Z', 'UTC', 4, ['2024', '2025', '2026']],
  ];
  for (const [from, to, zone, most, labels] of cases) {
    test(`from ${from} to ${to} has ${labels.join(', ')}`, () => {
      assert.deepEqual(
        timeTicks(instant(from), instant(to), zone, most).map(({ label }) => label),
        labels,
      );
    });
  }
  test('has its days at midnight of the zone, also over the end of summer time', () => {
    assert.deepEqual(
      timeTicks(instant('2026-10-24T12:00Z'), instant('2026-10-26T12:00Z'), 'Europe/Berlin', 3).map(({ at }) => at),
      [instant('2026-10-24T22:00Z'), instant('2026-10-25T23:00Z')],
    );
  });
  test('has no hour twice where summer time begins', () => {
    const ticks = timeTicks(instant('2026-03-28T23:00Z'), instant('2026-03-29T04:00Z'), 'Europe/Berlin', 12);
    assert.deepEqual(
      ticks.map(({ label }) => label),
      ['29 Mar', '01:00', '03:00', '04:00', '05:00', '06:00'],
    );
  });
  test('of one instant ends', () => {
    assert.deepEqual(timeTicks(0, 0, 'UTC', 5), [{ at: 0, label: '1 Jan' }]);
  });
  test('names a date in the zone', () => {
    assert.equal(dateLabel(instant('2025-12-31T23:30Z'), 'Europe/Berlin'), '1 Jan 2026');
    assert.equal(dateLabel(instant('2026-09-30T12:00Z'), 'America/New_York'), '30 Sep 2026');
  });
  test('does not take a zone that there is not', () => {
    assert.throws(() => dateLabel(0, 'Europe/Nowhere'), RangeError);
  });
});

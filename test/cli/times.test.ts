import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { localIso, parseInstant, parseSpan } from '../../src/cli/times.ts';

void describe('a TIME', () => {
  const cases: [string, number | undefined][] = [
    ['1772413200', 1_772_413_200],
    ['0', 0],
    ['2026-03-02T01:00:00Z', 1_772_413_200],
    ['2026-03-02T02:00:00+01:00', 1_772_413_200],
    ['2026-03-02T02:00+0100', 1_772_413_200],
    ['2026-03-02 01:00:00.9Z', 1_772_413_200],
    ['2026-03-02', new Date(2026, 2, 2).getTime() / 1000],
    ['2026-03-02T01:00', new Date(2026, 2, 2, 1).getTime() / 1000],
    ['2026-13-02', undefined],
    ['yesterday', undefined],
    ['', undefined],
    ['1772413200.5', undefined],
    ['12345678901234', undefined],
  ];
  for (const [text, at] of cases)
    void test(`${JSON.stringify(text)} is ${at ?? 'none'}`, () => assert.equal(parseInstant(text), at));
});

void describe('a span', () => {
  const cases: [string, number | undefined][] = [
    ['90', 90],
    ['90s', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['2d', 172_800],
    ['1w', 604_800],
    ['0', undefined],
    ['-1h', undefined],
    ['1.5h', undefined],
    ['h', undefined],
    ['1y', undefined],
  ];
  for (const [text, seconds] of cases)
    void test(`${JSON.stringify(text)} is ${seconds ?? 'none'}`, () => assert.equal(parseSpan(text), seconds));
});

void test('an instant is printed with the offset of the machine and read back as the same', () => {
  for (const at of [0, 1_772_413_200, 1_782_781_234]) {
    assert.match(localIso(at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    assert.equal(parseInstant(localIso(at)), at);
  }
});

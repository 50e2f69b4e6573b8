/** Files whose stamps change their form in the middle, as by a new template of rsyslog, and that were copied since. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrange, at, DAY, folder, iso, NOW, shown, stamp } from './old-logs.ts';

const UTC = { timezone: 'UTC', now: NOW };

const dated = (instant: number): string => `${iso(instant)}.123456+00:00`;
/** A line at `from`, then one each `step` seconds, before `to`. */
const lines = (stampOf: (instant: number) => string, from: number, to: number, step: number): string =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step)
    .map((t) => `${stampOf(t)} c2s${t.toString(16)}\tinfo\tAuthenticated as u${t % 97}@chat.example\n`)
    .join('');

const CASES: readonly [name: string, from: string, many: number, few: number][] = [
  ['most lines before', '2024-11-10T00:00:00Z', 200, 7200],
  ['most lines behind', '2024-11-10T00:00:00Z', 7200, 200],
  ['few lines', '2024-11-10T00:00:00Z', 7200, 7200],
  ['over the turn of a year', '2023-12-25T00:00:00Z', 600, 600],
  ['in a large file', '2024-11-10T00:00:00Z', 15, 15],
];

describe('stamps that have a year in one part of a file tell that of the other part', () => {
  for (const [name, begin, before, behind] of CASES)
    for (const [direction, first, second] of [
      ['first without', stamp, dated],
      ['first with', dated, stamp],
    ] as const)
      test(`${name}, ${direction} [10.6]`, async () => {
        const into = folder();
        const from = at(begin);
        const middle = from + 10 * DAY;
        const end = middle + 5 * DAY;
        const newer = lines(first, from, middle, before) + lines(second, middle, end, behind);
        const older = lines(first, from - 10 * DAY, from, 3600);
        const found = await arrange([into.put('x.log', newer, NOW), into.put('x.log.1', older, NOW)], UTC);
        const span = (start: number, stop: number): string => `${iso(start)} ${iso(stop)}`;
        assert.deepEqual(shown(found, into), [
          ['x.log', `x.log.1 ${span(from - 10 * DAY, from - 3600)}`, `x.log ${span(from, end - behind)}`],
        ]);
        // The older file of stamps without a year fits on to it.
        const codes = found.problems.map(({ severity, code }) => `${severity} ${code}`);
        assert.deepEqual(codes, first === stamp ? ['warning WRONG_TIME'] : []);
      });
});

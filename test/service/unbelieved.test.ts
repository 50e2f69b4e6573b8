/** Which places are kept where lines lay in the future. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { believedBy, withPlace, type Unbelieved } from '../../src/service/unbelieved.ts';

const DAY = 86_400;
const NOW = 1_700_000_000;
const counts = { lines: 0, events: 0, rejected: 0, foreign: 0, quoted: 0 };

/** At a line of `last`, when lines of `at` came that were not believed. */
function placeAt(id: string, last: number, at: number): Unbelieved {
  const reader = { clock: { year: 2023, last }, stamp: undefined, parser: {} };
  return { id, position: undefined, known: [], at, timezone: 'UTC', reader, counts };
}

const after = (...places: readonly Unbelieved[]): readonly Unbelieved[] => places.reduce(withPlace, []);
const ids = (places: readonly Unbelieved[]): string => places.map(({ id }) => id).join('');

for (const [title, places, kept, first] of [
  ['one place is that of the first line', [placeAt('a', NOW, NOW + 400), placeAt('b', NOW, NOW + 500)], 'a', 'a'],
  ['a stray line has none behind it read again', [placeAt('a', NOW, NOW + 20 * DAY), placeAt('b', NOW, 9)], 'ab', 'b'],
  ['a place of a month ago is forgotten', [placeAt('a', NOW - 32 * DAY, NOW + DAY), placeAt('b', NOW, 9)], 'b', 'b'],
  [
    'places are few',
    Array.from({ length: 20 }, (_, i) => placeAt('abcdefghijklmnopqrst'[i] ?? '', NOW, 30 - i)),
    'abcdefgh',
    'h',
  ],
] as const)
  it(`${title} [8.3]`, () => {
    const all = after(...places);
    assert.equal(ids(all), kept);
    assert.equal(believedBy(Math.min(...places.map(({ at }) => at)), 'UTC', all)?.id, first);
    assert.equal(believedBy(0, 'Europe/Berlin', all)?.id, kept[0]);
    assert.equal(believedBy(0, 'UTC', all), undefined);
  });

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from '../../properties.ts';
import { Clock, zoneInstants, wallSeconds, type ClockState } from '../../../src/format/time/clock.ts';
import { recogniseStamp } from '../../../src/format/time/stamp-choice.ts';
import type { WallTime } from '../../../src/format/time/stamp-form.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/St_Johns'];

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall time that a clock in a zone shows, as the server would write it without a year. */
function wallOf(at: number, zone: string): WallTime {
  let format = formats.get(zone);
  if (!format) {
    const digits = {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    } as const;
    formats.set(zone, (format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...digits })));
  }
  const parts = new Map(format.formatToParts(at * 1000).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? assert.fail(name);
  return {
    year: undefined,
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    offset: undefined,
    end: 0,
  };
}

const at = (iso: string): number => Date.parse(iso) / 1000;
const iso = (seconds: number | undefined): string =>
  seconds === undefined ? 'none' : new Date(seconds * 1000).toISOString().slice(0, 19);

function read(zone: string, year: number, stamps: readonly string[]): string[] {
  const clock = new Clock(zone, { year, last: undefined });
  return stamps.map((stamp) => {
    const wall = recogniseStamp([stamp])?.read(stamp, 0) ?? assert.fail(stamp);
    return iso(clock.read(wall));
  });
}

describe('wall times are instants again', () => {
  for (const zone of ZONES)
    test(`in ${zone}, for years, with lines at least every 20 minutes about the changes`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: at('1996-01-01T00:00:00Z'), max: at('2036-01-01T00:00:00Z') }),
          fc.array(fc.oneof(fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 0, max: 25 * 86_400 })), {
            maxLength: 60,
          }),
          (start, steps) => {
            let now = start;
            const instants = [start];
            for (const step of steps) {
              // Silence over a whole repeated hour leaves nothing by which to tell its halves.
              const next = now + step;
              if (step <= 1200 || !isRepeated(next, zone)) instants.push((now = next));
            }
            if (isRepeated(start, zone)) return;
            // The year on the wall, which may differ from the year in UTC.
            const year = [-1, 0, 1]
              .map((d) => new Date(start * 1000).getUTCFullYear() + d)
              .find((y) => zoneInstants(zone)(wallSeconds(wallOf(start, zone), y)).includes(start));
            const clock = new Clock(zone, { year: year ?? assert.fail(), last: undefined });
            for (const instant of instants) assert.equal(iso(clock.read(wallOf(instant, zone))), iso(instant));
          },
        ),
        { numRuns: 150 },
      );
    });

  function isRepeated(instant: number, zone: string): boolean {
    const wall = JSON.stringify(wallOf(instant, zone));
    return [-3600, 3600, -1800, 1800, -7200, 7200].some((d) => JSON.stringify(wallOf(instant + d, zone)) === wall);
  }
});

describe('F27: the turn of the year', () => {
  const CASES: readonly (readonly [
    what: string,
    year: number,
    stamps: readonly string[],
    expected: readonly string[],
  ])[] = [
    ['is seen', 2025, ['Dec 31 23:59:59 x', 'Jan 01 00:00:00 x'], ['2025-12-31T23:59:59', '2026-01-01T00:00:00']],
    [
      'is not undone by a late line',
      2025,
      ['Dec 31 23:59:59 x', 'Jan 01 00:00:02 x', 'Dec 31 23:59:58 x', 'Jan 01 00:00:03 x'],
      ['2025-12-31T23:59:59', '2026-01-01T00:00:02', '2025-12-31T23:59:58', '2026-01-01T00:00:03'],
    ],
    [
      'is seen by a server that was off for months',
      2025,
      ['Nov 20 10:00:00 x', 'Jun 01 10:00:00 x', 'Jun 02 10:00:00 x', 'May 20 10:00:00 x', 'Dec 30 10:00:00 x'],
      [
        '2025-11-20T10:00:00',
        '2026-06-01T10:00:00',
        '2026-06-02T10:00:00',
        '2026-05-20T10:00:00',
        '2026-12-30T10:00:00',
      ],
    ],
    [
      'is not a clock put right by some days',
      2025,
      ['Nov 20 10:00:00 x', 'Nov 10 10:00:00 x', 'Nov 11 10:00:00 x'],
      ['2025-11-20T10:00:00', '2025-11-10T10:00:00', '2025-11-11T10:00:00'],
    ],
    [
      'is not a machine that starts without a clock',
      2025,
      ['Nov 20 10:00:00 x', 'Jan 01 01:00:00 x', 'Jan 01 01:00:09 x', 'Nov 20 10:03:00 x', 'Nov 21 10:00:00 x'],
      [
        '2025-11-20T10:00:00',
        '2026-01-01T01:00:00',
        '2026-01-01T01:00:09',
        '2025-11-20T10:03:00',
        '2025-11-21T10:00:00',
      ],
    ],
    [
      'happens each year',
      2023,
      ['Dec 31 10:00:00 x', 'Jun 01 10:00:00 x', 'Jun 01 10:00:01 x', 'Jan 21 10:00:00 x', 'Jan 21 10:00:01 x'],
      [
        '2023-12-31T10:00:00',
        '2024-06-01T10:00:00',
        '2024-06-01T10:00:01',
        '2025-01-21T10:00:00',
        '2025-01-21T10:00:01',
      ],
    ],
    [
      '29 February is the day before 1 March, or none',
      2024,
      ['Feb 28 10:00:00 x', 'Feb 29 10:00:00 x', 'Mar 01 10:00:00 x'],
      ['2024-02-28T10:00:00', '2024-02-29T10:00:00', '2024-03-01T10:00:00'],
    ],
    [
      '29 February of no leap year is none',
      2026,
      ['Feb 28 10:00:00 x', 'Feb 29 10:00:00 x'],
      ['2026-02-28T10:00:00', 'none'],
    ],
    [
      '29 February brings its year',
      2023,
      ['Dec 28 10:00:00 x', 'Feb 29 10:00:00 x'],
      ['2023-12-28T10:00:00', '2024-02-29T10:00:00'],
    ],
  ];
  const STRAYS: readonly (readonly [what: string, stray: string])[] = [
    ['months ahead', 'Jun 05 10:00:00 x'],
    ['more than half a year ahead', 'Oct 05 10:00:00 x'],
    ['of the year before', 'Dec 05 10:00:00 x'],
    ['some weeks old', 'Jan 01 10:00:00 x'],
  ];
  for (const [what, stray] of STRAYS)
    test(`is not seen in one line that is ${what} [8.15]`, () => {
      const stamps = ['Mar 01 10:00:00 x', stray, 'Mar 01 10:01:00 x', 'Mar 02 10:00:00 x'];
      const found = read('UTC', 2024, stamps).toSpliced(1, 1);
      assert.deepEqual(found, ['2024-03-01T10:00:00', '2024-03-01T10:01:00', '2024-03-02T10:00:00']);
    });

  for (const [what, stray] of STRAYS)
    for (const count of [2, 3, 10])
      test(`is not seen in ${count} lines that are ${what}, of which the next ones know nothing [8.15]`, () => {
        const strays = Array.from({ length: count }, (_, i) => stray.replace('00:00', `00:0${i % 10}`));
        const stamps = ['Mar 01 10:00:00 x', ...strays, 'Mar 01 10:01:00 x', 'Mar 02 10:00:00 x', 'Mar 02 10:01:00 x'];
        const found = read('UTC', 2024, stamps).toSpliced(1, count);
        assert.deepEqual(found, [
          '2024-03-01T10:00:00',
          '2024-03-01T10:01:00',
          '2024-03-02T10:00:00',
          '2024-03-02T10:01:00',
        ]);
      });

  test('is not seen behind the end of the file [8.15]', () => {
    const read = (end: string): string[] => {
      const clock = new Clock('UTC', { year: 2025, last: undefined }, undefined, () => at(end));
      return ['Nov 20 10:00:00 x', 'Jun 02 10:00:00 x', 'Jun 02 10:01:00 x'].map((stamp) =>
        iso(clock.read(recogniseStamp([stamp])?.read(stamp, 0) ?? assert.fail(stamp))),
      );
    };
    const off = ['2025-11-20T10:00:00', '2026-06-02T10:00:00', '2026-06-02T10:01:00'];
    assert.deepEqual(read('2026-06-02T10:01:00Z'), off);
    const putRight = ['2025-11-20T10:00:00', '2025-06-02T10:00:00', '2025-06-02T10:01:00'];
    assert.deepEqual(read('2025-06-02T10:01:00Z'), putRight);
  });

  test('is told by where most of the first lines lie, and not by the first one [8.15]', () => {
    const clock = new Clock('UTC', { year: 2024, last: undefined, near: at('2024-03-01T10:00:00Z') });
    const stamps = ['Dec 24 10:00:00 x', 'Mar 01 10:00:00 x', 'Mar 02 10:00:00 x'];
    const found = stamps.map((stamp) => iso(clock.read(recogniseStamp([stamp])?.read(stamp, 0) ?? assert.fail(stamp))));
    assert.deepEqual(found.slice(1), ['2024-03-01T10:00:00', '2024-03-02T10:00:00']);
  });

  for (const [what, stamps] of [
    ['50 days', ['Apr 20 10:00:00 x', 'Mar 01 10:00:00 x', 'Mar 01 10:01:00 x', 'Mar 02 10:00:00 x']],
    ['90 days', ['Jun 01 10:00:00 x', 'Mar 03 10:00:00 x', 'Mar 03 10:01:00 x', 'Mar 04 10:00:00 x']],
  ] as const)
    test(`is no step back of ${what} [8.15]`, () =>
      assert.ok(read('UTC', 2024, stamps).every((instant) => instant.startsWith('2024'))));

  for (const [what, year, stamps, expected] of CASES)
    test(what, () => assert.deepEqual(read('UTC', year, stamps), expected));

  test('does not happen because of a stamp beyond the horizon', () => {
    const clock = new Clock('UTC', { year: 2025, last: at('2025-11-20T10:00:00Z') }, () => at('2025-11-21T00:00:00Z'));
    const jan = recogniseStamp(['Jan 01 00:00:00 x'])?.read('Jan 01 00:00:00 x', 0) ?? assert.fail();
    assert.equal(iso(clock.read(jan)), '2025-01-01T00:00:00');
    const nov = recogniseStamp(['Nov 20 10:01:00 x'])?.read('Nov 20 10:01:00 x', 0) ?? assert.fail();
    assert.equal(iso(clock.read(nov)), '2025-11-20T10:01:00');
  });
});

describe('F28: summer time', () => {
  test('the order tells the halves of the repeated hour, also with lines out of order', () => {
    const stamps = [
      '01:59:00',
      '02:30:00',
      '02:59:58',
      '02:00:01',
      '02:59:59',
      '02:00:02',
      '02:10:00',
      '02:59:00',
      '03:00:00',
    ];
    assert.deepEqual(
      read(
        'Europe/Berlin',
        2025,
        stamps.map((time) => `Oct 26 ${time} x`),
      ),
      [
        '25T23:59:00',
        '26T00:30:00',
        '26T00:59:58',
        '26T01:00:01',
        '26T00:59:59',
        '26T01:00:02',
        '26T01:10:00',
        '26T01:59:00',
        '26T02:00:00',
      ].map((time) => `2025-10-${time}`),
    );
  });

  test('a half hour is repeated on Lord Howe Island', () => {
    const stamps = ['01:20:00', '01:50:00', '01:35:00', '01:59:00', '02:00:00'];
    assert.deepEqual(
      read(
        'Australia/Lord_Howe',
        2025,
        stamps.map((time) => `Apr 06 ${time} x`),
      ),
      ['14:20:00', '14:50:00', '15:05:00', '15:29:00', '15:30:00'].map((time) => `2025-04-05T${time}`),
    );
  });

  test('the hour that does not exist is read with the offset before the change', () => {
    assert.deepEqual(read('Europe/Berlin', 2025, ['Mar 30 01:59:59 x', 'Mar 30 02:30:00 x', 'Mar 30 03:30:00 x']), [
      '2025-03-30T00:59:59',
      '2025-03-30T01:30:00',
      '2025-03-30T01:30:00',
    ]);
  });

  test('a stamp with an offset needs no zone', () => {
    assert.deepEqual(read('Europe/Berlin', 2000, ['2025-10-26T02:30:00+01:00 x']), ['2025-10-26T01:30:00']);
    assert.deepEqual(read('Europe/Berlin', 2000, ['2025-10-26 02:30:00 x']), ['2025-10-26T00:30:00']);
  });
});

test('a line of some days ahead, over the turn of the year, is not believed, and of no year before [8.15]', () => {
  const horizon = at('2021-12-28T00:00:00Z');
  const clock = new Clock('UTC', { year: 2021, last: at('2021-12-27T15:00:00Z') }, () => horizon);
  assert.equal(clock.read(wallOf(at('2022-01-02T13:00:00Z'), 'UTC')), at('2022-01-02T13:00:00Z'));
  assert.deepEqual(clock.state, { year: 2021, last: at('2021-12-27T15:00:00Z') });
  assert.equal(clock.read(wallOf(at('2021-12-27T16:00:00Z'), 'UTC')), at('2021-12-27T16:00:00Z'));
});

test('a line of days that are still to come is not of a year before, in an old file either [8.15]', () => {
  const now = at('2028-01-14T04:00:00Z');
  const end = at('2027-12-02T00:00:00Z');
  const clock = new Clock(
    'UTC',
    { year: 2027, last: undefined },
    () => now + 300,
    () => end,
  );
  const stamps = ['Dec 01 11:00:00', 'Jan 14 04:10:00', 'Dec 01 12:00:00'];
  const instants = stamps.map((stamp) =>
    iso(clock.read(recogniseStamp([stamp])?.read(stamp, 0) ?? assert.fail(stamp))),
  );
  assert.deepEqual(instants, ['2027-12-01T11:00:00', '2028-01-14T04:10:00', '2027-12-01T12:00:00']);
});

test('a clock that is put back between any two lines reads on as one that goes on [8.15]', () => {
  const day = 86_400;
  const begin = at('2027-10-01T00:00:00Z');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -300, max: 2 * day }) },
    { weight: 1, arbitrary: fc.integer({ min: -330 * day, max: 330 * day }) },
  );
  const steps = fc.array(fc.record({ step, isStray: fc.boolean() }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 500 * day }), (all, ahead) => {
      const horizon = () => begin + ahead;
      const clockOf = (state: ClockState): Clock => new Clock('Europe/Berlin', state, horizon);
      const whole = clockOf({ year: 2027, last: undefined });
      let again = clockOf({ year: 2027, last: undefined });
      let now = begin;
      for (const { step: seconds, isStray } of all) {
        const wall = { ...wallOf(now + seconds, 'Europe/Berlin'), year: undefined };
        if (!isStray) now += seconds;
        assert.equal(again.read(wall), whole.read(wall));
        again = clockOf(JSON.parse(JSON.stringify(again.state)) as ClockState);
        assert.deepEqual(again.state, whole.state);
        assert.equal(again.isSteady, whole.isSteady);
      }
    }),
    { numRuns: 2000 },
  );
});

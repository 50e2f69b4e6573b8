import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from '../../properties.ts';
import type { Arrangement } from '../../../src/service/archive/arrange.ts';
import { ENDINGS } from '../../source/archives.ts';
import { arrange, at, DAY, Folder, folder, iso, log, NOW, shown, type Text } from '../../service/archive/old-logs.ts';

interface Truth {
  readonly path: string;
  readonly text: Text;
}

/** Weeks of a log, the last of them at the end of the list, cut on Sundays. */
function weeks(count: number, last: number, zone: string): Text[] {
  return Array.from({ length: count }, (_, i) => {
    const to = last - (count - 1 - i) * 7 * DAY;
    return log(to - 7 * DAY + 61, to, 11 * 3600, { zone });
  });
}

/** `prosody.log` and its rotated predecessors; `timeOf` gives modification time and gzip header's. */
function putSeries(
  into: Folder,
  texts: readonly Text[],
  name: (age: number, text: Text) => string,
  timeOf: (age: number, text: Text) => readonly [file: number, gzip: number],
): Truth[] {
  return texts.map((text, i) => {
    const age = texts.length - 1 - i;
    return { path: into.put(name(age, text), text.text, ...timeOf(age, text)), text };
  });
}

const numbered = (age: number): string => (age === 0 ? 'prosody.log' : `prosody.log.${age}${age > 1 ? '.gz' : ''}`);

function assertFound(found: Arrangement, truth: readonly Truth[]): void {
  const archivedFiles = found.allSeries.flatMap((series) => series.archivedFiles);
  assert.deepEqual(
    archivedFiles.map(({ path, firstAt, lastAt }) => `${path} ${iso(firstAt)} ${iso(lastAt)}`),
    truth.map(({ path, text }) => `${path} ${iso(text.from)} ${iso(text.to)}`),
  );
  assert.equal(found.allSeries.length, 1);
  for (const [i, archivedFile] of archivedFiles.entries())
    assert.ok(Math.abs(archivedFile.year - new Date((truth[i]?.text.from ?? 0) * 1000).getUTCFullYear()) <= 1);
}

const codes = ({ problems }: Arrangement): string[] => problems.map(({ code }) => code);

describe('three years of weekly rotations', () => {
  const BERLIN = { timezone: 'Europe/Berlin', now: NOW };
  const texts = weeks(156, NOW - 3600, 'Europe/Berlin');
  const fresh = NOW - 60;

  const CASES: readonly (readonly [
    what: string,
    name: (age: number, text: Text) => string,
    timeOf: (age: number, text: Text) => readonly [number, number],
    problems: readonly string[],
  ])[] = [
    ['with their modification times', numbered, (_, { to }) => [to + 2, 0], []],
    ['some with that of a copy', numbered, (age, { to }) => [age % 3 === 1 ? fresh : to + 2, 0], ['WRONG_TIME']],
    ['all copied, with times in the gzip headers', numbered, (age, { to }) => [age < 2 ? to : fresh, to + 2], []],
    ['all copied but the live one', numbered, (age, { to }) => [age === 0 ? to : fresh, 0], ['WRONG_TIME']],
    [
      'one of them touched a year later',
      numbered,
      (age, { to }) => [age === 70 ? to + 365 * DAY : to + 2, 0],
      ['WRONG_TIME'],
    ],
    [
      'with dates for numbers, all copied',
      (age, { to }) => (age === 0 ? 'prosody.log' : `prosody.log-${iso(to).slice(0, 10).replaceAll('-', '')}.gz`),
      () => [fresh, 0],
      [],
    ],
    ['with numbers that count upwards', (age) => `prosody.log.${200 - age}.gz`, (_, { to }) => [to + 2, 0], []],
  ];
  for (const [what, name, timeOf, problems] of CASES)
    test(what, async () => {
      const truth = putSeries(folder(), texts, name, timeOf);
      const found = await arrange(
        truth.map(({ path }) => path),
        BERLIN,
      );
      assertFound(found, truth);
      assert.deepEqual(codes(found), problems);
    });

  test('of a server that is long gone, copied today, are told by one header', async () => {
    const old = weeks(60, at('2019-03-10T05:00:00Z'), 'Europe/Berlin');
    const truth = putSeries(folder(), old, numbered, (age, { to }) => [NOW, age === 30 ? to + 2 : 0]);
    const found = await arrange(
      truth.map(({ path }) => path),
      BERLIN,
    );
    assertFound(found, truth);
    assert.deepEqual(codes(found), ['WRONG_TIME']);
  });

  test('are not told by the days of the year on which they happened to be copied', async () => {
    const end = at('2019-11-24T03:30:00Z');
    const days = Array.from({ length: 40 }, (_, i) => log(end - (40 - i) * DAY + 60, end - (39 - i) * DAY, 7200));
    const truth = putSeries(folder(), days, numbered, (age, { to }) => [NOW, age === 30 ? to + 2 : 0]);
    assertFound(
      await arrange(
        truth.map(({ path }) => path),
        { timezone: 'UTC', now: NOW },
      ),
      truth,
    );
    const anniversary = weeks(2, at('2023-11-24T03:30:00Z'), 'UTC');
    const two = putSeries(folder(), anniversary, numbered, (age, { to }) => [age === 0 ? NOW : to + 2, 0]);
    assertFound(
      await arrange(
        two.map(({ path }) => path),
        { timezone: 'UTC', now: NOW },
      ),
      two,
    );
  });

  test('of a server that is long gone, without any sign, are told by --year', async () => {
    const old = weeks(60, at('2019-03-10T05:00:00Z'), 'Europe/Berlin');
    const truth = putSeries(folder(), old, numbered, () => [NOW, 0]);
    const paths = truth.map(({ path }) => path);
    assertFound(await arrange(paths, { ...BERLIN, year: 2019 }), truth);
    assert.deepEqual(codes(await arrange(paths, BERLIN)), ['YEAR_GUESSED']);
  });

  test('are arranged alike in any order', async () => {
    const into = folder();
    const truth = putSeries(into, texts.slice(-12), numbered, (age, { to }) => [age % 2 === 0 ? to : fresh, 0]);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(truth, { minLength: truth.length }), async (shuffled) => {
        assertFound(
          await arrange(
            shuffled.map(({ path }) => path),
            BERLIN,
          ),
          truth,
        );
      }),
      { numRuns: 10 },
    );
  });
});

describe('the years of any series', () => {
  test('come out right when one modification time is right', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          end: fc.integer({ min: at('2015-01-01T00:00:00Z'), max: NOW }),
          days: fc.array(fc.integer({ min: 2, max: 200 }), { minLength: 1, maxLength: 9 }),
          right: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
          anchor: fc.nat(8),
          zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'),
          isDated: fc.boolean(),
        }),
        async ({ end, days, right, anchor, zone, isDated }) => {
          const into = new Folder();
          try {
            let to = end;
            const texts: Text[] = [];
            for (const length of days) {
              texts.unshift(log(to - length * DAY + 67, to, 9 * 3600, { zone }));
              to -= length * DAY;
            }
            const dateName = (age: number, text: Text): string =>
              age === 0 ? 'x.log' : `x.log-${iso(text.to).slice(0, 10).replaceAll('-', '')}`;
            const truth = putSeries(into, texts, isDated ? dateName : numbered, (age, text) => {
              const isRight = right[age] === true || age === anchor % texts.length;
              return [isRight ? text.to + 5 : NOW - 30, 0];
            });
            assertFound(await arrange(truth.map(({ path }) => path).toSorted(), { timezone: zone, now: NOW }), truth);
          } finally {
            into.remove();
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('F27: the years within one file', () => {
  const UTC = { timezone: 'UTC', now: NOW };
  const spans: readonly (readonly [string, string, string])[] = [
    ['three years', '2023-02-11T10:00:00Z', '2026-03-11T10:00:00Z'],
    ['New Year', '2025-12-31T20:00:00Z', '2026-01-01T04:00:00Z'],
    ['29 February', '2024-02-27T00:00:00Z', '2024-03-02T00:00:00Z'],
    ['a single day', '2026-11-23T00:00:00Z', '2026-11-23T22:00:00Z'],
  ];
  for (const [what, from, to] of spans)
    for (const { ending, skip } of ENDINGS)
      test(`${what}, told by the modification time of x.log${ending}`, { skip }, async () => {
        const text = log(at(from), at(to), 7 * 3600);
        const path = folder().put(`x.log${ending}`, text.text, text.to + 100);
        assertFound(await arrange([path], UTC), [{ path, text }]);
      });

  test('29 February is of a leap year, whatever the modification time', async () => {
    const text = log(at('2024-02-28T10:00:00Z'), at('2024-02-29T22:00:00Z'), 3600);
    const path = folder().put('x.log', text.text, NOW);
    const found = await arrange([path], UTC);
    assertFound(found, [{ path, text }]);
    assert.deepEqual(codes(found), ['YEAR_GUESSED']);
  });

  test('a quiet year before a loud day is not overlooked in a large file', async () => {
    const quiet = log(at('2024-06-01T10:00:00Z'), at('2026-05-31T10:00:00Z'), 13 * 3600);
    const loud = log(at('2026-05-31T10:00:01Z'), at('2026-06-02T00:00:00Z'), 1);
    const path = folder().put('x.log', quiet.text + loud.text, loud.to + 100);
    assert.ok(quiet.text.length + loud.text.length > 8_000_000);
    assertFound(await arrange([path], UTC), [{ path, text: { from: quiet.from, to: loud.to, text: '' } }]);
  });

  test('a machine that started without a clock did not turn the year', async () => {
    const before = log(at('2026-10-01T00:00:00Z'), at('2026-11-01T00:00:00Z'), 3600);
    const unset = log(at('2026-01-01T00:00:00Z'), at('2026-01-01T00:10:00Z'), 1);
    const then = log(at('2026-11-01T00:20:00Z'), at('2026-11-20T00:00:00Z'), 3600);
    const path = folder().put('x.log', before.text + unset.text + then.text, then.to);
    assertFound(await arrange([path], UTC), [{ path, text: { from: before.from, to: then.to, text: '' } }]);
  });

  test('a modification time in the future is believed: our own clock may be behind', async () => {
    const text = log(NOW + 90 * DAY, NOW + 100 * DAY, 3600);
    const path = folder().put('x.log', text.text, text.to);
    const found = await arrange([path], UTC);
    assertFound(found, [{ path, text }]);
    assert.deepEqual(codes(found), ['FUTURE']);
  });

  test('stamps with a year need no modification time', async () => {
    const path = folder().put('x.log', '2019-01-02 03:04:05 a\n2021-01-02 03:04:05 b\n', NOW);
    const found = await arrange([path], { ...UTC, timezone: 'Asia/Kolkata' });
    assert.deepEqual(
      found.allSeries.flatMap(({ archivedFiles }) =>
        archivedFiles.map(({ firstAt, lastAt }) => [iso(firstAt), iso(lastAt)]),
      ),
      [['2019-01-01T21:34:05', '2021-01-01T21:34:05']],
    );
    assert.deepEqual(codes(found), []);
  });
});

describe('a file without a year', () => {
  test('is of the year of its modification, however many days that is later [8.15]', async () => {
    for (const day of ['2026-04-06T10:00:00Z', '2024-02-20T10:00:00Z', '2025-12-30T23:00:00Z'])
      for (const gap of [0, 0.9, 1.1, 1.25, 1.5, 1.9, 2, 2.5, 7, 30, 45, 90, 200]) {
        const text = log(at(day) - 5 * DAY, at(day), 3600);
        if (text.to + gap * DAY > NOW) continue;
        const path = folder().put('x.log', text.text, text.to + gap * DAY);
        assertFound(await arrange([path], { timezone: 'UTC', now: NOW }), [{ path, text }]);
      }
  });

  test('takes no series with it that was copied two days later [8.15]', async () => {
    const texts = weeks(6, at('2026-04-06T10:00:00Z'), 'UTC');
    const truth = putSeries(folder(), texts, numbered, (_, { to }) => [to + 1.9 * DAY, 0]);
    const found = await arrange(
      truth.map(({ path }) => path),
      { timezone: 'UTC', now: NOW },
    );
    assertFound(found, truth);
  });

  for (const stray of ['Jun 05', 'Oct 05', 'Jan 01', 'Dec 24'])
    test(`is not dated by one line of ${stray} [8.15]`, async () => {
      const [before, then] = [
        log(at('2026-03-01T10:00:00Z'), at('2026-03-07T10:00:00Z'), 3600),
        log(at('2026-03-07T10:01:00Z'), at('2026-03-12T10:00:00Z'), 3600),
      ];
      const line = `${stray} 10:00:30 c2s1\tinfo\tAuthenticated as x@chat.example\n`;
      for (const text of [before.text + line + then.text, before.text + then.text + line]) {
        const path = folder().put('x.log', text, then.to + 60);
        const truth = { from: before.from, to: then.to, text: '' };
        assertFound(await arrange([path], { timezone: 'UTC', now: NOW }), [{ path, text: truth }]);
      }
      const path = folder().put('x.log', line + before.text + then.text, then.to + 60);
      const [series] = (await arrange([path], { timezone: 'UTC', now: NOW })).allSeries;
      assert.equal(iso(series?.archivedFiles[0]?.lastAt ?? 0), iso(then.to));
    });
});

describe('silence between files', () => {
  test('of months, and of more than a year where the modification times tell it', async () => {
    const into = folder();
    const texts = [
      log(at('2021-10-01T00:00:00Z'), at('2021-11-01T00:00:00Z'), 7200),
      log(at('2023-02-01T00:00:00Z'), at('2023-03-01T00:00:00Z'), 7200),
      log(at('2023-12-30T00:00:00Z'), at('2024-01-05T00:00:00Z'), 7200),
      log(at('2024-11-30T00:00:00Z'), at('2024-12-05T00:00:00Z'), 7200),
    ];
    const truth = putSeries(into, texts, numbered, (_, { to }) => [to + 3, 0]);
    const found = await arrange(
      truth.map(({ path }) => path),
      { timezone: 'UTC', now: NOW },
    );
    assertFound(found, truth);
    assert.deepEqual(codes(found), []);
  });

  test('is filled by a file copied in by hand, whose time is that of the copying', async () => {
    const into = folder();
    const [a, b, c] = weeks(3, at('2025-02-02T03:00:00Z'), 'UTC');
    if (!a || !b || !c) assert.fail();
    const paths = [
      into.put('prosody.log', c.text, c.to),
      into.put('prosody.log.2.gz', a.text, a.to),
      into.put('from-backup/old.gz', b.text, NOW),
    ];
    const found = await arrange(paths, { timezone: 'UTC', now: NOW });
    assert.deepEqual(shown(found, into), [
      [
        'prosody.log',
        `prosody.log.2.gz ${iso(a.from)} ${iso(a.to)}`,
        `from-backup/old.gz ${iso(b.from)} ${iso(b.to)}`,
        `prosody.log ${iso(c.from)} ${iso(c.to)}`,
      ],
    ]);
    assert.deepEqual(codes(found), ['WRONG_TIME']);
  });
});

test('a file that ends with a line of some hours after its modification is of the year of the next one [8.15]', async () => {
  const into = folder();
  const line = (text: string): string => `${text} startup\tinfo\tx\n`;
  const older = line('Oct 10 20:00:00') + line('Oct 10 22:27:50') + line('Oct 11 19:42:22');
  const time = at('2026-10-10T22:27:51Z');
  const paths = [
    into.put('prosody.log.1', older, time, time),
    into.put('prosody.log', line('Oct 10 23:00:00') + line('Oct 11 08:55:16'), time + 38_000, time + 38_000),
  ];
  const { allSeries } = await arrange(paths, { timezone: 'UTC', now: at('2026-10-11T18:00:00Z') });
  assert.deepEqual(
    allSeries.flatMap(({ archivedFiles }) => archivedFiles.map(({ year }) => year)),
    [2026, 2026],
  );
});

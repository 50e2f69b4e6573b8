import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from '../../properties.ts';
import { Clock } from '../../../src/format/time/clock.ts';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { LineDecoder } from '../../../src/format/line-decoder.ts';
import { chooseForm, readingsOf, recogniseStamp, type Evidence } from '../../../src/format/time/stamp-choice.ts';
import { strftimeForm } from '../../../src/format/time/strftime.ts';
import { strftime } from '../../strftime.ts';

const DAY = 86_400;
const at = (iso: string): number => Date.parse(iso) / 1000;
const NOW = at('2026-11-24T04:00:00Z');

/** What a log with these stamps is read as; `undefined` where a stamp is not read. */
function instantsOf(
  stamps: readonly string[],
  { zone = 'UTC', year = 2026, evidence }: { zone?: string; year?: number; evidence?: Evidence } = {},
): (number | undefined)[] {
  const form = recogniseStamp(
    stamps.map((stamp) => `${stamp} x`),
    evidence,
  );
  const clock = new Clock(zone, { year, last: undefined });
  return stamps.map((stamp) => {
    const wall = form?.read(`${stamp} x`, 0);
    return wall && wall.end >= stamp.trimEnd().length ? clock.read(wall) : undefined;
  });
}

/** Events that a reader finds in logins with these stamps. */
function eventsOf(stamps: readonly string[], { zone = 'UTC', timestamps = '', horizon = Infinity } = {}): number[] {
  const state = { clock: { year: 2026, last: undefined } };
  const stamp = strftimeForm(timestamps);
  const reader = new LineDecoder({ dialect: prosody, timezone: zone, state, stamp, horizon: () => horizon });
  const found: number[] = [];
  const lines = stamps.map((each, i) => `${each} c2s5603${i}\tinfo\tAuthenticated as u${i}@chat.example\n`);
  reader.read(Buffer.from(lines.join('')), (event) => found.push(event.at));
  return found;
}

describe('a minute that is known', () => {
  const FORMATS = ['%d/%b/%Y:%H:%M:%S', '%H:%M:%S %d.%m.%Y', '%Y-%m-%d-%H-%M-%S', '%y%m%d%H%M%S', '%T.123 %F', '%c'];
  for (const format of FORMATS)
    test(`${format} is one of its own fields, wherever they are [8.14]`, () => {
      const times = [0, 9, 59 * 60, 59 * 60 + 9, 3600, 86_400 + 9, 31 * DAY, 31 * DAY + 49].map(
        (later) => at('2026-03-10T10:00:30Z') + later,
      );
      const stamps = times.map((time) => strftime(format, time, 'UTC'));
      assert.deepEqual(eventsOf(stamps, { horizon: times.at(-1) ?? 0 }), times);
    });
});

test('a whole year is followed by the month, also where the file or our clock says that it was written before [8.16]', () => {
  const stamps = ['2026-11-02 09:59:58', '2026-11-02 10:00:02', '2026-11-03 10:00:00'];
  const evidence = { times: [at('2026-10-25T02:00:00Z')], now: at('2026-10-25T02:00:00Z') };
  const expected = stamps.map((stamp) => at(`${stamp.replace(' ', 'T')}Z`));
  assert.deepEqual(instantsOf(stamps, { evidence }), expected);
  assert.deepEqual(eventsOf(stamps), expected);
});

describe('a stamp that fits several forms', () => {
  const days = (first: string, count: number): number[] => Array.from({ length: count }, (_, i) => at(first) + i * DAY);
  const FORMATS = [
    '%d/%m/%Y %T',
    '%m-%d-%Y %T',
    '%y-%m-%d %T',
    '%y/%m/%d %T',
    '%d/%m/%y %T',
    '%m/%d/%y %T',
    '%d-%b-%y %T',
  ];
  for (const format of FORMATS) {
    const times = days('2026-02-03T10:00:00Z', 6);
    const stamps = times.map((time) => strftime(format, time, 'UTC'));
    test(`${format} is decided by days that follow each other [8.16]`, () =>
      assert.deepEqual(instantsOf(stamps), times));
    test(`${format} is decided by when the file was written [8.16]`, () => {
      const [time = 0] = times;
      const evidence = { times: [time + 60], now: NOW };
      assert.deepEqual(instantsOf([strftime(format, time, 'UTC')], { evidence }), [time]);
    });
  }

  for (const format of ['%d%m%y %T', '%m%d%y %T', '%d%m%y%H%M%S', '%m.%d.%Y %T', '%y/%d/%m %T']) {
    const times = days('2026-11-08T10:00:00Z', 5);
    const stamps = times.map((time) => strftime(format, time, 'UTC'));
    test(`${format} is rare, and decided by days that follow each other [8.16]`, () =>
      assert.deepEqual(instantsOf(stamps, { evidence: { times: [NOW], now: NOW } }), times));
  }
  for (const format of ['%H.%M.%S %y-%m-%d', '%H.%M.%S %y%m%d', '%H-%M-%S %d.%m.%y', '%H-%M-%S %y-%m-%d'])
    test(`${format}, also read as a date and a time, is decided by when the file was written [8.16]`, () => {
      const time = at('2017-11-18T16:01:00Z');
      const stamps = [strftime(format, time, 'UTC')];
      assert.deepEqual(instantsOf(stamps, { evidence: { times: [time + 60], now: NOW } }), [time]);
    });
  test('is read as usual where a copy of another month fits a rare form by chance [8.16]', () => {
    const evidence = { times: [at('2026-04-03T11:00:00Z')], now: NOW };
    for (const stamp of ['2026-03-04 10:00:00', '04.03.2026 10:00:00', '04.03.26 10:00:00'])
      assert.deepEqual(instantsOf([stamp], { evidence }), [at('2026-03-04T10:00:00Z')], stamp);
  });

  test('is read as usual where a copy of another year fits a rare form by chance, with lines far apart [8.16]', () => {
    const times = ['2022-11-19', '2022-11-20', '2022-11-23', '2022-11-26'].map((day) => at(`${day}T18:04:00Z`));
    for (const some of [times, times.slice(2)]) {
      const stamps = some.map((time) => strftime('%d.%m.%y %T', time, 'UTC'));
      assert.deepEqual(instantsOf(stamps, { evidence: { times: [NOW], now: NOW } }), some);
    }
  });

  test('is left open where nothing tells, and is not guessed [8.16]', () => {
    const lines = ['03/04/2026 10:00:00 x', '03/04/2026 11:00:00 x'];
    assert.equal(recogniseStamp(lines), undefined);
    assert.equal(recogniseStamp(lines, { times: [NOW], now: NOW }), undefined);
    assert.equal(chooseForm(readingsOf(lines)).readings.length, 2);
  });

  test('is settled by timestamps [8.16]', () => {
    assert.deepEqual(eventsOf(['03/04/2026 10:00:00'], { timestamps: '%d/%m/%Y %H:%M:%S' }), [
      at('2026-04-03T10:00:00Z'),
    ]);
    assert.deepEqual(eventsOf(['03/04/2026 10:00:00'], { timestamps: '%m/%d/%Y %T ' }), [at('2026-03-04T10:00:00Z')]);
    assert.deepEqual(eventsOf(['03/04/2026 10:00:00']), []);
  });

  test('is read as long as it means the same in all, and no longer [8.16]', () => {
    const stamps = ['02/02/2026 10:00:00', '02/02/2026 10:01:00'];
    assert.deepEqual(eventsOf(stamps), [at('2026-02-02T10:00:00Z'), at('2026-02-02T10:01:00Z')]);
  });

  test('is not read otherwise because of one wrong line [8.16]', () => {
    const stamps = ['14/02/2026 10:00:00', '02/14/2026 10:00:00', '03/03/2026 10:00:00', '04/03/2026 10:00:00'];
    const expected = ['2026-02-14', '2026-03-03', '2026-03-04'].map((day) => at(`${day}T10:00:00Z`));
    assert.deepEqual(eventsOf(stamps.toSpliced(1, 0, '15/02/2026 10:00:00')).toSpliced(1, 1), expected);
  });
});

describe('a stamp as ctime(3) writes it', () => {
  test('has one form, so that it need not be sought in each block again [10.1]', () => {
    const { readings } = chooseForm(readingsOf(['Mon Nov 23 19:49:02 2026 [notice] starting up']));
    assert.deepEqual(
      readings.map(({ form }) => form.name),
      ['month day time year'],
    );
  });

  test('may have a zone on either side of the year [10.1]', () => {
    for (const stamp of ['Mon Nov 23 19:49:02 UTC 2026', 'Mon Nov 23 19:49:02 2026 UTC'])
      assert.equal(readingsOf([`${stamp} x`])[0]?.form.read(stamp, 0)?.end, stamp.length, stamp);
  });
});

describe('names of zones', () => {
  const CASES: readonly (readonly [zone: string, stamp: string, instant: string | undefined])[] = [
    ['America/Halifax', 'Jul 03 10:00:00 ADT', '2026-07-03T13:00:00Z'],
    ['America/St_Johns', 'Jul 03 10:00:00 NDT', '2026-07-03T12:30:00Z'],
    ['Asia/Jerusalem', 'Jul 03 10:00:00 IDT', '2026-07-03T07:00:00Z'],
    ['Asia/Kolkata', 'Jul 03 10:00:00 IST', '2026-07-03T04:30:00Z'],
    ['Africa/Nairobi', 'Jul 03 10:00:00 EAT', '2026-07-03T07:00:00Z'],
    ['Asia/Makassar', 'Jul 03 10:00:00 WITA', '2026-07-03T02:00:00Z'],
    ['Pacific/Guam', 'Jul 03 10:00:00 ChST', '2026-07-03T00:00:00Z'],
    ['America/Sao_Paulo', 'Jul 03 10:00:00 -03', '2026-07-03T13:00:00Z'],
    ['America/Sao_Paulo', 'Jul 03 10:00:00 BRT', '2026-07-03T13:00:00Z'],
    ['Europe/Berlin', 'Oct 25 02:30:00 CET', '2026-10-25T01:30:00Z'],
    ['Europe/Berlin', 'Oct 25 02:30:00 CEST', '2026-10-25T00:30:00Z'],
    ['Europe/Berlin', 'Fri Jul  3 10:00:00 2026 CEST', '2026-07-03T08:00:00Z'],
    ['Europe/Berlin', 'Jul 03 10:00:00 EST', undefined],
  ];
  for (const [zone, stamp, instant] of CASES)
    test(`${stamp} in ${zone} is ${instant ?? 'no time of that zone'} [8.16]`, () =>
      assert.deepEqual(eventsOf([stamp], { zone }), instant === undefined ? [] : [at(instant)]));
});

describe('stamps of any format', () => {
  const time = at('2026-03-17T19:43:00Z');
  const FORMATS = [
    ...[
      '%F_%T',
      '%Y%m%d%H%M%S',
      '%T %F',
      '@%s',
      '%m/%d/%Y:%T',
      '%y%m%d %T',
      '%b-%d-%y %T',
      '<%F %T>',
      '%F  %T',
      '(%F %T)',
    ],
    ...[
      '%F %H:%M',
      '%F %T:',
      '%F %T,',
      '%F %T -',
      '%F %T |',
      '%b %d %T ',
      '[%c]',
      '%c %Z',
      '%F %T %Z',
      '%H:%M:%S %d/%b/%Y',
    ],
    ...[
      '%Y-%j %T',
      '%Y%j%H%M%S',
      '%G-W%V-%u %T',
      '%A, %d %B %Y %I:%M:%S %p',
      '%x %X',
      '%d%b%Y %T',
      '%F %a %T',
      '%F at %T',
    ],
  ];
  for (const format of FORMATS)
    test(`${JSON.stringify(format)} is read [8.16]`, () => {
      const stamps = [0, 60, DAY].map((later) => strftime(format, time + later, 'UTC'));
      assert.deepEqual(eventsOf(stamps), [time, time + 60, time + DAY]);
    });

  test('TAI64N is read [8.16]', () => {
    const stamp = `@${(2n ** 62n + 10n + BigInt(time)).toString(16)}075bcd15`;
    assert.deepEqual(eventsOf([stamp]), [time]);
  });

  const DATES = [
    ...[
      '%Y-%m-%d',
      '%Y/%m/%d',
      '%Y.%m.%d',
      '%Y%m%d',
      '%d/%m/%Y',
      '%m/%d/%Y',
      '%d.%m.%Y',
      '%d-%m-%Y',
      '%m-%d-%Y',
      '%d%m%Y',
    ],
    ...[
      '%y-%m-%d',
      '%y/%m/%d',
      '%d/%m/%y',
      '%m/%d/%y',
      '%d.%m.%y',
      '%y%m%d',
      '%b %d',
      '%b %e',
      '%d %b',
      '%m/%d',
      '%d/%m',
    ],
    ...[
      '%b %d %Y',
      '%b %d, %Y',
      '%d %b %Y',
      '%d/%b/%Y',
      '%d-%b-%y',
      '%b-%d-%y',
      '%Y %b %d',
      '%a %d %b %Y',
      '%A %e %B %Y',
    ],
    ...['%Y-%j', '%G-W%V-%u', '%a %b %d', '%a %m/%d/%Y'],
  ];
  const TIMES = [
    '%H:%M:%S',
    '%H.%M.%S',
    '%H%M%S',
    '%H-%M-%S',
    '%H:%M',
    '%I:%M:%S %p',
    '%H:%M:%S.123',
    '%H:%M:%S,5',
    '%k:%M:%S',
  ];
  const AROUND = [
    'D T',
    'DTT',
    'D_T',
    'D:T',
    'D@T',
    'D  T',
    'D, T',
    'D - T',
    'T D',
    '[D T]',
    '<D T>',
    '(D T)',
    '[D T',
    'D T:',
    'D T %z',
  ];
  const formats = fc
    .tuple(fc.constantFrom(...DATES), fc.constantFrom(...TIMES), fc.constantFrom(...AROUND))
    .map(([date, clock, around]) =>
      around
        .replace('DT', 'D\0')
        .replace(/[DT]/g, (part) => (part === 'D' ? date : clock))
        .replace('\0', 'T'),
    );
  const EITHER = /^%H[.-]%M[.-]%S %[dy][-.]?%m[-.]?%[dy]$/;
  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));

  test('are read as the instant that was written, or not at all [8.16]', () => {
    let read = 0;
    let written = 0;
    fc.assert(
      fc.property(
        formats,
        zones,
        fc.integer({ min: at('2012-01-01T00:00:00Z'), max: NOW - 90 * DAY }),
        fc.array(fc.integer({ min: 60, max: 3 * DAY }), { maxLength: 40 }),
        fc.boolean(),
        (format, zone, start, steps, isCopy) => {
          const instants = steps.reduce((all, step) => [...all, (all.at(-1) ?? 0) + step], [start - (start % 60)]);
          const whole = format.includes('%S') ? instants : instants.map((each) => each - (each % 60));
          const stamps = whole.map((each) => strftime(format, each, zone));
          // Of lines of a day or two, where date and time may each be the other, only when the file was written can tell.
          fc.pre(!(isCopy && EITHER.test(format) && (whole.at(-1) ?? 0) - (whole[0] ?? 0) < 3 * DAY));
          const evidence = { times: isCopy ? [NOW] : [(whole.at(-1) ?? 0) + 60], now: NOW };
          const year = Number(strftime('%Y', start, zone));
          const found = instantsOf(stamps, { zone, year, evidence });
          written += whole.length;
          for (const [i, instant] of found.entries()) {
            if (instant === undefined) continue;
            const isTwice = strftime('%F %T', instant, zone) === strftime('%F %T', whole[i] ?? 0, zone);
            assert.ok(
              instant === whole[i] || isTwice,
              `${format} in ${zone}: ${stamps[i]} of ${whole[i]} was read as ${instant}`,
            );
            read++;
          }
        },
      ),
      { numRuns: 1500 },
    );
    assert.ok(read > 0.9 * written, `${read} of ${written} were read`);
  });
});

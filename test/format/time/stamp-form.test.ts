import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from '../../properties.ts';
import { recogniseStamp } from '../../../src/format/time/stamp-choice.ts';
import { daysIn, STAMP_FORMS } from '../../../src/format/time/stamp-form.ts';

/** Line, form, ISO-like wall time, offset, what stands behind the stamp. */
const STAMPS: readonly (readonly [
  line: string,
  form: string,
  wall: string,
  offset: number | undefined,
  rest: string,
])[] = [
  ['Nov 23 19:43:11 c2s55d2\tinfo\tx', 'month day time', '????-11-23 19:43:11', undefined, ' c2s55d2\tinfo\tx'],
  ['Nov 03 06:22:40 x', 'month day time', '????-11-03 06:22:40', undefined, ' x'],
  ['Nov  3 06:22:40 chat prosody[1]: x', 'month day time', '????-11-03 06:22:40', undefined, ' chat prosody[1]: x'],
  ['Nov  3 06:22:40 XMPP prosody[1]: x', 'month day time', '????-11-03 06:22:40', undefined, ' XMPP prosody[1]: x'],
  ['Nov  3 06:22:40 MX prosody[1]: x', 'month day time', '????-11-03 06:22:40', undefined, ' MX prosody[1]: x'],
  ['Nov  3 06:22:40 Zeus prosody[1]: x', 'month day time', '????-11-03 06:22:40', undefined, ' Zeus prosody[1]: x'],
  ['Nov  3 06:22:40 INFO x', 'month day time', '????-11-03 06:22:40', undefined, ' INFO x'],
  ['Nov 03 06:22:40 CEST x', 'month day time', '????-11-03 06:22:40', undefined, ' x'],
  ['Feb 29 06:22:40 x', 'month day time', '????-02-29 06:22:40', undefined, ' x'],
  ['Nov 23 19:43:11 2026 x', 'month day time year', '2026-11-23 19:43:11', undefined, ' x'],
  ['Nov 23 19:43:11 2026: x', 'month day time year', '2026-11-23 19:43:11', undefined, ': x'],
  ['Mon Nov 23 19:49:02 2026 [notice] x', 'month day time year', '2026-11-23 19:49:02', undefined, ' [notice] x'],
  ['2026-11-23T19:43:11.590361+00:00 h p: x', 'year-month-day time', '2026-11-23 19:43:11', 0, ' h p: x'],
  [
    '2026-11-23 19:43:11.590 [info] <0.1.0>',
    'year-month-day time',
    '2026-11-23 19:43:11',
    undefined,
    ' [info] <0.1.0>',
  ],
  ['2026-11-23T19:43:11Z x', 'year-month-day time', '2026-11-23 19:43:11', 0, ' x'],
  ['2026-11-23T19:43:11+0530 x', 'year-month-day time', '2026-11-23 19:43:11', 19_800, ' x'],
  ['2026-11-23T19:43:11-03 x', 'year-month-day time', '2026-11-23 19:43:11', -10_800, ' x'],
  ['[2026-11-23 19:43:11,590] x', 'year-month-day time', '2026-11-23 19:43:11', undefined, ' x'],
  ['Nov 23 2026 19:49:02 x', 'month day year time', '2026-11-23 19:49:02', undefined, ' x'],
  ['23 Nov 2026 19:49:02 x', 'day month year time', '2026-11-23 19:49:02', undefined, ' x'],
  ['[23/Nov/2026:19:49:02 +0100] x', 'day month year time', '2026-11-23 19:49:02', 3600, ' x'],
  ['Mon 23 Nov 19:49:02 x', 'day month time', '????-11-23 19:49:02', undefined, ' x'],
  ['Mon Nov 23 19:49:02 x', 'month day time', '????-11-23 19:49:02', undefined, ' x'],
  ['2026/11/23 19:49:02 x', 'year-month-day time', '2026-11-23 19:49:02', undefined, ' x'],
  ['23.11.2026 19:49:02 x', 'day/month/year time', '2026-11-23 19:49:02', undefined, ' x'],
  ['11/23/26 07:49:02 PM x', 'month/day/yy time', '2026-11-23 19:49:02', undefined, ' x'],
  ['11/23/26 12:49:02 AM x', 'month/day/yy time', '2026-11-23 00:49:02', undefined, ' x'],
  ['20261123T194902Z x', 'yearmonthday time', '2026-11-23 19:49:02', 0, ' x'],
  ['1795463342 x', 'unix seconds', '2026-11-23 19:49:02', 0, ' x'],
  ['1795463342.123 x', 'unix seconds', '2026-11-23 19:49:02', 0, ' x'],
  ['1795463342123 x', 'unix seconds', '2026-11-23 19:49:02', 0, ' x'],
];

describe('a stamp', () => {
  for (const [line, form, wall, offset, rest] of STAMPS)
    test(`is read from ${line}`, () => {
      const found = recogniseStamp([line]) ?? assert.fail('not recognised');
      assert.equal(found.name, form);
      const read = found.read(line, 0) ?? assert.fail('not read');
      const two = (n: number): string => String(n).padStart(2, '0');
      const shown = `${read.year ?? '????'}-${two(read.month)}-${two(read.day)} ${two(read.hour)}:${two(read.minute)}:${two(read.second)}`;
      assert.equal(shown, wall);
      assert.equal(read.offset, offset);
      assert.equal(found.hasYear, read.year !== undefined);
      assert.equal(line.slice(read.end), rest);
    });

  const NONE = [
    '',
    '\tat line 3',
    'stack traceback:',
    ' Nov 23 19:43:11 x',
    'Nov 31 19:43:11 x',
    'Nov 23 24:43:11 x',
    'Nov 23 19:61:11 x',
    '2025-02-29 19:43:11 x',
    '2026-13-32 19:43:11 x',
    '12345678 x',
    '17954633421234567 x',
    'Novel 23 19:43 x',
  ];
  for (const line of NONE)
    test(`is not seen in ${JSON.stringify(line)}`, () => assert.equal(recogniseStamp([line]), undefined));

  test('is read at any place of a text', () => {
    const form = recogniseStamp(['Nov 23 19:43:11 x']) ?? assert.fail();
    assert.equal(form.read('aaa\nNov 23 19:43:11 x', 4)?.end, 19);
    assert.equal(form.read('aaa\nNov 23 19:43:11 x', 3), undefined);
  });
});

describe('the form of the stamps', () => {
  test('is that of most lines', () => {
    const lines = [
      '2026-11-23 19:43:11 odd',
      ...Array<string>(5).fill('Nov 23 19:43:11 x'),
      '\tcontinuation',
      'rubbish',
    ];
    assert.equal(recogniseStamp(lines)?.name, 'month day time');
  });

  test('tells day and month apart by a day after the twelfth', () => {
    assert.equal(recogniseStamp(['01/02/2026 10:00:00 x', '13/02/2026 10:00:00 x'])?.name, 'day/month/year time');
    assert.equal(recogniseStamp(['01/02/2026 10:00:00 x', '02/13/2026 10:00:00 x'])?.name, 'month/day/year time');
  });

  test('is not found in any text by an error', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(20), (text, start) => {
        for (const form of STAMP_FORMS) {
          const wall = form.read(text, start);
          if (wall) assert.ok(wall.day <= daysIn(wall.month, wall.year) && wall.end <= text.length);
        }
      }),
    );
  });
});

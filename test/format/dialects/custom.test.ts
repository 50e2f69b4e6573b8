import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Eventless, Finding } from '../../../src/format/dialects/dialect.ts';
import { loadRe2 } from '../../../src/config/re2.ts';
import { customDialect } from '../../../src/format/dialects/custom.ts';

const mine = customDialect(
  {
    name: 'mine',
    start: '^\\[?(?<time>[^\\]]+)\\]? in (?<session>\\S+) (?<user>\\S+)$',
    end: '^\\[?(?<time>[^\\]]+)\\]? out (?<session>\\S+)(?: (?<user>\\S+))?$',
  },
  loadRe2(),
);

const CASES: readonly (readonly [line: string, found: Finding | Eventless, stampEnd: number])[] = [
  ['10:00 in 7 A@b.example', { kind: 'start', session: '7', user: 'a@b.example', resource: '7' }, 5],
  ['[10:00] in 7 a@b.example/x', { kind: 'start', session: '7', user: 'a@b.example', resource: '7' }, 7],
  ['10:00 in 7 ü@b.example', { kind: 'start', session: '7', user: 'ü@b.example', resource: '7' }, 5],
  ['10:00 out 7', { kind: 'end', session: '7' }, 5],
  ['10:00 out 7 a@b.example\r', { kind: 'end', session: '7', user: 'a@b.example', behind: '7' }, 5],
  ['10:00 in 7 nobody', 'foreign', 5],
  ['free text', 'foreign', 0],
  [`10:00 in ${'x'.repeat(70_000)} a@b.example`, 'foreign', 0],
];

for (const [line, expected, stampEnd] of CASES)
  test(`${line.slice(0, 40)} [10.5]`, () => {
    const parser = mine.begin();
    const text = `${Buffer.from(line).toString('latin1')}\n`;
    assert.deepEqual(parser.parse(text, 0, text.length - 1), expected);
    assert.equal(parser.stampEnd, stampEnd);
  });

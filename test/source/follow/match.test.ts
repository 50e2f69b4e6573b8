/** Which segment a text is: a table of texts, beside one of which so much has been read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { match } from '../../../src/source/follow/match.ts';
import { advance, beginState, positionOf, type Position } from '../../../src/source/follow/position.ts';
import { some } from './rig.ts';

const textOf = (...lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

/** The position behind a text that was read in blocks of `step` lines. */
function read(id: string, lines: readonly string[], { step = lines.length, nuls = 0 } = {}): Position {
  let state = beginState(nuls);
  for (let at = 0; at < lines.length; at += step) state = advance(state, textOf(...lines.slice(at, at + step)));
  return JSON.parse(JSON.stringify(positionOf(state, { id, log: '/x.log', readAt: 0 })));
}

/** Of a compressed text, what lies more than 64 bytes before the last place cannot be asked for. */
function forward(text: Buffer) {
  let from = 0;
  return {
    read: (at: number, length: number): Promise<Buffer> => {
      assert.ok(at >= from, `${at} is asked for behind ${from}`);
      from = Math.max(from, at - 64);
      return Promise.resolve(text.subarray(at, at + length));
    },
  };
}

const BANNER = Array.from({ length: 30 }, (_, i) => `module ${i} loaded`);
const LAST = 'x'.repeat(200);
const first = read('first', some(1, 40));
const second = read('second', some(41, 60));
const slow = read('slow', some(1, 40), { step: 1 });
const short = read('short', some(1, 1));
const banner = read('banner', [...BANNER, ...some(1, 20)], { step: 5 });
const nuls = read('nuls', some(1, 40), { nuls: 1000 });
const sameEnd = read('sameEnd', [...some(10, 19), LAST], { step: 4 });

const CASES: readonly {
  readonly what: string;
  readonly known: readonly Position[];
  readonly text: Buffer;
  readonly is: readonly string[];
}[] = [
  { what: 'the text itself', known: [first], text: textOf(...some(1, 40)), is: ['same first'] },
  { what: 'the text that has grown', known: [first, second], text: textOf(...some(1, 50)), is: ['same first'] },
  { what: 'a copy that ends earlier', known: [slow], text: textOf(...some(1, 20)), is: ['beginning slow'] },
  { what: 'a copy of one line', known: [slow], text: textOf(...some(1, 1)), is: ['beginning slow'] },
  { what: 'another text', known: [first, second], text: textOf(...some(70, 99)), is: [] },
  { what: 'an empty text', known: [first, short], text: Buffer.alloc(0), is: [] },
  { what: 'an unfinished line', known: [first], text: textOf(...some(1, 1)).subarray(0, 20), is: [] },
  { what: 'a longer one of a text of one line', known: [short], text: textOf(...some(1, 3)), is: ['same short'] },
  { what: 'one that begins alike', known: [banner], text: textOf(...BANNER, ...some(5, 24)), is: [] },
  { what: 'one that begins alike and is short', known: [banner], text: textOf(...BANNER, ...some(5, 9)), is: [] },
  {
    what: 'the beginning of one that begins alike',
    known: [banner],
    text: textOf(...BANNER),
    is: ['beginning banner'],
  },
  {
    what: 'one that ends alike',
    known: [sameEnd],
    text: textOf(...some(20, 29), LAST),
    is: [],
  },
  {
    what: 'one behind NUL bytes',
    known: [nuls, first],
    text: Buffer.concat([Buffer.alloc(1000), textOf(...some(1, 41))]),
    is: ['same nuls'],
  },
  { what: 'one without the NUL bytes', known: [nuls], text: textOf(...some(1, 41)), is: [] },
  {
    what: 'two that were read of one text, the longer first',
    known: [short, slow],
    text: textOf(...some(1, 60)),
    is: ['same slow', 'same short'],
  },
  {
    what: 'one that was read farther, and one that was not',
    known: [short, first],
    text: textOf(...some(1, 4)),
    is: ['beginning first', 'same short'],
  },
];

for (const { what, known, text, is } of CASES)
  test(`F2: what a text is, its bytes tell: ${what} [9.6]`, async () => {
    const { matches } = await match(forward(text), known);
    assert.deepEqual(
      matches.map(({ kind, position }) => `${kind} ${position.id}`),
      is,
    );
    for (const each of matches)
      if (each.kind === 'same') assert.deepEqual(positionOf(each.state, { ...each.position }), each.position);
  });

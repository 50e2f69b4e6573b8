import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../properties.ts';
import { LONGEST_NAME, NAME_WORDS, NameTable, OWN } from '../../src/format/name-table.ts';

/** A name of so many characters that ends with its number. */
const nameOf = (n: number, length: number): string => String(n).padStart(Math.max(length, 6), 'x');

const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), from: fc.nat(3000), count: fc.nat(700) }) },
  fc.record({ kind: fc.constant('release' as const), from: fc.nat(3000), count: fc.nat(900) }),
);

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;
const add = (from: number, count: number): Command => ({ kind: 'add', from, count });
const release = (from: number, count: number): Command => ({ kind: 'release', from, count });
/** What is moved out of a slab that is nearly empty does not fit into the room that there is, and the table grows meanwhile. */
const GROWS_AS_IT_EMPTIES: Command[] = [
  add(6, 332),
  add(0, 6),
  release(0, 185),
  add(0, 12),
  add(338, 309),
  release(130, 86),
  add(0, 72),
];

describe('names', () => {
  it('are found, numbered and freed as in a map, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 12 }),
        fc.constantFrom(8, 60, LONGEST_NAME),
        fc.nat(),
        (all, length, seed) => {
          const table = new NameTable({ capacity: 2 ** 17, seed });
          const model = new Map<string, number>();
          for (const { kind, from, count } of all)
            for (let n = from; n < from + count; n++) {
              const name = nameOf(n, length - (n % 7));
              if (kind === 'add' && model.size < 1500) {
                const number = table.internText(name);
                if (!model.has(name)) table.words[number * NAME_WORDS + OWN] = n + 1;
                model.set(name, number);
              } else if (kind === 'release' && model.has(name)) {
                table.release(model.get(name) ?? -1);
                model.delete(name);
              }
            }
          assert.equal(table.size, model.size);
          assert.equal(new Set(model.values()).size, model.size);
          for (const [name, number] of model) {
            assert.equal(table.find(name), number);
            assert.equal(table.text(number), name);
            assert.equal(table.words[number * NAME_WORDS + OWN], Number(name.replace(/^x+/, '')) + 1);
          }
          assert.equal(table.find('nobody'), -1);
        },
      ),
      { numRuns: 60, examples: [[GROWS_AS_IT_EMPTIES, LONGEST_NAME, 0]] },
    );
  });

  it('are bytes of UTF-8, from the middle of a block', () => {
    const table = new NameTable({ capacity: 1024, seed: 1 });
    const block = Buffer.from('xx иван@chat.example yy');
    const number = table.intern(block, 3, block.length - 3);
    assert.equal(table.text(number), 'иван@chat.example');
    assert.equal(table.internText('иван@chat.example'), number);
  });

  it('keep their memory when others come and go', () => {
    const table = new NameTable({ capacity: 1024, seed: 7 });
    const stored = table.internText(nameOf(0, 500));
    for (let n = 1; n < 100_000; n++) table.release(table.internText(nameOf(n, 1000)));
    assert.equal(table.text(stored), nameOf(0, 500));
    assert.equal(table.size, 1);
  });

  it('longer than any of XMPP, or more than there is room for, are refused', () => {
    const table = new NameTable({ capacity: 1024, seed: 7 });
    assert.throws(() => table.internText('x'.repeat(LONGEST_NAME + 1)), RangeError);
    for (let n = 0; n < 1024; n++) table.internText(nameOf(n, 8));
    assert.throws(() => table.internText('one more'), RangeError);
  });
});

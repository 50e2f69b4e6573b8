/** Names that the compiled scanner adds to the table of names are those of the lines, whatever became of others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../../properties.ts';
import { decode } from '../../../src/format/decoder.ts';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { EventBatch } from '../../../src/format/event-batch.ts';
import { LineDecoder } from '../../../src/format/line-decoder.ts';
import { EVENT_WORDS, USER } from '../../../src/format/scanner/event-words.ts';
import { newUsers, scannersFor } from '../../../src/service/new-users.ts';

/** Of some length, so that a few hundred fill a slab. */
const nameOf = (n: number, length: number): string => `${'x'.repeat((n * 7) % length)}${n}@chat.example`;
const linesOf = (names: readonly string[]): Buffer =>
  Buffer.from(names.map((name, i) => `Oct 10 10:00:00 c2s${i + 1}\tinfo\tAuthenticated as ${name}\n`).join(''));

const block = fc.record({
  from: fc.nat(9000),
  count: fc.nat(3000),
  /** One name of so many is gone behind the block. */
  goes: fc.integer({ min: 1, max: 5 }),
});

describe('names of logins', () => {
  it('are found, added and freed as in a map [9.14]', () => {
    const property = fc.property(fc.array(block, { maxLength: 6 }), fc.constantFrom(1, 40, 230), (blocks, length) => {
      const users = newUsers({ count: { exclude: [], includeDisabled: false } });
      const { names } = users;
      const clock = { year: 2026, last: undefined };
      const reader = new LineDecoder({ dialect: prosody, timezone: 'UTC', state: { clock }, horizon: () => 2e9 });
      const model = new Map<string, number>();
      for (const { from, count, goes } of blocks) {
        // Each twice, near to each other.
        const said = Array.from({ length: count }, (_, i) => nameOf(from + i - (i % 3 === 0 ? 2 : 0), length));
        const batch = new EventBatch(linesOf(said));
        decode(batch, reader, scannersFor(users));
        for (let i = batch.others.length; i < count; i++) {
          const number = batch.words[i * EVENT_WORDS + USER]!;
          assert.equal(names.text(number), said[i]);
          assert.equal(model.get(said[i]!) ?? number, number);
          model.set(said[i]!, number);
        }
        for (const name of said.slice(0, batch.others.length)) model.set(name, names.internText(name));
        for (const [i, [name, number]] of [...model].entries()) {
          assert.equal(names.find(name), number);
          if (i % goes !== 0) continue;
          names.release(number);
          model.delete(name);
        }
        assert.equal(names.size, model.size);
      }
    });
    fc.assert(property, { numRuns: 40 });
  });
});

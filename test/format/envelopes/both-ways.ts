/** Records made plain by their envelopes, which are the definition, and by what is compiled. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Dialect } from '../../../src/format/dialects/dialect.ts';
import { CompiledRecords } from '../../../src/format/envelopes/compiled-records.ts';
import type { Envelope } from '../../../src/format/envelopes/envelope.ts';
import { Unwrapper } from '../../../src/format/envelopes/unwrap.ts';

const CODE = readFileSync(new URL('../../../src/format/envelopes/compiled/records.wasm', import.meta.url));
/** One for all, as in the program. */
export const records = new CompiledRecords(CODE);

/** The same in both ways; returns the plain lines. */
export function bothWays(block: Buffer, envelope: Envelope, program: string, dialect: Dialect): string {
  const wrapping = { envelope, program, keepsInner: false };
  const [one, other] = [new Unwrapper(wrapping, dialect), new Unwrapper(wrapping, dialect, {}, records)];
  const plain = one.unwrap(block).toString('latin1');
  assert.equal(other.unwrap(block).toString('latin1'), plain, JSON.stringify(block.toString('latin1')));
  assert.deepEqual(other.state, one.state);
  return plain;
}

export const blockOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`, 'latin1');

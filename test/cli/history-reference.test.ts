/** The counts of real logs are, byte for byte, those that they were before the reading was made faster (test/cli/reference). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KOLKATA, LORD_HOWE, NEWYEAR_BERLIN, SMALL_UTC } from '../golden.ts';
import { golden, run } from '../program.ts';

const FILES = {
  info: ['prosody.log.2', 'prosody.log.1', 'prosody.log'],
  debug: ['prosody.debug.2.gz', 'prosody.debug.1.gz', 'prosody.debug.gz'],
};

describe('history of a real log is what it was', () => {
  for (const { name, timezone, year } of [SMALL_UTC, NEWYEAR_BERLIN, KOLKATA, LORD_HOWE])
    for (const level of ['info', 'debug'] as const)
      it(`${name}, ${level} [9.C]`, async () => {
        const reference = new URL(`../../../test/cli/reference/${name}.${level}.csv`, import.meta.url);
        const settings = ['--timezone', timezone, '--year', String(year), '--step', '1800', '--format', 'csv'];
        const files = FILES[level].map((file) => golden(`${name}/${file}`));
        const { code, out } = await run(['history', ...settings, ...files]);
        assert.equal(code, 0);
        assert.equal(out, readFileSync(reference, 'utf8'));
      });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.ts';

test('at least ten rules of counting and sessions can be taken away [8 must show]', () => {
  assert.ok(MUTANTS.length >= 10);
  for (const { cut } of MUTANTS) {
    const [file, from] = cut;
    const source = readFileSync(fileURLToPath(new URL(`../../../src/${file}`, import.meta.url)), 'utf8');
    assert.equal(source.split(from).length - 1, 1, `src/${file} holds exactly once: ${from}`);
  }
});

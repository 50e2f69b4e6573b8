import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

const ENGINE = new URL('../../src/cli/engine.js', import.meta.url).href;

/** What lives for a moment, and is too much for the room of what is new, beside what stays: the most that there was of both, in parts of the latter. */
const CHURN = `
  import { tuneEngine, releaseMemory } from ${JSON.stringify(ENGINE)};
  tuneEngine(process.versions.v8);
  const some = (length) => Array.from({ length }, (_, i) => [i, i, i, i]);
  const stays = some(100_000);
  releaseMemory();
  const { heapUsed } = process.memoryUsage();
  const passing = new Array(16);
  let most = 0;
  for (let i = 0; i < 1000; i++) {
    passing[i % passing.length] = some(1000);
    most = Math.max(most, process.memoryUsage().heapUsed);
  }
  console.log(stays.length > 0 && most / heapUsed);
`;

describe('the engine', () => {
  it('collects long before there is twice of what is needed, however long it goes on [9.14]', () => {
    const most = Number(execFileSync(process.execPath, ['--input-type=module', '-e', CHURN], { encoding: 'utf8' }));
    assert.ok(most > 1 && most < 2.5, `${most} times as much was kept`);
  });
});

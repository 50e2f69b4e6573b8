/** A short run of the torture that `npm run torture` does at length. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tortureWithLogrotate } from '../torture/logrotate-torture.ts';

test('under the real logrotate with the rules of Debian, and killed at random, the index holds exactly the users written', async (t) => {
  const result = await tortureWithLogrotate({
    ...{ seconds: 15, rate: 200, life: [200, 3200], busy: 0 },
    say: (sentence) => t.diagnostic(sentence),
  });
  t.diagnostic(`${result.rotations} rotations, ${result.kills} kill -9`);
  assert.ok(result.rotations >= 10 && result.kills >= 3, `${result.rotations} rotations and ${result.kills} kills`);
  for (const { rule, written, indexed, lost, invented, destroyed } of result.logs) {
    t.diagnostic(`${rule}: ${written} written, ${indexed} in the index, ${destroyed} destroyed by copytruncate`);
    assert.deepEqual({ rule, lost, invented }, { rule, lost: [], invented: [] }, `kept in ${result.directory}`);
    if (rule !== 'jabberd2') assert.equal(indexed, written);
  }
});

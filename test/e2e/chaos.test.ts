/** A few hours of what `npm run chaos` does for long: with another seed than the properties', more of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Campaign, HOUR } from '../chaos/campaign.ts';
import { pass } from '../chaos/faults.ts';
import { SEED } from '../properties.ts';

const HOURS = 6;

test(`daemons that are killed, late and cut off, and a Redis that forgets: each count is right, or told to be a lower bound (seed ${SEED}) [12.2]`, async () => {
  const told: string[] = [];
  const campaign = await Campaign.open({
    ...{ nodes: 3, hours: HOURS, seed: SEED, hosts: 4, users: 200, days: 8, wait: 5, slots: 2, windows: [1, 7, 30] },
    ...{ keeping: 'nothing', isReplicated: false, hasNetwork: true, tell: (sentence) => told.push(sentence) },
  });
  try {
    for (let passed = 1; passed <= HOURS; passed++) await pass(campaign, campaign.begin + passed * HOUR, 2);
  } finally {
    await campaign.close();
  }
  const { exact, lower, wrong } = campaign.judge.verdicts;
  const { contradictions, stuck } = campaign.totals;
  assert.deepEqual({ wrong, contradictions, stuck }, { wrong: 0, contradictions: 0, stuck: 0 }, told.join('\n'));
  assert.ok(exact + lower > 0);
});

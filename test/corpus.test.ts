import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  eventsOf,
  goldenFile,
  goldenLog,
  hourly,
  KOLKATA,
  LORD_HOWE,
  NEWYEAR_BERLIN,
  SMALL_UTC,
  type Campaign,
} from './golden.ts';
import { agreement, parseCounts, WINDOW_NAMES } from './truth.ts';

type Bounds = Readonly<Record<'d1' | 'd7' | 'd30', { readonly equal: number; readonly off: number }>>;

const EXACT = { equal: 1, off: 0 };
const ALL_EXACT: Bounds = { d1: EXACT, d7: EXACT, d30: EXACT };

const CASES: readonly [Campaign, 'info' | 'debug', Bounds][] = [
  [SMALL_UTC, 'info', { d1: { equal: 0.92, off: 2 }, d7: EXACT, d30: EXACT }],
  [SMALL_UTC, 'debug', ALL_EXACT],
  [NEWYEAR_BERLIN, 'info', { d1: { equal: 0.88, off: 2 }, d7: { equal: 0.99, off: 2 }, d30: EXACT }],
  [NEWYEAR_BERLIN, 'debug', ALL_EXACT],
  [KOLKATA, 'info', { d1: { equal: 0.937, off: 1 }, d7: EXACT, d30: EXACT }],
  [KOLKATA, 'debug', ALL_EXACT],
  [LORD_HOWE, 'info', { d1: { equal: 0.923, off: 1 }, d7: { equal: 0.99, off: 1 }, d30: EXACT }],
  [LORD_HOWE, 'debug', ALL_EXACT],
];

describe('the counts of a real campaign beside those of Prosody itself', () => {
  for (const [campaign, level, bounds] of CASES) {
    const [events, counts] = eventsOf(goldenLog(campaign, level), campaign);
    const truth = parseCounts(goldenFile(`${campaign.name}/truth.csv`).toString());
    const agreed = agreement(truth, hourly(events));
    for (const window of WINDOW_NAMES) {
      const { equal, off } = bounds[window];
      it(`${campaign.name}, ${level}: ${window} is equal in ${equal * 100} % of all samples and never off by more than ${off}`, () => {
        assert.ok(agreed[window].equal >= equal, `only ${agreed[window].equal}`);
        assert.ok(agreed[window].largestDifference <= off, `off by ${agreed[window].largestDifference}`);
      });
    }
    it(`${campaign.name}, ${level}: every line is known for one of Prosody's and every event is believed`, () => {
      assert.equal(counts.foreign, 0);
      assert.equal(counts.rejected, 0);
    });
  }
});

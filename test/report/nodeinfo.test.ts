/** What others are told in NodeInfo, and what not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sample } from '../../src/activity/active-window.ts';
import { nodeInfo, type NodeInfoOptions } from '../../src/report/nodeinfo.ts';

const DAY = 86_400;
const WHOLE = [1, 7, 30, 180].map((days) => days * DAY);
const sample = (host: string, d30: number, d180?: number, covered: readonly number[] = WHOLE): Sample => ({
  ...{ at: 0, host, online: 0, d1: 0, d7: 0, d30, covered },
  ...(d180 !== undefined && { d180 }),
});
const OPTIONS: NodeInfoOptions = { hosts: [], software: 'prosody', version: '0.12.3', openRegistrations: false };

function usersIn(samples: readonly Sample[], hosts: readonly string[] = []): object {
  const { usage } = JSON.parse(nodeInfo(samples, { ...OPTIONS, hosts })) as { usage: { users: object } };
  return usage.users;
}

const half = WHOLE.with(3, 179 * DAY);
const CASES: [string, readonly Sample[], readonly string[], object][] = [
  ['the sum over all hosts', [sample('a', 5, 9), sample('b', 7, 8)], [], { activeMonth: 12, activeHalfyear: 17 }],
  [
    'only the hosts that are named',
    [sample('a', 5, 9), sample('b', 7, 8)],
    ['b'],
    { activeMonth: 7, activeHalfyear: 8 },
  ],
  ['no half year that is not covered', [sample('a', 5, 9, half)], [], { activeMonth: 5 }],
  ['no half year that is not counted', [sample('a', 5)], [], { activeMonth: 5 }],
  ['nothing under five users', [sample('a', 4, 5)], [], { activeHalfyear: 5 }],
  ['nothing of a host that was not seen', [sample('a', 5, 5)], ['b'], {}],
  ['nothing where there is nobody', [], [], {}],
];
for (const [what, samples, hosts, users] of CASES)
  test(`NodeInfo tells ${what} [11.6]`, () => assert.deepEqual(usersIn(samples, hosts), users));

test('NodeInfo names the software so that it is a name there [11.6]', () => {
  const { software, openRegistrations } = JSON.parse(
    nodeInfo([], { ...OPTIONS, software: 'My_Server', openRegistrations: true }),
  ) as { software: object; openRegistrations: boolean };
  assert.deepEqual([software, openRegistrations], [{ name: 'my-server', version: '0.12.3' }, true]);
});

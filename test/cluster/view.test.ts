/** What the nodes of a cluster look like to one of them, and what its administrator hears of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areTooFew, complaints as all, missingAt, viewOf, waitedFor, type View } from '../../src/cluster/view.ts';

const NOW = 1_764_000_000_000;
const mark = (at: number): string => JSON.stringify({ at, seqs: [1], epoch: 'e', covered: [86_400] });

/** As `look` answers: each node with what it tells of itself, its last sign of life and how far its clock is ahead, ms. */
function view(...nodes: readonly (readonly [name: string, about: string, ago: number, ahead: number])[]): View {
  const members = nodes.flatMap(([name, about]) => [name, about]);
  const beats = nodes.flatMap(([name, , ago, ahead]) => [name, `${NOW - ago} ${ahead}`]);
  return viewOf(['0', '', '', `${NOW}`, members, beats, ['a', mark(3600)], [], '']);
}

const complaints = (...args: Parameters<typeof all>): string[] => all(...args).map(({ sentence }) => sentence);

test('clocks that differ by more than five seconds are told, of nodes that are there [12.5]', () => {
  const told = (ahead: number, ago = 0): string[] =>
    complaints(view(['a', 'x', 0, 0], ['b', 'x', ago, ahead]), 'a', 15);
  assert.deepEqual(told(5000), []);
  assert.match(told(6000).join(), /^the clocks of the nodes a and b differ by 6 seconds: set both by NTP/);
  assert.match(told(-6000).join(), /differ by 6 seconds/);
  assert.deepEqual(told(6000, 16_000), []);
});

test('nodes that count otherwise are told [12.5]', () => {
  assert.match(complaints(view(['a', 'x', 0, 0], ['b', 'y', 0, 0]), 'a', 15).join(), /count otherwise \(x and y\)/);
  assert.deepEqual(complaints(view(['a', 'x', 0, 0], ['b', '', 0, 0]), 'a', 15), []);
});

test('what is told once is told so however far the clocks are apart; nodes that share a gauge are told [12.6]', () => {
  const about = (ahead: number): string[] =>
    all(view(['a', 'x', 0, 0], ['b', 'x', 0, ahead]), 'a', 15).map(({ what }) => what);
  assert.deepEqual(about(6000), about(9000));
  assert.match(
    complaints(view(['a.b', 'x', 0, 0], ['a_b', 'x', 0, 0]), 'a.b', 15).join(),
    /one name among the metrics/,
  );
});

test('who has not come to an instant is named, and who was never seen is counted [12.5]', () => {
  const both = view(['a', 'x', 0, 0], ['b', 'x', 0, 0]);
  assert.deepEqual(missingAt(both, 3600, 3), ['b', 'never seen (1)']);
  assert.deepEqual(missingAt(both, 7200, 2), ['a', 'b']);
});

test('more than half of the nodes have to come, of those that there are and of those that there should be; who waits knows for whom [12.5]', () => {
  const both = view(['a', 'x', 0, 0], ['b', 'x', 0, 0]);
  const why = (at: number, nodes: number): [areFew: boolean, why: string] => [
    areTooFew(both, at, nodes),
    waitedFor(both, at, nodes),
  ];
  const unseen =
    '. Those that have another key_file, slots, or in [count] other windows, include_disabled or exclude are never seen';
  assert.deepEqual(why(3600, 1), [
    true,
    'only 1 of 2 nodes have come (missing: b): the others may count without this one',
  ]);
  assert.deepEqual(why(7200, 3), [
    true,
    `only 0 of 3 nodes have come (missing: a, b, never seen (1)): the others may count without this one${unseen}`,
  ]);
  const three = view(['a', 'x', 0, 0], ['b', 'x', 0, 0], ['c', 'x', 0, 0]);
  for (const node of three.nodes.slice(1)) Object.assign(node, { mark: three.nodes[0]?.mark });
  assert.deepEqual([areTooFew(three, 3600, 5), areTooFew(three, 3600, 6)], [false, true]);
  assert.equal(waitedFor(three, 3600, 4), 'other nodes were waited for (never seen (1))');
  assert.equal(waitedFor({ ...three, leader: 'b' }, 3600, 3), 'other nodes were waited for (b)');
});

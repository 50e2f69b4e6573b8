/** What a node tells the union of its users, and what it makes of the union's answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUp, leastCovered, withHosts } from '../../src/cluster/counts.ts';
import { Pseudonyms } from '../../src/cluster/pseudonyms.ts';
import { score } from '../../src/cluster/score.ts';
import type { NodeView } from '../../src/cluster/view.ts';
import { operationsBySlot, slotOf } from '../../src/cluster/shipment.ts';
import * as fc from '../properties.ts';

const AT = 1_770_001_200;
const UNIT = 2 ** 21;
const pseudonyms = new Pseudonyms(Buffer.from('a key of the tests'));

test('a score is sorted by when a user was last seen, and tells when they had logged in, up to 24 days before [12.2]', () => {
  const loginOf = (value: number): number => {
    const seen = Math.floor(value);
    return seen - (UNIT - 1 - (value - seen) * UNIT);
  };
  fc.assert(
    fc.property(fc.integer({ min: 1e9, max: 2 ** 32 - 2 }), fc.nat({ max: UNIT - 2 }), (seen, before) => {
      const value = score(seen - before, seen);
      assert.equal(loginOf(value), seen - before);
      assert.ok(value >= seen && value < seen + 1);
      // Whoever logged in later is later.
      assert.ok(before === 0 || value < score(seen - before + 1, seen));
      // As Redis is told, and tells it.
      assert.equal(Number(String(value)), value);
    }),
  );
  assert.equal(score(AT - 40 * 86_400, AT), score(AT - (UNIT - 2), AT));
  assert.equal(score(AT + 5, AT), score(AT, AT));
  assert.equal(score(0, AT), score(AT - 600, AT));
});

test('a piece is divided by the slots of its users, what happened to accounts before who was seen [12.2]', () => {
  const members = ['alice', 'bob', 'carol'].map((name) => pseudonyms.of(`${name}@chat.example`));
  const [alice, bob, carol] = members as [Buffer, Buffer, Buffer];
  const piece = {
    changes: [
      { kind: 'removed', host: 'chat.example', member: alice, at: AT },
      { kind: 'forgotten', host: 'chat.example', member: alice, at: AT + 1 },
      { kind: 'disabled', host: 'chat.example', member: bob, at: AT + 2 },
      { kind: 'enabled', host: 'chat.example', member: bob, at: AT + 3 },
    ] as const,
    users: [
      { jid: 'carol@chat.example', login: AT - 9, seen: AT, isOpen: true },
      { jid: 'bob@chat.example', login: 0, seen: AT - 5, isOpen: false },
    ],
  };
  const expected = {
    alice: ['g', 'chat.example', alice, AT, 0, 'g', 'chat.example', alice, AT + 1, 1],
    bobs: ['d', 'chat.example', bob, AT + 2, 1, 'd', 'chat.example', bob, AT + 3, 0],
    carol: ['s', 'chat.example', carol, AT - 9, score(AT - 9, AT), 1],
    bob: ['s', 'chat.example', bob, AT - 605, score(0, AT - 5), 0],
  };
  const one = operationsBySlot(piece, pseudonyms, 1);
  assert.deepEqual([...one], [[0, [...expected.alice, ...expected.bobs, ...expected.carol, ...expected.bob]]]);
  const many = operationsBySlot(piece, pseudonyms, 1 << 16);
  assert.deepEqual(many.get(slotOf(alice, 1 << 16)), expected.alice);
  assert.deepEqual(many.get(slotOf(bob, 1 << 16)), [...expected.bobs, ...expected.bob]);
  assert.deepEqual(many.get(slotOf(carol, 1 << 16)), expected.carol);
});

test('slots share the users, and a user is always in the same one [12.2]', () => {
  const slots = Array.from({ length: 400 }, (_, i) => slotOf(pseudonyms.of(`user${i}@chat.example`), 4));
  for (const slot of [0, 1, 2, 3]) assert.ok(slots.filter((each) => each === slot).length > 50);
});

test('a count is the sum of all slots, of each host, and of hosts where nobody was [12.2]', () => {
  const counted = addUp(
    [
      ['OK', 'work.example', 1, 10, 20, 30, 'chat.example', '2', '3', '4', '5'],
      ['OK', 'chat.example', 5, 6, 7, 8],
      ['OK'],
    ],
    3,
  );
  assert.deepEqual(counted, [
    { host: 'chat.example', online: 7, windows: [9, 11, 13] },
    { host: 'work.example', online: 1, windows: [10, 20, 30] },
  ]);
  assert.deepEqual(withHosts(counted, ['work.example', 'a.example'], 3), [
    { host: 'a.example', online: 0, windows: [0, 0, 0] },
    ...counted,
  ]);
});

test('of each window so much is covered as the logs of every node that came cover [12.2]', () => {
  const node = (covered: readonly number[]): NodeView => ({
    ...{ name: 'a', about: '', silent: 0, ahead: 0 },
    mark: { at: AT, seqs: [], epoch: '', covered },
  });
  assert.deepEqual(leastCovered([node([60, 70, 80]), node([65, 60, 90])], [70, 75, 85]), [60, 60, 80]);
  assert.deepEqual(leastCovered([node([60])], [50, 90]), [50, 90]);
});

/** What is set aside until an instant has been counted: what of it is taken in then, and that many events are no trouble. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfAll, type Subject } from '../../src/activity/session-events.ts';
import { EventBatch } from '../../src/format/event-batch.ts';
import type { Happening } from '../../src/format/dialects/dialect.ts';
import { EarlyEvents } from '../../src/service/early-events.ts';
import { MIDNIGHT, world } from '../activity/play.ts';
import * as fc from '../properties.ts';

const MANY = 100_000;

function setAside(happenings: readonly Happening[]) {
  const { sessions } = world();
  const batch = new EventBatch(Buffer.alloc(0));
  const early = new EarlyEvents();
  for (const [event, happening] of happenings.entries()) {
    batch.add(happening);
    early.add(sessions, batch, event);
  }
  return { sessions, batch, early };
}

const startOf = (n: number, at: number): Happening => ({
  ...{ kind: 'start', session: `c2s${n}`, user: `user${n}@chat.example`, at },
});

for (const [what, isLate] of [
  ['all', () => false],
  ['all but the first', (n: number) => n === 0],
  ['all but the last', (n: number) => n === MANY - 1],
] as const)
  test(`many events, of which ${what} have their time, are taken in without a pause that grows with their square [9.13]`, () => {
    const { early } = setAside(
      Array.from({ length: MANY }, (_, n) => startOf(n, isLate(n) ? MIDNIGHT + 3600 : MIDNIGHT)),
    );
    early.takeUntil(MIDNIGHT);
    assert.equal(early.count, what === 'all' ? 0 : 1);
  });

/** Whether the order of two events matters to the rules. */
const areOne = (a: Subject, b: Subject): boolean =>
  isOfAll(a) ||
  isOfAll(b) ||
  (a.id !== undefined && a.id === b.id) ||
  (a.user !== undefined && a.user >= 0 && a.user === b.user);

const happening: fc.Arbitrary<Happening> = fc
  .record({ n: fc.nat(3), user: fc.nat(3), kind: fc.constantFrom('start', 'end', 'server-start'), at: fc.nat(3) })
  .map(({ n, user, kind, at: offset }): Happening => {
    const at = MIDNIGHT + offset;
    if (kind === 'server-start') return { kind, at };
    if (kind === 'end') return { kind, session: `c2s${n}`, at };
    return { kind: 'start', session: `c2s${n}`, user: `user${user}@chat.example`, at };
  });

test('what stands before an event that is taken in, and is about the same, is taken in, too, and nothing else [9.13]', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 12 }), fc.nat(3), (happenings, offset) => {
      const { sessions, batch, early } = setAside(happenings);
      const subjects = happenings.map((_, event) => sessions.subjectIn(batch, event));
      const due = happenings.map(({ at }) => at <= MIDNIGHT + offset);
      for (let late = due.length - 1; late >= 0; late--)
        for (let before = 0; due[late] === true && before < late; before++)
          due[before] ||= areOne(subjects[before]!, subjects[late]!);
      early.takeUntil(MIDNIGHT + offset);
      assert.equal(early.count, due.filter((isDue) => !isDue).length);
    }),
  );
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../properties.ts';
import { Users } from '../../src/activity/user-table.ts';
import { StoredUsers } from '../../src/service/stored-users.ts';
import { knownUsers } from '../index/index-contents.ts';

const AT = 1_772_413_200;
const fresh = (): Users => new Users({ exclude: [], includeDisabled: true });

/** Comes or goes: so many users from one on. Or so many pages are written. */
const step = fc.record({
  kind: fc.constantFrom('come' as const, 'come' as const, 'go' as const, 'write' as const),
  from: fc.nat(3000),
  count: fc.nat(1200),
});

describe('pages of users', () => {
  it('written a few at a time, and never all, hold everybody as they were when they were written last [9.14]', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.nat(0xffff_ffff), (steps, seed) => {
        const users = fresh();
        users.pages.begin(0, seed);
        const source = new StoredUsers(users, Infinity);
        const stored = new Map<number, Buffer>();
        const write = (most: number): void => {
          if (users.pages.due === 0) users.pages.beginTurn();
          for (const page of users.pages.take(most)) {
            const bytes = source.encode(page);
            if (bytes) stored.set(page, bytes);
            else stored.delete(page);
          }
        };
        for (const { kind, from, count } of steps) {
          if (kind === 'write') write(count);
          const numbers = kind === 'write' ? [] : Array.from({ length: count }, (_, i) => from + i);
          for (const n of numbers) {
            const jid = `user${n}@chat.example`;
            if (kind === 'come') users.sawLogin(users.number(jid), AT + n);
            else users.forget(jid, 0);
          }
          users.settle();
        }
        const restored = (): Users => {
          const again = fresh();
          const sink = new StoredUsers(again, Infinity);
          sink.begin(users.pages.count, seed);
          for (const [page, bytes] of [...stored].toSorted(([a], [b]) => b - a)) sink.page(page, bytes);
          return again;
        };
        const known = knownUsers(users);
        write(Infinity);
        write(Infinity);
        assert.deepEqual(knownUsers(restored()), known);
        assert.equal(restored().pages.changes, 0);
      }),
      { numRuns: 60 },
    );
  });

  it('that were split and not all written lose nobody [9.14]', () => {
    const users = fresh();
    const source = new StoredUsers(users, Infinity);
    const stored = new Map<number, Buffer>();
    const write = (most: number): void => {
      if (users.pages.due === 0) users.pages.beginTurn();
      for (const page of users.pages.take(most)) stored.set(page, source.encode(page) ?? Buffer.alloc(0));
    };
    const come = (from: number, to: number): void => {
      for (let n = from; n < to; n++) users.sawLogin(users.number(`user${n}@chat.example`), AT + n);
    };
    come(0, 2000);
    write(Infinity);
    come(2000, 9000);
    for (let parts = 0; parts < 6; parts++) {
      write(60);
      const again = fresh();
      const sink = new StoredUsers(again, Infinity);
      sink.begin(users.pages.count, 0);
      for (const [page, bytes] of [...stored].toSorted(([a], [b]) => b - a)) sink.page(page, bytes);
      for (let n = 0; n < 2000; n++) assert.equal(again.get(`user${n}@chat.example`)?.login, AT + n, `${n}, ${parts}`);
    }
  });
});

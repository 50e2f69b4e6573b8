import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instant, MIDNIGHT, stateOf, world, type World } from './play.ts';

const DAY = 86_400;
const USER = 'alice@chat.example';

/** Minutes after midnight. */
const at = (minute: number): number => MIDNIGHT + minute * 60;

function login({ sessions }: World, session: string, minute: number): void {
  sessions.take({ kind: 'connect', session, at: at(minute) });
  sessions.take({ kind: 'start', session, user: USER, at: at(minute) });
}

function end({ sessions }: World, session: string, minute: number): void {
  sessions.take({ kind: 'end', session, at: at(minute) });
}

/** The counts so many days after the minute. */
function countsAfter({ users, sessions }: World, minute: number, days: number): number[] {
  sessions.passTime(at(minute) + days * DAY);
  return users.sample(at(minute) + days * DAY).flatMap(({ d1, d7, d30 }) => [d1, d7, d30]);
}

describe('a user with more ids than are kept, gone for eight days', () => {
  for (const times of [150, 199, 200, 201, 250, 1000])
    test(`who resumed a session ${times} times [8.9]`, () => {
      const state = world();
      login(state, 'c2s1', 0);
      for (let i = 1; i <= times; i++) {
        end(state, 'c2s1', i * 2);
        login(state, `c2sa${i}`, i * 2 + 1);
      }
      end(state, 'c2s1', times * 2 + 2);
      assert.deepEqual(countsAfter(state, times * 2 + 2, 8), [0, 0, 1]);
    });

  test('who resumed it 250 times while the old connection seemed alive [8.9]', () => {
    const state = world();
    // Somebody has resumed before, so that an end closes what began behind it.
    login(state, 'c2s1', 0);
    end(state, 'c2s1', 1);
    login(state, 'c2s2', 2);
    end(state, 'c2s1', 3);
    login(state, 'c2s3', 4);
    for (let i = 1; i <= 250; i++) login(state, `c2sa${i}`, 5 + i);
    end(state, 'c2s3', 300);
    assert.deepEqual(countsAfter(state, 300, 8), [0, 0, 1]);
  });

  test('who resumed two sessions 250 times, by turns [8.9]', () => {
    const state = world();
    login(state, 'c2s1', 0);
    login(state, 'c2s2', 1);
    for (let i = 1; i <= 250; i++) {
      end(state, 'c2s1', i * 4);
      login(state, `c2sa${i}`, i * 4 + 1);
      end(state, 'c2s2', i * 4 + 2);
      login(state, `c2sb${i}`, i * 4 + 3);
    }
    end(state, 'c2s1', 1010);
    end(state, 'c2s2', 1020);
    assert.deepEqual(countsAfter(state, 1020, 8), [0, 0, 1]);
  });

  test('who had 250 sessions at once, each with its end [8.9]', () => {
    const state = world();
    for (let i = 1; i <= 250; i++) login(state, `c2sa${i}`, i);
    for (let i = 1; i <= 250; i++) end(state, `c2sa${i}`, 250 + i);
    assert.deepEqual(countsAfter(state, 500, 8), [0, 0, 1]);
  });
});

test('a user with many sessions open is online until the last of them ends [8.9]', () => {
  const state = world();
  for (let i = 1; i <= 250; i++) login(state, `c2sa${i}`, i);
  for (let i = 1; i < 250; i++) end(state, `c2sa${i}`, 250 + i);
  assert.equal(stateOf(state, 'alice')?.open, 1);
});

describe('a BOSH session without an end', () => {
  const BOSH = 'bosh58833a29-3eaa-4734-878e-f48d1033363e';
  for (const [boshSeconds, logout] of [
    [60, '00:01:00'],
    [1199, '00:19:59'],
    [1200, '00:20:00'],
    [43_200, '00:20:00'],
  ] as const)
    test(`of ${boshSeconds} s is logged out at no later time than it ends [8.12]`, () => {
      const state = world([], { hibernationSeconds: 600, boshSeconds });
      login(state, BOSH, 0);
      state.sessions.passTime(at(0) + boshSeconds);
      assert.equal(state.users.get(USER)?.logout, instant(logout));
      assert.equal(state.users.get(USER)?.open, 0);
    });

  test('is forgotten a week after it ended, however late the next line came', () => {
    const state = world([], { hibernationSeconds: 600, boshSeconds: 43_200 });
    login(state, BOSH, 0);
    const [hour, week] = [60, 7 * 24 * 60];
    state.sessions.passTime(at(20 * hour));
    end(state, BOSH, week + 13 * hour);
    assert.equal(state.users.get(USER)?.logout, instant('00:20:00'));
  });
});

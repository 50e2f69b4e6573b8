/** One log says that an account was removed; what it had open in another ends there, some seconds later. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Sessions } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import type { Happening } from '../../src/format/dialects/dialect.ts';

const AT = Date.parse('2026-03-02T10:00:00Z') / 1000;
const USER = 'alice@chat.example';

const CASES: readonly (readonly [string, start: Happening, end: Happening])[] = [
  ['Prosody', { kind: 'start', session: 'c2s1', user: USER, at: AT }, { kind: 'end', session: 'c2s1', at: AT + 103 }],
  [
    'a server that names its sessions',
    { kind: 'start', session: '<0.1.0>', user: USER, resource: 'a', at: AT },
    { kind: 'end', session: '<0.1.0>', user: USER, behind: 'a', at: AT + 103 },
  ],
];

describe('the end of a session of an account that another node removed does not bring it back', () => {
  for (const [server, start, end] of CASES)
    test(`${server} [12.7]`, () => {
      const users = new Users({ exclude: [], includeDisabled: false });
      const [here, there] = [0, 1].map(() => new Sessions(users, { hibernationSeconds: 600, boshSeconds: 43_200 }));
      there!.take(start);
      here!.take({ kind: 'removed', user: USER, at: AT + 100 });
      there!.take(end);
      assert.equal(users.get(USER), undefined);
      assert.equal(users.sample(AT + 200)[0]?.d1, 0);
    });

  test('and is not that of a new account of the name [12.7]', () => {
    const users = new Users({ exclude: [], includeDisabled: false });
    const [here, there] = [0, 1].map(() => new Sessions(users, { hibernationSeconds: 600, boshSeconds: 43_200 }));
    const [, start, end] = CASES[0]!;
    there!.take(start);
    here!.take({ kind: 'removed', user: USER, at: AT + 100 });
    here!.take({ kind: 'start', session: 'c2s7', user: USER, at: AT + 101 });
    there!.take(end);
    assert.equal(users.get(USER)?.open, 1);
  });
});

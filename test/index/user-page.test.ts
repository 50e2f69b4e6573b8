import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from '../properties.ts';
import { UnsentUsers } from '../../src/activity/unsent-users.ts';
import { Users, type LastSeen } from '../../src/activity/user-table.ts';
import { decodePage, encodePage } from '../../src/index/user-page.ts';

const instant = fc.integer({ min: 1, max: 0xffff_ffff });
const flag = fc.constant(true as const);
const record = fc.record(
  { login: instant, logout: instant, disabled: flag, resumes: flag, unsent: flag, sentOpen: flag },
  { requiredKeys: [], noNullPrototype: true },
);

test('a page gives back the users that it was made of, with names of any length and script [9.14]', () => {
  const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constant('x'.repeat(2000)));
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, record), { selector: ([jid]) => jid, maxLength: 40 }), (all) => {
      const users = new Users({ exclude: [], includeDisabled: true });
      users.pages.unsent = new UnsentUsers(users.names);
      for (const [jid, kept] of all) users.restore(users.number(jid), kept);
      const numbers = all.map(([jid]) => users.find(jid));
      const page = encodePage(numbers, users.names, (user) => users.record(user));
      const read: [string, LastSeen][] = [];
      if (page) decodePage(page, (kept, from, to) => read.push([page.toString('utf8', from, to), kept]));
      assert.deepEqual(read, all);
    }),
  );
});

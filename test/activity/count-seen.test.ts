/** Who was seen in a range of time, gone through for all users at once, against one look at each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BITS,
  countSeen,
  DISABLED,
  HOST_SHIFT,
  KNOWN,
  LOGIN,
  LOGOUT,
  OPEN,
  type Range,
} from '../../src/activity/user-words.ts';
import { NAME_WORDS } from '../../src/format/name-table.ts';
import * as fc from '../properties.ts';

const HOUR = 3600;
const NOW = 500_000 * HOUR;
/** Many lie at the edges of hours. */
const INSTANT = fc
  .tuple(fc.integer({ min: -200, max: 3 }), fc.constantFrom(-1, 0, 1, 1800))
  .map(([hours, seconds]) => NOW + hours * HOUR + seconds);
const USER = fc.record({
  login: fc.oneof(fc.constant(0), INSTANT),
  logout: fc.oneof(fc.constant(0), INSTANT),
  open: fc.boolean(),
  flags: fc.constantFrom(0, KNOWN, KNOWN | DISABLED),
  host: fc.integer({ min: 1, max: 2 }),
});
const NEVER: Range = { after: Infinity, until: Infinity };
const RANGE: fc.Arbitrary<Range> = fc.oneof(
  fc.constant(NEVER),
  fc.tuple(INSTANT, INSTANT).map(([after, until]) => ({ after, until })),
  INSTANT.map((after) => ({ after, until: Infinity })),
);

test('those who were seen in a range are found whatever the hours that it begins and ends in [9.14]', () => {
  fc.assert(
    fc.property(fc.array(USER, { maxLength: 40 }), fc.array(RANGE, { minLength: 1, maxLength: 5 }), (users, ranges) => {
      const words = new Int32Array(users.length * NAME_WORDS);
      const times = new Uint32Array(words.buffer);
      for (const [user, { login, logout, open, flags, host }] of users.entries()) {
        const at = user * NAME_WORDS;
        times.set([login], at + LOGIN);
        times.set([logout], at + LOGOUT);
        words[at + OPEN] = Number(open);
        words[at + BITS] = flags | (host << HOST_SHIFT);
      }
      const found = countSeen({ words, times, end: users.length }, ranges, DISABLED);
      for (const own of [1, 2]) {
        const counted = users.filter(({ open, flags, host }) => !open && flags === KNOWN && host === own);
        const seen = counted.map(({ login, logout }) => Math.max(login, logout)).filter((at) => at > 0);
        const expected = ranges.map(({ after, until }) => seen.filter((at) => at > after && at <= until).length);
        assert.deepEqual(found.get(own) ?? ranges.map(() => 0), expected);
      }
    }),
  );
});

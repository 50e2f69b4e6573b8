import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../properties.ts';
import { WINDOWS } from '../../src/activity/active-window.ts';
import { forgettingUnseenSince } from '../../src/activity/forgetting.ts';
import { Users, type LastSeen } from '../../src/activity/user-table.ts';
import { BruteForce } from './brute-force.ts';
import { knownUsers, takeChanged } from '../index/index-contents.ts';

const NOW = 1_772_413_200;
const DAY = 86_400;

const HOSTS = ['a.example', 'b.example', 'excluded.example'];
const JIDS = HOSTS.flatMap((host) => ['u1', 'u2', 'u3'].map((local) => `${local}@${host}`));
const EXCLUDED = ['excluded.example', 'u3@b.example'];

/** Seconds that put an instant on a window's edge, beside it, or somewhere. */
const seconds = fc.oneof(
  fc.nat(7200),
  fc.nat(100 * DAY),
  fc
    .tuple(fc.constantFrom(0, 3600, ...WINDOWS), fc.integer({ min: -1, max: 1 }))
    .map(([window, second]) => Math.max(0, window + second)),
);

const jid = fc.constantFrom(...JIDS);
const command = fc.oneof(
  fc.record({ kind: fc.constant('seen' as const), jid, what: fc.constantFrom('login', 'logout'), ago: seconds }),
  fc.record({ kind: fc.constant('open' as const), jid }),
  fc.record({ kind: fc.constant('close' as const), jid }),
  fc.record({ kind: fc.constant('remove' as const), jid, ago: fc.constantFrom(0, 0, 0, 5 * DAY) }),
  fc.record({ kind: fc.constant('disable' as const), jid, disabled: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), seconds }),
  fc.record({ kind: fc.constant('pass' as const), seconds }),
  fc.record({ kind: fc.constant('forget' as const) }),
);

const keptUser = fc.record(
  { login: seconds, logout: seconds, disabled: fc.constant(true as const), resumes: fc.constant(true as const) },
  { requiredKeys: ['login'] },
);

function see(users: Users, jid: string, what: string, at: number): void {
  if (what === 'login') users.sawLogin(users.number(jid), at);
  else users.sawLogout(users.number(jid), at);
}

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

function run(users: Users, model: BruteForce, commands: readonly Command[]): number {
  let now = NOW;
  for (const c of commands) {
    switch (c.kind) {
      case 'seen':
        see(users, c.jid, c.what, now - c.ago);
        model.seen(c.jid, c.what, now - c.ago);
        break;
      case 'open':
        users.open(users.number(c.jid));
        model.shiftOpen(c.jid, 1);
        break;
      case 'close':
        users.close(users.number(c.jid));
        model.shiftOpen(c.jid, -1);
        break;
      case 'remove':
        users.remove(c.jid, now - c.ago);
        model.remove(c.jid, now - c.ago);
        break;
      case 'disable':
        users.setDisabled(users.number(c.jid), c.disabled);
        model.setDisabled(c.jid, c.disabled);
        break;
      case 'pass':
        now += c.seconds;
        assert.deepEqual(users.sample(now), model.sample(now));
        break;
      case 'forget':
        // No count changes by it, so the model knows nothing of it.
        for (const _ of forgettingUnseenSince(users, now - Math.max(...users.windows), new Set()));
        for (const [jid, user] of model.users) if (!users.get(jid)) assert.equal(user.open, 0);
        for (const jid of model.users.keys()) if (!users.get(jid)) model.users.delete(jid);
        break;
    }
  }
  assert.deepEqual(users.sample(now), model.sample(now));
  return now;
}

describe('the counts of all users', () => {
  const stored = fc.uniqueArray(fc.tuple(jid, keptUser), { selector: ([jid]) => jid, maxLength: 9 });

  it('equal the definition for random sessions, hosts, gaps of months, removals and sample times, also of half years [11.6]', () => {
    fc.assert(
      fc.property(
        stored,
        fc.boolean(),
        fc.boolean(),
        fc.array(command, { maxLength: 80, size: 'max' }),
        (restored, includeDisabled, hasHalfYear, commands) => {
          const windows = hasHalfYear ? [1, 7, 30, 180] : [1, 7, 30];
          const users = new Users({ exclude: EXCLUDED, includeDisabled, windows });
          const model = new BruteForce(EXCLUDED, includeDisabled, hasHalfYear);
          for (const [jid, { login, logout, disabled, resumes }] of restored) {
            const record: LastSeen = { login: NOW - login, ...(disabled && { disabled }), ...(resumes && { resumes }) };
            if (logout !== undefined) record.logout = NOW - logout;
            users.restore(users.number(jid), record);
            model.seen(jid, 'login', NOW - login);
            if (logout !== undefined) model.seen(jid, 'logout', NOW - logout);
            if (disabled) model.setDisabled(jid, true);
          }
          run(users, model, commands);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('are the same when all that changed is stored and put back, in any order', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), fc.nat(), (commands, seed) => {
        const users = new Users({ exclude: EXCLUDED, includeDisabled: false });
        const now = run(users, new BruteForce(EXCLUDED, false), commands);
        const stored = takeChanged(users);
        assert.equal(users.pages.changes, 0);

        const again = new Users({ exclude: EXCLUDED, includeDisabled: false });
        const order = JIDS.toSorted((a, b) => ((a.charCodeAt(1) * seed) % 7) - ((b.charCodeAt(1) * seed) % 7));
        for (const jid of order) {
          const record = stored.get(jid);
          if (record) again.restore(again.number(jid), structuredClone(record));
          for (let open = users.get(jid)?.open ?? 0; open > 0; open--) again.open(again.number(jid));
        }
        assert.equal(again.size, users.size);
        for (const later of [0, 1, 3600, ...WINDOWS, 365 * DAY]) {
          const counts = new Map(users.sample(now + later).map((sample) => [sample.host, sample]));
          for (const sample of again.sample(now + later)) assert.deepEqual(sample, counts.get(sample.host));
        }
        assert.equal(again.pages.changes, 0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a user', () => {
  const fresh = (includeDisabled = false): Users => new Users({ exclude: [], includeDisabled });
  const counts = (users: Users, at: number): number[] => users.sample(at).flatMap(({ d1, d7, d30 }) => [d1, d7, d30]);

  it('counts once however many sessions are open', () => {
    const users = fresh();
    see(users, 'u@h', 'login', NOW);
    for (let i = 0; i < 5; i++) users.open(users.number('u@h'));
    assert.deepEqual(counts(users, NOW + 40 * DAY), [1, 1, 1]);
    for (let i = 0; i < 4; i++) users.close(users.number('u@h'));
    assert.deepEqual(counts(users, NOW + 41 * DAY), [1, 1, 1]);
    users.close(users.number('u@h'));
    assert.deepEqual(counts(users, NOW + 42 * DAY), [0, 0, 0]);
  });

  it('never has less than no session open', () => {
    const users = fresh();
    see(users, 'u@h', 'login', NOW);
    users.close(users.number('u@h'));
    users.close(users.number('u@h'));
    users.open(users.number('u@h'));
    assert.equal(users.get('u@h')?.open, 1);
  });

  it('that is not known has no session', () => {
    const users = fresh();
    users.open(users.number('u@h'));
    users.close(users.number('u@h'));
    assert.deepEqual(users.sample(NOW), []);
    assert.equal(users.size, 0);
  });

  it('counts in the next count as before it, however often somebody asks in between [11.1]', () => {
    const users = fresh();
    const user = users.number('u@h');
    users.noteBefore(user);
    see(users, 'u@h', 'login', NOW + 5);
    users.open(user);
    const asked = (at: number): number | undefined => users.peek(at)[0]?.d1;
    assert.deepEqual([asked(NOW), asked(NOW), users.sample(NOW)[0]?.d1], [0, 0, 0]);
    assert.deepEqual([asked(NOW + 5), users.sample(NOW + 3600)[0]?.d1], [1, 1]);
  });

  it('who was seen ahead of a clock that went back counts when that time has come, also when seen again just behind the hour [12.2]', () => {
    const users = fresh();
    const user = users.number('u@h');
    users.restore(user, { login: NOW - 600, logout: NOW - 3 * DAY }, NOW - 3600);
    assert.deepEqual(counts(users, NOW - 601), [0, 1, 1]);
    users.noteBefore(user);
    users.sawLogin(user, NOW + 3);
    assert.deepEqual(counts(users, NOW), [1, 1, 1]);
  });

  it('F31: is last seen at the latest of all instants, in whatever order they come, however often', () => {
    const users = fresh();
    for (const at of [NOW - 5, NOW, NOW - DAY, NOW, NOW - 5]) see(users, 'u@h', 'login', at);
    assert.deepEqual(counts(users, NOW + DAY - 1), [1, 1, 1]);
    assert.deepEqual(counts(users, NOW + DAY), [0, 1, 1]);
  });

  it('leaves no change behind when a line is read twice', () => {
    const users = fresh();
    see(users, 'u@h', 'login', NOW);
    takeChanged(users);
    see(users, 'u@h', 'login', NOW);
    see(users, 'u@h', 'login', NOW - 1);
    assert.equal(users.pages.changes, 0);
  });

  it('does not count while disabled, even online, unless configured', () => {
    for (const [includeDisabled, counted] of [
      [false, 0],
      [true, 1],
    ] as const) {
      const users = fresh(includeDisabled);
      see(users, 'u@h', 'login', NOW);
      users.open(users.number('u@h'));
      users.setDisabled(users.number('u@h'), true);
      assert.deepEqual(counts(users, NOW), [counted, counted, counted]);
      users.setDisabled(users.number('u@h'), false);
      assert.deepEqual(counts(users, NOW), [1, 1, 1]);
    }
  });

  it('is forgotten when unseen for long, but not with a session open', () => {
    const users = fresh();
    for (const jid of ['gone@h', 'online@h', 'edge@h']) see(users, jid, 'login', jid === 'edge@h' ? NOW : NOW - 1);
    users.open(users.number('online@h'));
    takeChanged(users);
    for (const _ of forgettingUnseenSince(users, NOW, new Set()));
    assert.equal(users.pages.changes, 1);
    assert.deepEqual([...knownUsers(users).keys()], ['edge@h', 'online@h']);
    assert.equal(users.size, 2);
  });

  it('is forgotten in steps, between which they may be seen again [9.14]', () => {
    const users = fresh();
    for (let n = 0; n < 10_000; n++) see(users, `user${n}@h`, 'login', NOW - 1);
    let steps = 0;
    for (const _ of forgettingUnseenSince(users, NOW, new Set(['user5000@h']))) {
      users.settle();
      if (steps++ === 0) see(users, 'user9999@h', 'logout', NOW);
    }
    assert.ok(steps > 1);
    assert.deepEqual([...knownUsers(users).keys()].toSorted(), ['user5000@h', 'user9999@h']);
  });

  it('is not restored when excluded, nor over what is known by now', () => {
    const users = new Users({ exclude: ['h2', 'u@h'], includeDisabled: false });
    for (const jid of ['u@h', 'v@h2', 'w@h']) users.restore(users.number(jid), { login: NOW });
    users.restore(users.number('w@h'), { login: NOW - DAY });
    assert.equal(users.size, 1);
    assert.equal(users.get('w@h')?.login, NOW);
  });
});

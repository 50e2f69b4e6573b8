import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as fc from '../properties.ts';
import type { Session } from '../../src/activity/sessions.ts';
import { Users, type LastSeen } from '../../src/activity/user-table.ts';
import type { SessionEvent } from '../../src/format/dialects/dialect.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { inPages, knownUsers } from '../index/index-contents.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { eventsOf, goldenLog, NEWYEAR_BERLIN, SMALL_UTC } from '../golden.ts';
import { end, login, play, RESUMPTION, stateOf, world } from './play.ts';

/** Right only with the knowledge that somebody resumes: the second id carried a resumption of the first. */
const BOB = [
  ...login('10:00:00', 'c2s1', 'bob'),
  ...login('10:30:00', 'c2s2', 'bob'),
  end('11:00:00', 'c2s1'),
  end('11:30:00', 'c2s9'),
];
const BOB_SEEN = { open: 0, login: '10:30:00', logout: '11:00:00' };
const REMOVED = '09:30:00 usermanager User account deleted: eve@chat.example';

describe('what is known of one user does not depend on another who', () => {
  for (const [what, exclude, lines] of [
    ['is the only one to resume sessions', [], []],
    ['is excluded', ['eve@chat.example'], []],
    ['was removed', [], [REMOVED]],
  ] as const)
    test(`${what} [8.10]`, () => {
      const state = play([...RESUMPTION, ...lines, ...BOB], '12:00:00', world(exclude));
      assert.deepEqual(stateOf(state, 'bob'), BOB_SEEN);
    });

  test('was removed before a restart [8.10]', () => {
    const before = play([...RESUMPTION, REMOVED]);
    const after = world();
    const stored: (readonly [string, Session])[] = [];
    for (const [id, session] of before.sessions.stored.takeChanges()) if (session) stored.push([id, session]);
    after.sessions.restore(stored, { detail: false, hasResumption: before.sessions.hasResumption });
    assert.deepEqual(stateOf(play(BOB, '12:00:00', after), 'bob'), BOB_SEEN);
  });

  for (const campaign of [SMALL_UTC, NEWYEAR_BERLIN])
    test(`is excluded, in a real log: ${campaign.name} [8.10]`, () => {
      const [events] = eventsOf(goldenLog(campaign, 'info'), campaign);
      const all = knownAfter(events, []);
      fc.assert(
        fc.property(fc.subarray([...all.keys()], { minLength: 1 }), (excluded) => {
          const without = new Map([...all].filter(([jid]) => !excluded.includes(jid)));
          assert.deepEqual(knownAfter(events, excluded), without);
        }),
        { numRuns: 20 },
      );
    });
});

function knownAfter(events: readonly SessionEvent[], exclude: readonly string[]): Map<string, unknown> {
  const { users, sessions } = world(exclude);
  for (const event of events) sessions.take(event);
  return new Map([...knownUsers(users).keys()].flatMap((jid) => known(users, jid)));
}

function known(users: Users, jid: string): [string, LastSeen & { open: number }][] {
  const user = users.get(jid);
  if (!user) return [];
  const { login = 0, logout = 0, open } = user;
  return [[jid, { login, logout, open }]];
}

test('an index of version 0.1.0, which kept it with the users only, tells whether anybody resumes [8.10]', async () => {
  const root = await mkdtemp(join(tmpdir(), 'resumption-'));
  try {
    for (const resumes of [true, false]) {
      const path = join(root, `index-${resumes}`);
      const index = await LastSeenIndex.open(path);
      await index.load();
      const parser = { detail: false, quote: '', unbound: '' };
      const reader = { clock: { year: 2026, last: 1 }, stamp: 'iso', parser };
      await index.write({
        ...inPages(new Map([['eve@chat.example', { login: 1, ...(resumes && { resumes }) }]])),
        logs: new Map([['/var/log/prosody/prosody.log', { server: 'prosody', reader, coverage: [] }]]),
      });
      await index.close();
      const users = new Users({ exclude: ['eve@chat.example'], includeDisabled: false });
      const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(path), users, 0);
      const stored = writeBuffer.logs.stored('/var/log/prosody/prosody.log');
      assert.equal(stored?.log.hasResumption, resumes);
      await writeBuffer.close();
    }
  } finally {
    await rm(root, { recursive: true });
  }
});

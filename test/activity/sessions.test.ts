import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../properties.ts';
import { SessionPack, unpackSessions } from '../../src/activity/session-pack.ts';
import { Sessions, type Session } from '../../src/activity/sessions.ts';
import { Users, type LastSeen } from '../../src/activity/user-table.ts';
import { knownUsers } from '../index/index-contents.ts';
import type { Finding, SessionEvent } from '../../src/format/dialects/dialect.ts';
import { eventsOf, goldenLog, NEWYEAR_BERLIN, OPTIONS, SMALL_UTC } from '../golden.ts';
import { end, instant, login, MIDNIGHT, play, RESUMPTION, stateOf, world, type Expected, type World } from './play.ts';

type Case = readonly [
  what: string,
  lines: readonly string[],
  until: string,
  Readonly<Record<string, Expected | undefined>>,
];

const BOSH = 'bosh58833a29-3eaa-4734-878e-f48d1033363e';

const INFO: readonly Case[] = [
  [
    'a login opens a session, seen at the login',
    login('10:00:00', 'c2s1', 'alice'),
    '+3 10:00:00',
    { alice: { open: 1, login: '10:00:00' } },
  ],
  [
    'an end closes it, seen at the end',
    [...login('10:00:00', 'c2s1', 'alice'), end('11:00:00', 'c2s1')],
    '12:00:00',
    { alice: { open: 0, login: '10:00:00', logout: '11:00:00' } },
  ],
  ['an end whose id is unknown changes nothing', [end('11:00:00', 'c2s1')], '12:00:00', { alice: undefined }],
  [
    'a connection that never logs in is nobody',
    ['10:00:00 c2s1 Client connected', end('10:00:09', 'c2s1')],
    '12:00:00',
    { alice: undefined },
  ],
  [
    'a new connection under an id that is open: that session is gone, without a logout',
    [...login('10:00:00', 'c2s1', 'alice'), '11:00:00 c2s1 Client connected', end('11:00:05', 'c2s1')],
    '12:00:00',
    { alice: { open: 0, login: '10:00:00' } },
  ],
  [
    'an id used again belongs to whom it is used by now',
    [...login('10:00:00', 'c2s1', 'alice'), ...login('11:00:00', 'c2s1', 'bob'), end('12:00:00', 'c2s1')],
    '13:00:00',
    { alice: { open: 0, login: '10:00:00' }, bob: { open: 0, login: '11:00:00', logout: '12:00:00' } },
  ],
  [
    'two clients of one user at once, the later one ends first',
    [...login('10:00:00', 'c2s1', 'alice'), ...login('10:30:00', 'c2s2', 'alice'), end('11:00:00', 'c2s2')],
    '12:00:00',
    { alice: { open: 1, login: '10:30:00', logout: '11:00:00' } },
  ],
  [
    'a session is resumed in the last second in which it can be',
    [
      ...login('09:00:00', 'c2s1', 'alice'),
      end('10:00:00', 'c2s1'),
      ...login('10:10:01', 'c2s2', 'alice'),
      end('11:00:00', 'c2s1'),
    ],
    '12:00:00',
    { alice: { open: 0, login: '10:10:01', logout: '11:10:01' } },
  ],
  [
    'the same resource bound again: the old session ends within a second, the new one stays',
    [...login('10:00:00', 'c2s1', 'alice'), ...login('11:00:00', 'c2s2', 'alice'), end('11:00:00', 'c2s1')],
    '12:00:00',
    { alice: { open: 1, login: '11:00:00', logout: '11:00:00' } },
  ],
  [
    'a session that ends with others that began while it was open: those carried its resumption',
    [
      ...RESUMPTION,
      ...login('10:00:00', 'c2s1', 'alice'),
      ...login('10:30:00', 'c2s2', 'alice'),
      end('11:00:00', 'c2s1'),
    ],
    '12:00:00',
    { alice: { open: 0, login: '10:30:00', logout: '11:00:00' } },
  ],
  [
    'the same on a server where nobody has resumed a session yet: another client, which stays online',
    [...login('10:00:00', 'c2s1', 'alice'), ...login('10:30:00', 'c2s2', 'alice'), end('11:00:00', 'c2s1')],
    '12:00:00',
    { alice: { open: 1, login: '10:30:00', logout: '11:00:00' } },
  ],
  [
    'a carrier that ends after all was another client: seen again',
    [
      ...RESUMPTION,
      ...login('10:00:00', 'c2s1', 'alice'),
      ...login('10:30:00', 'c2s2', 'alice'),
      end('11:00:00', 'c2s1'),
      end('15:00:00', 'c2s2'),
    ],
    '16:00:00',
    { alice: { open: 0, login: '10:30:00', logout: '15:00:00' } },
  ],
  [
    'lost and resumed: the first id ends a second time, and with it the carrier; hibernation is waited for',
    [
      ...login('19:41:58', 'c2sa', 'carol'),
      end('19:41:58', 'c2sa'),
      ...login('19:41:59', 'c2sb', 'carol'),
      end('19:42:00', 'c2sa'),
    ],
    '19:52:00',
    { carol: { open: 1, login: '19:41:59', logout: '19:42:00' } },
  ],
  [
    'a user who resumes sessions is logged out 601 s after the last disconnect',
    [
      ...login('19:41:58', 'c2sa', 'carol'),
      end('19:41:58', 'c2sa'),
      ...login('19:41:59', 'c2sb', 'carol'),
      end('19:42:00', 'c2sa'),
    ],
    '19:52:01',
    { carol: { open: 0, login: '19:41:59', logout: '19:52:01' } },
  ],
  [
    'a session resumed many times leaves as many carriers, all closed by its last end',
    [
      ...login('10:00:00', 'c2sa', 'carol'),
      end('10:01:00', 'c2sa'),
      ...login('10:02:00', 'c2sb', 'carol'),
      end('10:03:00', 'c2sa'),
      ...login('10:04:00', 'c2sc', 'carol'),
      end('10:05:00', 'c2sa'),
      ...login('10:06:00', 'c2sd', 'carol'),
      end('10:07:00', 'c2sa'),
    ],
    '12:00:00',
    { carol: { open: 0, login: '10:06:00', logout: '10:17:01' } },
  ],
  [
    'resumed while the old connection looked alive: one end line under the first id',
    [
      ...RESUMPTION,
      ...login('19:42:07', 'c2sa', 'carol'),
      ...login('19:42:17', 'c2sb', 'carol'),
      end('19:52:17', 'c2sa'),
    ],
    '23:00:00',
    { carol: { open: 0, login: '19:42:17', logout: '19:52:17' } },
  ],
  [
    'the id of a carrier used again: the session that it carried is still online',
    [
      ...login('10:00:00', 'c2sa', 'carol'),
      end('10:01:00', 'c2sa'),
      ...login('10:02:00', 'c2sb', 'carol'),
      ...login('10:30:00', 'c2sb', 'dave'),
    ],
    '20:00:00',
    { carol: { open: 1, login: '10:02:00', logout: '10:01:00' }, dave: { open: 1, login: '10:30:00' } },
  ],
  [
    'and it ends when its first id does',
    [
      ...login('10:00:00', 'c2sa', 'carol'),
      end('10:01:00', 'c2sa'),
      ...login('10:02:00', 'c2sb', 'carol'),
      ...login('10:30:00', 'c2sb', 'dave'),
      end('11:00:00', 'c2sa'),
    ],
    '20:00:00',
    { carol: { open: 0, login: '10:02:00', logout: '11:10:01' }, dave: { open: 1, login: '10:30:00' } },
  ],
  [
    'a login ends a hibernation',
    [
      ...login('10:00:00', 'c2sa', 'carol'),
      end('10:01:00', 'c2sa'),
      ...login('10:02:00', 'c2sb', 'carol'),
      end('10:03:00', 'c2sa'),
      ...login('10:05:00', 'c2sc', 'carol'),
      end('10:06:00', 'c2sc'),
    ],
    '10:07:00',
    { carol: { open: 1, login: '10:05:00', logout: '10:06:00' } },
  ],
  [
    'a BOSH session ends by its own line, and is never resumed',
    [
      `10:00:00 ${BOSH} Authenticated as eve@chat.example`,
      `10:05:00 ${BOSH} BOSH client disconnected: session close`,
      `10:06:00 ${BOSH} BOSH client disconnected: session close`,
    ],
    '12:00:00',
    { eve: { open: 0, login: '10:00:00', logout: '10:05:00' } },
  ],
  [
    'a BOSH session that just vanishes is open for 12 hours',
    [`10:00:00 ${BOSH} Authenticated as eve@chat.example`],
    '21:59:59',
    { eve: { open: 1, login: '10:00:00' } },
  ],
  [
    'and then no more',
    [`10:00:00 ${BOSH} Authenticated as eve@chat.example`],
    '22:00:00',
    { eve: { open: 0, login: '10:00:00', logout: '10:20:00' } },
  ],
  [
    'but its end, when it comes after all, is a logout [8.12]',
    [`10:00:00 ${BOSH} Authenticated as eve@chat.example`, `23:00:00 ${BOSH} BOSH client disconnected: session close`],
    '23:30:00',
    { eve: { open: 0, login: '10:00:00', logout: '23:00:00' } },
  ],
  [
    'a start of the server drops every open session, without a logout',
    [
      ...login('10:00:00', 'c2s1', 'alice'),
      `10:00:00 ${BOSH} Authenticated as eve@chat.example`,
      '11:00:00 startup Hello and welcome to Prosody version 0.12.3',
      end('11:00:01', 'c2s1'),
    ],
    '12:00:00',
    { alice: { open: 0, login: '10:00:00' }, eve: { open: 0, login: '10:00:00' } },
  ],
  [
    'an orderly stop logs out whoever is in hibernation, and nobody else',
    [
      ...login('10:00:00', 'c2s1', 'alice'),
      ...login('19:41:58', 'c2sa', 'carol'),
      end('19:41:58', 'c2sa'),
      ...login('19:41:59', 'c2sb', 'carol'),
      end('19:42:00', 'c2sa'),
      '19:45:00 startup Shutting down: Received SIGTERM',
    ],
    '19:45:00',
    {
      alice: { open: 1, login: '10:00:00' },
      carol: { open: 0, login: '19:41:59', logout: '19:45:00' },
    },
  ],
  [
    'an account removed by its user is forgotten at once, and the end of its session does not bring it back',
    [
      ...login('10:00:00', 'c2s1', 'alice'),
      '11:00:00 c2s1 User removed their account: alice@chat.example',
      end('11:00:00', 'c2s1'),
    ],
    '12:00:00',
    { alice: undefined },
  ],
  [
    'an account removed while hibernating stays removed',
    [
      ...login('10:00:00', 'c2sa', 'carol'),
      end('10:01:00', 'c2sa'),
      ...login('10:02:00', 'c2sb', 'carol'),
      end('10:03:00', 'c2sa'),
      '10:04:00 usermanager User account deleted: carol@chat.example',
    ],
    '12:00:00',
    { carol: undefined },
  ],
  [
    'an account deleted and made anew counts from its new login',
    [
      ...login('10:00:00', 'c2s1', 'alice'),
      '11:00:00 usermanager User account deleted: alice@chat.example',
      ...login('11:30:00', 'c2s2', 'alice'),
      end('11:31:00', 'c2s1'),
    ],
    '12:00:00',
    { alice: { open: 1, login: '11:30:00' } },
  ],
];

const bind = (time: string, id: string, full: string): string[] => [
  `${time} ${id} debug Received[c2s]: <auth>`,
  ...login(time, id, full.split('@')[0] ?? ''),
  `${time} ${id} debug Resource bound: ${full}`,
];
const unbind = (time: string, id: string, full: string, why = ''): string =>
  `${time} ${id} debug Unbinding resource for ${full} (${full.split('/')[0]})${why}`;

const PHONE = 'alice@chat.example/phone';

const DEBUG: readonly Case[] = [
  [
    'a session is open from its login on, when bound, until it is unbound',
    [...bind('10:00:00', 'c2s1', PHONE), end('11:00:00', 'c2s1'), unbind('11:10:01', 'c2s1', PHONE, ': x')],
    '12:00:00',
    { alice: { open: 0, login: '10:00:00', logout: '11:10:01' } },
  ],
  [
    'the end of a connection ends no bound session',
    [...bind('10:00:00', 'c2s1', PHONE), end('11:00:00', 'c2s1')],
    '12:00:00',
    { alice: { open: 1, login: '10:00:00' } },
  ],
  [
    'a login that is never bound is a login, never a logout',
    ['10:00:00 c2s1 debug x', ...login('10:00:00', 'c2s1', 'alice'), end('11:00:00', 'c2s1')],
    '12:00:00',
    { alice: { open: 0, login: '10:00:00' } },
  ],
  [
    'a resumption opens no second session',
    [
      ...bind('10:00:00', 'c2s1', PHONE),
      end('10:30:00', 'c2s1'),
      ...login('10:31:00', 'c2s2', 'alice'),
      unbind('11:00:00', 'c2s1', PHONE),
    ],
    '12:00:00',
    { alice: { open: 0, login: '10:31:00', logout: '11:00:00' } },
  ],
  [
    'a websocket session that is replaced is never unbound: its resource is bound again',
    [...bind('10:00:00', 'c2s1', PHONE), ...bind('11:00:00', 'c2s2', PHONE), unbind('12:00:00', 'c2s2', PHONE)],
    '13:00:00',
    { alice: { open: 0, login: '11:00:00', logout: '12:00:00' } },
  ],
  [
    'another resource is another session',
    [
      ...bind('10:00:00', 'c2s1', PHONE),
      ...bind('11:00:00', 'c2s2', `${PHONE}2`),
      unbind('12:00:00', 'c2s2', `${PHONE}2`),
    ],
    '13:00:00',
    { alice: { open: 1, login: '11:00:00', logout: '12:00:00' } },
  ],
  [
    'what unbinds the sessions of a removed account is no activity',
    [
      ...bind('10:00:00', 'c2s1', PHONE),
      '11:00:00 datamanager debug Removing empty accounts datastore for user alice@chat.example',
      unbind('11:00:00', 'c2s1', PHONE, ': Account deleted'),
      end('11:00:00', 'c2s1'),
    ],
    '12:00:00',
    { alice: undefined },
  ],
  [
    'what unbinds a session of a removed account whose beginning was not seen is no activity',
    [
      '11:00:00 datamanager debug Removing empty accounts datastore for user alice@chat.example',
      unbind('11:00:00', 'c2s1', PHONE, ': Account deleted'),
      end('11:00:00', 'c2s1'),
    ],
    '12:00:00',
    { alice: undefined },
  ],
  [
    'a log whose debug lines are turned off goes on by the rules for info',
    [
      ...bind('10:00:00', 'c2s1', PHONE),
      '10:30:00 startup Reloading configuration file',
      ...login('10:40:00', 'c2s2', 'bob'),
      end('11:00:00', 'c2s1'),
      end('11:30:00', 'c2s2'),
    ],
    '12:00:00',
    {
      alice: { open: 0, login: '10:00:00', logout: '11:00:00' },
      bob: { open: 0, login: '10:40:00', logout: '11:30:00' },
    },
  ],
  [
    '0.9 to 0.11: a session kept by stream management stays',
    [
      ...bind('10:00:00', 'c2s1', PHONE),
      `11:00:00 c2s1 debug Destroying session for ${PHONE} (alice@chat.example): closed`,
      '11:00:00 c2s1 debug mod_smacks hibernating session for up to 300 seconds',
      end('11:00:00', 'c2s1'),
    ],
    '12:00:00',
    { alice: { open: 1, login: '10:00:00', logout: '11:00:00' } },
  ],
];

describe('sessions', () => {
  for (const [level, cases] of [
    ['info', INFO],
    ['debug', DEBUG],
  ] as const)
    for (const [what, lines, until, expected] of cases)
      it(`${level}: ${what}`, () => {
        const state = play(lines, until);
        for (const [local, user] of Object.entries(expected)) assert.deepEqual(stateOf(state, local), user, local);
      });

  it('13: a disabled account does not count until it is enabled again', () => {
    const disabled = [
      ...login('10:00:00', 'c2s1', 'alice'),
      end('11:00:00', 'c2s1'),
      '11:00:00 usermanager User account disabled: alice@chat.example',
    ];
    const countOf = (lines: readonly string[]): number | undefined =>
      play(lines).users.sample(instant('12:00:00'))[0]?.d1;
    assert.equal(countOf(disabled), 0);
    assert.equal(countOf([...disabled, '11:30:00 usermanager User account enabled: alice@chat.example']), 1);
  });

  it('are all dropped without a logout when asked to', () => {
    const state = play([...login('10:00:00', 'c2s1', 'alice'), ...login('10:00:00', 'c2s2', 'bob')]);
    state.sessions.dropAll();
    assert.deepEqual(stateOf(state, 'alice'), { open: 0, login: '10:00:00' });
    assert.deepEqual(stateOf(state, 'bob'), { open: 0, login: '10:00:00' });
  });

  it('over BOSH that begin ahead of the clock keep no other from timing out, and time out after their own time', () => {
    const users = new Users({ exclude: [], includeDisabled: false });
    const sessions = new Sessions(users, OPTIONS);
    const bosh = (user: string, since: number, at: number): Session => ({ user, since, state: 'open', at });
    const [now, ahead] = [100_000, 900_000];
    const stored = [
      ['bosh-a', bosh('alice@a.example', ahead, now)],
      ['bosh-b', bosh('bob@b.example', now - 5, now - 5)],
    ] as const;
    sessions.restore(stored, { detail: false, hasResumption: false }, now);
    sessions.take({ kind: 'start', session: 'bosh-c', user: 'carol@c.example', at: now + 5 });
    const overBy = (at: number): string[] =>
      [...sessions.overBy(at)].map(({ user }) => users.names.text(user)).toSorted();
    assert.deepEqual(overBy(now + 10), ['alice@a.example']);
    const end = now + OPTIONS.boshSeconds + 5;
    assert.deepEqual(overBy(end), ['alice@a.example', 'bob@b.example', 'carol@c.example']);
    sessions.passTime(end);
    const states = (): unknown => Object.fromEntries([...sessions.all()].map(([id, { state }]) => [id, state]));
    assert.deepEqual(states(), { 'bosh-a': 'open', 'bosh-b': 'carrier', 'bosh-c': 'carrier' });
    assert.deepEqual(overBy(ahead), []);
    sessions.passTime(ahead);
    assert.deepEqual(overBy(ahead + OPTIONS.boshSeconds), ['alice@a.example']);
  });

  it('of excluded users are nobody', () => {
    const users = new Users({ exclude: ['chat.example'], includeDisabled: false });
    const sessions = new Sessions(users, OPTIONS);
    sessions.take({ kind: 'start', session: 'c2s1', user: 'alice@chat.example', at: 1 });
    sessions.take({ kind: 'end', session: 'c2s1', at: 2 });
    assert.equal(users.size, 0);
  });
});

/** What is kept of the sessions, as an index would have it. */
class Stored {
  readonly sessions = new Map<string, Session>();
  users: ReadonlyMap<string, LastSeen> = new Map();
  readonly removals = new Map<string, number>();
  hasResumption = false;

  store({ users, sessions }: World): void {
    this.storeSessions(sessions);
    this.users = knownUsers(users);
    put(this.removals, users.removals.takeChanges());
    this.hasResumption = sessions.hasResumption;
  }

  storeSessions(sessions: World['sessions']): void {
    const pack = new SessionPack((packed) => {
      unpackSessions(packed, (id, session) => put(this.sessions, [[id, session]]));
    });
    sessions.stored.packChanges(pack);
    pack.end();
  }

  restored(detail: boolean): World {
    const next = world();
    const copy = structuredClone({ users: [...this.users], sessions: [...this.sessions].toReversed() });
    for (const [jid, user] of copy.users.toReversed()) next.users.restore(next.users.number(jid), user);
    for (const [key, at] of this.removals) next.users.removals.restore(key, at);
    next.sessions.restore(copy.sessions, { detail, hasResumption: this.hasResumption });
    return next;
  }
}

function put<V>(map: Map<string, V>, changes: Iterable<readonly [string, V | undefined]>): void {
  for (const [key, value] of changes) {
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
}

/** What remains at the end: every user, and every count. */
function outcome({ users, sessions }: World, stored: Stored, at: number): unknown {
  sessions.passTime(at);
  stored.store({ users, sessions });
  return {
    users: [...stored.users]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map((user) => [...user, users.get(user[0])?.open]),
    sessions: [...stored.sessions].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    counts: [0, 3600, 86_400, 604_800, 2_592_000].map((later) => users.sample(at + later)),
  };
}

describe('sessions that were stored and put back', () => {
  const LOGS: readonly (readonly [string, readonly SessionEvent[]])[] = [
    ['small-utc, info', eventsOf(goldenLog(SMALL_UTC, 'info'), SMALL_UTC)[0]],
    ['small-utc, debug', eventsOf(goldenLog(SMALL_UTC, 'debug'), SMALL_UTC)[0]],
    ['newyear-berlin, info', eventsOf(goldenLog(NEWYEAR_BERLIN, 'info'), NEWYEAR_BERLIN)[0]],
    ['newyear-berlin, debug', eventsOf(goldenLog(NEWYEAR_BERLIN, 'debug'), NEWYEAR_BERLIN)[0]],
  ];
  for (const [name, events] of LOGS) {
    const last = events.at(-1)?.at ?? 0;
    const whole = world();
    for (const event of events) whole.sessions.take(event);
    const expected = outcome(whole, new Stored(), last);

    it(`go on as if nothing had happened, wherever a real log is cut: ${name}`, () => {
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat(events.length - 1), { minLength: 1, maxLength: 40, size: 'max' }), (cuts) => {
          const stored = new Stored();
          const isCut = new Set(cuts);
          let detail = false;
          let current = world();
          for (const [i, event] of events.entries()) {
            current.sessions.take(event);
            if (event.kind === 'detail') detail = event.on;
            if (event.kind === 'server-start') detail = false;
            if (!isCut.has(i)) continue;
            stored.store(current);
            current = stored.restored(detail);
          }
          assert.deepEqual(outcome(current, stored, last), expected);
        }),
        { numRuns: 25 },
      );
    });
  }
});

describe('sessions of a server that runs for years', () => {
  type EachSession = (id: string, user: string, at: number) => SessionEvent[];

  /** Ids never repeat, as those of BOSH, or addresses of a large heap. */
  const idOf = (kind: string, i: number): string => `${kind}${i.toString(16).padStart(12, '0')}`;
  const DAY = 86_400;

  /** Events of `days` days, 200 sessions a day of 50 users, each of which may leave something behind. */
  function* traffic(
    days: number,
    eachSession: (id: string, user: string, at: number) => SessionEvent[],
  ): Iterable<SessionEvent> {
    for (let i = 0; i < days * 200; i++) {
      const at = MIDNIGHT + Math.floor((i * DAY) / 200);
      yield* eachSession(idOf(i % 3 === 0 ? 'bosh' : 'c2s', i), `user${i % 50}@chat.example`, at);
    }
  }

  const WEEK_OF_IDS = 7 * 200;

  const KINDS: readonly (readonly [string, number, EachSession])[] = [
    [
      'sessions that end',
      20,
      (session, user, at) => [
        { kind: 'connect', session, at },
        { kind: 'start', session, user, at },
        { kind: 'end', session, at: at + 100 },
      ],
    ],
    ['sessions that never end', 50 * 201, (session, user, at) => [{ kind: 'start', session, user, at }]],
    [
      'sessions that end twice, with carriers that never end',
      2 * WEEK_OF_IDS + 20,
      (session, user, at) => [
        { kind: 'start', session, user, at },
        { kind: 'end', session, at: at + 10 },
        { kind: 'start', session: `${session}f`, user, at: at + 20 },
        { kind: 'end', session, at: at + 30 },
      ],
    ],
    [
      'sessions that are never bound',
      WEEK_OF_IDS + 20,
      (session, user, at) => [
        { kind: 'detail', on: true, at },
        { kind: 'start', session, user, at },
      ],
    ],
    [
      'accounts that are removed',
      WEEK_OF_IDS + 20,
      (session, user, at) => [
        { kind: 'detail', on: true, at },
        { kind: 'start', session, user, at },
        { kind: 'bind', session, user, resource: 'x', at },
        { kind: 'removed', user, at },
      ],
    ],
  ];
  for (const [what, bound, eachSession] of KINDS)
    it(`are not kept for ever: ${what}`, () => {
      const stored = new Stored();
      const state = world();
      let most = 0;
      for (const event of traffic(100, eachSession)) {
        state.sessions.take(event);
        if (event.kind === 'start') stored.storeSessions(state.sessions);
        most = Math.max(most, stored.sessions.size);
      }
      assert.ok(most <= bound, `${most} of 20 000 ids are held`);
    });

  it('of one hostile user cost no more with every login', () => {
    const [state, stored] = [world(), new Stored()];
    for (let i = 0; i < 30_000; i++)
      state.sessions.take({ kind: 'start', session: idOf('c2s', i), user: 'mallory@chat.example', at: MIDNIGHT + i });
    stored.store(state);
    assert.ok(stored.sessions.size <= 201, `a login is compared with ${stored.sessions.size} sessions`);
    assert.ok((state.users.get('mallory@chat.example')?.open ?? 0) > 0);
    for (let i = 0; i < 30_000; i++)
      state.sessions.take({ kind: 'end', session: idOf('c2s', i), at: MIDNIGHT + 30_000 });
    state.sessions.passTime(MIDNIGHT + 2 * DAY);
    assert.equal(state.users.get('mallory@chat.example')?.open, 0);
  });
});

describe('events of any kind in any order', () => {
  const session = fc.constantFrom('c2s1', 'c2s2', 'c2s3', 'bosh1', 'bosh2');
  const user = fc.constantFrom('alice@h', 'bob@h');
  const named = fc
    .tuple(session, user, fc.constantFrom('x', 'y'))
    .map(([session, user, resource]) => ({ session, user, resource }));
  const finding: fc.Arbitrary<Finding> = fc.oneof(
    session.map((session) => ({ kind: 'connect' as const, session })),
    named.map(({ session, user }) => ({ kind: 'start' as const, session, user })),
    session.map((session) => ({ kind: 'end' as const, session })),
    named.map((it) => ({ kind: 'bind' as const, ...it })),
    named.map((it) => ({ kind: 'unbind' as const, ...it })),
    user.chain((user) =>
      fc.constantFrom('removed' as const, 'disabled' as const, 'enabled' as const).map((kind) => ({ kind, user })),
    ),
    fc.boolean().map((on) => ({ kind: 'detail' as const, on })),
    fc.constantFrom('server-start' as const, 'server-stop' as const).map((kind) => ({ kind })),
  );
  const events = fc.array(fc.tuple(finding, fc.constantFrom(0, 0, 1, 5, 300, 601, 50_000, 700_000, -3)), {
    maxLength: 80,
    size: 'max',
  });

  it('leave as many sessions open as are held online, none once the server starts anew', () => {
    fc.assert(
      fc.property(events, (steps) => {
        const stored = new Stored();
        const state = world();
        let at = MIDNIGHT;
        for (const [finding, pause] of steps) {
          at += pause;
          state.sessions.take({ ...finding, at });
          stored.store(state);
          const online = [...stored.sessions.values()].filter((held) => ['open', 'away', 'bound'].includes(held.state));
          for (const jid of ['alice@h', 'bob@h']) {
            const open = state.users.get(jid)?.open ?? 0;
            assert.equal(open, state.users.get(jid) ? online.filter((held) => held.user === jid).length : 0);
          }
        }
        state.sessions.take({ kind: 'server-start', at });
        for (const jid of ['alice@h', 'bob@h']) assert.equal(state.users.get(jid)?.open ?? 0, 0);
      }),
      { numRuns: 1000 },
    );
  });
});

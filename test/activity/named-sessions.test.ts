import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Sessions } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import type { Happening } from '../../src/format/dialects/dialect.ts';
import { ejabberdEvents, linesOf } from '../ejabberd-golden.ts';
import { OPTIONS } from '../golden.ts';

const MIDNIGHT = Date.UTC(2026, 10, 23) / 1000;
const ALICE = 'alice@chat.example';

/** `HH:MM:SS PID MODULE MESSAGE`, or `+DAYS HH:MM:SS ...`; `-` for a module: the line of a console. */
function lineOf(entry: string): string {
  const [, days = '0', time = '', pid = '', module = '', message = ''] =
    /^(?:\+(\d+) )?(\d\d:\d\d:\d\d) (\S+) (\S+) (.*)$/.exec(entry) ?? [];
  const date = new Date((MIDNIGHT + Number(days) * 86_400) * 1000).toISOString().slice(0, 10);
  const who = module === '-' ? '' : `${pid}@${module}:f/1:1 `;
  return `${date} ${time}.000000+00:00 [info] ${who}${message}`;
}

const opened = (time: string, pid: string, jid: string): string =>
  `${time} ${pid} ejabberd_c2s (tls|${pid}) Opened c2s session for ${jid}`;
const closing = (time: string, pid: string, jid: string, reason = 'Stream reset by peer'): string =>
  `${time} ${pid} ejabberd_c2s (tls|${pid}) Closing c2s session for ${jid}: ${reason}`;
const detached = (time: string, pid: string, jid: string): string =>
  `${time} ${pid} mod_stream_mgmt (tls|${pid}) Closing c2s connection for ${jid}: x; waiting 300 seconds for stream resumption`;
const resumed = (time: string, pid: string, jid: string): string =>
  `${time} ${pid} mod_stream_mgmt (tls|${pid}) Resumed session for ${jid}`;
const loading = (time: string): string =>
  `${time} <0.1.0> ejabberd_config Loading configuration from /etc/ejabberd.yml`;
const started = (time: string): string =>
  `${time} <0.1.0> ejabberd_app ejabberd 26.07 is started in the node e@h in 2.38s`;
const stopped = (time: string): string => `${time} <0.1.0> ejabberd_app ejabberd 26.07 is stopped in the node e@h`;
const other = (time: string): string => `${time} <0.9.0> ejabberd_listener (<0.10.0>) Accepted connection ::1 -> ::1`;
/** On a console. */
const shown = (time: string, message: string): string => `${time} - - ${message}`;

interface World {
  readonly users: Users;
  readonly sessions: Sessions;
}

const world = (): World => {
  const users = new Users({ exclude: [], includeDisabled: false });
  return { users, sessions: new Sessions(users, OPTIONS) };
};

function play(entries: readonly string[], before: readonly Happening[] = []): World {
  const { users, sessions } = world();
  const [events] = ejabberdEvents(linesOf(entries.map(lineOf)));
  for (const event of [...before, ...events]) sessions.take(event);
  return { users, sessions };
}

/** Open sessions, and when the user was last seen to log in and out. */
function stateOf({ users }: World, jid = ALICE): string {
  const user = users.get(jid);
  if (!user) return 'unknown';
  const timeOf = (at: number | undefined): string =>
    at === undefined ? '-' : new Date(at * 1000).toISOString().slice(11, 19);
  return `${user.open} ${timeOf(user.login)} ${timeOf(user.logout)}`;
}

const CASES: readonly (readonly [what: string, lines: readonly string[], alice: string])[] = [
  ['a session', [opened('10:00:00', '<0.5.0>', `${ALICE}/a`)], '1 10:00:00 -'],
  [
    'a session that ended',
    [opened('10:00:00', '<0.5.0>', `${ALICE}/a`), closing('10:05:00', '<0.5.0>', `${ALICE}/a`)],
    '0 10:00:00 10:05:00',
  ],
  [
    'a resource and a reason that hold what parts them',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      opened('10:00:01', '<0.6.0>', `${ALICE}/a: Stream closed`),
      closing('10:05:00', '<0.6.0>', `${ALICE}/a: Stream closed`, 'go away: now (conflict)'),
    ],
    '1 10:00:01 10:05:00',
  ],
  [
    'the end of another session of the same process: of a run before',
    [opened('10:00:00', '<0.5.0>', `${ALICE}/a`), closing('10:05:00', '<0.5.0>', `${ALICE}/b`)],
    '1 10:00:00 10:05:00',
  ],
  ['an end whose start was never seen', [closing('10:05:00', '<0.5.0>', `${ALICE}/a`)], '0 - 10:05:00'],
  [
    'a detached session',
    [opened('10:00:00', '<0.5.0>', `${ALICE}/a`), detached('10:05:00', '<0.5.0>', `${ALICE}/a`)],
    '1 10:00:00 -',
  ],
  [
    'a session that was resumed',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      detached('10:05:00', '<0.5.0>', `${ALICE}/a`),
      resumed('10:06:00', '<0.6.0>', `${ALICE}/a`),
    ],
    '1 10:00:00 -',
  ],
  [
    'a resumed session that ended',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      resumed('10:06:00', '<0.6.0>', `${ALICE}/a`),
      closing('10:07:00', '<0.6.0>', `${ALICE}/a`),
    ],
    '0 10:00:00 10:07:00',
  ],
  ['a resumption whose session was never seen', [resumed('10:06:00', '<0.6.0>', `${ALICE}/a`)], '1 10:06:00 -'],
  [
    'a session that replaced one of the same name',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      opened('10:01:00', '<0.6.0>', `${ALICE}/a`),
      closing('10:01:00', '<0.5.0>', `${ALICE}/a`, 'Replaced by new connection (conflict)'),
    ],
    '1 10:01:00 10:01:00',
  ],
  [
    'the same MQTT client again',
    [
      `10:00:00 <0.5.0> mod_mqtt_session Opened MQTT session for ${ALICE}/c from ::1`,
      `10:01:00 <0.6.0> mod_mqtt_session Opened MQTT session for ${ALICE}/c from ::1`,
    ],
    '1 10:01:00 -',
  ],
  [
    'an MQTT client with the name of a resource',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/c`),
      `10:01:00 <0.6.0> mod_mqtt_session Opened MQTT session for ${ALICE}/c from ::1`,
    ],
    '2 10:01:00 -',
  ],
  ['the server stopped', [opened('10:00:00', '<0.5.0>', `${ALICE}/a`), stopped('10:05:00')], '0 10:00:00 10:05:00'],
  [
    'the server was killed, and started again much later',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      other('10:30:00'),
      loading('+1 14:00:00'),
      other('+1 14:00:01'),
      started('+1 14:00:02'),
    ],
    '0 10:00:00 10:30:00',
  ],
  [
    'a start that failed before',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      other('10:30:00'),
      loading('11:00:00'),
      loading('14:00:00'),
      started('14:00:02'),
    ],
    '0 10:00:00 10:30:00',
  ],
  [
    'what looked like the beginning of a start long ago',
    [loading('09:00:00'), opened('10:00:00', '<0.5.0>', `${ALICE}/a`), other('10:30:00'), started('14:00:02')],
    '0 10:00:00 10:30:00',
  ],
  [
    'an account that was removed, and its session ended',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      `10:05:00 <0.7.0> mod_push Removing any push sessions of ${ALICE}`,
      closing('10:05:01', '<0.5.0>', `${ALICE}/a`, 'User removed (conflict)'),
    ],
    'unknown',
  ],
  [
    'on a console, a session that was not resumed in time',
    [
      shown('10:00:00', `(tls|<0.5.0>) Opened c2s session for ${ALICE}/a`),
      shown('10:00:01', `(tls|<0.6.0>) Opened c2s session for ${ALICE}/b`),
      shown('10:05:00', `(unknown) Closing c2s session for ${ALICE}/a: Timed out (connection-timeout)`),
    ],
    '1 10:00:01 10:05:00',
  ],
  [
    'on a console, a detached session that was replaced',
    [
      shown('10:00:00', `(tls|<0.5.0>) Opened c2s session for ${ALICE}/a`),
      shown('10:05:00', `(tls|<0.6.0>) Opened c2s session for ${ALICE}/a`),
      shown('10:05:00', `(unknown) Closing c2s session for ${ALICE}/a: Replaced by new connection (conflict)`),
    ],
    '1 10:05:00 10:05:00',
  ],
  [
    'on a console, MQTT',
    [
      shown('10:00:00', `Opened MQTT session for ${ALICE}/c from ::1`),
      shown('10:00:01', `Closing MQTT session for ${ALICE}/c from ::1: Normal disconnection`),
    ],
    '0 10:00:00 10:00:01',
  ],
  [
    'an end that was lost, a week later',
    [
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      '10:30:00 <0.1.0> x Handler ejabberd_log switched from  async to drop mode',
      other('+8 10:00:00'),
      opened('+8 10:00:00', '<0.6.0>', 'bob@chat.example/b'),
    ],
    '0 10:00:00 10:30:00',
  ],
  [
    'a session that began after lines were lost',
    [
      '10:00:00 <0.1.0> x Handler ejabberd_log flushed 12 log events',
      opened('10:30:00', '<0.5.0>', `${ALICE}/a`),
      opened('+8 10:00:00', '<0.6.0>', 'bob@chat.example/b'),
    ],
    '1 10:30:00 -',
  ],
];

describe('a session that both its ends name', () => {
  for (const [what, lines, alice] of CASES)
    it(`${what} [10.3]`, () => {
      assert.equal(stateOf(play(lines)), alice);
    });

  it('stays open behind missing lines, but not for ever [10.3]', () => {
    const lines = [opened('10:00:00', '<0.5.0>', `${ALICE}/a`)];
    const { users, sessions } = play(lines);
    sessions.take({ kind: 'gap', at: MIDNIGHT + 2 * 86_400, named: true });
    assert.equal(stateOf({ users, sessions }), '1 10:00:00 -');
    sessions.passTime(MIDNIGHT + 10 * 86_400);
    assert.equal(stateOf({ users, sessions }), '0 10:00:00 00:00:00');
  });

  it('is doubted after a restart of ours, too [10.3]', () => {
    const first = play([
      opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
      '10:30:00 <0.1.0> x Handler ejabberd_log flushed 12 log events',
    ]).sessions;
    const { users, sessions } = world();
    users.restore(users.number(ALICE), { login: MIDNIGHT });
    sessions.restore(first.all(), { detail: false, hasResumption: false, losses: first.losses });
    assert.equal(users.get(ALICE)?.open, 1);
    sessions.passTime(MIDNIGHT + 8 * 86_400);
    assert.equal(users.get(ALICE)?.open, 0);
  });
});

describe('an account that another log, which was read earlier, says was removed', () => {
  const take = (entries: readonly string[], removedAt: number): World => {
    const made = world();
    const other = new Sessions(made.users, OPTIONS);
    const [events] = ejabberdEvents(linesOf(entries.map(lineOf)));
    other.take({ kind: 'removed', user: ALICE, at: MIDNIGHT + removedAt });
    for (const event of events) made.sessions.take(event);
    return made;
  };
  const session = [
    opened('10:00:00', '<0.5.0>', `${ALICE}/a`),
    closing('10:05:02', '<0.5.0>', `${ALICE}/a`, 'User removed (conflict)'),
  ];
  const REMOVED_AT = 36_300;

  it('is not brought back by the end of a session that began before [10.3]', () => {
    const made = take(session, REMOVED_AT);
    assert.equal(stateOf(made), 'unknown');
    assert.equal([...made.sessions.all()].length, 0);
    assert.equal([...made.sessions.online()].length, 0);
  });

  it('is nobody while that is open, and is one that was made anew behind it [10.3]', () => {
    const made = take(session.slice(0, 1), REMOVED_AT);
    assert.deepEqual([stateOf(made), [...made.sessions.online()].length], ['unknown', 0]);
    const anew = [...session, opened('10:06:00', '<0.6.0>', `${ALICE}/a`)];
    assert.match(stateOf(take(anew, REMOVED_AT)), /10:06:00/);
  });

  it('is forgotten by name when no end of its sessions came for a week [10.3]', () => {
    const made = take(
      [...session.slice(0, 1), '+8 10:00:00 - - (tls|<0.7.0>) Opened c2s session for bob@chat.example/x'],
      REMOVED_AT,
    );
    assert.deepEqual(
      [...made.sessions.all()].map(([, { user }]) => user),
      ['bob@chat.example'],
    );
  });
});

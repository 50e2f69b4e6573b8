import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Eventless, Finding, ParserState } from '../../../src/format/dialects/dialect.ts';
import { ejabberd } from '../../../src/format/dialects/ejabberd.ts';
import { recogniseDialect } from '../../../src/format/format.ts';
import { fileOf } from '../../ejabberd-golden.ts';

const STAMP = '2026-11-23 19:29:20.030291+00:00';
const PID = '<0.752.0>';
const ALICE = 'alice@chat.example';
const FULL = `${ALICE}/phone`;
const ESC = '\x1b';

/** What a parser makes of lines, one after the other, in one text. */
function parse(lines: readonly string[], state?: ParserState): (Finding | Eventless)[] {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join('')).toString('latin1');
  const parser = ejabberd.begin(state);
  const found: (Finding | Eventless)[] = [];
  for (let start = 0, end; (end = text.indexOf('\n', start)) >= 0; start = end + 1)
    found.push(parser.parse(text, start, end));
  return found;
}

const one = (line: string): Finding | Eventless | undefined => parse([line])[0];

const file = (by: string, message: string): string => `${STAMP} [info] ${PID}@${by} ${message}`;
const c2s = (message: string): string => file('ejabberd_c2s:bind/2:450', `(tls|${PID}) ${message}`);

type Case = readonly [versions: string, line: string, found: Finding | Eventless];

const start = (resource = 'phone', session = PID): Finding => ({ kind: 'start', session, user: ALICE, resource });
const bind: Finding = { kind: 'bind', session: PID, user: ALICE, resource: 'phone' };
const end = (behind: string, session = PID): Finding => ({ kind: 'end', session, user: ALICE, behind });
const OLD = `2016-08-26 08:27:03.437 [info] ${PID}@ejabberd_c2s`;
const SOCKET = '({socket_state,gen_tcp,#Port<0.28474>,<0.31224.0>})';
const MQTT = 'mod_mqtt_session:register_session/3:494';
const APP = 'ejabberd_app:start/2:63';

const MONGOOSE = `2021-04-08 02:46:30.921 [info] ${PID}@ejabberd_c2s:do_open_session:757 ({socket_state,ejabberd_tls,{ejabberd_tls_socket,fast_tls,#Port<0.8998>},<0.16189.1>,#{dest_address => {10,10,7,30},dest_port => 5222}})`;

const WORDINGS: readonly Case[] = [
  ['MongooseIM 3.7', `${MONGOOSE} Opened session for ${FULL}`, start()],
  ['MongooseIM 3.7', `${MONGOOSE} Close session for ${FULL}`, end('phone')],
  ['17.03 to 26.07', c2s(`Opened c2s session for ${FULL}`), start()],
  ['17.03 to 26.07', c2s(`Opened c2s session for Alice@Chat.Example/phone`), start()],
  ['17.03 to 26.07', c2s(`Closing c2s session for ${FULL}: Stream reset by peer`), end('phone: Stream reset by peer')],
  [
    '17.03 to 26.07, the socket is gone',
    file('ejabberd_c2s:process_terminated/2:319', `(unknown) Closing c2s session for ${FULL}: x (connection-timeout)`),
    end('phone: x (connection-timeout)'),
  ],
  [
    '17.03 to 26.07, a websocket',
    file('ejabberd_c2s:bind/2:500', `(websocket|<0.751.0>) Opened c2s session for ${FULL}`),
    start(),
  ],
  [
    '19.09 to 26.07, a detached session goes on',
    file(
      'mod_stream_mgmt:transition_to_pending/2:511',
      `(tls|${PID}) Closing c2s connection for ${FULL}: Connection failed: connection closed; waiting 300 seconds for stream resumption`,
    ),
    'plain',
  ],
  ['24.02 to 26.07', file('mod_stream_mgmt:post_resume_tasks/1:498', `(tls|${PID}) Resumed session for ${FULL}`), bind],
  ['17.03 to 23.10', file('mod_stream_mgmt:handle_resume/2:442', `(tls|${PID}) Resumed session for ${FULL}`), bind],
  ['13.12 to 17.01', `${OLD}:wait_for_session:1106 ${SOCKET} Opened session for ${FULL}`, start()],
  ['13.12 to 17.01', `${OLD}:terminate:1793 ${SOCKET} Close session for ${FULL}`, end('phone')],
  ['13.12 to 17.01', `${OLD}:terminate:1549 ${SOCKET} Replaced session for ${FULL}`, end('phone')],
  ['14.05 to 17.01', `${OLD}:handle_resume:2478 Resumed session for ${FULL}`, bind],
  ['14.05 to 17.01', `${OLD}:terminate:1542 Closing former stream of resumed session for ${FULL}`, 'plain'],
  ['14.05 to 17.01', `${OLD}:fsm_next_state:2195 Waiting for resumption of stream for ${FULL}`, 'plain'],
  ['19.02 to 26.07', file(MQTT, `Opened MQTT session for ${ALICE}/c from 127.0.0.1`), start('\u0001c')],
  ['19.02 to 26.07', file(MQTT, `Opened MQTT session for ${ALICE}/a from b from ::1`), start('\u0001a from b')],
  ['19.02 to 26.07', file(MQTT, `Reopened MQTT session via <0.1.0> for ${ALICE}/c from ::1`), start('\u0001c')],
  [
    '19.02 to 26.07',
    file(
      'mod_mqtt_session:unregister_session/2:535',
      `Closing MQTT session for ${ALICE}/c from ::1: Normal disconnection`,
    ),
    end('\u0001c from ::1: Normal disconnection'),
  ],
  [
    '26.07',
    file('mod_push:remove_user/2:464', `Removing any push sessions of ${ALICE}`),
    { kind: 'removed', user: ALICE },
  ],
  [
    '26.07',
    file('mod_http_upload:remove_user/2:1230', `Removed HTTP upload directory of ${ALICE}`),
    { kind: 'removed', user: ALICE },
  ],
  ['13.12 to 17.01', file(APP, 'ejabberd 16.01 is started in the node e@h'), { kind: 'server-start', logsOut: true }],
  [
    '18.01 to 26.07',
    file(APP, 'ejabberd 24.12-3+deb13u2 is started in the node ejabberd@localhost in 5.66s'),
    { kind: 'server-start', logsOut: true },
  ],
  ['13.12 to 26.07', file(APP, 'ejabberd 26.07 is stopped in the node e@h'), { kind: 'server-stop', logsOut: true }],
  [
    '18.01 to 26.07',
    file('ejabberd_config:load/1:82', 'Loading configuration from /etc/ejabberd/ejabberd.yml'),
    'first',
  ],
  ['19.09 to 26.07', file('ejabberd_config:reload/0:97', 'Reloading configuration from /etc/ejabberd.yml'), 'plain'],
  ['lager', `2016-08-26 08:27:03.437 [info] <0.7.0> Application lager started on node ejabberd@h`, 'first'],
  [
    'OTP logger',
    `${STAMP} [notice] <0.112.0> Handler ejabberd_log switched from  async to drop mode`,
    { kind: 'loss' },
  ],
  [
    'builds with Elixir',
    `${STAMP} [info] #PID${PID}@ejabberd_c2s:bind/2:542 (tls|#PID${PID}) Opened c2s session for ${FULL}`,
    start(),
  ],
];

const CONSOLE: readonly Case[] = [
  ['until 25', `${STAMP} [info] (tls|${PID}) Opened c2s session for ${FULL}`, start()],
  [
    '26.07, coloured',
    `${STAMP} ${ESC}[1;49;95m${ESC}[1;49;92m[info] ${ESC}[0;49;95m${ESC}[0m(tls|${PID}) Opened c2s session for ${FULL}${ESC}[0m`,
    start(),
  ],
  [
    '26.07, coloured, on a terminal',
    `${STAMP} ${ESC}[1;49;95m${ESC}[1;49;92m[info] ${ESC}[0;49;95m${ESC}[0m(tls|${PID}) Opened c2s session for ${FULL}${ESC}[0m\r`,
    start(),
  ],
  ['with Elixir', `2026-01-08 12:09:09.469 [info] (tls|${PID}) Opened c2s session for ${FULL}`, start()],
  ['lager', `2016-08-26 08:27:03.437 [info] ${SOCKET} Opened session for ${FULL}`, start('phone', '<0.31224.0>')],
  [
    'a session that has no socket any more',
    `${STAMP} [info] (unknown) Closing c2s session for ${FULL}: x (connection-timeout)`,
    end('phone: x (connection-timeout)', '(unknown)'),
  ],
  [
    'MQTT, which names no process',
    `${STAMP} [info] Opened MQTT session for ${ALICE}/c from 127.0.0.1`,
    start('\u0001c', `mqtt ${ALICE}/c`),
  ],
];

/** Lines that hold the words of one that says something, and say nothing. */
const NOTHING: readonly (readonly [what: string, line: string])[] = [
  ['a session of another module', file('mod_other:x/1:1', `(tls|${PID}) Opened c2s session for ${FULL}`)],
  ['a name, no session', c2s(`Accepted c2s PLAIN authentication for ${ALICE} by mnesia backend from 127.0.0.1`)],
  ['a session that is refused', c2s(`Forbidden c2s session for ${FULL}`)],
  ['a bare JID', c2s(`Opened c2s session for ${ALICE}`)],
  ['no JID', c2s('Opened c2s session for chat.example/phone')],
  ['a resource that is too long', c2s(`Opened c2s session for ${ALICE}/${'r'.repeat(1024)}`)],
  ['a start that goes on', file(APP, 'ejabberd 26.07 is started in the node e@h in 2.38s (policy-violation)')],
  ['a push session', file('mod_push:mod_disco/2:1', `Disabling push notifications for ${FULL}`)],
  ['the words behind others', c2s(`x Opened c2s session for ${FULL}`)],
];

describe('a line of ejabberd', () => {
  for (const [versions, line, found] of [...WORDINGS, ...CONSOLE])
    it(`${versions}: ${line.replace(/^.*?(?=[A-Z][a-z]+ [^\]]*$)/, '').slice(0, 70)} [10.3]`, () => {
      assert.deepEqual(one(line), found);
    });

  for (const [what, line] of NOTHING)
    it(`${what}: says nothing [10.3]`, () => {
      assert.equal(one(line), 'plain');
    });

  it('is known by its date and level, and what is behind without them goes on with it [10.3]', () => {
    const report = [file('x:y/1:1', 'Generic server x terminating:'), '** Last message: x', '', 'Nov 23 19:00:00 x'];
    assert.deepEqual(parse(report), ['plain', 'continuation', 'continuation', 'continuation']);
    assert.deepEqual(parse(['Nov 23 19:00:00 c2s1\tinfo\tClient connected']), ['foreign']);
  });

  it('may end as on a terminal, which adds carriage returns [10.3]', () => {
    const started = file(APP, "ejabberd tech-rel-2.1.1 is started in the node 'mongooseim@mongooseim-1'");
    for (const line of [started, c2s(`Opened c2s session for ${FULL}`)])
      for (const end of ['\r', '\r\r']) assert.deepEqual(one(`${line}${end}`), one(line));
    assert.equal(typeof one(`${started}\r\r`), 'object');
  });

  it('tells the process that crashed, over several lines [10.3]', () => {
    const report = [
      `${STAMP} [error] <0.557.0>@supervisor:do_restart/3:751 SUPERVISOR REPORT:`,
      '    supervisor: {local,ejabberd_c2s_sup}',
      '    errorContext: child_terminated',
      '    reason: boom',
      `    offender: [{pid,${PID}},`,
      '               {id,undefined},',
    ];
    assert.deepEqual(parse(report)[0], { kind: 'end', session: PID });
    assert.equal(parse(report.map((line) => line.replace('c2s_sup', 'other_sup')))[0], 'plain');
  });

  it('tells the version with the start [10.3]', () => {
    const parser = ejabberd.begin();
    const line = file(APP, 'ejabberd 24.12-3+deb13u2 is started in the node ejabberd@localhost in 5.66s');
    parser.parse(line, 0, line.length);
    assert.equal(parser.version, '24.12-3+deb13u2');
    assert.equal(ejabberd.begin(parser.state).version, '24.12-3+deb13u2');
  });

  it('tells a loss where there are more lines in a second than are written [10.3]', () => {
    const lines = Array.from({ length: 300 }, () => c2s('Accepted connection'));
    const losses = parse(lines).filter((found) => typeof found === 'object');
    assert.deepEqual(losses, [{ kind: 'loss' }]);
    assert.deepEqual(
      parse(lines.slice(0, 200)).filter((found) => typeof found === 'object'),
      [],
    );
  });
});

describe('a log is known by its lines', () => {
  for (const path of [
    '24.12/console-stdout.txt.gz',
    '26.07/console-stdout.txt.gz',
    '26.07/ejabberd.log',
    '23.01/01-info.log',
  ])
    it(`${path} is one of ejabberd [10.6]`, () => {
      assert.equal(recogniseDialect(fileOf(path).toString('latin1').split('\n'))?.name, 'ejabberd');
    });
});

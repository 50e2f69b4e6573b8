/** The scanner says of lines of ejabberd and jabberd2 what their parsers say, whatever text of remote parties stands in them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../../properties.ts';
import { ejabberd } from '../../../src/format/dialects/ejabberd.ts';
import { jabberd2 } from '../../../src/format/dialects/jabberd2.ts';
import { blocksOf, byReader, byScanner, SCANNERS } from './both-ways.ts';
import {
  any,
  clock,
  inPieces,
  jid,
  joined,
  oneOf,
  peer,
  resource,
  saysTheSame,
  second,
  zoneOf,
} from './same-events.ts';

const process = oneOf('<0.752.0>', '<0.752.0>', '<0.9.9>', '#PID<0.752.0>', '<0.7520000000000.0>', '<0.7.0', '');
const place = oneOf(
  ...['@ejabberd_c2s:bind/2:450 ', '@ejabberd_c2s:bind/2:450 ', '@mod_stream_mgmt:x/1:2 ', '@mod_mqtt_session:x/1:2 '],
  ...[
    '@mod_push:x/1:2 ',
    '@ejabberd_app:start/2:1 ',
    '@ejabberd_c2s:bind/2:450',
    '@:x ',
    '@x: ',
    ' ',
    `@${'m'.repeat(140)}:x `,
    '@ü:x ',
  ],
);
const socket = oneOf(
  '(tls|<0.752.0>) ',
  '(tls|<0.752.0>) ',
  '',
  '() ',
  '(a b) ',
  '({socket_state,gen_tcp,#Port<0.2>,<0.3.0>}) ',
  '((x) ',
  '(tls) x',
);
const ejabberdMessage = fc.oneof(
  oneOf('ejabberd 26.07 is started in the node x in 1.00s', 'Loading configuration from x'),
  joined(oneOf('Opened c2s session for ', 'Opened session for ', 'Resumed session for '), jid, resource),
  joined(oneOf('Closing c2s session for ', 'Close session for ', 'Replaced session for '), jid, resource, peer),
  joined(oneOf('Accepted connection ', 'Accepted c2s PLAIN authentication for ', ''), jid, peer),
  joined(oneOf('Closing c2s connection for '), jid, resource, oneOf(': x; waiting 300 seconds for stream resumption')),
  joined(oneOf('Failed c2s PLAIN authentication for ', 'Closing inbound s2s connection '), any, peer),
  oneOf(
    ...[
      'Opened MQTT session for a@b/c from ::1',
      'Removing any push sessions of alice@chat.example',
      'Got HTTP upload slot for x',
    ],
    ...[
      'ejabberd 26.07 is started in the node x in 1.00s',
      'ejabberd 26.07 is stopped in the node x',
      'Loading configuration from x',
    ],
    ...[
      'SUPERVISOR REPORT:',
      'Supervisor ejabberd_c2s_sup had child x at <0.752.0> exit with reason y',
      'lager_x dropped 12 messages in the last second',
    ],
    ...[
      'Handler x switched from  async to drop mode',
      'x dropped',
      ' dropped 12 messages',
      '\x1b[0m',
      '',
      'Opened c2s session for',
      'Stream closed by peer: ',
    ],
  ),
);
const ejabberdStamp = fc
  .tuple(
    second,
    oneOf('.123456+00:00', '.123456+00:00', '.000001+00:00', '.1+00:00', '', ' x'),
    oneOf(' ', ' ', ' ', 'T'),
  )
  .map(([at, behind, between]) => `2026-03-02${between}${clock(at)}${behind}`);
const ejabberdLevel = oneOf(
  ' [info] ',
  ' [info] ',
  ' [info] ',
  ' [info] ',
  ' [warning] ',
  ' [debug] ',
  ' \x1b[32m[info] ',
  ' [infos] ',
  ' info] ',
);
const ejabberdLine = joined(ejabberdStamp, ejabberdLevel, process, place, socket, ejabberdMessage);

const connection = oneOf(
  '',
  '',
  '[11] ',
  '[11] ',
  '[x] ',
  '[12345678901] ',
  '[11]',
  '[11] [127.0.0.1, port=36408] ',
  '[11] [::ffff:127.0.0.1, port=36408] ',
  '[11] [127.0.0.1, port=364081] ',
  '[11] [x, port=36408] ',
  '[11] [alice@chat.example] ',
);
const jabberd2Message = fc.oneof(
  oneOf('starting up', 'modules search path: x', 'shutting down'),
  joined(oneOf('session started: jid=', 'session replaced: jid=', 'session ended: jid='), jid, resource),
  joined(oneOf('bound: jid=', 'requesting session: jid=', 'unbound: jid=', 'user unloaded jid='), jid, resource),
  joined(
    oneOf('disconnect jid='),
    jid,
    resource,
    oneOf(
      ...['', ', packets: 2, bytes: 269', ', packets: 2', ', packets: 2, bytes: -269', ', packets: 12345678901'],
      ...[', bytes: 2', ', packets: 1, packets: 2, bytes: 3', ', packets: 1, bytes: 2, bytes: 3', ', packets: 2 '],
    ),
  ),
  joined(oneOf('error: Stream error ('), any, oneOf(')', '', ' x)')),
  joined(oneOf('SASL callback for non-existing host: '), any),
  oneOf(
    ...[
      'starting up',
      'starting up x',
      'shutting down',
      'version: jabberd2 sm 2.7.0',
      'modules search path: x',
      'connect',
      '',
    ],
    ...[
      'deleted user: jid=alice@chat.example',
      'registration remove succeeded, requesting user deletion: jid=alice@chat.example',
    ],
    ...['x [error] SASL callback for non-existing host: y', 'x [info] [1] [y] error: Stream error (z)'],
  ),
);
const jabberd2Stamp = fc
  .tuple(second, oneOf('long', 'long', 'long', 'short', 'iso'))
  .map(
    ([at, form]) =>
      ({ long: `Mon Mar  2 ${clock(at)} 2026`, short: `Mar  2 ${clock(at)}`, iso: `2026-03-02T${clock(at)}Z` })[form] ??
      '',
  );
const jabberd2Level = oneOf(
  ' [notice] ',
  ' [notice] ',
  ' [notice] ',
  ' [info] ',
  ' [error] ',
  ' [warning] ',
  ' sess.c:12 ',
  ' notice] ',
);
const jabberd2Line = joined(jabberd2Stamp, jabberd2Level, connection, jabberd2Message);

saysTheSame([
  {
    dialect: ejabberd,
    line: inPieces(ejabberdLine),
    logs: ['ejabberd/24.12/ejabberd.log', 'ejabberd/26.07/ejabberd.log'],
  },
  { dialect: jabberd2, line: inPieces(jabberd2Line), logs: ['jabberd2/2.7.0/sm.log', 'jabberd2/2.7.0/c2s.log'] },
]);

for (const [name, make] of Object.entries(SCANNERS))
  describe(`the scanner ${name} and many lines of ejabberd in a second`, () => {
    const line = (at: number, text: string): string =>
      `2026-03-02 ${clock(at)}.000000+00:00 [info] <0.5.0>@ejabberd_c2s:bind/2:542 (tls|<0.5.0>) ${text}\n`;
    const plain = (at: number): string => line(at, 'Accepted c2s PLAIN authentication for alice@chat.example from ::1');

    for (const [before, inOne] of [
      [0, 249],
      [0, 250],
      [0, 900],
      [100, 250],
      [3, 251],
    ] as const)
      it(`${inOne} of them behind ${before} of others are told as a burst where the parser tells it [10.1]`, () => {
        const text = [
          ...Array.from({ length: before }, (_, i) => plain(i)),
          ...Array.from({ length: inOne }, (_, i) =>
            i % 7 === 3 ? line(200, `Opened c2s session for a${i}@h/x`) : plain(200),
          ),
          plain(201),
        ].join('');
        for (const size of [1000, 20_000, 1e6]) {
          const blocks = blocksOf(Buffer.from(text), size);
          const { scanned: _, ...outcome } = byScanner(blocks, zoneOf(ejabberd), make());
          assert.deepEqual(outcome, byReader(blocks, zoneOf(ejabberd)));
          assert.equal(outcome.events.filter(({ kind }) => kind === 'loss').length, inOne < 250 ? 0 : 1);
        }
      });
  });

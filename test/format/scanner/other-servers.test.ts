/** The scanner says of lines of ejabberd and jabberd2 what their parsers say, whatever text of remote parties stands in them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Sessions } from '../../../src/activity/sessions.ts';
import { Users } from '../../../src/activity/user-table.ts';
import { decode } from '../../../src/format/decoder.ts';
import type { Dialect } from '../../../src/format/dialects/dialect.ts';
import { ejabberd } from '../../../src/format/dialects/ejabberd.ts';
import { jabberd2 } from '../../../src/format/dialects/jabberd2.ts';
import { EventBatch } from '../../../src/format/event-batch.ts';
import { LineDecoder } from '../../../src/format/line-decoder.ts';
import { OPTIONS } from '../../golden.ts';
import { blocksOf, byReader, byScanner, SCANNERS } from './both-ways.ts';

const zoneOf = (dialect: Dialect) => ({ timezone: 'UTC', year: 2026, dialect });
const oneOf = (...texts: string[]) => fc.constantFrom(...texts);
const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''));

const jid = oneOf(
  ...['alice@chat.example', 'bob.x@work.example', 'Carol@Chat.Example', 'иван@chat.example', "o'brien@h", 'x@', '@h'],
  ...['a@b@c', 'two words@h', `${'x'.repeat(300)}@h`],
);
const resource = oneOf(
  ...[
    '/phone',
    '/phone',
    '/phone',
    '',
    '/',
    '/a/b',
    '/x: y',
    '/ü',
    '/\t',
    '/a (b)',
    '/x] [error] SASL callback for non-existing host: y',
  ],
  ...[
    '/[info] [1] [y] error: Stream error (',
    `/${'r'.repeat(790)}`,
    `/${'r'.repeat(1100)}`,
    '/x, packets: 1, bytes: 2',
  ],
  ...['/ from 127.0.0.1: x', '/Stream closed by peer: x (conflict)', '/x\x1b[0m', '/x\r', '/ has dropped '],
);
const peer = oneOf(
  ...['', ': Stream reset by peer', ': Stream closed by peer: bye (conflict)', ': Stream closed by peer: bye'],
  ...[': Connection failed: connection closed', ' (policy-violation)', ' from 192.0.2.7: x', '\r', '\x1b[0m'],
);
const second = fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, fc.nat(7000));
const clock = (seconds: number): string =>
  new Date(Date.UTC(2026, 2, 2, 10) + seconds * 1000).toISOString().slice(11, 19);
const any = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', ''));

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
  '[11] [alice@chat.example] ',
);
const jabberd2Message = fc.oneof(
  oneOf('starting up', 'modules search path: x', 'shutting down'),
  joined(oneOf('session started: jid=', 'session replaced: jid=', 'session ended: jid='), jid, resource),
  joined(oneOf('bound: jid=', 'requesting session: jid=', 'unbound: jid=', 'user unloaded jid='), jid, resource),
  joined(oneOf('disconnect jid='), jid, resource, oneOf('', ', packets: 2, bytes: 269')),
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

const inPieces = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: line },
    fc.constant(''),
    line.map((text) => `\t${text}`),
    line.map((text) => `\0\0${text}`),
    line.map((text) => `${text}\r`),
    any,
  );

const SERVERS = [
  {
    dialect: ejabberd,
    line: inPieces(ejabberdLine),
    logs: ['ejabberd/24.12/ejabberd.log', 'ejabberd/26.07/ejabberd.log'],
  },
  { dialect: jabberd2, line: inPieces(jabberd2Line), logs: ['jabberd2/2.7.0/sm.log', 'jabberd2/2.7.0/c2s.log'] },
] as const;

const logOf = (path: string): Buffer => readFileSync(new URL(`../../../../test/logs/${path}`, import.meta.url));

for (const [name, make] of Object.entries(SCANNERS))
  for (const { dialect, line, logs } of SERVERS)
    describe(`the scanner ${name} says of lines of ${dialect.name} what the reader says`, () => {
      const zone = zoneOf(dialect);

      for (const path of logs)
        for (const size of [300, 256 * 1024])
          it(`of a real log: ${path}, in blocks of ${size} bytes [10.1]`, () => {
            const blocks = blocksOf(logOf(path), size);
            const { scanned, ...outcome } = byScanner(blocks, zone, make());
            assert.deepEqual(outcome, byReader(blocks, zone));
            if (size > 300) assert.ok(scanned > outcome.events.length / 4, `${scanned} of ${outcome.events.length}`);
          });

      it('of any lines [10.1]', () => {
        const made = make();
        fc.assert(
          fc.property(
            fc.array(fc.array(line, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 }),
            (blocks) => {
              const bytes = blocks.map((lines) => Buffer.from(`${lines.join('\n')}\n`));
              const { scanned: _, ...outcome } = byScanner(bytes, zone, made);
              assert.deepEqual(outcome, byReader(bytes, zone));
            },
          ),
          { numRuns: 1000 },
        );
      });

      it('and what it finds is taken in as the events that it stands for [10.1]', () => {
        fc.assert(
          fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), (lines) => {
            const block = Buffer.from(`${lines.join('\n')}\n`);
            const [users, scannersOf] = make();
            const sessions = new Sessions(users, OPTIONS);
            const batch = new EventBatch(block);
            const state = { clock: { year: 2026, last: undefined } };
            decode(
              batch,
              new LineDecoder({ dialect, timezone: 'UTC', state, horizon: () => Infinity }),
              scannersOf(users),
            );
            sessions.expect(batch);
            sessions.takeRun(batch, 0, batch.count);
            const known = new Users({ exclude: [], includeDisabled: false, ...OPTIONS, seed: 7 });
            const others = new Sessions(known, OPTIONS);
            for (const event of byReader([block], zone).events) others.take(event);
            assert.deepEqual(new Map(sessions.all()), new Map(others.all()));
          }),
          { numRuns: 60 },
        );
      });
    });

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

/**
 * What a client of each server may call itself, and what of its text a server marks where it breaks the line, through every wrapping of
 * the output: it tells of nobody but the client, hides nobody, and leaves no more behind than a line in pieces.
 *
 * Left out is what nothing in the lines gives away: line breaks in Metronome's, which marks none, and in those of Openfire and Tigase,
 * which have none in the messages of the loggers that README asks for.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as holds, constantFrom, oneof, property, string } from '../../properties.ts';
import type { SessionEvent } from '../../../src/format/dialects/dialect.ts';
import { eventsOf } from './events.ts';
import { type Form, FORMS, iso, log, type Output, START } from './outputs.ts';

interface Server {
  readonly name: string;
  readonly first: string;
  /** Somebody else's login, and what of others a client would like to have written. */
  readonly opened: (second: number, user: string) => string;
  readonly forged: (second: number) => readonly string[];
  /** Lines of the client `eve` around her text, as the server writes it. */
  readonly around: (second: number, text: string) => readonly string[];
  readonly forms: readonly Form[];
}

/** RFC 7622: no resource holds a control character, none begins or ends with a blank, and none has more than 1023 bytes. */
const resourceOf = (text: string): string =>
  Buffer.from(text, 'latin1')
    .toString()
    .replaceAll(/[\p{Cc}\u2028\u2029\ufffd]/gu, '')
    .trim()
    .slice(0, 250) || 'x';
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');
const named = (text: string): string => bytesOf(resourceOf(text));

const EVE = 'eve@chat.example';
/** Hers, where a session is named so. */
const EVES = 'c2s55ebe';

const openfireLine = (second: number, logger: string, text: string): string =>
  `${iso(second).replaceAll('-', '.')}.123 DEBUG [socket_c2s-thread-1]: org.jivesoftware.openfire.${logger} - ${text}`;
const routed = (second: number, what: string, jid: string): string =>
  openfireLine(second, 'spi.RoutingTableImpl', `${what} client route ${jid}`);
const openfireStart = (second: number): string =>
  openfireLine(second, 'XMPPServer', 'Openfire 5.1.0 [Mar 2, 2026, 10:00:00 AM]');

const tigaseLine = (second: number, method: string, text: string): string =>
  `[${iso(second)}:123] [FINEST ] [         in_7-sess-man ] ${method.padEnd(36)}: ${text}`;
const connection = (jid: string, port: number): string =>
  `XMPPResourceConnection=[user_jid=${jid}, packets=9, connectioId=c2s@vm/192.0.2.1_5222_192.0.2.9_${port}, domain=chat.example, isTmp=false]`;
const tigaseLogin = (second: number, jid: string, port: number): string =>
  tigaseLine(
    second,
    'SessionManager.handleLogin()',
    `handleLogin called for: ${jid.split('/', 1)[0]}, conn_id: ${connection(jid, port)}`,
  );
const tigaseEnd = (second: number, jid: string, port: number): string =>
  tigaseLine(second, 'SessionManager.closeSession()', `Closing connection for: ${jid}, conn: ${connection(jid, port)}`);
const tigaseStart = (second: number): string =>
  tigaseLine(second, 'XMPPServer.start()', 'Server finished starting up in (5s)');

/** flatlog.erl, escape: a line break has a backslash before it, and so have a quote and a backslash. */
const logfmt = (text: string): string => `"${text.replaceAll(/["\\\n]/g, String.raw`\$&`)}"`;
const mongooseLine = (second: number, what: string, fields: string): string =>
  `when=${iso(second).replace(' ', 'T')}.123456+00:00 level=info what=${what} pid=<0.5.0> at=ejabberd_c2s:x/3:758 ${fields} `;
const ofJid = (jid: string): string => `user=x jid=${logfmt(jid)}`;
const mongooseStart = (second: number): string => mongooseLine(second, 'mongooseim_node_started', 'version=6.0.0');

const mongooseJson = (second: number, what: string, fields: object): string =>
  bytesOf(
    JSON.stringify({
      level: 'info',
      meta: { mfa: '{ejabberd_c2s,x,3}', line: 1, pid: '<0.5.0>' },
      what,
      when: `${iso(second).replace(' ', 'T')}.123456+00:00`,
      ...fields,
    }),
  );
const utf8Of = (text: string): string => Buffer.from(text, 'latin1').toString();

const prosodyLine = (second: number, source: string, text: string): string => `${iso(second)} ${source}\tinfo\t${text}`;
const prosodyLogin = (second: number, user: string): string =>
  prosodyLine(second, `c2s55${user.length}`, `Authenticated as ${user}@chat.example`);
const prosodyForged = (second: number): string[] => [
  prosodyLogin(second, 'victim'),
  prosodyLine(second, 'c2s555', 'Client disconnected: closed'),
  prosodyLine(second, 'chat.example:user_account_management', 'User removed their account: user0@chat.example'),
  prosodyLine(second, 'startup', 'Hello and welcome to Prosody version 0.9.0'),
];
/** On its standard output, and without a stamp where the wrapping has one. */
const PRINTED: readonly Form[] = FORMS.map((form) => {
  if (form.name === 'a file' || form.name === 'docker compose logs') return form;
  const bare = (text: string): string =>
    text.replace(/^[-\d]{10} [:\d]{8} (\S+)\t/, (_, source: string) => `${source.padEnd(20)} `);
  return { name: form.name, line: (message, text) => form.line(message, bare(text)) };
});
/** util/format.lua of 0.12 on: a line break is followed by a tab. */
const marked = (text: string): string => text.replaceAll('\n', '\n\t');
const CLOSED = 'Session closed by remote with error: policy-violation (';

const sourceOf = (line: string): readonly string[] => line.slice(iso(0).length + 1).split('\t');
/** `mod_log_json` writes what it was given, before anything is marked. */
const prosodyJson =
  (fields: (text: string) => object) =>
  (second: number, source: string, text: string): string =>
    bytesOf(
      JSON.stringify({
        datetime: `${iso(second).replace(' ', 'T')}Z`,
        source,
        level: 'info',
        ...fields(utf8Of(text)),
      }),
    );

function ofLogJson(name: string, fields: (text: string) => object): Server {
  const line = prosodyJson(fields);
  return {
    name: `Prosody's mod_log_json, ${name}`,
    first: line(0, 'startup', 'Hello and welcome to Prosody version 0.12.3'),
    opened: (second, user) => line(second, `c2s55${user.length}`, `Authenticated as ${user}@chat.example`),
    forged: (second) => [
      ...prosodyForged(second),
      ...prosodyForged(second).map((each) => sourceOf(each).join('\t')),
      line(second, 'c2s559', 'Authenticated as victim@chat.example'),
    ],
    around: (second, text) => [line(second, EVES, `${CLOSED}${text})`)],
    forms: FORMS,
  };
}

const SERVERS: readonly Server[] = [
  {
    name: 'Openfire',
    first: openfireStart(0),
    opened: (second, user) => routed(second, 'Adding', `${user}@chat.example/x`),
    forged: (second) => [
      routed(second, 'Adding', 'victim@chat.example/x'),
      routed(second, 'Removing', 'user0@chat.example/x'),
      openfireStart(second),
    ],
    around: (second, text) => ['Adding', 'Removing'].map((what) => routed(second, what, `${EVE}/${named(text)}`)),
    forms: FORMS,
  },
  {
    name: 'Tigase',
    first: tigaseStart(0),
    opened: (second, user) => tigaseLogin(second, `${user}@chat.example/x`, 40_000 + second),
    forged: (second) => [
      tigaseLogin(second, 'victim@chat.example/x', 39_999),
      tigaseEnd(second, 'user0@chat.example/x', 40_000),
      tigaseStart(second),
    ],
    around: (second, text) =>
      [tigaseLogin, tigaseEnd].map((line) => line(second, `${EVE}/${named(text)}`, 30_000 + second)),
    forms: FORMS,
  },
  {
    name: 'MongooseIM',
    first: mongooseStart(0),
    opened: (second, user) => mongooseLine(second, 'c2s_opened_session', ofJid(`${user}@chat.example/x`)),
    forged: (second) => [
      mongooseLine(second, 'c2s_opened_session', ofJid('victim@chat.example/x')),
      mongooseLine(second, 'close_session', ofJid('user0@chat.example/x')),
      mongooseStart(second),
    ],
    around: (second, text) => [
      mongooseLine(second, 'c2s_opened_session', ofJid(`${EVE}/${named(text)}`)),
      mongooseLine(second, 'stream_error', `reason=${logfmt(text)} ${ofJid(`${EVE}/${named(text)}`)}`),
      mongooseLine(second, 'close_session', ofJid(`${EVE}/${named(text)}`)),
    ],
    forms: FORMS,
  },
  {
    name: "MongooseIM's JSON",
    first: mongooseJson(0, 'mongooseim_node_started', { version: '6.0.0' }),
    opened: (second, user) => mongooseJson(second, 'c2s_opened_session', { jid: `${user}@chat.example/x` }),
    forged: (second) => [
      mongooseJson(second, 'c2s_opened_session', { jid: 'victim@chat.example/x' }),
      mongooseLine(second, 'c2s_opened_session', ofJid('victim@chat.example/x')),
      mongooseJson(second, 'close_session', { jid: 'user0@chat.example/x' }),
    ],
    around: (second, text) => [
      mongooseJson(second, 'c2s_opened_session', { jid: `${EVE}/${resourceOf(text)}` }),
      mongooseJson(second, 'stream_error', { reason: utf8Of(text), text: utf8Of(text) }),
      mongooseJson(second, 'close_session', { jid: `${EVE}/${resourceOf(text)}` }),
    ],
    forms: FORMS,
  },
  {
    name: 'Metronome',
    first: prosodyLine(0, 'general', 'Hello and welcome to Metronome version 4.0.3'),
    opened: prosodyLogin,
    forged: prosodyForged,
    around: (second, text) => [prosodyLine(second, EVES, `${CLOSED}${text.replaceAll('\n', '')})`)],
    forms: PRINTED,
  },
  {
    name: 'Prosody',
    first: prosodyLine(0, 'startup', 'Hello and welcome to Prosody version 0.12.3'),
    opened: prosodyLogin,
    forged: prosodyForged,
    around: (second, text) => [
      prosodyLine(second, EVES, `${CLOSED}${marked(text)})`),
      prosodyLine(second, EVES, `Client disconnected: ${marked(text)}`),
    ],
    forms: PRINTED,
  },
  ofLogJson('with arguments', (text) => ({ message: '%s', args: [text] })),
  ofLogJson('put together', (text) => ({ message: text, args: [] })),
  ofLogJson('put together beside', (text) => ({ message: '%s', args: [text], msg_formatted: text })),
];

/** Parts of a text, in any order; the time of a forged line is that of the message. */
function piecesOf({ forged }: Server, { line }: Form, second: number) {
  const lines = forged(second);
  const wrapped = lines.map((text) => line({ at: START + second, source: '', level: 'info', text }, text));
  const odd = ['\r', '\t', ' ', '"', '\\', '\\\\', '}', '\x1e', '\x1b[0m', '#011', '#012', ' | ', '%s', '\0', '...'];
  return oneof(
    constantFrom(...lines, ...wrapped),
    constantFrom(
      ...odd,
      '\n',
      '\n\n',
      '\n\t',
      '\r\n',
      '\x85',
      bytesOf('\u2028'),
      ', connectioId=',
      ', domain=x',
      ' - ',
    ),
    string({ unit: 'grapheme', maxLength: 20 }).map(bytesOf),
    // As long as pieces of the wrappings are, which takes most of the time here.
    oneof({ weight: 3, arbitrary: constantFrom(1, 30, 2048) }, constantFrom(8150, 16_384, 49_152)).map((length) =>
      'A'.repeat(length),
    ),
  );
}

/** Attacks in one log, seconds apart from each other; and until the next real line. */
const ATTACKS = 3;
const APART = 7200;
const IDLE = [1, 3600];
/** More of them by `HOSTILE_RUNS=100`. */
const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 1);
/** Of what is stored of a log: a line in pieces may be in it. */
const MOST = 80_000;

const isOfEve = (event: SessionEvent): boolean =>
  ('user' in event && event.user === EVE) || ('session' in event && event.session === EVES);
const told = (event: SessionEvent): string => `${event.kind} ${'user' in event ? event.user.split('@')[0] : ''}`;

for (const server of SERVERS)
  describe(`any text of a client in the lines of ${server.name} is nobody else, and hides nobody, in`, () => {
    for (const form of server.forms) {
      const texts = array(array(piecesOf(server, form, 0), { maxLength: 7 }), {
        minLength: ATTACKS,
        maxLength: ATTACKS,
      });
      const check = (all: readonly string[], idle: number, size: number): void => {
        const outputs: Output[] = [[0, server.first]];
        for (const [i, each] of all.entries()) {
          const second = (i + 1) * APART;
          const text = each.replaceAll(iso(0), iso(second));
          for (const line of server.around(second, text)) outputs.push([second, line]);
          // One line behind what may have been cut may be taken for its end.
          for (const user of ['x', `user${i}`]) outputs.push([second + idle, server.opened(second + idle, user)]);
        }
        const { events, stored } = eventsOf(log(form, outputs), 'UTC', size);
        const others = events.filter((event) => !isOfEve(event)).map(told);
        assert.deepEqual(
          others.filter((each) => each !== 'server-start ' && each !== 'start x'),
          all.map((_, i) => `start user${i}`),
        );
        assert.ok(events.filter(({ kind }) => kind === 'server-start').length <= 1);
        assert.ok(JSON.stringify(stored).length < MOST);
      };
      test(`${form.name} [10.8]`, () => {
        holds(
          property(texts, constantFrom(...IDLE), constantFrom(1e6, 3000), (all, idle, size) =>
            check(
              all.map((pieces) => pieces.join('')),
              idle,
              size,
            ),
          ),
          { numRuns: RUNS, endOnFailure: true },
        );
      });
      test(`${form.name}: whole lines of the server's [10.8]`, () => {
        for (const size of [1e6, 3000]) check([`x\n${server.forged(0).join('\n')}\ny`], 1, size);
      });
    }
  });

/**
 * Hostile text through every dialect: what a client may name itself says nothing but its own session, and whatever stands in a log
 * is read to its end, makes nobody who is no JID, and leaves nothing behind that lasts or grows.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../../properties.ts';
import { Sessions } from '../../../src/activity/sessions.ts';
import { Users } from '../../../src/activity/user-table.ts';
import type { ParserState, SessionEvent } from '../../../src/format/dialects/dialect.ts';
import { dialectNamed, DIALECTS } from '../../../src/format/format.ts';
import { bareJid } from '../../../src/format/jid.ts';
import { LineDecoder, type LineDecoderState } from '../../../src/format/line-decoder.ts';
import { OPTIONS } from '../../golden.ts';

/** The lines of one session of a full JID, at seconds behind 10:00. */
interface Writer {
  readonly server: string;
  readonly start: (second: number, resource: string) => string;
  readonly end: (second: number, resource: string) => string;
  /** A line that says nothing. */
  readonly plain: (second: number) => string;
}

const USER = 'alice@chat.example';
const clock = (second: number): string =>
  new Date(Date.UTC(2026, 2, 2, 10) + second * 1000).toISOString().slice(11, 19);

const prosodyLine = (second: number, text: string): string => `2026-03-02 ${clock(second)} c2s55d0a1\tinfo\t${text}`;
const ejabberdLine = (second: number, text: string): string =>
  `2026-03-02 ${clock(second)}.000000+00:00 [info] <0.5.0>@ejabberd_c2s:bind/2:542 (tls|<0.5.0>) ${text}`;
const jabberd2Line = (second: number, text: string): string => `Mon Mar  2 ${clock(second)} 2026 [notice] ${text}`;
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
const mongooseLine = (second: number, what: string, text: string): string =>
  `when=2026-03-02T${clock(second)}.123456+00:00 level=info what=${what} pid=<0.5.0> at=ejabberd_c2s:x/3:758 ${text} `;
const openfireLine = (second: number, logger: string, text: string): string =>
  `2026.03.02 ${clock(second)}.123 \x1b[36mDEBUG\x1b[m [socket_c2s-thread-1]: org.jivesoftware.openfire.${logger} - ${text}`;
const tigaseLine = (second: number, method: string, text: string): string =>
  `[2026-03-02 ${clock(second)}:123] [FINEST ] [ in_7-sess-man ] SessionManager.${method}(): ${text}`;
const connection = (jid: string): string =>
  `XMPPResourceConnection=[user_jid=${jid}, packets=9, connectioId=c2s@vm/192.0.2.1_5222_192.0.2.9_4, domain=chat.example, isTmp=false]`;

const prosodyLike = (server: string): Writer => ({
  server,
  start: (second) => prosodyLine(second, `Authenticated as ${USER}`),
  end: (second, text) => prosodyLine(second, `Client disconnected: ${text}`),
  plain: (second) => prosodyLine(second, 'Stream encrypted'),
});

const WRITERS: readonly Writer[] = [
  prosodyLike('prosody'),
  prosodyLike('metronome'),
  {
    server: 'ejabberd',
    start: (second, resource) => ejabberdLine(second, `Opened c2s session for ${USER}/${resource}`),
    end: (second, resource) =>
      ejabberdLine(second, `Closing c2s session for ${USER}/${resource}: Stream reset by peer`),
    plain: (second) => ejabberdLine(second, `Accepted c2s PLAIN authentication for ${USER} by mnesia backend from ::1`),
  },
  {
    server: 'jabberd2',
    start: (second, resource) => jabberd2Line(second, `session started: jid=${USER}/${resource}`),
    end: (second, resource) => jabberd2Line(second, `session ended: jid=${USER}/${resource}`),
    plain: (second) => jabberd2Line(second, `user unloaded jid=${USER}`),
  },
  {
    server: 'jabberd2',
    start: (second, resource) => jabberd2Line(second, `[11] bound: jid=${USER}/${resource}`),
    end: (second, resource) =>
      jabberd2Line(second, `[11] [::1, port=36408] disconnect jid=${USER}/${resource}, packets: 2, bytes: 269`),
    plain: (second) => jabberd2Line(second, '[12] [::1, port=36409] connect'),
  },
  {
    server: 'mongooseim',
    start: (second, resource) =>
      mongooseLine(
        second,
        'c2s_opened_session',
        `user=alice resource=${quoted(resource)} jid=${quoted(`${USER}/${resource}`)}`,
      ),
    end: (second, resource) =>
      mongooseLine(
        second,
        'close_session',
        `user=alice resource=${quoted(resource)} jid=${quoted(`${USER}/${resource}`)}`,
      ),
    plain: (second) => mongooseLine(second, 'auth_success', `user=alice jid=${USER}`),
  },
  {
    server: 'openfire',
    start: (second, resource) =>
      openfireLine(second, 'spi.RoutingTableImpl', `Adding client route ${USER}/${resource}`),
    end: (second, resource) =>
      openfireLine(second, 'spi.RoutingTableImpl', `Removing client route ${USER}/${resource}`),
    plain: (second) => openfireLine(second, 'SessionManager', 'Closing a session'),
  },
  {
    server: 'tigase',
    start: (second, resource) =>
      tigaseLine(
        second,
        'handleLogin',
        `handleLogin called for: ${USER}, conn_id: ${connection(`${USER}/${resource}`)}`,
      ),
    end: (second, resource) =>
      tigaseLine(
        second,
        'closeSession',
        `Closing connection for: ${USER}/${resource}, conn: ${connection(`${USER}/${resource}`)}`,
      ),
    plain: (second) => tigaseLine(second, 'x', 'nothing'),
  },
];

/** Whole lines of all servers, of somebody who never came; and what their messages are made of. */
const VICTIM = WRITERS.flatMap(({ start, end }) => [start(1, 'x'), end(2, 'x')]).map((line) =>
  line.replaceAll('alice', 'victim'),
);
/** Messages that quote somebody, and whose own end never came. */
const LOST = [
  'Failed c2s ',
  'Failed inbound s2s ',
  'Failed to establish outbound s2s connection ',
  'Got HTTP upload slot for ',
]
  .map((begin) => ejabberdLine(2, `${begin}whose end is lost`))
  .concat(ejabberdLine(2, 'Closing c2s session for victim@chat.example/x: Stream closed by peer: '));
const WORDS = [
  ...[
    ': ',
    ', ',
    ' from ',
    ' (conflict)',
    '] error: Stream error (',
    ', packets: 1, bytes: 2',
    ', connectioId=',
    ', domain=x',
  ],
  ...[
    '"',
    '\\',
    '\\"',
    "'",
    ' jid=victim@chat.example/y',
    '%s',
    '[',
    ']',
    '(',
    ')',
    '<0.9.9>',
    '\x1b[0m',
    '\t',
    ' ',
    '=',
    '/',
    '@',
  ],
  ...[
    'SASL callback for non-existing host: x',
    'session started: jid=victim@chat.example/x',
    'ü',
    '日本',
    '\ufffd',
    '\0',
  ],
  ...['Stream closed by peer: ', '...', 'starting up', ' is started in the node x in 1.00s', '{"', '\u2028', '\x85'],
];
const piece = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.constantFrom(...VICTIM),
  fc.constantFrom(...LOST),
  fc.string({ maxLength: 8 }),
);
const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
/** RFC 7622: no resource holds a control character, and none begins or ends with a blank. */
const resource = text
  .map((each) => each.replaceAll(/[\p{Cc}\ufffd\u2028]/gu, '').trim())
  .filter((each) => each !== '' && Buffer.byteLength(each) < 800);
const lines = fc
  .array(fc.tuple(text, fc.constantFrom('\n', '\n', '\n\n', '\r\n', '\n\t')), { minLength: 1, maxLength: 40 })
  .map((all) => all.flat().join(''));

/** What a log says, read in blocks, each by another reader that goes on where the one before was. */
function read(server: string, blocks: readonly string[]): { events: SessionEvent[]; state: ParserState } {
  const dialect = dialectNamed(server);
  assert.ok(dialect);
  const events: SessionEvent[] = [];
  let state: Partial<LineDecoderState> & Pick<LineDecoderState, 'clock'> = { clock: { year: 2026, last: undefined } };
  for (const block of blocks) {
    const reader = new LineDecoder({ dialect, timezone: 'UTC', horizon: () => Infinity, state });
    reader.read(Buffer.from(block.endsWith('\n') ? block : `${block}\n`), (event) => events.push(event));
    const kept: typeof state = JSON.parse(JSON.stringify(reader.state));
    state = kept;
  }
  return { events, state: state.parser ?? {} };
}

const users = (events: readonly SessionEvent[]): string[] =>
  events.flatMap((event) => ('user' in event ? [`${event.kind} ${event.user}`] : event.kind === 'end' ? ['end'] : []));

/** Characters of what a parser may remember. */
const MOST = 8192;
/** So long whoever forges lines can hide others, seconds; and so many lines. */
const HIDDEN = 60;

WRITERS.forEach(({ server, start, end, plain }, i) => {
  describe(`${server} (${i})`, () => {
    it('a client may name itself as it pleases: the session is its own, and ends [10.8]', () => {
      fc.assert(
        fc.property(resource, (name) => {
          const { events } = read(server, [[plain(0), start(1, name), plain(2), end(3, name), plain(4)].join('\n')]);
          const sessions = new Sessions(new Users({ exclude: [], includeDisabled: false }), OPTIONS);
          for (const event of events) sessions.take(event);
          assert.ok(
            users(events).every((each) => each === 'end' || each.endsWith(USER)),
            JSON.stringify(events),
          );
          assert.equal(users(events).length, 2, JSON.stringify(events));
          assert.deepEqual([...sessions.online()], []);
        }),
        { numRuns: 150 },
      );
    });

    it('whatever stands in the log, what comes a minute later is read [10.8]', () => {
      fc.assert(
        fc.property(lines, lines, (before, behind) => {
          const idle = Array.from({ length: 400 }, (_, second) => plain(HIDDEN + second));
          const real = [...idle, start(500, 'real'), plain(501), end(502, 'real')].join('\n');
          const { events, state } = read(server, [`${plain(0)}\n${before}`, behind, real]);
          assert.deepEqual(
            users(events.filter(({ at }) => at >= Date.UTC(2026, 2, 2, 10) / 1000 + 500)).map(
              (each) => each.split(' ')[0],
            ),
            ['start', 'end'],
          );
          assert.ok(JSON.stringify(state).length < MOST);
          assert.equal(state['carried'] || '', '');
        }),
        { numRuns: 60 },
      );
    });
  });
});

describe('any text through any dialect', () => {
  for (const { name } of DIALECTS)
    it(`${name}: who is told of is a JID, ids are short, and little is remembered [10.8]`, () => {
      fc.assert(
        fc.property(lines, lines, (first, second) => {
          const { events, state } = read(name, [first, second]);
          for (const event of events) {
            if ('user' in event) assert.equal(bareJid(Buffer.from(event.user).toString('latin1')), event.user);
            if ('session' in event) assert.ok(event.session.length <= 4096);
          }
          assert.ok(JSON.stringify(state).length < MOST);
        }),
        { numRuns: 100 },
      );
    });
});

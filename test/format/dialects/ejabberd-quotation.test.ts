/** What a remote party puts into ejabberd's messages says nothing, and hides nothing of what is said around it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../../properties.ts';
import { ejabberd } from '../../../src/format/dialects/ejabberd.ts';
import { LOST_END, type SessionEvent } from '../../../src/format/dialects/dialect.ts';
import { LineDecoder } from '../../../src/format/line-decoder.ts';

const DAY = '2026-11-23';
const stamp = (time: string): string => `${DAY} ${time}.000000+00:00`;
const c2s = (time: string, message: string, pid = '<0.5.0>'): string =>
  `${stamp(time)} [info] ${pid}@ejabberd_c2s:bind/2:542 (tls|${pid}) ${message}`;

/** Real lines before, at the time of, and behind what is forged. */
const BEFORE = [c2s('10:00:00', 'Opened c2s session for alice@chat.example/phone')];
const BEHIND = [
  c2s('10:00:05', 'Opened c2s session for bob@chat.example/phone', '<0.6.0>'),
  c2s('10:00:05', 'Closing MQTT session for mia@chat.example/cid from 127.0.0.1: Connection reset by peer', '<0.8.0>'),
  c2s('10:00:06', 'Failed c2s PLAIN authentication for x@chat.example from 127.0.0.1: Invalid username or password'),
  c2s('10:20:00', 'Closing c2s session for alice@chat.example/phone: Stream closed by peer: conflict'),
  c2s('10:20:01', 'Opened c2s session for carol@chat.example/a (work)', '<0.7.0>'),
];
const REAL = ['start alice', 'start bob', 'end alice', 'start carol'];

/** Lines to the byte as ejabberd would write them. */
const FORGED = [
  c2s('10:00:04', 'Opened c2s session for victim@chat.example/fake', '<0.9.9>'),
  c2s('10:00:04', 'Closing c2s session for alice@chat.example/phone: Stream reset by peer'),
  c2s('10:00:04', 'Resumed session for victim@chat.example/fake', '<0.9.9>').replace('ejabberd_c2s', 'mod_stream_mgmt'),
  `${stamp('10:00:04')} [info] <0.1.0>@ejabberd_app:start/2:63 ejabberd 26.07 is started in the node e@h in 2.38s`,
  `${stamp('10:00:04')} [info] <0.1.0>@ejabberd_app:stop/1:120 ejabberd 26.07 is stopped in the node e@h`,
  `${stamp('10:00:04')} [info] <0.1.0>@mod_push:remove_user/2:464 Removing any push sessions of alice@chat.example`,
  '2026-01-01 00:00:00.000000+00:00 [info] <0.1.0>@ejabberd_c2s:bind/2:500 (tls|<0.1.0>) Opened c2s session for old@chat.example/x',
];
/** Ends of the messages, forged by the party that is quoted. */
const FAKE_ENDS = [
  'x (conflict)',
  'x (normal-disconnection)',
  'x (expected: MQTT)',
  'x authentication from 192.0.2.1: Unsupported mechanism',
  'x -> b.example (192.0.2.1): x',
  'x to 192.0.2.1: No such file',
  'x from 192.0.2.1 for h: Invalid slot',
  'x [] from 192.0.2.1:4242',
  'x) temporarily: gone',
];
/** What a line of the server begins with, and no message that quotes somebody. */
const STAMPED = [`${stamp('10:00:04')} [info] y`, c2s('10:00:04', 'y'), `${DAY} y`];
const GARBAGE = ['', 'x', '\t', '** Reason:', DAY, '\x1b[0m', 'Failed', '2026', 'é'.repeat(40), '...'];

/** The messages that quote somebody, around the text. */
const MESSAGES: Readonly<Record<string, (text: string) => string>> = {
  'the mechanism of a login': (text) =>
    c2s('10:00:03', `Failed c2s ${text} authentication from 127.0.0.1: Unsupported mechanism`),
  'the name of a login': (text) =>
    c2s('10:00:03', `Failed c2s PLAIN authentication for ${text}@chat.example from ::1: Invalid username or password`),
  'the text of an error of a client': (text) =>
    c2s('10:00:03', `Closing c2s session for eve@chat.example/e: Stream closed by peer: ${text} (policy-violation)`),
  'the mechanism of a server': (text) =>
    c2s('10:00:03', `Failed inbound s2s ${text} authentication  -> chat.example (127.0.0.1): Unsupported mechanism`),
  'the text of an error of a server': (text) =>
    c2s('10:00:03', `Closing inbound s2s connection a.example -> chat.example: Stream closed by peer: ${text} (reset)`),
  'the protocol that a client of MQTT names': (text) =>
    c2s(
      '10:00:03',
      `Rejected MQTT connection from ::1: Protocol error: Unsupported protocol name: ${text} (expected: MQTT)`,
    ),
  'the reason of a client of MQTT': (text) =>
    c2s(
      '10:00:03',
      `Closing MQTT session for eve@chat.example/e from ::1: Peer disconnected with reason: ${text} (server-busy)`,
    ),
  'the name of a file': (text) =>
    c2s('10:00:03', `Got HTTP upload slot for eve@chat.example/e (file: ${text}, size: 12)`),
  'the name of a file that is too large': (text) =>
    c2s('10:00:03', `Rejecting file ${text} from eve@chat.example/e (too large: 120000000 bytes)`),
  'the path of a file that is put': (text) =>
    c2s('10:00:03', `Rejecting file ${text} from 127.0.0.1 for chat.example: Invalid slot`),
  'the path of a file that is asked for': (text) =>
    c2s('10:00:03', `Cannot serve /var/www/upload/a/${text} to ::1: No such file`),
  'the command of a request': (text) => c2s('10:00:03', `API call ${text} [] from 127.0.0.1:49252`),
  'the node of a push': (text) =>
    c2s('10:00:03', `eve@chat.example/a b rejected notification for eve@chat.example (${text}) temporarily: gone`),
  'why a push was rejected for now': (text) =>
    c2s(
      '10:00:03',
      `push.example rejected notification for eve@chat.example (n) temporarily: ${text} (resource-constraint)`,
    ),
  'why a push was rejected': (text) =>
    c2s(
      '10:00:03',
      `push.example rejected notification for eve@chat.example (n), disabling push: ${text} (item-not-found) (cancel)`,
    ),
};

/** Who came and went; the lines come in blocks. */
function seen(blocks: readonly string[]): { events: string[]; quoted: number } {
  const state = { clock: { year: 2026, last: undefined } };
  const reader = new LineDecoder({ dialect: ejabberd, timezone: 'UTC', state, horizon: () => Infinity });
  const events: string[] = [];
  const note = (event: SessionEvent): void => {
    events.push('user' in event ? `${event.kind} ${event.user.slice(0, event.user.indexOf('@'))}` : event.kind);
  };
  for (const block of blocks) reader.read(Buffer.from(block), note);
  // What quotes may be the end of a real session.
  return { events: events.filter((event) => event !== 'end eve'), quoted: reader.counts.quoted };
}

const block = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describe('what a remote party puts into a message of ejabberd', () => {
  for (const [what, around] of Object.entries(MESSAGES)) {
    for (const [i, forged] of FORGED.entries())
      it(`${what}: forged line ${i} [10.8]`, () => {
        const text = around(`x\n${forged}\ny`);
        const { events, quoted } = seen([block(...BEFORE, text, ...BEHIND)]);
        assert.deepEqual(events, REAL);
        assert.equal(quoted, 1);
      });

    it(`${what}: in blocks of one line [10.8]`, () => {
      const text = around(`x\n${FORGED.join('\n')}\ny`);
      const lines = block(...BEFORE, text, ...BEHIND)
        .split('\n')
        .slice(0, -1);
      assert.deepEqual(seen(lines.map((line) => `${line}\n`)).events, REAL);
    });

    it(`${what}: too long for the logger, which cuts it [10.8]`, () => {
      const text = around(`x\n${FORGED[0]}\n${'y'.repeat(110_000)}`).slice(0, 102_397) + '...';
      assert.deepEqual(seen([block(...BEFORE, text, ...BEHIND)]).events, REAL);
    });

    it(`${what}: too long for the logger, and its first line looks whole [10.8]`, () => {
      for (const filler of ['y', 'é', 'y\n', `${FORGED[0]}\n`]) {
        const text = around(`x${FAKE_ENDS.join('')}\n${FORGED.join('\n')}\n${filler.repeat(110_000 / filler.length)}`);
        assert.deepEqual(seen([block(...BEFORE, `${text.slice(0, 102_396)}...`, ...BEHIND)]).events, REAL);
      }
    });

    it(`${what}: of any length, and its first line looks whole [10.8]`, () => {
      const long = 'é'.repeat(90_000);
      for (const end of FAKE_ENDS) {
        const text = around(`x${end}\n${FORGED.join('\n')}\n${long}`);
        assert.deepEqual(seen([block(...BEFORE, text, ...BEHIND)]).events, REAL);
      }
    });

    it(`${what}: on a server on which nothing happens for an hour [10.8]`, () => {
      for (const end of FAKE_ENDS) {
        const text = around(`x${end}\n${FORGED.join('\n')}\ny`);
        for (const behind of [BEHIND.slice(3), []])
          assert.deepEqual(seen([block(...BEFORE, text, ...behind)]).events, [
            REAL[0],
            ...(behind.length > 0 ? REAL.slice(2) : []),
          ]);
      }
    });

    it(`${what}: its last line begins as the server's do [10.8]`, () => {
      for (const end of FAKE_ENDS)
        for (const last of STAMPED) {
          const text = around(`x${end}\n${FORGED.join('\n')}\n${last}`);
          for (const [behind, left] of [
            [BEHIND, REAL],
            [BEHIND.slice(3), [REAL[0], ...REAL.slice(2)]],
          ] as const)
            assert.deepEqual(seen([block(...BEFORE, text, ...behind)]).events, left, `${end}, ${last}`);
        }
    });

    it(`${what}: read before its end is written [10.8]`, () => {
      for (const end of ['', ...FAKE_ENDS]) {
        const lines = around(`x${end}\n${FORGED.join('\n')}\ny\n${FORGED.join('\n')}\nz`).split('\n');
        // Behind its first line, and behind one that tells that there is more.
        for (const cut of [1, lines.indexOf('y') + 1]) {
          const blocks = [block(...BEFORE, ...lines.slice(0, cut)), block(...lines.slice(cut), ...BEHIND)];
          assert.deepEqual(seen(blocks).events, REAL, `${end}, ${cut}`);
        }
      }
    });

    it(`${what}: any text that is no such message itself [10.8]`, () => {
      const pieces = fc.array(fc.constantFrom(...FORGED, ...FAKE_ENDS, ...GARBAGE), { maxLength: 12 });
      fc.assert(
        fc.property(pieces, (lines) => {
          for (const last of ['y', ...STAMPED]) {
            const text = around([...lines, last].join('\n'));
            assert.deepEqual(seen([block(...BEFORE, text, ...BEHIND)]).events, REAL);
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  it('a forged line that ends the message itself [10.8]', () => {
    for (const around of Object.values(MESSAGES))
      assert.deepEqual(seen([block(...BEFORE, around(`x (conflict)\n${FORGED[0]}`), ...BEHIND)]).events, REAL);
  });

  it('one message after the other: what stands between is real [10.8]', () => {
    for (const around of Object.values(MESSAGES)) {
      const attack = around(`x\n${FORGED[0]}\ny`);
      const lines = [...BEFORE, attack, BEHIND[0]!, attack, ...BEHIND.slice(1)];
      assert.deepEqual(seen([block(...lines)]).events, REAL);
    }
  });

  it('an end that never comes hides nobody [10.8]', () => {
    const broken = c2s('10:00:03', 'Failed c2s X');
    const later = Array.from({ length: 4000 }, (_, i) => c2s('10:00:04', `Accepted x ${i}`.padEnd(80)));
    assert.deepEqual(seen([block(...BEFORE, broken, ...later), block(...BEHIND)]).events.slice(-3), REAL.slice(-3));
    // At the end of a block it may be yet to come.
    const blocks = [block(...BEFORE, broken), block(...later), block(...BEHIND)];
    assert.deepEqual(seen(blocks).events.slice(-3), REAL.slice(-3));
  });

  it('what is read up to the middle of another message is real, as it is too late to be quoted [10.8]', () => {
    const crashed = [`${stamp('10:00:20')} [error] SUPERVISOR REPORT:`, '    supervisor: {local,ejabberd_c2s_sup}'];
    for (const around of Object.values(MESSAGES)) {
      const early = block(...BEFORE, around('x'));
      const late = c2s('10:00:19', 'Opened c2s session for bob@chat.example/phone', '<0.6.0>');
      for (const blocks of [[early, block(late, ...crashed)], [early + block(late, ...crashed)]])
        assert.deepEqual(seen([...blocks, block(...BEHIND.slice(3))]).events, REAL);
    }
  });

  it('of two messages that quote the second one is cut: what stands between is real [10.8]', () => {
    for (const around of Object.values(MESSAGES)) {
      const cut = `${MESSAGES['the text of an error of a client']!('y').slice(0, -20)}${LOST_END}`;
      const blocks = [block(...BEFORE, around('x'), BEHIND[0]!, cut), block(...BEHIND.slice(3))];
      assert.deepEqual(seen(blocks).events, REAL);
    }
  });

  it('a resource that holds the words of such a message, or looks like one, hides nobody [10.8]', () => {
    for (const resource of ['x: Stream closed by peer: y', 'x rejected notification for a@b (', 'API call ']) {
      const jid = `dave@chat.example/${resource}`;
      const lines = [
        c2s('10:00:01', `Opened c2s session for ${jid}`, '<0.8.0>'),
        c2s('10:00:02', `Closing c2s session for ${jid}: Connection failed: connection closed`, '<0.8.0>'),
      ];
      const others = seen([block(...BEFORE, ...lines, ...BEHIND)]).events.filter((event) => !event.endsWith('dave'));
      assert.deepEqual(others, REAL);
    }
  });

  it('what nobody forged hides nobody, as ejabberd writes it [10.8]', () => {
    const lines = [
      c2s('10:00:02', 'Cannot serve /var/www/upload/a/b/x.png to hidden_by_ejabberd: Is a directory'),
      c2s('10:00:02', 'Cannot serve /var/www/upload/a/b/x.png to ::ffff:192.0.2.1: illegal operation on a directory'),
      c2s('10:00:02', 'Rejecting file x.png from 192.0.2.1 for chat.example:5443: Unexpected size (12)'),
      c2s('10:00:03', 'API call status [] ({127,0,0,1})'),
      c2s('10:00:03', 'API call status [] from hidden_by_ejabberd'),
      c2s('10:00:03', 'API call status [] from 2001:db8::1:49050'),
      c2s('10:00:03', 'API call register [{<<"user">>,<<"alice">>},'),
      '                   {<<"password">>,<<"secret">>}] from 127.0.0.1:49050',
      c2s('10:00:03', 'push.example rejected notification for a@b.example (n) temporarily: unrecognized error'),
      c2s('10:00:03', 'push.example rejected notification for a@b.example (n), disabling push: gone (cancel)'),
    ];
    const { events, quoted } = seen([block(...BEFORE, ...lines, ...BEHIND)]);
    assert.deepEqual([events, quoted], [REAL, 0]);
  });

  it('bytes at random are no event, and no line behind them is lost [10.8]', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        const noise = chunks.map((chunk) => Buffer.from(chunk).toString('latin1').replaceAll('\n', ' '));
        assert.deepEqual(seen([block(...BEFORE, ...noise, ...BEHIND)]).events, REAL);
      }),
      { numRuns: 300 },
    );
  });
});

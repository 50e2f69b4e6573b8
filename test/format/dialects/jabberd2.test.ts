import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Eventless, Finding, ParserState } from '../../../src/format/dialects/dialect.ts';
import { jabberd2 } from '../../../src/format/dialects/jabberd2.ts';
import { recogniseDialect } from '../../../src/format/format.ts';

const line = (message: string, level = 'notice'): string => `Mon Nov  2 19:49:02 2026 [${level}] ${message}`;

/** What a parser makes of lines, one after the other, in one text for each block. */
function parse(...blocks: readonly (readonly string[])[]): (Finding | Eventless)[] {
  let state: ParserState | undefined;
  return blocks.flatMap((lines) => {
    const text = Buffer.from(lines.map((each) => `${each}\n`).join('')).toString('latin1');
    const parser = jabberd2.begin(state && JSON.parse(JSON.stringify(state)));
    const found: (Finding | Eventless)[] = [];
    for (let start = 0, end; (end = text.indexOf('\n', start)) >= 0; start = end + 1)
      found.push(parser.parse(text, start, end));
    state = parser.state;
    return found;
  });
}

const user = 'alice@chat.example';
const JID = `session=${user}/phone`.replace('session', 'jid');
const sm = { session: `jid=${user}/phone`, user };
const c2s = { session: '[11]', user };

const WORDINGS: readonly (readonly [message: string, found: Finding | Eventless])[] = [
  [`session started: ${JID}`, { kind: 'start', ...sm, resource: 'phone' }],
  [`session started: jid=Alice@Chat.Example/phone`, { kind: 'start', ...sm, resource: 'phone' }],
  [`session replaced: ${JID}`, { kind: 'start', ...sm, resource: 'phone' }],
  [`session ended: ${JID}`, { kind: 'end', ...sm, behind: 'phone' }],
  [`deleted user: jid=${user}`, { kind: 'removed', user }],
  [`created user: jid=${user}`, 'plain'],
  [`user unloaded jid=${user}`, 'plain'],
  ['starting up', { kind: 'server-start', logsOut: true }],
  ['shutting down', { kind: 'server-stop', logsOut: true }],
  ['modules search path: /usr/lib/jabberd2', 'first'],
  [`[11] bound: ${JID}`, { kind: 'start', ...c2s, resource: 'phone' }],
  [`[11] requesting session: ${JID}`, { kind: 'start', ...c2s, resource: 'phone' }],
  [`[11] unbound: ${JID}`, { kind: 'end', ...c2s, behind: 'phone' }],
  [`[11] [::1, port=36408] disconnect ${JID}, packets: 2, bytes: 269`, { kind: 'end', ...c2s, behind: 'phone' }],
  [
    `[11] [192.0.2.1, port=36408] disconnect ${JID}, packets: 9, packets: 2`,
    { kind: 'end', ...c2s, behind: 'phone, packets: 9' },
  ],
  ['[11] [192.0.2.1, port=36408] disconnect jid=unbound, packets: 0, bytes: 238', 'plain'],
  [`[11] [192.0.2.1, port=36408] disconnect jid=${user}, packets: 1, bytes: 275`, 'plain'],
  [`[11] PLAIN authentication succeeded: ${user} 192.0.2.1:36408 TLS`, 'plain'],
  [`[11] traditional.plain authentication failed: ${user}/old 192.0.2.1:55420 `, 'plain'],
  [`[11] registration remove succeeded, requesting user deletion: jid=${user}`, { kind: 'removed', user }],
];

describe('the messages of jabberd2', () => {
  for (const [message, found] of WORDINGS)
    it(`${message} [10.4]`, () => assert.deepEqual(parse([line(message)]), [found]));

  it('tell the version of the session manager [10.4]', () => {
    const text = line('version: jabberd2 sm 2.7.0');
    const parser = jabberd2.begin();
    parser.parse(text, 0, text.length);
    assert.equal(parser.version, '2.7.0');
  });

  it('have levels [10.4]', () => {
    const levels = ['notice', 'info', 'warning', 'error', 'debug'].map((level) => jabberd2.levelOf(line('x', level)));
    assert.deepEqual(levels, ['info', 'info', 'warn', 'error', 'debug']);
    assert.equal(jabberd2.levelOf('Mon Nov  2 19:49:02 2026 c2s.c:595 accept action'), 'debug');
    assert.equal(jabberd2.levelOf('free text'), undefined);
  });

  it('are known, and those of ejabberd are not [10.6]', () => {
    assert.equal(recogniseDialect([line('starting up'), 'x'])?.name, 'jabberd2');
  });
});

const FORGED = line('[9] bound: jid=victim@chat.example/x');
const REAL = line(`[12] bound: ${JID}`);
const noHost = (text: string): string => line(`SASL callback for non-existing host: ${text}`, 'warning');
const times = (count: number, lines: readonly string[]): string[] => Array.from({ length: count }, () => lines).flat();
const error = (text: string): string => line(`[11] [${user}] error: Stream error (${text})`);

const FORGERIES: readonly (readonly [what: string, lines: readonly string[]])[] = [
  ['the host of a stream', times(15, [noHost('evil'), FORGED])],
  ['several lines in it', times(15, [noHost('evil'), FORGED, 'x', FORGED, ''])],
  ['the message itself in it', times(15, [noHost('evil'), FORGED, noHost('x'), 'y', FORGED])],
  ['the message itself, and nothing else behind it', times(15, [noHost('evil'), noHost('x'), FORGED])],
  ['two attempts, one behind the other', [...times(15, [noHost('evil'), FORGED]), ...times(15, [noHost('a'), 'b'])]],
  ['the text of an error', error(`bye\n${FORGED}`).split('\n')],
  ['an end in that text', error(`bye)\n${FORGED}`).split('\n')],
  ['an end in that text, and another error', error(`bye)\n${FORGED}\n${error('x')}\n${FORGED}`).split('\n')],
  [
    'a text that is cut',
    error(`${'é'.repeat(300)}\n${FORGED}\n${'x'.repeat(500)}`)
      .slice(0, 1023 - 300)
      .split('\n'),
  ],
];

const talks = (found: readonly (Finding | Eventless)[]): Finding[] => found.filter((each) => typeof each === 'object');

describe('what a remote party puts into c2s.log', () => {
  const own = talks(parse([REAL]));
  for (const [what, lines] of FORGERIES) {
    it(`is nobody, and hides nobody: ${what} [10.8]`, () => {
      assert.deepEqual(talks(parse([REAL, ...lines, REAL, REAL])), [...own, ...own, ...own]);
    });
    it(`the same in two blocks: ${what} [10.8]`, () => {
      for (let cut = 3; cut < lines.length; cut += 1)
        assert.deepEqual(talks(parse(lines.slice(0, cut), [...lines.slice(cut), REAL])), own, `cut at ${cut}`);
    });
  }

  it('a host that is not there, as any client may ask for, hides nobody [10.8]', () => {
    const other = REAL.replace('[12]', '[13]');
    const found = talks(parse([...times(15, [noHost('a')]), REAL, ...times(15, [noHost('b')]), other]));
    assert.deepEqual(found, [...own, ...talks(parse([other]))]);
  });

  it('the text of an error in order hides nobody [10.8]', () => {
    assert.deepEqual(talks(parse([error('bye'), REAL, line('[11] [::1, port=1] connect')])), own);
  });
});

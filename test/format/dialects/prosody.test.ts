import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import type { Eventless, Finding, ParserState } from '../../../src/format/dialects/dialect.ts';
import { goldenFile } from '../../golden.ts';

const STAMP = 'Nov 23 19:41:50 ';
const C2S = 'c2s560351951f30';
const BOSH = 'bosh58833a29-3eaa-4734-878e-f48d1033363e';
const ALICE = 'alice@chat.example';

/** What a parser makes of lines, one after the other, in one text. */
function parse(lines: readonly string[], state?: ParserState): (Finding | Eventless)[] {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join('')).toString('latin1');
  const parser = prosody.begin(state);
  const found: (Finding | Eventless)[] = [];
  for (let start = 0, end; (end = text.indexOf('\n', start)) >= 0; start = end + 1)
    found.push(parser.parse(text, start, end));
  return found;
}

const findings = (lines: readonly string[], state?: ParserState): Finding[] =>
  parse(lines, state).filter((found) => typeof found !== 'string');

/** One line in the file layout; a debug log is known for one. */
const one = (source: string, level: string, message: string): Finding | Eventless | undefined =>
  parse([`${STAMP}${source}\t${level}\t${message}`], { detail: true })[0];

/** With blanks up to the next tab stop. */
function asShown(line: string): string {
  const [first = '', ...others] = line.split('\t');
  return others.reduce((text, each) => text.padEnd(text.length + 8 - (text.length % 8)) + each, first);
}

type Case = readonly [versions: string, source: string, level: string, message: string, Finding];

const start = (user: string, session = C2S): Finding => ({ kind: 'start', session, user });
const bind = (kind: 'bind' | 'unbind', resource: string): Finding => ({ kind, session: C2S, user: ALICE, resource });

const WORDINGS: readonly Case[] = [
  ['0.9 to 13', C2S, 'info', 'Client connected', { kind: 'connect', session: C2S }],
  ['0.9 to 0.12', C2S, 'info', 'Authenticated as alice@chat.example', start(ALICE)],
  ['13', C2S, 'info', 'Authenticated as alice@chat.example [prosody:registered]', start(ALICE)],
  ['13', C2S, 'info', 'Authenticated as alice@chat.example [no role]', start(ALICE)],
  ['13', C2S, 'info', 'Authenticated as alice@chat.example [a role] of [blanks]', start(ALICE)],
  ['0.9 to 13', BOSH, 'info', 'Authenticated as alice@chat.example', start(ALICE, BOSH)],
  ['0.9 to 13', C2S, 'info', 'Client disconnected: connection closed', { kind: 'end', session: C2S }],
  ['0.9 to 13', C2S, 'info', 'Client disconnected: read timeout', { kind: 'end', session: C2S }],
  ['0.9, 0.10', BOSH, 'info', 'BOSH client disconnected', { kind: 'end', session: BOSH }],
  ['0.11 to 13', BOSH, 'info', 'BOSH client disconnected: session close', { kind: 'end', session: BOSH }],
  ['0.9, 0.10', 'general', 'info', 'Hello and welcome to Prosody version 0.9.12', { kind: 'server-start' }],
  ['0.11 to 13', 'startup', 'info', 'Hello and welcome to Prosody version 0.12.3', { kind: 'server-start' }],
  ['nightly', 'startup', 'info', 'Hello and welcome to Prosody version trunk nightly', { kind: 'server-start' }],
  ['0.9, 0.10', 'general', 'info', 'Shutting down: Received SIGTERM', { kind: 'server-stop' }],
  ['0.11 to 13', 'startup', 'info', 'Shutting down: Received SIGTERM', { kind: 'server-stop' }],
  ['0.9, 0.10', 'general', 'info', 'Reloading configuration file', { kind: 'detail', on: false }],
  ['0.11 to 13', 'startup', 'info', 'Reloading configuration file', { kind: 'detail', on: false }],
  ['0.9', 'chat.example:register', 'info', `User removed their account: ${ALICE}`, { kind: 'removed', user: ALICE }],
  ['0.10 to 0.12', C2S, 'info', `User removed their account: ${ALICE}`, { kind: 'removed', user: ALICE }],
  ['0.10 to 0.12', BOSH, 'info', `User removed their account: ${ALICE}`, { kind: 'removed', user: ALICE }],
  ['13', C2S, 'info', `User removed their account: ${ALICE} (deleted)`, { kind: 'removed', user: ALICE }],
  [
    '13',
    C2S,
    'info',
    `User removed their account: ${ALICE} (disabled, pending deletion)`,
    { kind: 'disabled', user: ALICE },
  ],
  ['13', 'usermanager', 'info', `User account deleted: ${ALICE}`, { kind: 'removed', user: ALICE }],
  ['13', 'usermanager', 'info', `User account disabled: ${ALICE}`, { kind: 'disabled', user: ALICE }],
  ['13', 'usermanager', 'info', `User account enabled: ${ALICE}`, { kind: 'enabled', user: ALICE }],
  ['0.9 to 13', C2S, 'debug', `Resource bound: ${ALICE}/phone`, bind('bind', 'phone')],
  ['0.9 to 0.11', C2S, 'debug', `Destroying session for ${ALICE}/phone (${ALICE}): closed`, bind('unbind', 'phone')],
  ['0.12, 13', C2S, 'debug', `Unbinding resource for ${ALICE}/phone (${ALICE})`, bind('unbind', 'phone')],
  ['0.12, 13', C2S, 'debug', `Unbinding resource for ${ALICE}/phone (${ALICE}): closed`, bind('unbind', 'phone')],
  [
    '0.12, 13, a resource of free text',
    C2S,
    'debug',
    `Unbinding resource for ${ALICE}/q"u'o<t>e&s (${ALICE}) x (${ALICE}): closed`,
    bind('unbind', `q"u'o<t>e&s (${ALICE}) x`),
  ],
  [
    '0.9 to 13, internal storage',
    'datamanager',
    'debug',
    `Removing empty accounts datastore for user ${ALICE}`,
    { kind: 'removed', user: ALICE },
  ],
];

/** Lines of 0.9 to 13 that look like events and are none. */
const NO_EVENTS: readonly (readonly [what: string, source: string, level: string, message: string])[] = [
  ['a user without a name', C2S, 'info', 'Authenticated as (unknown)@chat.example'],
  ['a resource that was never bound, 0.9 to 0.11', C2S, 'debug', `Destroying session for (unknown) (${ALICE}): closed`],
  ['a session that was never bound, 0.12', C2S, 'debug', `Destroying unbound session for <${ALICE}>`],
  ['stream management', C2S, 'debug', 'Destroying session for hibernating too long'],
  ['a stop without a reason', 'general', 'info', 'Shutting down...'],
  ['an administrator', 'adminb58833a29', 'info', 'Client connected'],
  ['an administrator', 'admin560351951f30', 'info', 'Admin client disconnected: connection closed'],
  ['a remote server', 's2sin560351951f30', 'info', 'Client disconnected: connection closed'],
  ['a component', 'jcp560351951f30', 'info', `Authenticated as ${ALICE}`],
  ['another store of a user', 'datamanager', 'debug', `Removing empty offline datastore for user ${ALICE}`],
  ['text of a level that is not its own', C2S, 'debug', `Authenticated as ${ALICE}`],
  ['text of a level that is not its own', C2S, 'warn', 'Client disconnected: connection closed'],
  ['text before the message', C2S, 'info', `x Authenticated as ${ALICE}`],
  ['text behind the message', C2S, 'info', 'Client connected again'],
  ['text behind the JID that is no role', C2S, 'info', `Authenticated as ${ALICE} x)`],
  ['a start told by a module', 'chat.example:motd', 'info', 'Hello and welcome to Prosody'],
  ['a stop told by a remote server', 's2sin560351951f30', 'info', 'Shutting down: x'],
  ['a removal told by a module', 'chat.example:x', 'info', `User account deleted: ${ALICE}`],
];

describe("Prosody's messages", () => {
  for (const [versions, source, level, message, finding] of WORDINGS)
    it(`${versions}: ${source} ${level} ${message}`, () => assert.deepEqual(one(source, level, message), finding));
  for (const [what, source, level, message] of NO_EVENTS)
    it(`no event: ${what}: ${source} ${level} ${message}`, () => assert.equal(one(source, level, message), 'plain'));

  it('0.9 to 0.11: a resource that stream management keeps is bound as before', () => {
    const unbind = `${STAMP}${C2S}\tdebug\tDestroying session for ünï@chat.example/phone (ünï@chat.example): closed`;
    for (const stored of [
      'mod_smacks hibernating session for up to 300 seconds',
      'Session going into hibernation (not being destroyed)',
    ]) {
      const found = findings([unbind, `${STAMP}${C2S}\tdebug\t${stored}`], { detail: true });
      assert.deepEqual(found[1], { kind: 'bind', session: C2S, user: 'ünï@chat.example', resource: 'phone' });
    }
  });

  it('0.12: a session that hibernates was not unbound, so nothing is bound again', () => {
    const unbind = `${STAMP}${C2S}\tdebug\tUnbinding resource for ${ALICE}/phone (${ALICE})`;
    const stored = `${STAMP}${C2S}\tdebug\tSession going into hibernation (not being destroyed)`;
    assert.equal(findings([unbind, stored], { detail: true }).length, 1);
  });
});

describe('the level of the log', () => {
  const debug = `${STAMP}${C2S}\tdebug\tReceived[c2s]: <presence>`;
  const detail = { kind: 'detail', on: true } as const;

  it('is told once, by the first debug line of a session', () => assert.deepEqual(findings([debug, debug]), [detail]));

  it('is not told by the debug line of a module', () =>
    assert.deepEqual(findings([`${STAMP}rostermanager\tdebug\tload_roster: asked for: ${ALICE}`]), []));

  it('is to be told again after a start and after a reload', () => {
    const reload = `${STAMP}startup\tinfo\tReloading configuration file`;
    const hello = `${STAMP}startup\tinfo\tHello and welcome to Prosody version 0.12.3`;
    const kinds = findings([debug, reload, debug, hello, debug]);
    assert.deepEqual(kinds, [detail, { kind: 'detail', on: false }, detail, { kind: 'server-start' }, detail]);
  });
});

describe('layouts', () => {
  const LAYOUTS: readonly (readonly [name: string, before: string, levelOf: (level: string) => string])[] = [
    ['file', `${STAMP}${C2S}\t`, (level) => level],
    ['file with a stamp of its own', `2026-11-23T19:43:11+0000 ${C2S}\t`, (level) => level],
    ['file without stamps', `${C2S}\t`, (level) => level],
    ['file with source_width', `${STAMP}${C2S}               `, (level) => level],
    ['console', `${C2S}     `, (level) => level],
    ['console with stamps', `${STAMP}${C2S}     `, (level) => level],
    ['console in colour', `${STAMP}${C2S}     `, (level) => `\x1b[1m${level}\x1b[0m`],
    ['console in two colours', `${STAMP}${C2S}     `, (level) => `\x1b[1;33m${level}\x1b[0m`],
    ['console in colour, padded inside', `${C2S}     `, (level) => `\x1b[1m${level} \x1b[0m`],
  ];
  for (const [name, before, levelOf] of LAYOUTS)
    for (const lineEnd of ['', '\r'])
      it(`${name}${lineEnd ? ' with CRLF' : ''}`, () => {
        const lines = [
          `${before}${levelOf('info')}\tAuthenticated as ${ALICE}${lineEnd}`,
          `${before}${levelOf('info')}\tClient connected${lineEnd}`,
          `${before}${levelOf('info')}\tClient disconnected: closed${lineEnd}`,
          `${before}${levelOf('debug')}\tResource bound: ${ALICE}/phone${lineEnd}`,
        ];
        const end = { kind: 'end', session: C2S } as const;
        const connect = { kind: 'connect', session: C2S } as const;
        assert.deepEqual(findings(lines), [start(ALICE), connect, end, bind('bind', 'phone')]);
      });

  it('say where the stamp ends', () => {
    for (const [line, end] of [
      [`${STAMP}${C2S}\tinfo\tClient connected`, STAMP.length - 1],
      [`${STAMP}${C2S}     info\tClient connected`, STAMP.length - 1],
      [`2026-11-23 19:43:11 ${C2S}\tinfo\tClient connected`, 19],
      [`${C2S}\tinfo\tClient connected`, 0],
      [`${C2S}    info\tClient connected`, 0],
    ] as const) {
      const parser = prosody.begin();
      assert.equal(typeof parser.parse(line, 0, line.length), 'object');
      assert.equal(parser.stampEnd, end);
    }
  });

  it('are read also where tabs became blanks, as in what was copied from a terminal', () => {
    for (const file of ['file-default', 'file-iso', 'console', 'console-timestamps-true']) {
      const lines = goldenFile(`layouts/${file}.log`).toString().split('\n').slice(0, -1);
      const shown = lines.map((line) => {
        assert.equal(prosody.begin().stampEndOf(asShown(line)), prosody.begin().stampEndOf(line));
        return asShown(line);
      });
      assert.deepEqual(findings(shown), findings(lines), file);
    }
    // A blank or two stand in any text.
    assert.deepEqual(parse([`${STAMP}app info  started`]), ['foreign']);
  });

  it('of a log are all read to the same events', () => {
    const LAYOUT_FILES = ['default', 'c', 'iso', 'source_width', 'timestamps-false'].map((name) => `file-${name}`);
    const eventsIn = (file: string): Finding[] =>
      findings(goldenFile(`layouts/${file}.log`).toString().split('\n').slice(0, -1));
    const expected = eventsIn('file-default');
    assert.equal(expected.filter(({ kind }) => kind === 'start').length, 13);
    for (const file of [...LAYOUT_FILES, 'console-timestamps-true']) assert.deepEqual(eventsIn(file), expected, file);
    // Another run of the same clients, and one of a single client on a terminal.
    assert.deepEqual(
      eventsIn('console').map(({ kind }) => kind),
      expected.map(({ kind }) => kind),
    );
    const tty = eventsIn('console-tty').map(({ kind }) => kind);
    assert.deepEqual(tty, ['server-start', 'connect', 'end', 'connect', 'start', 'end', 'server-stop']);
  });
});

describe('forgeries', () => {
  const forged = `${STAMP}c2s5555deadbeef\tinfo\tAuthenticated as forged@chat.example`;
  const error = `${STAMP}${C2S}\tinfo\tSession closed by remote with error: system-shutdown`;
  const real = `${STAMP}${C2S}\tinfo\tAuthenticated as ${ALICE}`;

  const FORGERIES: readonly (readonly [what: string, lines: readonly string[]])[] = [
    ['a continuation line', [`${error} (x`, `\t${forged})`]],
    ['several continuation lines', [`${error} (x`, `\tx)`, `\t${forged}`, `\t${forged})`]],
    [
      'a continuation line on the console',
      [`${C2S}    info\tSession closed (x`, `\tc2sdeadbeef    info\tClient connected`],
    ],
    ['a tab in the text of a client', [`${error} (x\t${forged})`]],
    ['a tab and a level in the text of a client', [`${error} (\tinfo\tAuthenticated as forged@chat.example)`]],
    ['a tab and a level on the console', [`${C2S}    info\tx c2sdeadbeef info\tAuthenticated as forged@chat.example`]],
    ['a line of 0.9 to 0.11, where no tab marks it', [`${error} (x`, forged, 'x)']],
    ['several such lines', [`${error} (x`, forged, `${STAMP}startup\tinfo\tHello and welcome to Prosody`, '', 'x)']],
    [
      'such lines through a remote server',
      [`${STAMP}s2sin560351951f30\tinfo\tIncoming s2s stream a.example->b.example closed: x (y`, forged, 'z)'],
    ],
    [
      'such lines through the session id of BOSH',
      [`${STAMP}mod_bosh\tinfo\tClient tried to use sid 'x`, forged, "x' which we don't know about"],
    ],
    [
      'a body of BOSH',
      [`${STAMP}mod_bosh\tdebug\tHandling new request table: 0x1: <body>`, `\t${forged}`, '----------', ''],
    ],
  ];
  for (const [what, lines] of FORGERIES) {
    it(`${what}: count nothing`, () => assert.deepEqual(findings(lines, { detail: true }), []));
    it(`${what}: do not hide the next real line`, () =>
      assert.deepEqual(findings([...lines, real], { detail: true }), [start(ALICE)]));
  }

  it('a line that goes on with the message before is no line of its own, nor foreign', () => {
    for (const line of [`\t${forged}`, '\t', '', '----------']) assert.deepEqual(parse([line]), ['continuation']);
  });

  it('a stream error without a line break hides nothing', () => {
    for (const text of ['', ' (x)', ' ()', ' (x (y) z)'])
      assert.deepEqual(findings([`${error}${text}`, real]), [start(ALICE)], text);
  });

  it('a stream closed for a reason of our own hides nothing', () => {
    const closed = `${STAMP}s2sin5603\tinfo\tIncoming s2s stream a.example->b.example closed: stream closed`;
    assert.deepEqual(findings([closed, real]), [start(ALICE)]);
  });

  for (const local of [
    '(info)',
    'info',
    'debug',
    '[brackets]',
    '-',
    'authenticated',
    'a,b;c=d|e',
    'user%40x',
    '#c',
    'o\\27brien',
    '日本',
    '🙂',
  ])
    it(`the localpart ${local} is no level and no mark`, () =>
      assert.deepEqual(findings([`${STAMP}${C2S}\tinfo\tAuthenticated as ${local}@chat.example`]), [
        start(`${local}@chat.example`),
      ]));

  for (const resource of ['Client disconnected: fake', `x (${ALICE}): closed`, 'info\u00a0x', '/', 'a/b'])
    it(`the resource ${resource} is no message`, () => {
      const lines = [
        `${STAMP}${C2S}\tdebug\tResource bound: ${ALICE}/${resource}`,
        `${STAMP}${C2S}\tdebug\tUnbinding resource for ${ALICE}/${resource} (${ALICE}): closed`,
      ];
      assert.deepEqual(findings(lines, { detail: true }), [bind('bind', resource), bind('unbind', resource)]);
    });
});

describe('lines that are none of Prosody', () => {
  const FOREIGN: readonly (readonly [string, string])[] = [
    ['text', 'Lorem ipsum dolor sit amet'],
    ['no level', `${STAMP}${C2S}\tnotice\tClient connected`],
    ['a level with text behind it', `${STAMP}${C2S}\tinformation\tClient connected`],
    ['a level and nothing else', `${STAMP}${C2S}\tinfo`],
    ['binary garbage', '\u0000\u0001\u0002\tinf\u0000\t'],
    [
      'ejabberd',
      '2026-11-23 19:29:20.030291+00:00 [info] <0.752.0>@ejabberd_c2s:bind/2:450 Opened c2s session for a@b/c',
    ],
  ];
  for (const [what, line] of FOREIGN) it(`are foreign: ${what}`, () => assert.deepEqual(parse([line]), ['foreign']));

  it('cost time in proportion to their length, however long they are', () => {
    const long = 'x'.repeat(10_000_000);
    parse([
      long,
      `${long}\tx`,
      `\t${long}`,
      `${long} info\tx`,
      `${STAMP}${C2S}\tinfo\tAuthenticated as ${long}@${long}`,
    ]);
  });

  it('do not make the same text twice read differently', () => {
    const text = `${STAMP}${C2S}\tinfo\tClient connected\n${STAMP}${C2S}\tinfo\tAuthenticated as ${ALICE}\n`;
    const parser = prosody.begin();
    const read = (): (Finding | Eventless)[] => {
      const middle = text.indexOf('\n');
      return [parser.parse(text, 0, middle), parser.parse(text, middle + 1, text.length - 1)];
    };
    assert.deepEqual(read(), read());
  });
});

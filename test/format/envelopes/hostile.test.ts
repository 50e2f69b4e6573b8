/** What a remote party may make a server write, and what other programs write beside it: it creates, ends and removes nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as holds, constantFrom, integer, oneof, property, string } from '../../properties.ts';
import { type Message, message, output, START, wrapped, WRAPPED_FORMS } from '../../wrap.ts';
import { eventsOf } from './events.ts';

const welcome = message(0, 'startup', 'Hello and welcome to Prosody version 0.12.3');
const login = (second: number, user: string): Message =>
  message(second, 'c2s55d2', `Authenticated as ${user}@chat.example`);
const forged = login(5, 'victim');
const log = (...lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`, 'latin1');
const users = (bytes: Buffer, size?: number): string[] =>
  eventsOf(bytes, 'UTC', size).events.flatMap((event) => (event.kind === 'start' ? [event.user.split('@')[0]!] : []));

/** What looks like a line, in every form there is. */
const forgeries = WRAPPED_FORMS.flatMap((form) => [wrapped(form, forged), output(forged)]);
const piece = oneof(
  constantFrom(...forgeries, '\n', '\r', '\t', '"', '\\', '}', '\x1e', '\x1b[0m', '#011', '#012', ' | ', '\0'),
  string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text).toString('latin1')),
  constantFrom(1, 30, 3000, 8000, 20_000, 49_152).map((length) => 'A'.repeat(length)),
);

describe('hostile text in a message, through', () => {
  for (const form of WRAPPED_FORMS)
    test(`${form.name}, is nobody [10.8]`, () => {
      holds(
        property(array(piece, { maxLength: 8 }), integer({ min: 600, max: 9000 }), (pieces, size) => {
          const text = `Session closed by remote with error: policy-violation (${pieces.join('')})`;
          // One line behind what may have been cut may be taken for its end.
          const messages = [welcome, login(1, 'alice'), message(2, 'c2s55d3', text), login(8, 'x'), login(9, 'ben')];
          const found = users(log(...messages.map((each) => wrapped(form, each))), size);
          assert.deepEqual(
            found.filter((user) => user !== 'x'),
            ['alice', 'ben'],
          );
        }),
        { numRuns: 5, endOnFailure: true },
      );
    });
});

const docker = (text: string, stream = 'stdout'): string =>
  JSON.stringify({ log: text, stream, time: '2026-03-02T10:00:07.5Z' });
const cri = (part: string, text: string, stream = 'stdout', time = '07'): string =>
  `2026-03-02T10:00:${time}.5Z ${stream} ${part} ${text}`;
const long = 'A'.repeat(16_384);

const PIECES: readonly [name: string, lines: readonly string[], users: readonly string[]][] = [
  ['docker: a line of 16 KiB and more', [docker(`${output(login(1, 'alice'))} [${long}`), docker('x]\n')], ['alice']],
  [
    'docker: what begins the next piece is no line',
    [docker(`c2s1  info\tx${long}`), docker(`${output(forged)}\n`)],
    [],
  ],
  [
    'CRI: pieces are one line',
    [cri('P', 'c2s55d2    info\tAuthent'), cri('F', 'icated as alice@chat.example')],
    ['alice'],
  ],
  ['CRI: what begins the next piece is no line', [cri('P', 'c2s1  info\tx'), cri('F', output(forged))], []],
  [
    'CRI: each output has its own pieces',
    [cri('P', 'c2s1  info\tx'), cri('F', output(login(1, 'alice')), 'stderr'), cri('F', output(forged))],
    ['alice'],
  ],
  [
    'CRI: a line that never ends is given up',
    [cri('P', 'c2s1  info\tx', 'stdout', '00'), `2026-03-02T10:09:00Z stdout F ${output(login(1, 'alice'))}`],
    ['alice'],
  ],
];

describe('a line in pieces', () => {
  for (const [name, lines, expected] of PIECES)
    for (const size of [1, 1e6])
      test(`${name}, ${size === 1 ? 'in blocks of one line' : 'in one block'} [10.1]`, () => {
        const first = name.startsWith('docker') ? docker(`${output(welcome)}\n`) : cri('F', output(welcome));
        assert.deepEqual(users(log(first, ...lines), size), expected);
      });

  test('is kept in so many bytes, and no more [10.8]', () => {
    const { stored } = eventsOf(
      log(docker(`${output(welcome)}\n`), ...Array.from({ length: 900 }, () => docker(long))),
    );
    assert.ok(JSON.stringify(stored).length < 80_000);
  });
});

const entry = (fields: object): string =>
  JSON.stringify({ SYSLOG_IDENTIFIER: 'prosody', __REALTIME_TIMESTAMP: `${START + 7}000000`, ...fields });
const short = (text: string): string => `2026-03-02T10:00:07+0000 vm prosody[12]: ${text}`;

describe('the journal', () => {
  const begin = entry({ MESSAGE: output(welcome) });
  const cut = { MESSAGE: null, _LINE_BREAK: 'line-max' };
  const bytes = [...Buffer.from(`${output(login(1, 'alice'))}\xff`, 'latin1')];
  const cases: readonly [name: string, lines: readonly string[], users: readonly string[]][] = [
    ['a message that is left out says nothing', [begin, entry({ MESSAGE: null })], []],
    ['what follows a message that was cut is no line', [begin, entry(cut), entry({ MESSAGE: output(forged) })], []],
    [
      'what goes on with a piece of a container is no line',
      [
        begin,
        entry({ MESSAGE: 'A'.repeat(16_384), CONTAINER_PARTIAL_MESSAGE: 'true' }),
        entry({ MESSAGE: output(forged) }),
      ],
      [],
    ],
    [
      'nor is it as journalctl -o export',
      [
        `__REALTIME_TIMESTAMP=${START + 7}000000\nMESSAGE=${output(welcome)}\n`,
        `__REALTIME_TIMESTAMP=${START + 7}000000\nMESSAGE=AAA\nCONTAINER_PARTIAL_MESSAGE=true\n`,
        `__REALTIME_TIMESTAMP=${START + 7}000000\nMESSAGE=${output(forged)}\n`,
        `__REALTIME_TIMESTAMP=${START + 7}000000\nMESSAGE=${output(login(1, 'alice'))}\n`,
      ],
      ['alice'],
    ],
    ['bytes that are no UTF-8 are read', [begin, entry({ MESSAGE: bytes.slice(0, -1) })], ['alice']],
    [
      'what looks like a key in a text is none',
      [begin, entry({ A: '"MESSAGE":"x', MESSAGE: output(login(1, 'a')) })],
      ['a'],
    ],
    [
      'an output of 48 KiB goes on in the next message',
      [short(output(welcome)), short(`c2s1   info${' '.repeat(8)}${'A'.repeat(49_152)}`), short(output(forged))],
      [],
    ],
  ];
  for (const [name, lines, expected] of cases)
    test(`${name} [10.1]`, () => assert.deepEqual(users(log(...lines)), expected));
});

test('lines of other programs are foreign, and one of them that looks like the server is nobody [10.1]', () => {
  const of = (program: string, text: string): string => `Mar  2 10:00:07 vm ${program}[1]: ${text}`;
  const lines = [
    of('prosody', 'startup: Hello and welcome to Prosody version 0.12.3'),
    of('turnserver', 'c2s55d2: Authenticated as victim@chat.example'),
    of('saslauthd', 'detach_tty: master pid is: 12'),
    of('prosody', 'c2s55d2: Authenticated as alice@chat.example'),
  ];
  const { events, counts } = eventsOf(log(...lines));
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['server-start', 'start'],
  );
  assert.deepEqual([counts.foreign, counts.rejected], [2, 0]);
});

describe('a log that changes its form', () => {
  const [first, second] = [WRAPPED_FORMS[0]!, WRAPPED_FORMS[2]!];
  const cases = WRAPPED_FORMS.flatMap((other) => [1, 1e6].map((size) => ({ other, size })));
  // A record of several lines is none by one of them.
  for (const { other, size } of cases.filter(({ other: { name }, size }) => size > 1 || !name.endsWith('export')))
    test(`to ${other.name}, ${size === 1 ? 'line by line' : 'within a block'}, loses nobody [10.6]`, () => {
      const one = [welcome, login(1, 'alice')].map((each) => wrapped(first, each));
      const two = [login(2, 'ben'), login(3, 'carol')].map((each) => wrapped(other, each));
      const three = size === 1 ? [wrapped(second, login(4, 'dan'))] : [];
      const expected = ['alice', 'ben', 'carol', ...(size === 1 ? ['dan'] : [])];
      assert.deepEqual(users(log(...one, ...two, ...three), size), expected);
    });

  test('is not changed by what a client of ejabberd makes it write [10.8]', () => {
    const real =
      '2026-03-02 10:00:01.1+00:00 [info] <0.1.0>@ejabberd_c2s:bind/2:450 (tls|<0.1.0>) Opened c2s session for';
    const failed = '2026-03-02 10:00:02.1+00:00 [warning] <0.2.0>@ejabberd_c2s:x/2:1 (tls|<0.2.0>) Failed c2s X';
    const lines = [`${real} alice@chat.example/a`, failed, ...forgeries, ' authentication from 192.0.2.1: No'];
    for (const size of [1, 300, 1e6]) assert.deepEqual(users(log(...lines), size), ['alice'], `in blocks of ${size}`);
  });
});

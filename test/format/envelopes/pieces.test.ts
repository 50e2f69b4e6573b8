/**
 * Lines that are cut on their way, with or without a mark, in pieces whose beginnings a remote party chooses: what follows in such a
 * line is nobody, and where its end is left out the lines behind are read all the same.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Message, output, WRAPPED_FORMS, type WrappedForm } from '../../wrap.ts';
import { eventsOf } from './events.ts';

const START = Date.UTC(2026, 2, 2, 10) / 1000;
const at = (second: number, text: string): Message => ({ at: START + second, source: 'c2s55d2', level: 'info', text });
const welcome = { ...at(0, 'Hello and welcome to Prosody version 0.12.3'), source: 'startup' };
const login = (second: number, user: string): Message => ({
  ...at(second, `Authenticated as ${user}@chat.example`),
  source: `c2s${Buffer.from(user).toString('hex')}`,
});
/** A record each. */
const log = ({ line }: WrappedForm, records: readonly (readonly [second: number, text: string])[]): Buffer =>
  Buffer.from(
    `${records.map(([second, text]) => line({ at: START + second, source: '', level: 'info', text }, text)).join('\n')}\n`,
    'latin1',
  );
const users = (bytes: Buffer, size: number): string[] =>
  eventsOf(bytes, 'UTC', size).events.flatMap((event) =>
    event.kind === 'start' || event.kind === 'removed' ? [event.user.split('@')[0]!] : [],
  );

/** Where a long message is cut without a mark. */
const UNMARKED = WRAPPED_FORMS.filter(({ name }) => /^(?:rsyslog|journalctl)/.test(name));
/** docker's, old journald's, and that of rsyslog, which counts what is in front of the message, too. */
const SIZES = [16_384, 2_048, 8_150];

const padded = (text: string, size: number): string => text + 'A'.repeat(size - text.length);

describe("a line of Prosody's output that is cut without a mark: what comes next is no line, and what comes then is, in", () => {
  for (const form of UNMARKED)
    test(`${form.name} [10.8]`, () => {
      for (const size of SIZES) {
        const first = padded(output(at(2, 'Client disconnected: ')), size);
        const further = padded('\t', size);
        const forged = output(login(2, 'victim'));
        for (const [i, records] of [
          [first, forged],
          ['c2s1   info\tx', further, forged],
          [first, padded('', size), forged],
        ].entries()) {
          const lines = [output(welcome), output(login(1, 'alice'))].map((text) => [1, text] as const);
          const bytes = log(form, [
            ...lines,
            ...records.map((text) => [2, text] as const),
            [3, output(login(3, 'ben'))],
          ]);
          assert.deepEqual(users(bytes, 1e6), ['alice', 'ben'], `${size}, ${i}`);
        }
      }
    });

  test('but seconds later it is one [10.8]', () => {
    for (const form of UNMARKED) {
      const long = padded(output(at(2, 'Client disconnected: ')), 16_384);
      const bytes = log(form, [
        [0, output(welcome)],
        [1, output(login(1, 'alice'))],
        [2, long],
        [9, output(login(9, 'ben'))],
      ]);
      assert.deepEqual(users(bytes, 1e6), ['alice', 'ben'], form.name);
    }
  });

  test('a message of syslog goes on in none [10.8]', () => {
    const form = UNMARKED[0]!;
    const long = padded('c2s1: Client disconnected: ', 8_150);
    const bytes = log(form, [
      [0, 'startup: Hello and welcome to Prosody version 0.12.3'],
      [2, long],
      [2, 'c2s2: Authenticated as ben@chat.example'],
    ]);
    assert.deepEqual(users(bytes, 1e6), ['ben']);
  });
});

const ejabberd = (second: number, text: string, level = 'info'): string =>
  `2026-03-02 10:00:${String(second).padStart(2, '0')}.123456+00:00 [${level}] ${text}`;
const opened = (second: number, user: string): string =>
  ejabberd(second, `(tls|<0.7${user.length}.0>) Opened c2s session for ${user}@chat.example/x`);
const failed = ejabberd(2, '(tls|<0.1.0>) Failed c2s ', 'warning');
const END = ' authentication from 192.0.2.1: Unsupported mechanism';
const removal = ejabberd(2, 'Removing any push sessions of alice@chat.example');

/** Messages of ejabberd with forged lines, as records. */
const FORGED: Readonly<Record<string, (size: number) => readonly string[]>> = {
  'cut behind what looks like its end': (size) => [padded(failed, size - END.length) + END, removal, END],
  'cut in the middle': (size) => [padded(failed, size), removal, END],
  'cut at its end': (size) => [failed + END, removal, padded('', size), END],
  'whose end is lost': (size) => [failed + END, removal, padded('', size)],
  'in lines that are cut at their ends': (size) => [padded(failed, size), removal, padded('', size), END],
};

describe('a message of ejabberd that is cut without a mark is nobody, and hides nobody, in', () => {
  for (const form of UNMARKED)
    test(`${form.name} [10.8]`, () => {
      for (const size of SIZES)
        for (const [what, records] of Object.entries(FORGED))
          for (const last of [3, 50]) {
            const attack = records(size).map((text) => [2, text] as const);
            const bytes = log(form, [[0, opened(0, 'alice')], ...attack, [last, opened(last, 'ben')]]);
            assert.deepEqual(users(bytes, 1e6), ['alice', 'ben'], `${size}, ${what}`);
          }
    });
});

/** An entry of the journal; a message of null is left out. */
const entry = (second: number, message: string | null, fields: object = {}): string =>
  JSON.stringify({
    SYSLOG_IDENTIFIER: 'prosody',
    __REALTIME_TIMESTAMP: `${START + second}000000`,
    MESSAGE: message,
    ...fields,
  });
const exported = (second: number, message: string, fields: object = {}): string =>
  Object.entries({
    __REALTIME_TIMESTAMP: `${START + second}000000`,
    SYSLOG_IDENTIFIER: 'prosody',
    ...fields,
    MESSAGE: message,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
/** daemon/logger/journald/journald.go, Log */
const PARTIAL = {
  CONTAINER_PARTIAL_ID: 'ab',
  CONTAINER_PARTIAL_ORDINAL: '1',
  CONTAINER_PARTIAL_LAST: 'false',
  CONTAINER_PARTIAL_MESSAGE: 'true',
};
const LAST = { CONTAINER_PARTIAL_ID: 'ab', CONTAINER_PARTIAL_ORDINAL: '2', CONTAINER_PARTIAL_LAST: 'true' };

describe('the journal', () => {
  for (const [name, made] of [
    ['json', entry],
    ['export', exported],
  ] as const)
    test(`-o ${name}: the pieces of docker's and podman's are one line [10.8]`, () => {
      const lines = [
        made(0, output(welcome)),
        made(1, 'c2s1     info\tAuthen', PARTIAL),
        made(1, 'ticated as alice@chat.example', LAST),
        made(2, 'c2s2     info\tx', PARTIAL),
        made(2, output(login(2, 'victim')), LAST),
        made(2, output(login(2, 'ben'))),
      ];
      assert.deepEqual(users(Buffer.from(`${lines.join('\n')}\n`), 1e6), ['alice', 'ben']);
    });

  test('-o json without --all: a message of ejabberd is known whose last line is left out [10.8]', () => {
    const lines = [
      entry(0, opened(0, 'alice')),
      entry(2, failed + END),
      entry(2, removal),
      entry(2, null),
      entry(50, opened(50, 'ben')),
    ];
    assert.deepEqual(users(Buffer.from(`${lines.join('\n')}\n`), 1e6), ['alice', 'ben']);
  });
});

test('what a message of ejabberd ends with is told where its last line is longer than what is kept of one [10.8]', () => {
  const cri = (part: string, text: string, second = 2): string => `2026-03-02T10:00:0${second}Z stdout ${part} ${text}`;
  const pieces = Array.from({ length: 6 }, () => cri('P', padded('', 16_384)));
  const lines = [
    cri('F', opened(0, 'alice'), 0),
    cri('F', failed + END),
    cri('F', removal),
    ...pieces,
    cri('F', END),
    cri('F', opened(9, 'ben'), 9),
  ];
  assert.deepEqual(users(Buffer.from(`${lines.join('\n')}\n`), 1e6), ['alice', 'ben']);
});

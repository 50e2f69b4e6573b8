/**
 * Lines that a remote party forged in a message, in reads of their own: what each line is is told as if all had been read in one
 * piece, also over a restart between any two of them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SessionEvent } from '../../src/format/dialects/dialect.ts';
import { fileOf } from '../ejabberd-golden.ts';
import { eventsOf } from './envelopes/events.ts';
import { FORMS as ALL_FORMS, iso, log, START, type Form, type Output } from './envelopes/outputs.ts';

const AT_ONCE = 1e9;
/** An entry of an export has several lines, which come at once. */
const FORMS = ALL_FORMS.filter(({ name }) => !name.endsWith('export'));

/** One of each kind. */
const SOME = FORMS.filter(({ name }) =>
  ['a file', 'rsyslog, file format', 'journalctl -o json, of the output', "docker's json-file"].includes(name),
);

/** What is told of the lines read in blocks of so many bytes. */
function told(bytes: Buffer, size: number): readonly SessionEvent[] {
  const { events, waiting } = eventsOf(bytes, 'UTC', size);
  assert.equal(waiting, 0);
  return events;
}

/** Of lines with stamps what was printed at which second. */
function outputsIn(text: string): Output[] {
  const outputs: Output[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const at = Date.parse(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(line)?.[0].concat('Z') ?? '') / 1000 - START;
    const second = outputs.at(-1)?.[0] ?? 0;
    // A stamp that is forged is none of the wrapping's.
    outputs.push([Math.abs(at - second) < 60 || outputs.length === 0 ? at : second, line]);
  }
  return outputs;
}

/** Lines that real servers wrote around those that a client forged. */
const REAL: Readonly<Record<string, string>> = {
  'ejabberd 23.01': fileOf('23.01/05-injection-clean-lines.log').toString('latin1'),
  'ejabberd 23.01, over HTTP and by pushes': fileOf('23.01/08-injection-over-http-and-push.log').toString('latin1'),
  'ejabberd 24.12': aroundForged('24.12/console-stdout.txt.gz'),
  'ejabberd 26.07': aroundForged('26.07/console-stdout.txt.gz'),
};

function aroundForged(path: string): string {
  const lines = fileOf(path).toString('latin1').split('\n');
  const forged = lines.flatMap((line, i) => (/^\d{4}-.*(?:victim|forged)@/.test(line) ? [i] : []));
  assert.ok(forged.length > 0);
  return `${lines.filter((_, i) => forged.some((at) => Math.abs(at - i) < 12)).join('\n')}\n`;
}

for (const [server, text] of Object.entries(REAL))
  describe(`forged lines of a real ${server}, in reads of their own, in`, () => {
    for (const form of FORMS)
      test(`${form.name} [10.8]`, () => {
        const bytes = log(form, outputsIn(text));
        const expected = told(bytes, AT_ONCE);
        assert.ok(!expected.some((event) => 'user' in event && /^(?:victim|forged)@/.test(event.user)));
        assert.deepEqual(told(bytes, 1), expected);
      });
  });

interface Server {
  readonly name: string;
  readonly line: (second: number, message: string) => string;
  readonly first: string;
  readonly opened: (user: string) => string;
  /** Messages that quote somebody, around the text. */
  readonly quoting: readonly ((text: string) => string)[];
  /** What comes behind a message so that it is over: in jabberd2 more bytes than one has. */
  readonly behind: readonly string[];
  /** What makes the first line of such a message look whole. */
  readonly fakeEnds: readonly string[];
  /** Seconds behind its message that a forged line has in its stamp. */
  readonly ahead: readonly number[];
  /** Whether its lines may have that form. */
  readonly isLike?: (form: Form) => boolean;
}

const SERVERS: readonly Server[] = [
  {
    name: 'ejabberd',
    line: (second, message) => `${iso(second)}.123456+00:00 [info] ${message}`,
    first: 'ejabberd 24.12 is started in the node ejabberd@localhost in 2.38s',
    opened: (user) => `(tls|<0.75.0>) Opened c2s session for ${user}@chat.example/x`,
    quoting: [
      (text) => `(tls|<0.1.0>) Failed c2s ${text} authentication from 192.0.2.1: Unsupported mechanism`,
      (text) => `(tls|<0.1.0>) Closing c2s session for eve@chat.example/x: Stream closed by peer: ${text} (reset)`,
    ],
    behind: [],
    fakeEnds: ['', ' authentication from 192.0.2.1: Unsupported mechanism', ' (reset)'],
    ahead: [0, 11, 90],
  },
  {
    name: 'jabberd2',
    line: (second, message) => {
      const [weekday, day, month] = new Date((START + second) * 1000).toUTCString().replace(',', '').split(' ');
      return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${iso(second).slice(11)} 2026 [notice] ${message}`;
    },
    first: 'modules search path: /usr/lib/jabberd2',
    opened: (user) => `[${user.length}] bound: jid=${user}@chat.example/x`,
    quoting: [(text) => `[11] [192.0.2.1, port=36408] error: Stream error (${text})`],
    behind: Array.from({ length: 20 }, () => '[12] [192.0.2.1, port=36408] connect'),
    fakeEnds: ['', ')'],
    ahead: [0, 11, 90],
  },
  {
    name: 'prosody 0.11',
    line: (second, message) => `${iso(second)} ${message.replace(' ', '\t')}`,
    first: 'startup info\tHello and welcome to Prosody version 0.11.9',
    opened: (user) => `c2s55d0a${user.length} info\tAuthenticated as ${user}@chat.example`,
    quoting: [(text) => `c2s5587 info\tSession closed by remote with error: undefined-condition (${text})`],
    behind: [],
    fakeEnds: [''],
    // What is later is believed, as it may be of a server that wrote no such message.
    ahead: [0],
    // To syslog it writes other lines.
    isLike: (form) => !form.name.startsWith('rsyslog'),
  },
];
for (const { name, line, first, opened, quoting, behind, fakeEnds, ahead, isLike = () => true } of SERVERS)
  describe(`forged lines of ${name}, their stamps ahead or not, in reads of their own, in`, () => {
    const attacks = quoting.flatMap((around) =>
      fakeEnds.flatMap((end) =>
        ahead.map(
          (seconds) => (second: number) =>
            line(second, around(`X${end}\n${line(second + seconds, opened('victim'))}\nx`)),
        ),
      ),
    );
    // Enough to know the server by.
    const beginning: Output[] = [first, opened('a'), opened('b')].map((message) => [0, line(0, message)]);
    const outputs = [...beginning];
    const users: string[] = [];
    for (const [i, attack] of attacks.entries()) {
      const second = (i + 1) * 600;
      users.push(`user${i}@chat.example`);
      outputs.push([second, attack(second)]);
      for (const message of [opened(`user${i}`), ...behind]) outputs.push([second + 5, line(second + 5, message)]);
    }
    for (const form of SOME.filter(isLike))
      test(`${form.name} [10.8]`, () => {
        const bytes = log(form, outputs);
        const first = log(form, beginning).length;
        const starts = (size: number): string[] =>
          eventsOf(bytes, 'UTC', size, Math.max(first, size)).events.flatMap((event) =>
            event.kind === 'start' && !/^[ab]@/.test(event.user) ? [event.user] : [],
          );
        assert.deepEqual(starts(AT_ONCE), users);
        assert.deepEqual(starts(1), users);
        for (let cut = bytes.indexOf(10); cut >= 0 && cut < 2000; cut = bytes.indexOf(10, cut + 1))
          assert.deepEqual(starts(cut + 1), users);
      });
  });

test('a process of ejabberd that crashed ends its session, each line of the report in a read of its own [10.3]', () => {
  const bytes = fileOf('23.01/04-misc-anon-fail2ban-ping-hidden_ip-crash.log');
  const expected = told(bytes, AT_ONCE);
  assert.ok(expected.some((event) => event.kind === 'end' && event.session === '<0.585.0>'));
  assert.deepEqual(told(bytes, 1), expected);
});

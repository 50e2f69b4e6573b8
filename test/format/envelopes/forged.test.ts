/**
 * What a remote party makes ejabberd and jabberd2 write on their standard output, line breaks and whole forged lines included, through
 * every wrapping of the output: it creates, ends and removes nothing, and hides nothing of what is written around it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { array, assert as holds, constantFrom, oneof, pre, property, string } from '../../properties.ts';
import { ParseHealth } from '../../../src/service/parse-health.ts';
import { eventsOf } from './events.ts';
import { type Form, FORMS, iso, log, type Output, START } from './outputs.ts';

interface Server {
  readonly name: string;
  readonly line: (second: number, message: string, level?: string) => string;
  readonly first: string;
  readonly opened: (user: string) => string;
  /** Whole lines of messages. */
  readonly forged: Readonly<Record<string, string>>;
  /** Messages that quote somebody, around the text. */
  readonly quoting: Readonly<Record<string, readonly [level: string, around: (text: string) => string]>>;
  /** What makes the first line of such a message look whole. */
  readonly fakeEnds: readonly string[];
  /** How much of a message is written. */
  readonly cut: (message: string) => string;
  /** What comes behind a message so that it is over: in jabberd2 more bytes than one has. */
  readonly behind: readonly string[];
}

const ejabberd = (name: string, stamp: (second: number) => string): Server => ({
  name,
  line: (second, message, level = 'info') => `${stamp(second)} [${level}] ${message}`,
  first: 'ejabberd 24.12 is started in the node ejabberd@localhost in 2.38s',
  opened: (user) => `(tls|<0.7${user.length}.0>) Opened c2s session for ${user}@chat.example/x`,
  forged: {
    login: '(tls|<0.9.9>) Opened c2s session for victim@chat.example/x',
    end: '(tls|<0.75.0>) Closing c2s session for alice@chat.example/x: Stream reset by peer',
    removal: 'Removing any push sessions of alice@chat.example',
    start: 'ejabberd 24.12 is started in the node ejabberd@localhost in 2.38s',
    stop: 'ejabberd 24.12 is stopped in the node ejabberd@localhost',
  },
  quoting: {
    'the mechanism of a login': [
      'warning',
      (text) => `(tls|<0.1.0>) Failed c2s ${text} authentication from 192.0.2.1: Unsupported mechanism`,
    ],
    'the text of an error': [
      'info',
      (text) => `(tls|<0.1.0>) Closing c2s session for eve@chat.example/x: Stream closed by peer: ${text} (reset)`,
    ],
  },
  fakeEnds: [' authentication from 192.0.2.1: Unsupported mechanism', ' (reset)'],
  cut: (message) => (message.length < 102_400 ? message : `${message.slice(0, 102_396)}...`),
  behind: ['(<0.5.0>) Accepted connection 192.0.2.1:41156 -> 192.0.2.2:5222'],
});

const LONGEST_OF_JABBERD2 = 1023;
const ctime = (second: number): string => {
  const [weekday, day, month] = new Date((START + second) * 1000).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${iso(second).slice(11)} 2026`;
};

const jabberd2: Server = {
  name: 'jabberd2',
  line: (second, message, level = 'notice') => `${ctime(second)} [${level}] ${message}`,
  first: 'modules search path: /usr/lib/jabberd2',
  opened: (user) => `[${user.length}] bound: jid=${user}@chat.example/x`,
  forged: {
    login: '[9] bound: jid=victim@chat.example/x',
    end: '[5] [192.0.2.1, port=36408] disconnect jid=alice@chat.example/x, packets: 2, bytes: 269',
    removal: '[5] registration remove succeeded, requesting user deletion: jid=alice@chat.example',
    start: 'starting up',
    stop: 'shutting down',
  },
  quoting: {
    'the text of an error': ['notice', (text) => `[11] [192.0.2.1, port=36408] error: Stream error (${text})`],
  },
  fakeEnds: [')'],
  cut: (message) => message.slice(0, LONGEST_OF_JABBERD2),
  behind: Array.from({ length: 20 }, () => '[12] [192.0.2.1, port=36408] connect'),
};

/** Its lines have no day, so that they are told only where what is around them has a stamp. */
const CONSOLE = ejabberd('ejabberd of lager, on the console', (second) => `${iso(second).slice(11)}.123`);

const SERVERS = [
  ejabberd('ejabberd', (second) => `${iso(second)}.123456+00:00`),
  ejabberd('ejabberd of lager', (second) => `${iso(second)}.123`),
  CONSOLE,
  jabberd2,
];

/** Who came and went, but for the party itself. */
const told = (bytes: Buffer, size: number): string[] =>
  eventsOf(bytes, 'UTC', size).events.flatMap((event) => {
    const user = 'user' in event ? event.user.split('@')[0]! : '';
    return user === 'eve' || (event.kind === 'server-start' && event.at === START) ? [] : [`${event.kind} ${user}`];
  });

/** Seconds between a message with forged lines and the next real line. */
const IDLE = [1, 3600];
/** Made at a second. */
function attacks({ forged, fakeEnds, line }: Server): ((second: number) => string)[] {
  const ends = ['', ...fakeEnds, `${fakeEnds[0]}\ny${fakeEnds[0]}`, ` x\ny${fakeEnds[0]}`];
  return Object.values(forged).flatMap((message) =>
    ends.map((end) => (second: number) => `X${end}\n${line(second, message)}\nx`),
  );
}

// In an export lines are further apart than in the output: a message is not known by its length, as those of jabberd2 are and the longest of all.
const isExport = ({ name }: Form): boolean => name.endsWith('export');
const formsOf = (server: Server): readonly Form[] =>
  FORMS.filter((form) => server !== jabberd2 || !isExport(form)).filter(
    ({ name }) => server !== CONSOLE || (name !== 'a file' && name !== 'docker compose logs'),
  );

for (const server of SERVERS)
  describe(`what a remote party puts into the lines of ${server.name} is nobody, and hides nobody, in`, () => {
    const { line, opened, behind } = server;
    for (const form of formsOf(server))
      test(`${form.name} [10.8]`, () => {
        const outputs: Output[] = [[0, line(0, server.first)]];
        const expected: string[] = [];
        let second = 5;
        for (const [level, around] of Object.values(server.quoting))
          for (const idle of IDLE)
            for (const text of attacks(server)) {
              const name = `user${expected.length}`;
              const later = second + idle;
              outputs.push([second, line(second, around(text(second)), level)], [later, line(later, opened(name))]);
              for (const message of behind) outputs.push([later, line(later, message)]);
              expected.push(`start ${name}`);
              second = later + 60;
            }
        assert.deepEqual(told(log(form, outputs), 1e6), expected);
      });
  });

describe('forged lines are counted, and run warns of them once, in', () => {
  for (const server of SERVERS)
    for (const form of formsOf(server))
      test(`${form.name}, of ${server.name} [10.8]`, () => {
        const { line, opened, behind, forged } = server;
        const [[level, around]] = Object.values(server.quoting) as [[string, (text: string) => string]];
        const attack = (second: number): Output => [
          second,
          line(second, around(`X\n${line(second, forged['login']!)}\nx`), level),
        ];
        const real = (second: number, name: string): Output[] =>
          [opened(name), ...behind].map((message) => [second, line(second, message)]);
        const outputs = [
          [0, line(0, server.first)] as const,
          attack(5),
          ...real(10, 'a'),
          attack(600),
          ...real(700, 'b'),
        ];
        const { counts } = eventsOf(log(form, outputs), 'UTC', 1e6);
        assert.equal(counts.quoted, 2);
        const parseHealth = new ParseHealth();
        const told = { path: '/a.log', server: server.name.split(' ')[0], version: undefined };
        const warned = [1, 2].flatMap((quoted) => [
          ...parseHealth.judge({ ...told, counts: { ...counts, lines: 9, events: 2, quoted } }, quoted),
        ]);
        assert.equal(warned.length, 1);
      });
});

describe('a message of jabberd2 that was cut is known by its length, whatever a wrapping shows longer, in', () => {
  const { line, opened, behind, forged, quoting, cut } = jabberd2;
  const [[level, around]] = Object.values(quoting) as [[string, (text: string) => string]];
  for (const form of formsOf(jabberd2))
    test(`${form.name} [10.8]`, () => {
      for (const odd of ['\t', '\r', '', '\x1e', '\t\r\n\n\t', '        ', `{"log":"${line(5, 'x')}`])
        for (const second of [6, 3600]) {
          const text = `X\n${odd}\n${line(5, forged['start']!)}\n${'A'.repeat(LONGEST_OF_JABBERD2)}`;
          const real = [opened('a'), ...behind].map((each): Output => [second, line(second, each)]);
          const outputs: Output[] = [[0, line(0, jabberd2.first)], [5, cut(line(5, around(text), level))], ...real];
          assert.deepEqual(told(log(form, outputs), 1e6), ['start a'], JSON.stringify(odd));
        }
    });
});

/** Parts of a text, in any order; the time of a forged line is that of the message. */
function piecesOf({ forged, fakeEnds, line }: Server, form: Form, second: number) {
  const lines = Object.values(forged).map((message) => line(second, message));
  const wrapped = lines.map((text) => form.line({ at: START + second, source: '', level: 'info', text }, text));
  const odd = ['', '\r', '\t', ' ', '"', '\\', '}', '\x1e', '\x1b[0m', '#011', '#012', ' | ', '...', line(second, '')];
  return oneof(
    constantFrom(...lines),
    constantFrom(...lines, ...wrapped, ...wrapped.map((each) => each.slice(0, 60))),
    constantFrom(...fakeEnds, ...fakeEnds.map((end) => `${lines[0]}${end}`)),
    constantFrom(...odd),
    // Of XML, in UTF-8.
    string({ unit: 'grapheme', maxLength: 20 }).map((text) =>
      Buffer.from(text)
        .toString('latin1')
        .replaceAll(/[\0\n]/g, ''),
    ),
    constantFrom(1, 30, 2048, 8150, 16_384, 49_152).map((length) => 'A'.repeat(length)),
  );
}

/** Attacks in one log. */
const ATTACKS = 4;
/** More of them by `HOSTILE_RUNS=100`. */
const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 2);

for (const server of SERVERS)
  describe(`any text of a remote party in the lines of ${server.name} is nobody, and hides nobody, in`, () => {
    const { line, opened, behind, cut } = server;
    for (const form of formsOf(server)) {
      // The messages of jabberd2 are known by their lengths, which a wrapping may leave open: what is near may then be passed over.
      const mayHide = server === jabberd2 && form.name !== 'a file';
      // Where a message was cut is not known there: of lager's lines the wrapping's stamp stands in the place of the server's.
      const hidesLength = isExport(form) || (server.name.includes('lager') && form.name !== 'a file');
      const texts = array(array(piecesOf(server, form, 0), { maxLength: 8 }), {
        minLength: ATTACKS,
        maxLength: ATTACKS,
      });
      const which = constantFrom(...Object.values(server.quoting));
      test(`${form.name} [10.8]`, () => {
        holds(
          property(texts, which, constantFrom(...IDLE), (all, [level, around], idle) => {
            const outputs: Output[] = [[0, line(0, server.first)]];
            for (const [i, pieces] of all.entries()) {
              const second = (i + 1) * 7200;
              const later = second + idle;
              const message = cut(
                line(second, around(['X', ...pieces, 'x'].join('\n').replaceAll(line(0, ''), line(second, ''))), level),
              );
              const next: Output[] = [opened(`user${i}`), ...behind].map((each) => [later, line(later, each)]);
              pre(!hidesLength || !message.endsWith('...'));
              // In jabberd2 what has that length by chance is taken for cut.
              pre(
                server !== jabberd2 ||
                  message.length === LONGEST_OF_JABBERD2 ||
                  [message, ...next.map(([, text]) => text)].join('\n')[LONGEST_OF_JABBERD2] !== '\n',
              );
              outputs.push([second, message], ...next);
            }
            const found = told(log(form, outputs), 1e6);
            const expected = all.map((_, i) => `start user${i}`);
            assert.deepEqual(found, mayHide ? expected.filter((each) => found.includes(each)) : expected);
          }),
          { numRuns: RUNS, endOnFailure: true },
        );
      });
    }
  });

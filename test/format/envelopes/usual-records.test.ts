/** Usual records, which compiled code makes plain, come out as their envelopes, the definition, have them; and of a hostile one no more. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Dialect } from '../../../src/format/dialects/dialect.ts';
import { ejabberd } from '../../../src/format/dialects/ejabberd.ts';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { CompiledRecords } from '../../../src/format/envelopes/compiled-records.ts';
import { dockerJson } from '../../../src/format/envelopes/docker-json.ts';
import type { Envelope } from '../../../src/format/envelopes/envelope.ts';
import { journalExport } from '../../../src/format/envelopes/journal-export.ts';
import { journalJson } from '../../../src/format/envelopes/journal-json.ts';
import { prosodyJson } from '../../../src/format/envelopes/json-lines.ts';
import { Unwrapper } from '../../../src/format/envelopes/unwrap.ts';
import { array, assert as holds, constantFrom, integer, oneof, property, string, tuple } from '../../properties.ts';
import { WRAPPED_FORMS, wrapped } from '../../wrap.ts';

const CODE = readFileSync(new URL('../../../src/format/envelopes/compiled/records.wasm', import.meta.url));
/** One for all, as in the program. */
const records = new CompiledRecords(CODE);

/** The same in both ways; returns the plain lines. */
function bothWays(block: Buffer, envelope: Envelope, program: string, dialect: Dialect): string {
  const wrapping = { envelope, program, keepsInner: false };
  const [one, other] = [new Unwrapper(wrapping, dialect), new Unwrapper(wrapping, dialect, {}, records)];
  const plain = one.unwrap(block).toString('latin1');
  assert.equal(other.unwrap(block).toString('latin1'), plain, JSON.stringify(block.toString('latin1')));
  assert.deepEqual(other.state, one.state);
  return plain;
}

const blockOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`, 'latin1');

describe('usual records are taken by what is compiled, of', () => {
  const message = { at: 1_772_445_600, source: 'c2s55d2', level: 'info', text: 'Authenticated as alice@chat.example' };
  const forms = [
    ['journalctl -o json', journalJson],
    ['journalctl -o json, of systemd 235 and before', journalJson],
    ['journalctl -o json, of the output', journalJson],
    ['journalctl -o export', journalExport],
    ["docker's json-file", dockerJson],
    ["Prosody's mod_log_json", prosodyJson],
  ] as const;
  for (const [name, envelope] of forms)
    test(`${name} [10.12]`, () => {
      const form = WRAPPED_FORMS.find((each) => each.name === name)!;
      const lines = Array.from({ length: 20_000 }, (_, i) => wrapped(form, { ...message, at: message.at + i * 997 }));
      const block = blockOf(lines);
      const program = /journal/.test(name) ? 'prosody' : '';
      assert.ok(envelope.usual);
      assert.ok(records.begin({ usual: envelope.usual, program, bare: prosody.bare }, block));
      assert.equal(records.take(0, block.length, { isOutput: form.of === 'output' }), block.length);
      const plain = records.plain.toString('latin1');
      assert.match(plain, /^\n*2026-03-02T10:00:00Z c2s55d2\tinfo\tAuthenticated as alice@chat\.example\n/);
      assert.equal(bothWays(block, envelope, program, prosody), plain);
    });
});

describe('real records are the same in both ways, of', () => {
  const cases = [
    ['transports/journal.json.gz', journalJson, 'prosody'],
    ['transports/journal.export.gz', journalExport, 'prosody'],
    ['transports/docker-json-file.log', dockerJson, ''],
    ['prosody/layouts/mod_log_json.log', prosodyJson, ''],
    ['prosody/layouts/mod_log_json-formatted.log', prosodyJson, ''],
    ['prosody/layouts/mod_log_json-formatted-as-message.log', prosodyJson, ''],
    ['jabberd2/transports/journal.json.gz', journalJson, 'jabberd/sm'],
  ] as const;
  for (const [name, envelope, program] of cases)
    test(`${name} [10.12]`, () => {
      const bytes = readFileSync(new URL(`../../../../test/logs/${name}`, import.meta.url));
      const log = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
      bothWays(log.subarray(0, log.lastIndexOf(10) + 1), envelope, program, prosody);
    });
});

/** What a remote party may write, and what is in the way of somebody who reads. */
const piece = oneof(
  constantFrom(
    ...[
      'c2s55d2: ',
      'c2s55d2    info\t',
      'c2s55d2 debug        ',
      'a warn#011',
      'x error\tab\tc',
      ': ',
      ' ',
      '\t',
      '#011',
    ],
    ...[
      'Authenticated as %s@%s',
      '%s',
      '%d',
      '% s',
      '%',
      '%%',
      '%-5.1x',
      'alice',
      'Client connected',
      '\n',
      '\r',
      '\0',
      '\x1e',
    ],
    ...[
      '"',
      '\\',
      '\\"',
      '\\u0022',
      '","MESSAGE":"c2s1: forged',
      '{"log":"x\\n"',
      '}',
      ']',
      '\x7f',
      'é',
      'ÿ\xfe',
      '\ud800',
      '\\n',
    ],
    ...['A'.repeat(80), 'B'.repeat(2030), 'C'.repeat(17)],
  ),
  string({ maxLength: 12, unit: 'binary' }),
);
const text = array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));
const TIMES = [
  '1795463737267370',
  '9999999999999999',
  '0000000000000000',
  '951782399000000',
  '17954637372673701',
  '',
  'x',
];
const WORDS = [
  'prosody',
  'cron',
  '',
  'pro\\u0073ody',
  '6',
  '0',
  '7',
  '8',
  '-1',
  'line-max',
  'true',
  'stdout',
  'info',
  'c2s55d2',
  'a b',
];
const DATES = [
  '2026-11-23T19:53:21Z',
  '2026-11-23T19:53:21.5Z',
  '2026-11-23T19:53:21.123456789+00:00',
  '2026-11-23',
  '2026-99-23T19:53:21Z',
];
const JOURNAL = [
  'MESSAGE',
  'SYSLOG_IDENTIFIER',
  'PRIORITY',
  '__REALTIME_TIMESTAMP',
  '_LINE_BREAK',
  'CONTAINER_PARTIAL_MESSAGE',
];
const OF_PROSODY = ['datetime', 'source', 'level', 'message', 'args', 'msg_formatted'];
const NAMES = [...JOURNAL, ...OF_PROSODY, 'log', 'time', 'stream', 'attrs', '', '_PID', 'XMESSAGE', 'dateti\\u006de'];

/** A value as JSON has it. */
const json = oneof(
  text.map((each) => JSON.stringify(each)),
  text.map((each) => JSON.stringify(each)),
  constantFrom(...TIMES, ...WORDS, ...DATES).map((each) => `"${each}"`),
  array(text, { maxLength: 3 }).map((each) => JSON.stringify(each)),
  constantFrom(
    'null',
    '1',
    'true',
    '[65,66]',
    '{"MESSAGE":"c2s1: x"}',
    '"\\x"',
    '"\\u00"',
    '"',
    '[ "a" , "b" ]',
    '["a",]',
    '{}',
    '-',
    '',
  ),
);
const field = tuple(constantFrom(...NAMES), json).map(([name, value]) => [name, value] as const);
type Field = readonly [string, string];
const quoted = (value: string): string => JSON.stringify(value);

/** Records that are usual but for what is put into them. */
const KINDS: Readonly<
  Record<string, { envelope: Envelope; program: string; fields: (said: string) => readonly Field[] }>
> = {
  'journalctl -o json': {
    envelope: journalJson,
    program: 'prosody',
    fields: (said) => [
      ['MESSAGE', quoted(said)],
      ['SYSLOG_IDENTIFIER', '"prosody"'],
      ['PRIORITY', '"6"'],
      ['__REALTIME_TIMESTAMP', '"1795463737267370"'],
    ],
  },
  "docker's json-file": {
    envelope: dockerJson,
    program: '',
    fields: (said) => [
      ['log', quoted(`${said}\n`)],
      ['stream', '"stdout"'],
      ['time', '"2026-11-23T19:53:21.5Z"'],
    ],
  },
  "Prosody's mod_log_json": {
    envelope: prosodyJson,
    program: '',
    fields: (said) => [
      ['datetime', '"2026-11-23T19:58:49Z"'],
      ['source', '"c2s55d2"'],
      ['message', quoted(said)],
      ['args', '["alice","chat.example"]'],
      ['level', '"info"'],
    ],
  },
};

/** One object in a line: blanks around what it consists of or not, and bytes that are none of UTF-8. */
function objectOf(fields: readonly Field[], style: number): string {
  const [blank, colon] = style === 1 ? [' ', ' : '] : ['', style === 2 ? ': ' : ':'];
  const body = fields.map(([name, value]) => `"${name}"${colon}${value}`).join(`,${blank}`);
  const line = `${style === 3 ? '\x1e' : ''}{${blank}${body}${blank}}${style === 4 ? ' ' : ''}`;
  return Buffer.from(line).toString('latin1').replaceAll('\n', '');
}

describe('records of hostile text are the same in both ways, of', () => {
  for (const [name, { envelope, program, fields }] of Object.entries(KINDS))
    for (const dialect of [prosody, ejabberd])
      test(`${name}, with the dialect of ${dialect.name} [10.12]`, () => {
        const record = tuple(
          text,
          array(tuple(integer({ min: 0, max: 6 }), field), { maxLength: 3 }),
          integer({ min: 0, max: 12 }),
        ).map(([said, more, style]) => {
          const all = [...fields(said)];
          // In the place of what is there, or beside it.
          for (const [at, other] of more) all.splice(at, at % 2, other);
          return objectOf(all, style);
        });
        holds(
          property(array(record, { minLength: 1, maxLength: 6 }), integer({ min: -400, max: 400 }), (lines, cut) => {
            const log = lines.join('\n');
            bothWays(blockOf([cut < 0 ? log.slice(0, cut) : log]), envelope, program, dialect);
          }),
          { numRuns: 1500 },
        );
      });

  test('journalctl -o export [10.12]', () => {
    const value = oneof(text, constantFrom(...TIMES, ...WORDS)).map((each) => Buffer.from(each).toString('latin1'));
    const line = oneof(
      tuple(constantFrom(...JOURNAL, '_PID', 'X', 'x', ''), value).map(([name, each]) => `${name}=${each}`),
      constantFrom(
        'MESSAGE=c2s1: x',
        'PRIORITY=6',
        'SYSLOG_IDENTIFIER=prosody',
        '__REALTIME_TIMESTAMP=1795463737267370',
      ),
      constantFrom('', '', 'MESSAGE\n\x05\0\0\0\0\0\0\0a\nb\n=', 'no field', '=', 'X'),
    );
    const usual = value.map((each) => [
      `MESSAGE=${each}`,
      'PRIORITY=6',
      'SYSLOG_IDENTIFIER=prosody',
      '__REALTIME_TIMESTAMP=1795463737267370',
    ]);
    const entry = tuple(usual, array(line, { maxLength: 3 })).map(([fields, more]) =>
      [...fields, ...more, ''].join('\n'),
    );
    holds(
      property(array(entry, { minLength: 1, maxLength: 6 }), constantFrom(prosody, ejabberd), (entries, dialect) => {
        bothWays(blockOf(entries), journalExport, 'prosody', dialect);
      }),
      { numRuns: 1500 },
    );
  });
});

test('where a short line ends, the longer one before it says nothing [10.8]', () => {
  const lines = ['c2s55d2        info\tClient connected\tx', 'certmanager    error\tno'].map((text) =>
    JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: '2026-11-23T19:53:21Z' }),
  );
  const stale = JSON.stringify({ log: `${' '.repeat(22)}x\t\t\t\n`, stream: 'stdout', time: '2026-11-23T19:53:21Z' });
  const plain = bothWays(blockOf([...lines.slice(0, 1), stale, ...lines.slice(1)]), dockerJson, '', prosody);
  assert.match(plain, /Z certmanager\terror\tno\n$/);
});

describe('nothing in a text is taken for a field:', () => {
  const forged = 'c2s1: Authenticated as victim@chat.example';
  const time = '"__REALTIME_TIMESTAMP":"1795463737267370","PRIORITY":"6","SYSLOG_IDENTIFIER":"prosody"';
  const cases: readonly [name: string, line: string, plain: RegExp][] = [
    ['a quote with its backslash', `{${time},"A":"\\"MESSAGE\\":\\"${forged}","MESSAGE":"c2s1: x"}`, /\tx\n/],
    [
      'a quote as a number',
      `{${time},"MESSAGE":"c2s1: \\u0022,\\u0022MESSAGE\\u0022:\\u0022${forged}"}`,
      /\t","MESSAGE":"c2s1: Auth/,
    ],
    ['a name as a value', `{${time},"A":"MESSAGE","MESSAGE":"c2s1: x"}`, /\tx\n/],
    ['a backslash at the end', `{${time},"A":"\\\\","MESSAGE":"c2s1: x"}`, /\tx\n/],
    ['brackets', `{${time},"A":"}],{\\"MESSAGE\\":[","MESSAGE":"c2s1: x"}`, /\tx\n/],
  ];
  for (const [name, line, plain] of cases)
    test(`${name} [10.12]`, () => assert.match(bothWays(blockOf([line]), journalJson, 'prosody', prosody), plain));
});

/** Records of hostile text, and such as are odd in any way, come out the same in both ways. */
import { describe, test } from 'node:test';
import { ejabberd } from '../../../src/format/dialects/ejabberd.ts';
import { mongooseim } from '../../../src/format/dialects/mongooseim.ts';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { dockerJson } from '../../../src/format/envelopes/docker-json.ts';
import type { Envelope } from '../../../src/format/envelopes/envelope.ts';
import { journalExport } from '../../../src/format/envelopes/journal-export.ts';
import { journalJson } from '../../../src/format/envelopes/journal-json.ts';
import { mongooseImJson, prosodyJson } from '../../../src/format/envelopes/json-lines.ts';
import { array, assert as holds, constantFrom, integer, oneof, property, string, tuple } from '../../properties.ts';
import { blockOf, bothWays } from './both-ways.ts';

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
const OF_MONGOOSEIM = ['when', 'level', 'what', 'reason', 'jid', 'version', 'meta', 'mfa'];
const NAMES = [
  ...JOURNAL,
  ...OF_PROSODY,
  ...OF_MONGOOSEIM,
  'log',
  'time',
  'stream',
  'attrs',
  '',
  '_PID',
  'XMESSAGE',
  'dateti\\u006de',
];

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
    '{"mfa":"{a,b,1}"}',
    '{"line":01,"mfa":"{a_1,b,1}"}',
    '{"mfa":"{a,b,1}","mfa":"{b,b,1}","meta":1}',
    '{"mfa":"x","jid":"victim@chat.example/x"}',
    '12',
    '012',
    '1.5',
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
  "MongooseIM's JSON": {
    envelope: mongooseImJson,
    program: '',
    fields: (said) => [
      ['jid', quoted(said)],
      ['level', '"info"'],
      ['meta', '{"mfa":"{ejabberd_c2s,terminate,3}","line":12,"pid":"<0.1.0>"}'],
      ['what', '"close_session"'],
      ['when', '"2026-11-23T19:58:49.123456+00:00"'],
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
    for (const dialect of envelope === mongooseImJson ? [mongooseim, prosody] : [prosody, ejabberd])
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

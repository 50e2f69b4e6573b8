/** Heads of lines that are known from lines before say the same as their pattern does, and so does what is compiled. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ejabberd } from '../../../src/format/dialects/ejabberd.ts';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { compose, composeStamped } from '../../../src/format/envelopes/compose.ts';
import { cri } from '../../../src/format/envelopes/cri.ts';
import { Cut, FOREIGN, type Envelope } from '../../../src/format/envelopes/envelope.ts';
import { rfc5424 } from '../../../src/format/envelopes/rfc5424.ts';
import { dockerLogs, svlogd, tai64n } from '../../../src/format/envelopes/stamped.ts';
import { journalFull, journalUnix, syslog } from '../../../src/format/envelopes/syslog.ts';
import {
  array,
  assert as holds,
  constantFrom,
  oneof,
  property,
  string,
  tuple,
  type Arbitrary,
} from '../../properties.ts';
import { WRAPPED_FORMS, wrapped } from '../../wrap.ts';
import { blockOf, bothWays, records } from './both-ways.ts';

describe('usual lines are taken by what is compiled, of', () => {
  const forms: readonly [name: string, envelope: Envelope, program: string][] = [
    ['rsyslog, traditional', syslog, 'prosody'],
    ['rsyslog, traditional, of the output', syslog, 'prosody'],
    ['rsyslog, file format', syslog, 'prosody'],
    ['rsyslog, RFC 5424', rfc5424, 'prosody'],
    ['journalctl -o short-iso', syslog, 'prosody'],
    ['journalctl -o short-precise', syslog, 'prosody'],
    ['journalctl -o short-full', journalFull, 'prosody'],
    ['journalctl -o with-unit', journalFull, 'prosody.service'],
    ['journalctl -o short-unix', journalUnix, 'prosody'],
    ["Kubernetes' container log", cri, ''],
    ['docker compose logs -t', composeStamped, 'prosody-1'],
    ['multilog', tai64n, ''],
    ['svlogd -tt', svlogd, ''],
  ];
  for (const [name, envelope, program] of forms)
    test(`${name} [10.12]`, () => {
      const form = WRAPPED_FORMS.find((each) => each.name === name)!;
      const message = { source: 'c2s55d2', level: 'info', text: 'Authenticated as alice@chat.example' };
      const at = Date.UTC(2026, 2, 2, 10) / 1000;
      const block = blockOf(Array.from({ length: 20_000 }, (_, i) => wrapped(form, { ...message, at: at + i })));
      const opener = envelope.open();
      opener.begin?.(block);
      opener.open(block, 0, block.indexOf(10), new Cut());
      assert.ok(envelope.usual);
      assert.ok(records.begin({ usual: envelope.usual, program, bare: prosody.bare }, block));
      assert.equal(records.take(0, block.length, { isOutput: form.of === 'output' }, opener.heads), block.length);
      const plain = records.plain.toString('latin1');
      assert.match(plain, /^.{0,16}10:00:00\S*(?: UTC)? c2s55d2\tinfo\tAuthenticated as alice@chat\.example\n/);
      assert.equal(bothWays(block, envelope, program, prosody), plain);
    });
});

test('a line that ends with its head tells nothing of how others begin [10.8]', () => {
  const head = 'Nov 23 19:53:21 vm prosody[12]:';
  const lines = [head, `${head} c2s55d2: Client connected`];
  assert.match(bothWays(blockOf(lines), syslog, 'prosody', prosody), /\n.* c2s55d2\tinfo\tClient connected\n$/);
});

test('a line of debug level is one where syslog does not tell, of a session only [10.12]', () => {
  const head = 'Nov 23 19:53:21 vm prosody[12]:';
  const bodies = ['c2s1f: x', ...['c2s1f', 'bosh1-f', 'bosh', 'c2s', 'c2sx', 'c1s1'].map((by) => `${by}: Received[x`)];
  const plain = bothWays(blockOf(bodies.map((body) => `${head} ${body}`)), syslog, 'prosody', prosody);
  const levels = [...plain.matchAll(/\t(\w+)\t/g)].map(([, level]) => level);
  assert.deepEqual(levels, ['info', 'debug', 'debug', 'info', 'info', 'info', 'info']);
});

/** What a remote party may write. */
const text = array(
  oneof(
    constantFrom(
      ...[
        'c2s55d2: ',
        'c2s55d2    info\t',
        'c2s55d2 debug        ',
        'a warn#011',
        'x error\tab\tc',
        'bosh1-f: Received[',
      ],
      ...[
        '#011',
        '#033[1m',
        '#033[0m',
        '\x1b[0m',
        '\x1b[0m ',
        ' ',
        '  ',
        '\t',
        ': ',
        '\xef\xbb\xbf',
        '\xef',
        '\0',
        '\x1e',
        '\r',
      ],
      ...[
        'Resource bound: a@b/c',
        'Destroying session for ',
        'Client connected',
        '2026-11-23 19:53:21 ',
        '| ',
        '- -  ',
      ],
      ...['Nov 23 19:53:21 vm prosody[12]: c2s1: Authenticated as victim@chat.example', '<30>1 ', 'A'.repeat(2040)],
    ),
    string({ maxLength: 12, unit: 'binary' }),
  ),
  { maxLength: 4 },
).map((pieces) => Buffer.from(pieces.join('')).toString('latin1').replaceAll('\n', ''));

const DAYS = ['2026-11-23', '2026-11-24', '2026-12-31', '2027-01-01', '2026-1-1', '9999-99-99'];
const TIMES = ['19:53:21', '19:59:59', '20:00:00', '23:59:59', '00:00:00', '18:00:00', '99:99:99', '1:2:3'];
const FRACTIONS = ['', '', '.5', ',5', '.12345', '.123456789', '.1234567890', '.', ',', '.x'];
const ZONES = ['', 'Z', 'Z', '+00:00', '+0530', '-03:00', ' UTC', ' CEST', ' +05'];
const SHORT_DAYS = ['Nov 23', 'Nov 24', 'Dec 31', 'Jan  1', 'Jan  9', 'Jan 10', 'Jan 1', 'nov 23'];
const WHO = [
  ' vm prosody[12]:',
  ' vm prosody[12]:',
  ' vm prosody[13]:',
  ' vm prosody:',
  ' vm cron[7]:',
  ' vm prosody[12]',
  '',
];
const WHO_5424 = [
  ' vm prosody 12 - -',
  ' vm prosody 12 - -',
  ' vm cron 7 - -',
  ' vm prosody 12 - [a b="]"]',
  ' vm prosody',
];
const GAPS = [' ', ' ', ' ', '  ', '   ', '', '\t'];
const PRIORITIES = ['<30>', '<28>', '<31>', '<999>', '<>', ''];
const NAMES = [
  'prosody-1  | ',
  '\x1b[36mprosody-1  | \x1b[0m',
  '\x1b[36mprosody-1  | \x1b[0m ',
  'db-1       | ',
  'x |',
];
const NUMBERS = ['1795463737', '1795463999', '1795467600', '0000000000', '9999999999', '179546373'];
const TAI = ['6a1f0e3b5', '000000000', '00000000a', '6A1F0E3B5', 'fffffffff'];
const NANO = ['', '1234abcd', '1234abcd1234abcd', '1234abc', '1234abcd1'];

const oneOf = (texts: readonly string[]): Arbitrary<string> => constantFrom(...texts);
const joined = (...parts: readonly (readonly string[])[]): Arbitrary<string> =>
  tuple(...parts.map(oneOf)).map((each) => each.join(''));

const FORMS: readonly [envelope: Envelope, program: string, head: Arbitrary<string>][] = [
  [
    syslog,
    'prosody',
    oneof(
      joined(['', '', '<30>'], SHORT_DAYS, [' '], TIMES, FRACTIONS, WHO, GAPS),
      joined(DAYS, ['T', ' '], TIMES, FRACTIONS, ZONES, WHO, GAPS),
    ),
  ],
  [rfc5424, 'prosody', joined(PRIORITIES, ['1 ', '1 ', '2 '], DAYS, ['T'], TIMES, FRACTIONS, ZONES, WHO_5424, GAPS)],
  [journalFull, 'prosody', joined(['Mon ', 'Tue ', 'mon '], DAYS, [' '], TIMES, FRACTIONS, ZONES, WHO, GAPS)],
  [journalUnix, 'prosody', joined(NUMBERS, FRACTIONS, WHO, GAPS)],
  [
    cri,
    '',
    joined(DAYS, ['T'], TIMES, FRACTIONS, ZONES, [' stdout', ' stdout', ' stderr'], [' F', ' F', ' P', ' F:x'], GAPS),
  ],
  [composeStamped, 'prosody-1', joined(NAMES, DAYS, ['T'], TIMES, FRACTIONS, ZONES, GAPS)],
  [compose, 'prosody-1', joined(NAMES, ['', '', ' ', '\x1b[0m'])],
  [tai64n, '', joined(['@4000000', '@4000000', '@5000000'], TAI, NANO, GAPS)],
  [svlogd, '', joined(DAYS, ['_', 'T'], TIMES, ['.12345', '.12345', ...FRACTIONS], GAPS)],
  [dockerLogs, '', joined(DAYS, ['T'], TIMES, FRACTIONS, ZONES, GAPS)],
];

/** Lines of few heads, so that each follows others of its own. */
const linesOf = (head: Arbitrary<string>): Arbitrary<string[]> =>
  tuple(
    array(head, { minLength: 1, maxLength: 5 }),
    array(tuple(constantFrom(0, 1, 2, 3, 4, 0), text), { minLength: 1, maxLength: 12 }),
  ).map(([heads, bodies]) => bodies.map(([at, body]) => `${heads[at % heads.length]}${body}`));

describe('lines of hostile text are the same in both ways, of', () => {
  for (const [envelope, program, head] of FORMS)
    for (const dialect of [prosody, ejabberd])
      test(`${envelope.name}, with the dialect of ${dialect.name} [10.12]`, () => {
        holds(
          property(linesOf(head), (lines) => {
            bothWays(blockOf(lines), envelope, program, dialect);
          }),
          { numRuns: 1000 },
        );
      });
});

describe('what was known of other lines changes nothing, of', () => {
  for (const [envelope, , head] of FORMS)
    test(`${envelope.name} [10.8]`, () => {
      holds(
        property(linesOf(head), (lines) => {
          const all = envelope.open();
          for (const line of lines.map((each) => each.replaceAll('#033', '')))
            assert.deepEqual(opened(all, line), opened(envelope.open(), line), line);
        }),
        { numRuns: 1000 },
      );
    });

  function opened(opener: ReturnType<Envelope['open']>, line: string): unknown {
    const block = blockOf([line]);
    const cut = new Cut();
    opener.begin?.(block);
    const kind = opener.open(block, 0, block.length - 1, cut);
    const { stamp, stampLength, text: bytes, from, to, program, severity, stream } = cut;
    const [time, body] = [stamp.toString('latin1', 0, stampLength), bytes.toString('latin1', from, to)];
    return kind === FOREIGN ? kind : { kind, time, body, program, severity, stream };
  }
});

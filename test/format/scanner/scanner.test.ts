/** The scanner and the reader say the same of any lines: the reader is the definition, the scanner only quicker. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from '../../properties.ts';
import { goldenLog, NEWYEAR_BERLIN, SMALL_UTC } from '../../golden.ts';
import { eventsIn } from '../envelopes/events.ts';
import { blocksOf, byReader, byScanner, SCANNERS } from './both-ways.ts';

const id = fc.constantFrom(
  'c2s1',
  'c2s5625a0b0',
  'c2s560351951f30',
  'c2sffffffffffffff',
  'c2s0',
  'c2s00ff',
  'c2sAB',
  'c2s',
  'bosh58833a29-3eaa-4734-878e-f48d1033363e',
  'bosh',
  's2sin55',
  'startup',
  'usermanager',
  'chat.example:x y',
  '',
);
const jid = fc.constantFrom(
  'alice@chat.example',
  'bob.x@work.example',
  'Carol@Chat.Example',
  'иван@chat.example',
  "o'brien@h",
  'a/b@c',
  '@h',
  'x@',
  'a@b@c',
  '(unknown)@chat.example',
  'two words@h',
  `${'x'.repeat(300)}@h`,
);
const role = fc.constantFrom('', ' [prosody:registered]', ' [a b]', ' [', ' []', ' x', ' [x', ' ');
const reason = fc.constantFrom('connection closed', 'closed', '', 'x\ty', 'read timeout (a', 'closed\r');
const message = fc.oneof(
  fc.constantFrom('Client connected', 'Client connected ', 'Client connecte', 'Client connected\r'),
  fc.tuple(jid, role).map(([a, b]) => `Authenticated as ${a}${b}`),
  reason.map((text) => `Client disconnected: ${text}`),
  reason.map((text) => `BOSH client disconnected: ${text}`),
  fc.constantFrom(
    'BOSH client disconnected',
    'Hello and welcome to Prosody version 0.12.3',
    'Hello and welcome to Prosody version 0.11.9',
    'Hello and welcome to Prosody version 13.0.7',
    'Shutting down: x',
    'Reloading configuration file',
    'User account deleted: alice@chat.example',
    'Incoming s2s stream evil.example->a (b closed: This host does not serve a (b',
    'Session closed by remote with error: x (y',
    'end of it)',
    'Stream encrypted (TLSv1.3)',
    'Resource bound: alice@chat.example/phone',
    'Unbinding resource for alice@chat.example/phone (alice@chat.example)',
    '',
    'Stream',
  ),
);
const time = fc.tuple(fc.nat(3), fc.nat(59), fc.nat(61)).map((parts) => parts.map((n) => String(n).padStart(2, '0')));
const stamp = fc.oneof(
  { weight: 8, arbitrary: time.map((hms) => `Nov 03 ${hms.join(':')}`) },
  time.map((hms) => `Nov 3 ${hms.join(':')}`),
  time.map((hms) => `Oct 25 ${hms.join(':')}`),
  fc.constantFrom('Nov 04 00:00:00', 'Dec 31 23:59:59', 'Feb 29 12:00:00', 'x', ''),
);
const level = fc.constantFrom('info', 'info', 'info', 'debug', 'warn', 'error', 'inf', 'infox');
const line = fc.oneof(
  fc.constant(''),
  { weight: 12, arbitrary: fc.tuple(stamp, id, level, message).map(([a, b, c, d]) => `${a} ${b}\t${c}\t${d}`) },
  fc.tuple(stamp, id, level, message).map(([a, b, c, d]) => `\t${a} ${b}\t${c}\t${d}`),
  fc.tuple(stamp, id, level, message).map(([a, b, c, d]) => `\0\0${a} ${b}\t${c}\t${d}`),
  fc.tuple(stamp, id, level, message).map(([a, b, c, d]) => `${a} ${b}      ${c}\t${d}`),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', '')),
);

/** The same line with another stamp, or in the layout of stdout. */
const STYLES: Readonly<Record<string, (line: string) => string>> = {
  'as they are': (line) => line,
  'ISO 8601': (line) => line.replace(/^(\0*)Nov 0?(\d) /, '$12026-11-0$2T'),
  fractions: (line) =>
    line.replace(/^(\0*)Nov 0?(\d) (\d\S+)/, (_, nuls, day, time) => {
      const fraction = String((line.length * 7919) % 1e6).slice(0, line.length % 9 === 0 ? 3 : 6);
      return `${nuls}2026-11-0${day}T${time}.${fraction.padEnd(3, '0')}+00:00`;
    }),
  'the layout of stdout': (line) => line.replace(/^([^\t]+)\t/, '$1       '),
};
const style = fc.constantFrom(...Object.keys(STYLES));

/** A login each minute of a day from one to another, exclusive. */
function minutes(day: string, from: number, to: number): Buffer {
  const stamps = Array.from({ length: to - from }, (_, n) => new Date((from + n) * 60_000).toISOString().slice(11, 19));
  return Buffer.from(stamps.map((at) => `${day} ${at} c2s1\tinfo\tAuthenticated as alice@chat.example\n`).join(''));
}

for (const [name, make] of Object.entries(SCANNERS))
  describe(`the scanner ${name} says of lines what the reader says`, () => {
    for (const campaign of [SMALL_UTC, NEWYEAR_BERLIN])
      for (const detail of ['info', 'debug'] as const)
        for (const size of [700, 256 * 1024])
          it(`of a real log: ${campaign.name}, ${detail}, in blocks of ${size} bytes`, () => {
            const blocks = blocksOf(goldenLog(campaign, detail), size);
            const { scanned, ...outcome } = byScanner(blocks, campaign, make());
            assert.deepEqual(outcome, byReader(blocks, campaign));
            if (size > 700) assert.ok(scanned > outcome.events.length / 2, `${scanned} of ${outcome.events.length}`);
          });

    for (const [look, styled] of Object.entries(STYLES))
      it(`of a real log, the stamps of one day and the lines: ${look} [9.15]`, () => {
        const lines = goldenLog(SMALL_UTC, 'info').toString('latin1').split('\n').slice(0, 4000);
        const dated = lines.map((line) => styled(line.replace(/^\w{3} \d\d/, 'Nov 03')));
        const blocks = [Buffer.from(dated.join('\n') + '\n', 'latin1')];
        const zone = { timezone: 'UTC', year: 2026 };
        const { scanned, ...outcome } = byScanner(blocks, zone, make());
        assert.deepEqual(outcome, byReader(blocks, zone));
        assert.ok(scanned > outcome.events.length / 2, `${scanned} of ${outcome.events.length}`);
      });

    it('of more users than a small table of names holds', () => {
      const logins = Array.from({ length: 40_000 }, (_, n) => {
        const time = new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString().slice(11, 19);
        return `Jan 01 ${time} c2s${(n + 16).toString(16)}\tinfo\tAuthenticated as user${n % 30_000}@chat.example\n`;
      });
      const blocks = blocksOf(Buffer.from(logins.join('')), 256 * 1024);
      const { scanned, ...outcome } = byScanner(blocks, { timezone: 'UTC', year: 2026 }, make());
      assert.deepEqual(outcome, byReader(blocks, { timezone: 'UTC', year: 2026 }));
      assert.ok(scanned > 39_000, `${scanned}`);
    });

    it('of a clock that is put right by some minutes', () => {
      const line = (time: string, message: string): string => `Nov 03 ${time} c2s1\tinfo\t${message}\n`;
      const text =
        line('03:11:00', 'BOSH client disconnected') +
        line('03:12:01', 'Authenticated as alice@chat.example') +
        line('03:10:00', 'Client connected');
      const zone = { timezone: 'UTC', year: 2026 };
      const { scanned: _, ...outcome } = byScanner([Buffer.from(text)], zone, make());
      assert.deepEqual(outcome, byReader([Buffer.from(text)], zone));
    });

    it('of each minute up to the latest instant that is believed, and beyond it [9.15]', () => {
      const blocks = [minutes('Nov 03', 9 * 60, 12 * 60)];
      const zone = { timezone: 'UTC', year: 2026, horizon: Date.UTC(2026, 10, 3, 10, 30) / 1000 };
      const { scanned, ...outcome } = byScanner(blocks, zone, make());
      assert.deepEqual(outcome, byReader(blocks, zone));
      assert.ok(scanned > 80, `${scanned}`);
    });

    for (const [day, from, to] of [
      ['Apr 05', 120, 90],
      ['Oct 04', 120, 150],
    ] as const)
      it(`of clocks that change by half an hour: ${day} [9.15]`, () => {
        const blocks = [Buffer.concat([minutes(day, 0, from), minutes(day, to, 360)])];
        const zone = { timezone: 'Australia/Lord_Howe', year: 2026 };
        const { scanned, ...outcome } = byScanner(blocks, zone, make());
        assert.deepEqual(outcome, byReader(blocks, zone));
        assert.ok(scanned > 230, `${scanned}`);
      });

    it('of a line of NUL bytes alone', () => {
      const blocks = [Buffer.from('\0\nNov 03 00:00:00 c2s1\tinfo\tBOSH client disconnected: x\n')];
      const { scanned: _, ...outcome } = byScanner(blocks, { timezone: 'UTC', year: 2026 }, make());
      assert.deepEqual(outcome, byReader(blocks, { timezone: 'UTC', year: 2026 }));
    });

    it('of any lines', () => {
      // Names that are known and names that are new.
      const made = make();
      fc.assert(
        fc.property(
          fc.array(fc.array(line, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 }),
          fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns'),
          style,
          (blocks, timezone, look) => {
            const bytes = blocks.map((lines) => Buffer.from(`${lines.map(STYLES[look]!).join('\n')}\n`));
            const zone = { timezone, year: 2026 };
            const { scanned: _, ...outcome } = byScanner(bytes, zone, made);
            assert.deepEqual(outcome, byReader(bytes, zone));
          },
        ),
        { numRuns: 2500 },
      );
    });
  });

it('a log whose last line has no blank behind its stamp is read to its end [10.6]', () => {
  const lines = ['c2s1\tinfo\tClient connected', 'c2s1\tinfo\tAuthenticated as a@chat.example', 'x'];
  const log = lines.map((line, i) => `Nov 03 00:00:0${i} ${line}\n`).join('');
  assert.equal(eventsIn(Buffer.from(log), { ends: [] }).events.length, 2);
  const wrapped = ['c2s1:', '{"log":"Nov', '{"log":"\\n","stream":"stdout"}'];
  const other = wrapped.map((line) => `Nov 20 10:00:00 h docker[1]: ${line}\n`).join('');
  const server = 'Nov 20 10:00:00 h prosody[1]: c2s1: Authenticated as a@chat.example\n';
  assert.equal(eventsIn(Buffer.from(server + other), { ends: [] }).events.length, 1);
});

/** Entries of `journalctl -o export` are the same wherever a block ends, and a program that goes on where another one stopped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prosody } from '../../../src/format/dialects/prosody.ts';
import { journalExport } from '../../../src/format/envelopes/journal-export.ts';
import { Unwrapper, type UnwrapState } from '../../../src/format/envelopes/unwrap.ts';

const WRAPPING = { envelope: journalExport, program: 'prosody', keepsInner: false };

function binary(name: string, value: string): string {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(value.length);
  return `${name}\n${length.toString('latin1')}${value}\n`;
}

const entry = (...fields: string[]): string => `${fields.join('')}\n`;
const PROGRAM = 'SYSLOG_IDENTIFIER=prosody\n';
const TIME = '__REALTIME_TIMESTAMP=1795463737267370\n';
const ENTRIES = [
  entry(
    '__CURSOR=s=1;i=2\n',
    TIME,
    'PRIORITY=6\n',
    PROGRAM,
    'MESSAGE=c2s1: Authenticated as alice@chat.example\n',
    'X=y\n',
  ),
  entry(TIME, binary('MESSAGE', 'c2s1: of two\nlines\n\nand more\n'), 'PRIORITY=4\n', PROGRAM),
  entry(
    binary('COREDUMP', '\n\n=\nMESSAGE=c2s1: Client connected\n\0'),
    binary('MESSAGE', 'c2s1: Client connected'),
    TIME,
    PROGRAM,
  ),
  entry(binary('MESSAGE', ''), TIME, PROGRAM),
  entry('MESSAGE=first\n', 'MESSAGE=c2s1: second\n', TIME, PROGRAM, 'SYSLOG_IDENTIFIER2=other\n'),
  entry('MESSAGE=of another program\n', TIME, 'SYSLOG_IDENTIFIER=cron\n'),
  entry('MESSAGE=without a time\n', PROGRAM),
  entry(TIME, PROGRAM, '_LINE_BREAK=line-max\n', 'MESSAGE=c2s1: a piece\n'),
  entry(TIME, PROGRAM, 'MESSAGE= and its end\n'),
  entry(TIME, PROGRAM, 'no field\n', 'MESSAGE=c2s1: behind what is none\n'),
  entry('=\n', TIME, PROGRAM, 'PRIORITY=\n', 'MESSAGE=\n'),
  entry(),
  entry('X=1\n', 'Y=2\n'),
  entry(TIME, PROGRAM, `MESSAGE=c2s1: ${'long '.repeat(14_000)}\n`),
  entry('X=1\n', binary('MESSAGE', 'c2s1: behind a length\n\nMESSAGE=c2s1: none\n'), TIME, PROGRAM),
  entry(TIME, PROGRAM, 'PRIORITY=7\n', 'MESSAGE=c2s1: Received[c2s]: <iq>\n'),
];
const LOG = Buffer.from(ENTRIES.join(''), 'latin1');

test('cut at any line, each part read by another reader that knows the state [10.1]', () => {
  const whole = new Unwrapper(WRAPPING, prosody).unwrap(LOG).toString('latin1');
  assert.match(whole, /\n2026-11-23T19:55:37Z c2s1\tinfo\tAuthenticated as alice@chat\.example\n/);
  assert.match(whole, /\n2026-11-23T19:55:37Z c2s1\tinfo\tClient connected\n/);
  assert.match(whole, /\n2026-11-23T19:55:37Z c2s1\tinfo\tsecond\n/);
  assert.match(whole, /of two\x1elines/);
  assert.equal(whole.split('\n').length, LOG.toString('latin1').split('\n').length);
  let parts = '';
  let state: UnwrapState = {};
  for (let from = 0, to; from < LOG.length; from = to) {
    to = LOG.indexOf(10, from) + 1;
    const unwrapper = new Unwrapper(WRAPPING, prosody, state);
    parts += unwrapper.unwrap(LOG.subarray(from, to)).toString('latin1');
    const kept: UnwrapState = JSON.parse(JSON.stringify(unwrapper.state));
    state = kept;
  }
  assert.equal(parts, whole);
  assert.equal(state.record, undefined);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { prosody } from '../../src/format/dialects/prosody.ts';
import { LineDecoder, type LineDecoderState } from '../../src/format/line-decoder.ts';

const DAY = '2026-11-23T';
const HOST = 'chat.example';

/** `19:41:50 SOURCE MESSAGE`; what is not of this form is a line as it stands. */
function lineOf(entry: string): string {
  const [, time, source, message] = /^(\d\d:\d\d:\d\d) (\S+) (.*)$/.exec(entry) ?? [];
  return time === undefined ? `${entry}\n` : `${DAY}${time}Z ${source}\tinfo\t${message}\n`;
}

function readerOf(state: Partial<LineDecoderState> = {}): LineDecoder {
  const clock = { year: 2026, last: undefined };
  return new LineDecoder({ dialect: prosody, timezone: 'UTC', horizon: () => Infinity, state: { clock, ...state } });
}

/** The names of those who logged in, of lines that were read in blocks. */
function logins(reader: LineDecoder, ...blocks: readonly (readonly string[])[]): string[] {
  const names: string[] = [];
  for (const block of blocks)
    reader.read(Buffer.from(block.map(lineOf).join('')), (event) => {
      if (event.kind === 'start') names.push(event.user.slice(0, event.user.indexOf('@')));
    });
  return names;
}

const loginAt = (time: string, name: string): string => `${time} c2s55${name.length} Authenticated as ${name}@${HOST}`;
const SIX = ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff'];
const SIX_LOGINS = SIX.map((name, i) => loginAt(`19:42:0${i}`, name));

const hello = (version: string): string => `19:41:00 startup Hello and welcome to Prosody version ${version}`;
/** What an unauthenticated server makes 0.12 and 13 print. */
const HEADER = '19:42:00 s2sin5587 Incoming s2s stream evil.example->a (b closed: This host does not serve a (b';
/** A line that is whole and ends as a quotation would. */
const CLOSER = '19:42:05 s2sin5588 Session closed by remote with error: undefined-condition (x)';
const FORGED = loginAt('19:42:00', 'forged');
const QUOTE = '19:42:00 c2s5587 Session closed by remote with error: undefined-condition (x';

describe('what a remote server puts into a line hides nobody behind it', () => {
  for (const version of ['0.11.9', '0.12.3', '13.0.7', 'trunk nightly build 1733 (2024-03-01, 1234abcd)', undefined]) {
    const start = version === undefined ? [] : [hello(version)];
    for (const [what, lines] of [
      ['the header of a stream', [HEADER, ...SIX_LOGINS]],
      ['one header after the other', SIX_LOGINS.flatMap((login) => [HEADER, login])],
      ['a header, and another line that ends it', [HEADER, ...SIX_LOGINS, CLOSER]],
      ['a session id of BOSH', ["19:42:00 mod_bosh Client tried to use sid 'x", ...SIX_LOGINS]],
    ] as const)
      test(`version ${version ?? 'not known'}: ${what} [8.1]`, () => {
        const reader = readerOf();
        assert.deepEqual(logins(reader, [...start, ...lines]), SIX);
        assert.equal(reader.counts.quoted, 0);
      });
  }

  for (const version of ['0.12.3', '0.12', '0.12 nightly build 88', '13.0.1', '13'])
    test(`version ${version}: a line that no message of this version can break [8.1]`, () => {
      assert.deepEqual(logins(readerOf(), [hello(version), HEADER, ...SIX_LOGINS, 'x)']), SIX);
    });

  test('the version is known behind a restart of the reader [8.1]', () => {
    const before = readerOf();
    logins(before, [hello('0.12.3')]);
    const after = readerOf(JSON.parse(JSON.stringify(before.state)) as LineDecoderState);
    assert.equal(after.version, '0.12.3');
    assert.deepEqual(logins(after, [HEADER, ...SIX_LOGINS, 'x)']), SIX);
  });

  test('an index of version 0.1.0 may hold an open quotation, which is forgotten [8.1]', () => {
    const clock = { year: 2026, last: 1_795_462_000 };
    const reader = readerOf({ clock, stamp: 'iso', parser: { detail: false, quote: ')', unbound: '' } });
    assert.deepEqual(logins(reader, SIX_LOGINS), SIX);
  });
});

describe('a quotation of 0.11 and before', () => {
  for (const version of ['0.9.12', '0.10.4', '0.11.9', undefined]) {
    const start = version === undefined ? [] : [hello(version)];
    test(`version ${version ?? 'not known'}: counts nobody, is counted, and hides nobody behind it [8.1]`, () => {
      const reader = readerOf();
      assert.deepEqual(logins(reader, [...start, QUOTE, FORGED, 'x)', ...SIX_LOGINS]), SIX);
      assert.equal(reader.counts.quoted, 2);
    });
  }

  test('is over after 20 lines [8.1]', () => {
    const lines = (n: number): string[] => Array.from({ length: n }, () => FORGED);
    assert.deepEqual(logins(readerOf(), [QUOTE, ...lines(19), 'x)']), []);
    assert.equal(logins(readerOf(), [QUOTE, ...lines(20), 'x)']).length, 20);
  });

  test('is none when the lines in it are later by more than some seconds [8.1]', () => {
    assert.deepEqual(logins(readerOf(), [QUOTE, loginAt('19:42:05', 'near'), 'x)']), []);
    assert.deepEqual(logins(readerOf(), [QUOTE, loginAt('19:42:06', 'far'), 'x)']), ['far']);
  });

  test('may go over midnight [8.1]', () => {
    const lines = [QUOTE.replace('19:42:00', '23:59:58'), loginAt('00:00:01', 'forged'), 'x)'];
    assert.deepEqual(logins(readerOf(), lines), []);
  });

  test('is not remembered [8.1]', () => {
    const reader = readerOf();
    assert.deepEqual(logins(reader, [QUOTE, FORGED, 'x)']), []);
    assert.deepEqual(logins(reader, SIX_LOGINS), SIX);
    assert.ok(!JSON.stringify(reader.state).includes('quot'));
  });
});

test('what it costs to look for the end of a quotation does not grow with the log [8.1]', () => {
  logins(
    readerOf(),
    Array.from({ length: 100_000 }, () => HEADER),
  );
});

describe('a session that hibernates, since 13.0.6', () => {
  const closed = '19:42:10 c2s551 Client disconnected: closed';
  const again = '19:42:10 c2s551 Client disconnected: connection closed';
  const ends = (version: string, ...blocks: readonly (readonly string[])[]): (boolean | undefined)[] => {
    const reader = readerOf();
    const found: (boolean | undefined)[] = [];
    for (const block of [[hello(version)], ...blocks])
      reader.read(Buffer.from(block.map(lineOf).join('')), (event) => {
        if (event.kind === 'end') found.push(event.hibernates);
      });
    return found;
  };

  for (const [version, hibernates] of [
    ['13.0.5', undefined],
    ['13.0.6', true],
    ['13.0.7', true],
    ['13.1', true],
    ['14.0.0', true],
    ['0.12.30', undefined],
    ['13.0 nightly build 20', undefined],
  ] as const)
    test(`version ${version}: ${hibernates ? 'is told by its two ends' : 'is not told'}`, () =>
      assert.deepEqual(ends(version, [closed, again]), [undefined, hibernates]));

  test('is told though the log is read in two steps', () =>
    assert.deepEqual(ends('13.0.7', [closed], [again]), [undefined, true]));

  for (const [what, lines] of [
    ['the ends of two sessions', [closed, again.replace('c2s551', 'c2s552')]],
    ['two ends with a line between', [closed, '19:42:10 s2sout1 Stream encrypted', again]],
    ['two ends of another wording', [again, again]],
  ] as const)
    test(`is not told by ${what}`, () => assert.deepEqual(ends('13.0.7', lines), [undefined, undefined]));
});

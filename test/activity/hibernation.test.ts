import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { login, play, RESUMPTION, stateOf, type Expected } from './play.ts';

const HELLO = '08:00:00 startup Hello and welcome to Prosody version 13.0.7';
const ends = (time: string, id: string): string[] => [
  `${time} ${id} Client disconnected: closed`,
  `${time} ${id} Client disconnected: connection closed`,
];
const ALICE = login('10:00:00', 'c2s1', 'alice');

type Case = readonly [what: string, lines: readonly string[], until: string, Expected];

const CASES: readonly Case[] = [
  [
    'keeps its user online',
    [...ALICE, ...ends('11:00:00', 'c2s1')],
    '11:10:00',
    { open: 1, login: '10:00:00', logout: '11:00:00' },
  ],
  [
    'is over 601 s later',
    [...ALICE, ...ends('11:00:00', 'c2s1')],
    '11:10:01',
    { open: 0, login: '10:00:00', logout: '11:10:01' },
  ],
  [
    'is over when its user logs in again',
    [...ALICE, ...ends('11:00:00', 'c2s1'), ...login('11:05:00', 'c2s2', 'alice')],
    '11:10:01',
    { open: 1, login: '11:05:00', logout: '11:00:00' },
  ],
  [
    'does not end what began in the same second',
    [...ALICE, ...login('11:00:00', 'c2s2', 'alice'), ...ends('11:00:00', 'c2s1')],
    '12:00:00',
    { open: 1, login: '11:00:00', logout: '11:10:01' },
  ],
  [
    'is resumed, and ends for good under its first id',
    [
      ...ALICE,
      ...ends('11:00:00', 'c2s1'),
      ...login('11:05:00', 'c2s2', 'alice'),
      '12:00:00 c2s1 Client disconnected: closed',
      '12:30:00 c2s3 Client connected',
    ],
    '+1 12:00:00',
    { open: 0, login: '11:05:00', logout: '12:10:01' },
  ],
];

describe('a session of which the log says that it hibernates, since 13.0.6,', () => {
  for (const before of [[], RESUMPTION])
    for (const [what, lines, until, expected] of CASES)
      test(`${what}${before.length > 0 ? ', also where somebody resumes' : ''}`, () =>
        assert.deepEqual(stateOf(play([HELLO, ...before, ...lines], until), 'alice'), expected));
});

describe('a session whose connection the server closed itself, of a user who resumes,', () => {
  const hello = (version: string): string => `08:00:00 startup Hello and welcome to Prosody version ${version}`;
  const close = (time: string): string => `${time} c2s1 Client disconnected: connection closed`;
  const resumed = [...ALICE, ...ends('10:10:00', 'c2s1'), ...login('10:15:00', 'c2s2', 'alice'), close('10:20:00')];
  for (const [version, logout] of [
    ['13.0.5', '11:10:01'],
    ['13.0.6', '11:00:00'],
  ] as const)
    test(`version ${version}: is over at ${logout} [10.7]`, () => {
      const lines = [hello(version), ...resumed, ...login('10:30:00', 'c2s1', 'alice'), close('11:00:00')];
      assert.deepEqual(stateOf(play(lines, '11:10:01'), 'alice'), { open: 0, login: '10:30:00', logout });
    });

  test('is over, also when it had been resumed [10.7]', () =>
    assert.deepEqual(stateOf(play([HELLO, ...resumed], '10:20:00'), 'alice'), {
      open: 0,
      login: '10:15:00',
      logout: '10:20:00',
    }));

  test('is over where a close came right before, but in another second, which is no hibernation [10.7]', () => {
    const closed = '10:19:47 c2s1 Client disconnected: closed';
    const lines = [HELLO, ...resumed.slice(0, -1), closed, close('10:20:00')];
    const expected = { open: 0, login: '10:15:00', logout: '10:20:00' };
    assert.deepEqual(stateOf(play(lines, '10:20:00'), 'alice'), expected);
  });
});

test('a session is online again when the one that resumed it is found to have been resumed itself, and its id used again', () => {
  const alice = (time: string, id: string): string[] => login(time, id, 'alice');
  const ended = (time: string, id: string): string => `${time} ${id} Client disconnected: closed`;
  const connected = (time: string, id: string): string => `${time} ${id} Client connected`;
  const state = play(
    [
      ...[...alice('10:00:00', 'c2sa'), ended('10:10:00', 'c2sa')],
      ...[...alice('10:15:00', 'c2sb'), ended('10:16:00', 'c2sb')],
      ...[...alice('10:20:00', 'c2sc'), connected('10:31:00', 'c2sc')],
      // While c2sb is gone it is not known whether it will be heard of again.
      ...[...alice('10:35:00', 'c2sd'), ended('10:36:00', 'c2sb'), connected('10:38:00', 'c2sd')],
      ...[...alice('10:40:00', 'c2se'), connected('10:50:00', 'c2se')],
      connected('11:00:00', 'c2sb'),
    ],
    '12:00:00',
  );
  assert.equal(stateOf(state, 'alice')?.open, 1);
});

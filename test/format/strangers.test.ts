import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { prosody } from '../../src/format/dialects/prosody.ts';
import { recogniseDialect } from '../../src/format/format.ts';
import { levelsOf } from '../../src/format/log-level.ts';
import { strangerIn } from '../../src/format/strangers.ts';

const login = 'Mar 02 10:00:00 c2s55d2\tinfo\tAuthenticated as alice@chat.example';
const strangers: [name: RegExp, line: string][] = [
  [/docker's JSON/, JSON.stringify({ log: 'coturn\n', stream: 'stdout', time: '2026-03-02T10:00:00.1Z' })],
  [/docker compose/, 'prosody-1  | startup   info\tHello'],
  [/Kubernetes/, '2026-03-02T10:00:00.123456789Z stdout F coturn'],
  [/web server/, '192.0.2.1 - - [02/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"'],
  [/error log of Apache/, '[Mon Mar 02 10:00:00.123456 2026] [core:notice] [pid 12:tid 34] AH00094: Command line'],
  [/error log of nginx/, '2026/03/02 10:00:00 [error] 12#12: *1 open() failed'],
  [/syslog or journald$/, 'Mar  2 10:00:00 vm sshd[12]: Accepted publickey for root'],
];

describe('a log that is not read yet is known by its lines', () => {
  for (const [name, line] of strangers)
    test(`${line.slice(0, 40)} [8.24]`, () => assert.match(strangerIn([line, line, ''])?.name ?? 'nobody', name));

  const own = [login, '2026-03-02 10:00:00 c2s55d2\tinfo\tClient connected', '', 'free text: of nobody'];
  for (const line of own)
    test(`but not ${line.slice(0, 40) || 'an empty line'} [8.24]`, () => assert.equal(strangerIn([line]), undefined));
});

test('one line of a server among those of other programs is enough to know it [8.24]', () => {
  const coturn = '0: : INFO: Coturn Version Coturn-4.6.2';
  assert.equal(recogniseDialect([...Array.from({ length: 50 }, () => coturn), login])?.name, 'prosody');
  assert.equal(recogniseDialect([coturn, coturn]), undefined);
});

test('the levels of a log are those of its lines, not of their text [8.24]', () => {
  const lines = [
    'Mar 02 10:00:01 c2s1\twarn\tx \tinfo\ty',
    '2026-03-02 10:00:02 general      error\tx',
    'a line of nobody',
  ];
  assert.deepEqual([...levelsOf(lines, prosody)].toSorted(), ['error', 'warn']);
});

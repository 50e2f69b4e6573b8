/** jabberd2's four processes in one log: only those that have sessions begin or end any. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsOf } from '../envelopes/events.ts';

type Part = 'router' | 'sm' | 's2s' | 'c2s';
/** A message of a part at a second behind 10:00. */
type Said = readonly [second: number, part: Part, message: string];

const PIDS = { router: 22_557, sm: 22_560, s2s: 22_563, c2s: 22_566 };
const stamp = (second: number): string => new Date(Date.UTC(2026, 2, 2, 10) + second * 1000).toISOString();
const rfc5424 = ([second, part, message]: Said): string =>
  `<157>1 ${stamp(second).replace('.000Z', '.476352+00:00')} vm jabberd ${PIDS[part]} - -  ${message}`;
/** The standard output of all in one container. */
const docker = ([second, , message]: Said): string =>
  JSON.stringify({
    log: `Mon Mar  2 ${stamp(second).slice(11, 19)} 2026 [notice] ${message}\n`,
    stream: 'stdout',
    time: stamp(second),
  });

/** As a real one begins (test/logs/jabberd2/transports). */
const STARTS: Readonly<Record<Part, readonly string[]>> = {
  router: ['starting up', 'process id is 22557, written to /run/jabberd2/router.pid', 'loaded user table (1 users)'],
  sm: ['starting up', 'modules search path: /usr/lib/jabberd2', 'version: jabberd2 sm 2.7.0', 'sm ready for sessions'],
  s2s: ['starting up (interval=60, queue=60, keepalive=0, idle=86400)', 'ready for connections'],
  c2s: ['modules search path: /usr/lib/jabberd2', "initialized auth module 'sqlite'", 'starting up'],
};
const starting = (second: number, part: Part): Said[] => STARTS[part].map((message) => [second, part, message]);
const begun: readonly Said[] = (['router', 'sm', 's2s', 'c2s'] as const).flatMap((part, i) => starting(i, part));
const online: readonly Said[] = [
  [10, 'c2s', '[11] bound: jid=alice@chat.example/phone'],
  [10, 'sm', 'session started: jid=alice@chat.example/phone'],
];

const kinds = (line: (said: Said) => string, said: readonly Said[], size: number): string[] =>
  eventsOf(Buffer.from(`${said.map(line).join('\n')}\n`), 'UTC', size).events.map(({ kind }) => kind);

for (const [name, line] of Object.entries({ 'RFC 5424': rfc5424, 'the output of all in one container': docker }))
  describe(`in ${name}`, () => {
    for (const size of [1, 1e6]) {
      test(`router and s2s come and go, and nobody with them, in blocks of ${size} bytes [10.4]`, () => {
        const again: Said[] = [
          [20, 's2s', 'shutting down'],
          ...starting(21, 's2s'),
          [22, 'router', 'shutting down'],
          ...starting(23, 'router'),
        ];
        const found = kinds(line, [...begun, ...online, ...again], size);
        assert.deepEqual(found.slice(found.indexOf('start')), ['start', 'start']);
      });

      for (const part of ['sm', 'c2s'] as const)
        test(`who was online when ${part} was killed is so no more, in blocks of ${size} bytes [10.4]`, () => {
          const found = kinds(line, [...begun, ...online, ...starting(30, part)], size);
          assert.deepEqual(found.slice(found.indexOf('start')), ['start', 'start', 'server-start']);
        });
    }
  });

test('RFC 5424 tells it without a line of what the others print when they start [10.4]', () => {
  const said: Said[] = [...online, [20, 's2s', 'shutting down'], [22, 'router', 'shutting down']];
  assert.deepEqual(kinds(rfc5424, said, 1), ['start', 'start']);
});

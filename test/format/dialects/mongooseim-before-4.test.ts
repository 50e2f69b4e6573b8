/** MongooseIM up to 3.7 writes what ejabberd wrote: who names the server by its name has it read so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsIn } from '../envelopes/events.ts';

const SOCKET = '({socket_state,gen_tcp,#Port<0.360352>,<0.10614.1>})';
const before4 = [
  `2026-03-02 03:38:32.689 [info] <0.10615.1>@ejabberd_c2s:do_open_session:870 ${SOCKET} Opened session for alice@chat.example/x`,
  `2026-03-02 03:38:33.700 [info] <0.10616.1>@ejabberd_c2s:do_open_session:870 ${SOCKET} Opened session for ben@chat.example/x`,
  `2026-03-02 03:39:32.700 [info] <0.10615.1>@ejabberd_c2s:terminate:1591 ${SOCKET} Close session for alice@chat.example/x`,
];
const since4 = [
  'when=2026-03-02T04:00:00.233839+00:00 level=info what=c2s_opened_session pid=<0.7.0> at=ejabberd_c2s:do_open_session/3:758 user=carol server=chat.example resource=x jid=carol@chat.example/x',
  'when=2026-03-02T04:01:00.233839+00:00 level=info what=close_session pid=<0.7.0> at=ejabberd_c2s:terminate/3:1 jid=carol@chat.example/x',
];
const docker = (line: string): string =>
  JSON.stringify({ log: `${line}\r\r\n`, stream: 'stdout', time: '2026-03-02T04:02:00.140814214Z' });
const told = (lines: readonly string[], server: string, restarts = false): string[] => {
  const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
  const ends = [...bytes.entries()].filter(([at, byte]) => byte === 10 && at + 1 < bytes.length).map(([at]) => at + 1);
  return eventsIn(bytes, { ends: restarts ? ends : [], restarts, server }).events.map(
    (event) => `${event.kind} ${'user' in event ? event.user : ''}`,
  );
};
const BEFORE = ['start alice@chat.example', 'start ben@chat.example', 'end alice@chat.example'];
const SINCE = ['start carol@chat.example', 'end carol@chat.example'];

test('server = "mongooseim" reads a log of MongooseIM 3 [10.4]', () => {
  for (const restarts of [false, true]) {
    assert.deepEqual(told(before4, 'mongooseim', restarts), BEFORE);
    assert.deepEqual(told(before4, 'ejabberd', restarts), BEFORE);
  }
});

test('server = "mongooseim" reads a log of MongooseIM 3 as docker keeps it [10.4]', () =>
  assert.deepEqual(told(before4.map(docker), 'mongooseim'), BEFORE));

test('a log goes on from MongooseIM 3 to 4 [10.6]', () => {
  assert.deepEqual(told([...before4, ...since4], 'mongooseim'), [...BEFORE, ...SINCE]);
  assert.deepEqual(told(since4, 'mongooseim'), SINCE);
});

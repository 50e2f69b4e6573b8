/** The daemon on lines that wait for the end of the message that they may be part of: at the hour they are counted, or stored as waiting. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { Daemon } from '../../src/service/daemon.ts';
import { deadline } from '../deadline.ts';

const HOUR = 3600;
const USERS = 'xmpp.active_users_1d.chat_example:';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'held-'));
});
after(() => rm(root, { recursive: true }));

const line = (at: number, message: string): string =>
  `${new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ')}.000000+00:00 [info] ${message}\n`;
const opened = (at: number, user: string): string =>
  line(at, `(tls|<0.${user.length}.0>) Opened c2s session for ${user}@chat.example/x`);

interface Life {
  /** The next count. */
  count(): Promise<number>;
  stop(): Promise<void>;
}

async function live(t: TestContext, log: string, now: () => number): Promise<Life> {
  const socket = createSocket('udp4');
  const counts: number[] = [];
  socket.on('message', (bytes) => {
    for (const packet of bytes.toString().split('\n'))
      if (packet.startsWith(USERS)) counts.push(Number.parseInt(packet.slice(USERS.length), 10));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const config = loadConfig({
    flags: {
      log: [log],
      statsd: `127.0.0.1:${socket.address().port}`,
      index: join(dirname(log), 'index'),
      timezone: 'UTC',
    },
    ...{ env: {}, readFile: () => undefined, exists: () => false, defaultTimezone: 'UTC' },
  });
  const over = new AbortController();
  const running = Daemon.run({ config, now, tell: () => {}, signal: over.signal });
  const stop = async (): Promise<void> => {
    over.abort();
    await running;
  };
  t.after(async () => {
    await stop();
    socket.close();
  });
  const count = async (): Promise<number> => {
    const signal = deadline();
    while (counts.length === 0) await Promise.race([once(socket, 'message', { signal }), running]);
    return counts.shift()!;
  };
  return { count, stop };
}

test('a message whose further lines do not come is told without, and the hour is counted [10.8]', async (t) => {
  const log = join(root, 'ejabberd.log');
  const hour = Math.ceil(Date.now() / 1000 / HOUR) * HOUR;
  let now = hour - 2;
  await writeFile(log, opened(hour - 100, 'a'));
  const first = await live(t, log, () => now);
  assert.equal(await first.count(), 1);
  const failed = 'Failed c2s PLAIN authentication for x@chat.example from 192.0.2.1: Invalid username or password';
  await appendFile(log, line(hour - 50, failed) + opened(hour - 49, 'bb') + opened(hour + 1, 'ccc'));
  now = hour + 2;
  assert.equal(await first.count(), 2);
  await first.stop();
  // What was behind the hour is there, and once.
  const second = await live(t, log, () => now);
  assert.equal(await second.count(), 3);
});

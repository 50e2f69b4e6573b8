/** The daemon on a log in the journal: its cursor is stored with what the entries said, and what is gone is not covered. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { readStatus } from '../../src/index/status-file.ts';
import { Daemon } from '../../src/service/daemon.ts';
import { deadline } from '../deadline.ts';
import { copyOfOpen } from '../index/copy-of-open.ts';
import { fakeJournal } from '../source/fake-journalctl.ts';

const LOG = 'journal:prosody.service';
const HOUR = 3600;

interface Life {
  /** Waits until the value of the gauge has come. */
  gauge(name: string): Promise<number>;
  readonly said: readonly string[];
  stop(): Promise<void>;
}

async function live(t: TestContext, index: string, now: number): Promise<Life> {
  const socket = createSocket('udp4');
  const packets: string[] = [];
  socket.on('message', (bytes) => packets.push(...bytes.toString().split('\n')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const config = loadConfig({
    flags: { log: [LOG], statsd: `127.0.0.1:${socket.address().port}`, index },
    ...{ env: {}, readFile: () => undefined, exists: () => false, defaultTimezone: 'UTC' },
  });
  const over = new AbortController();
  const said: string[] = [];
  const tell = (_level: string, sentence: string): void => void said.push(sentence);
  const running = Daemon.run({ config, now: () => now, tell, signal: over.signal });
  const stop = async (): Promise<void> => {
    over.abort();
    await running;
  };
  t.after(async () => {
    await stop();
    socket.close();
  });
  return {
    said,
    stop,
    gauge: async (name) => {
      const signal = deadline();
      const found = (): string | undefined => packets.find((packet) => packet.startsWith(`xmpp.${name}:`));
      while (found() === undefined) await Promise.race([once(socket, 'message', { signal }), running]);
      return Number.parseInt(found()?.split(':')[1] ?? '', 10);
    },
  };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'followed-journal-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const login = (number: number): string => `c2sabc${number}     info\tAuthenticated as user${number}@chat.example`;
const USERS = 'active_users_1d.chat_example';

test('a daemon that is killed goes on behind the last entry that it has counted [10.2]', async (t) => {
  const journal = fakeJournal(t);
  const root = folder(t);
  const now = Math.floor(Date.now() / 1000);
  journal.write([login(1), login(2)], (now - 100) * 1e6);
  const first = await live(t, join(root, 'index'), now);
  assert.equal(await first.gauge(USERS), 2);
  copyOfOpen(join(root, 'index'), join(root, 'killed'));
  await first.stop();
  journal.write([login(3)], (now - 50) * 1e6);
  const second = await live(t, join(root, 'killed'), now);
  assert.equal(await second.gauge(USERS), 3);
  await second.stop();
  assert.equal(readStatus(join(root, 'killed'))?.logs[0]?.lines, 1);
  assert.deepEqual(
    second.said.filter((sentence) => sentence.includes('lost')),
    [],
  );
});

test('the time of entries that are gone is not covered, also when none has come since [10.2]', async (t) => {
  const journal = fakeJournal(t);
  const path = join(folder(t), 'index');
  const now = Math.floor(Date.now() / 1000);
  journal.write([login(1)], (now - 20 * HOUR) * 1e6);
  journal.write([login(2)], (now - 19 * HOUR) * 1e6);
  const first = await live(t, path, now - 19 * HOUR + 60);
  assert.equal(await first.gauge(USERS), 2);
  await first.stop();
  journal.write([login(3)], (now - 10 * HOUR) * 1e6);
  journal.keep(0);
  const second = await live(t, path, now);
  assert.equal(await second.gauge(USERS), 2);
  assert.equal(await second.gauge('self.coverage_seconds'), HOUR);
  assert.match(second.said.join('\n'), /lines of journal:prosody\.service may be lost/);
  await second.stop();
  journal.write([login(4)], (now + 2 * HOUR) * 1e6);
  const third = await live(t, path, now + 3 * HOUR);
  assert.equal(await third.gauge(USERS), 3);
  assert.equal(await third.gauge('self.coverage_seconds'), 2 * HOUR);
});

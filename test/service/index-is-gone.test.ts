import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { removalKey } from '../../src/activity/removals.ts';
import { loadConfig } from '../../src/config/config.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { contentsOf, inPages } from '../index/index-contents.ts';
import type { HeldIndex } from '../../src/service/operations.ts';
import { Daemon } from '../../src/service/daemon.ts';
import { deadline } from '../deadline.ts';

let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gone-'));
});
after(() => rm(root, { recursive: true }));

const login = (n: number): string =>
  `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}+0000 c2s${n}\tinfo\tAuthenticated as user${n}@chat.example\n`;

const removal = (jid: string): string =>
  `${new Date(Date.now() - 50_000).toISOString().slice(0, 19)}+0000 usermanager\tinfo\tUser account deleted: ${jid}\n`;

/** Another index, of somebody else. */
async function other(path: string): Promise<void> {
  const index = await LastSeenIndex.open(path, { create: true });
  await index.load();
  const users = inPages(new Map([['mallory@chat.example', { login: 1_700_000_000 }]]));
  await index.write({ ...users });
  await index.close();
}

const WAYS: Record<string, (index: string) => Promise<void>> = {
  moved: (index) => rename(index, `${index}.elsewhere`),
  deleted: (index) => rm(index, { recursive: true, force: true, maxRetries: 10 }),
  emptied: async (index) => {
    // At once: a daemon that sees it half empty makes it again, and files of that would go, too.
    for (const name of readdirSync(index)) rmSync(join(index, name), { force: true });
  },
  replaced: async (index) => {
    await other(`${index}.other`);
    await rename(index, `${index}.elsewhere`);
    await rename(`${index}.other`, index);
  },
  'without its lock': (index) => rm(join(index, 'LOCK')),
};
for (const [way, work] of Object.entries(WAYS))
  test(`an index that is ${way} under the daemon is told, and made again from memory [8.5]`, async () => {
    const [log, index] = [join(root, `${way}.log`), join(root, way)];
    await writeFile(log, login(1) + login(2) + removal('gone@chat.example'));
    const config = loadConfig({
      flags: { log: [log], timezone: 'UTC', statsd: '127.0.0.1:9', index },
      env: {},
      readFile: () => undefined,
      exists: () => false,
      defaultTimezone: 'UTC',
    });
    const stop = new AbortController();
    const told: string[] = [];
    await Daemon.run({
      config,
      now: () => Date.now() / 1000,
      tell: (_level, sentence) => {
        told.push(sentence);
        if (sentence.includes('made again')) stop.abort();
      },
      signal: AbortSignal.any([stop.signal, deadline()]),
      started: () => {
        // Of the first two no log tells any more.
        void work(index)
          .then(() => rm(log))
          .then(() => writeFile(log, login(3)));
      },
    });
    assert.ok(
      told.some((sentence) => sentence.includes('moved or deleted') && sentence.includes('from memory')),
      told.join('\n'),
    );
    const { users, sessions, positions, logs, removals, secret } = await contentsOf(index);
    // Whether the new line was read before the daemon ended is left to chance.
    for (const n of [1, 2]) {
      assert.ok(users.has(`user${n}@chat.example`), `user${n}`);
      assert.ok(sessions.has(`${log}\0c2s${n}`), `session ${n}`);
    }
    assert.ok(positions.size > 0);
    assert.ok(logs.has(log));
    assert.ok(removals.has(removalKey(secret, 'gone@chat.example')));
    if (way === 'replaced') assert.ok((await readdir(root)).some((name) => name.startsWith('replaced.damaged-')));
  });

test('an index that is gone when the daemon ends is made again from memory [8.5]', async () => {
  const [log, index] = [join(root, 'end.log'), join(root, 'end')];
  await writeFile(log, login(1));
  const config = loadConfig({
    flags: { log: [log], timezone: 'UTC', statsd: '127.0.0.1:9', index },
    env: {},
    readFile: () => undefined,
    exists: () => false,
    defaultTimezone: 'UTC',
  });
  const stop = new AbortController();
  await Daemon.run({
    config,
    now: () => Date.now() / 1000,
    tell: () => {},
    signal: AbortSignal.any([stop.signal, deadline()]),
    started: () => void rename(index, `${index}.elsewhere`).then(() => stop.abort()),
  });
  assert.deepEqual([...(await contentsOf(index)).users.keys()], ['user1@chat.example']);
});

test('an index that is gone under a node of a cluster, which has few users in memory, is made again from the logs [12.3]', async () => {
  const [log, index, key] = [join(root, 'node.log'), join(root, 'node'), join(root, 'key')];
  await writeFile(log, login(1) + login(2));
  await writeFile(key, 'a key that only the nodes have\n', { mode: 0o600 });
  const config = loadConfig({
    flags: { log: [log], timezone: 'UTC', statsd: '127.0.0.1:9', index },
    env: {},
    readFile: () => `[cluster]\nurl = "redis://127.0.0.1:9"\nkey_file = "${key}"\nnodes = 1\n`,
    exists: () => true,
    defaultTimezone: 'UTC',
  });
  const stop = new AbortController();
  const told: string[] = [];
  let held: HeldIndex | undefined;
  const run = (started: () => void): Promise<void> =>
    Daemon.run({
      config,
      now: () => Date.now() / 1000,
      tell: (_level, sentence) => void told.push(sentence),
      signal: AbortSignal.any([stop.signal, deadline()]),
      opened: async (opened) => void (held = opened),
      started,
    });
  await run(
    () =>
      void rename(index, `${index}.elsewhere`)
        .then(() => appendFile(log, login(3)))
        .then(() => held?.writeBuffer.commitUsers().catch(() => {})),
  );
  assert.ok(
    told.some((sentence) => sentence.includes('moved or deleted') && sentence.includes('beginning anew')),
    told.join('\n'),
  );
  await run(() => stop.abort());
  const { users } = await contentsOf(index);
  assert.deepEqual(
    [...users.keys()],
    [1, 2, 3].map((n) => `user${n}@chat.example`),
  );
});

import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { Daemon } from '../../src/service/daemon.ts';

let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gone-'));
});
after(() => rm(root, { recursive: true }));

const login = (n: number): string =>
  `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}+0000 c2s${n}\tinfo\tAuthenticated as user${n}@chat.example\n`;

const WAYS: Record<string, (index: string) => Promise<void>> = {
  moved: (index) => rename(index, `${index}.elsewhere`),
  deleted: (index) => rm(index, { recursive: true, force: true }),
  emptied: async (index) => {
    // The daemon writes a file aside and renames it now and then: what is listed may be gone by itself.
    for (const name of await readdir(index)) await rm(join(index, name), { force: true });
  },
};
for (const [way, work] of Object.entries(WAYS))
  test(`an index that is ${way} under the daemon is told and made again [8.5]`, async () => {
    const [log, index] = [join(root, `${way}.log`), join(root, way)];
    await writeFile(log, login(1) + login(2));
    const config = loadConfig({
      flags: { log: [log], timezone: 'UTC', statsd: '127.0.0.1:9', index },
      env: {},
      readFile: () => undefined,
      exists: () => false,
      defaultTimezone: 'UTC',
    });
    const told: string[] = [];
    const life = async (started: () => void, stop = new AbortController()): Promise<void> => {
      await Daemon.run({
        config,
        now: () => Date.now() / 1000,
        tell: (_level, sentence) => told.push(sentence),
        signal: stop.signal,
        started: () => started(),
      });
    };
    // It ends by itself, as `run` begins it anew.
    await life(() => void work(index).then(() => appendFile(log, login(3))));
    assert.ok(
      told.some((sentence) => sentence.includes('moved or deleted')),
      told.join('\n'),
    );
    const stop = new AbortController();
    await life(() => stop.abort(), stop);
    const made = await LastSeenIndex.open(index, { create: false });
    assert.equal((await made.load()).users.size, 3);
    await made.close();
  });

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { Daemon } from '../../src/service/daemon.ts';

let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'in-use-'));
});
after(() => rm(root, { recursive: true }));

test('run waits for an index that is in use for a moment [8.6]', async () => {
  const [log, path] = [join(root, 'prosody.log'), join(root, 'index')];
  await writeFile(log, '');
  const index = await LastSeenIndex.open(path);
  await index.load();
  const stop = new AbortController();
  const config = loadConfig({
    flags: { log: [log], timezone: 'UTC', statsd: '127.0.0.1:9', index: path },
    env: {},
    readFile: () => undefined,
    exists: () => false,
    defaultTimezone: 'UTC',
  });
  // The first try has to find it in use; that it did is not told to anybody.
  setTimeout(() => void index.close(), 1500);
  await Daemon.run({
    config,
    now: () => Date.now() / 1000,
    tell: () => {},
    signal: stop.signal,
    started: () => stop.abort(),
  });
  assert.ok(stop.signal.aborted);
});

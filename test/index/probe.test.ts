import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LastSeenIndex } from '../../src/index/last-seen.ts';

const PROBE = fileURLToPath(new URL('../../src/index/probe.js', import.meta.url));
/** Starts the probe, stops it before it can have read anything, and says which process it is. */
const PARENT = `
const probe = require('node:child_process').fork(process.argv[1], [process.argv[2]], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
probe.kill('SIGSTOP');
console.log(probe.pid);
`;
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'probe-'));
});
after(() => rm(root, { recursive: true }));

test('the probe of a daemon that is killed ends with it, whatever it has still to read [8.6]', async () => {
  const path = join(root, 'index');
  const index = await LastSeenIndex.open(path);
  await index.load();
  await index.close();
  const parent = spawn(process.execPath, ['-e', PARENT, PROBE, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
  const pid = Number((await lines.next()).value);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  process.kill(pid, 'SIGCONT');
  // It says how many records there are when it has read them all; the pipe is at its end when it is gone.
  assert.deepEqual(await lines.next(), { value: undefined, done: true });
});

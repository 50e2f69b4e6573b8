/** Who is forgotten while a daemon holds the index is gone from it everywhere, and for good. */
import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../program.ts';
import { append, daemon, line, login, place, type Place } from './running-daemon.ts';

const NOW = Math.floor(Date.now() / 1000);
const HOUR = 3600;
/** LevelDB compresses what it has seen before: not a name like this. */
const NAME = 'qzvxkwjy0931';
const JID = `${NAME}@chat.example`;
const end = (at: number, id: string): string => line(at, `${id}\tinfo\tClient disconnected: closed`);

/** The files of the index that hold the name. The daemon may rename one meanwhile: then all are looked through again. */
async function named(at: Place): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(at.index, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = await readFile(join(at.index, entry.name), 'latin1').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (text === undefined) return named(at);
    if (text.includes(NAME)) found.push(entry.name);
  }
  return found;
}

const codeOf = async (question: readonly string[], { index }: Place): Promise<unknown> =>
  (await run([...question, '--index', index])).code;

test('no file of the index holds the name, and no log brings it back, but what happens later [11.1]', async (t) => {
  const at = await place(t, login(NOW - 2 * HOUR, 'c2s1', NAME) + login(NOW - HOUR, 'c2s2', 'bob'));
  const first = await daemon(at);
  assert.notDeepEqual(await named(at), []);
  const { code, err } = await run(['forget', JID, '--index', at.index]);
  assert.deepEqual([code, /is forgotten \(open sessions: 1\)/.test(err)], [0, true]);
  assert.deepEqual(await named(at), []);
  assert.deepEqual([await codeOf(['last', JID], at), await codeOf(['forget', JID], at)], [1, 1]);
  await append(at, end(Math.floor(Date.now() / 1000), 'c2s1'));
  await first.end('SIGTERM');
  // Another log for the daemon, and so read from its beginning.
  const moved = { ...at, log: join(at.root, 'moved.log') };
  await rename(at.log, moved.log);
  await writeFile(`${moved.log}.1`, login(NOW - 5 * HOUR, 'c2s7', NAME));
  const second = await daemon(moved);
  assert.deepEqual([await codeOf(['last', JID], at), await codeOf(['last', 'bob@chat.example'], at)], [1, 0]);
  await second.end('SIGTERM');
  assert.deepEqual(await named(at), []);
  await append(moved, login(Math.floor(Date.now() / 1000) + 1, 'c2s3', NAME));
  await daemon(moved);
  assert.equal(await codeOf(['last', JID], at), 0);
});

test('who is forgotten is in no index that is made again from memory [11.1]', async (t) => {
  const at = await place(t, login(NOW - HOUR, 'c2s2', 'bob'));
  const old = join(at.root, 'old.log');
  await writeFile(old, login(NOW - 2 * HOUR, 'c2s1', NAME));
  assert.equal(await codeOf(['backfill', '--timezone', 'UTC', old], at), 0);
  const running = await daemon(at);
  assert.equal(await codeOf(['last', JID], at), 0);
  assert.equal(await codeOf(['forget', JID], at), 0);
  await rm(at.index, { recursive: true, force: true, maxRetries: 10 });
  await append(at, login(Math.floor(Date.now() / 1000), 'c2s3', 'carol'));
  await running.says(/made again from memory/);
  await running.end('SIGTERM');
  assert.deepEqual([await codeOf(['last', 'carol@chat.example'], at), await named(at)], [0, []]);
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { watchDirectory } from '../../../src/source/follow/watched-directory.ts';

const watchers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;

test('F18: a directory that is no longer watched stays so, also if its logs are deleted at that moment', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hints-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'x.log');
  const rotated = `${path}.1`;
  const inode = String(statSync(directory).ino);
  for (let round = 0; round < 40; round++) {
    for (const file of [path, rotated]) writeFileSync(file, 'a line\n');
    const heard = new Set<boolean>();
    const end = watchDirectory(path, inode, { changed: (sibling) => heard.add(sibling), failed: assert.fail });
    while (heard.size === 0) {
      writeFileSync(path, 'another\n');
      for (let i = 0; i < 100 && heard.size === 0; i++) await stat(directory);
    }
    // chokidar passes over what happens to a file within 5 ms of what happened before.
    for (const since = performance.now(); performance.now() - since < 6;) await stat(directory);
    for (const file of [path, rotated]) rmSync(file);
    for (let i = 0; i < round % 8; i++) await setImmediate();
    await end();
  }
  // What was under way when the last one was ended has long been answered after so many questions to the file system.
  for (let i = 0; i < 100; i++) await stat(directory);
  assert.equal(watchers(), 0);
});

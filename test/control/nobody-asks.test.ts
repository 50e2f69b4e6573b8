/** What a start costs: what only those need who ask is loaded when somebody asks. */
import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { deadline } from '../deadline.ts';
import { run, start } from '../program.ts';
import { login, place, type Place } from './running-daemon.ts';

const NOW = Math.floor(Date.now() / 1000);
/** The names of the modules of Node.js that were loaded, written at the end. */
const NOTE = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.MODULES, process.moduleLoadList.join('\\n')));`;

async function modulesOf(t: TestContext, ask: (place: Place) => Promise<unknown>): Promise<string> {
  const at = await place(t, login(NOW - 60, 'c2s1', 'anna'));
  const modules = join(at.root, 'modules');
  const child = start(['run', '--log', at.log, '--index', at.index, '--timezone', 'UTC', '--statsd', '127.0.0.1:9'], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(NOTE)}`,
    MODULES: modules,
  });
  const over = once(child, 'exit');
  at.ends.push(() => (child.kill('SIGKILL'), over));
  assert.ok(child.stderr);
  const lines = createInterface(child.stderr);
  for await (const [line] of on(lines, 'line', { signal: deadline() })) if (/caught up with/.test(line)) break;
  await ask(at);
  child.kill('SIGTERM');
  assert.deepEqual(await over, [0, null]);
  return readFile(modules, 'utf8');
}

test('a daemon that nobody asks loads nothing of HTTP, and the first who asks is answered [9.10]', async (t) => {
  assert.doesNotMatch(await modulesOf(t, async () => {}), /_http_server|undici/);
  const modules = await modulesOf(t, async ({ index }) => {
    const { out } = await run(['last', 'anna@chat.example', '--index', index]);
    assert.match(out, /anna@chat\.example/);
  });
  assert.match(modules, /_http_server/);
});

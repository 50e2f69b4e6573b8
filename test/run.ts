/**
 * Runs the tests: all that need no server, or with `e2e` those that do. It needs nothing but Node, whose own search for
 * tests is another one in each of its versions.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const endToEnd = process.argv[2] === 'e2e';
const options = endToEnd ? ['--test-timeout=300000', '--test-concurrency=1'] : ['--test-timeout=180000'];
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js') && name.startsWith(`e2e${sep}`) === endToEnd)
  .toSorted()
  .map((name) => join(folder, name));

process.exitCode = spawnSync(process.execPath, ['--test', ...options, ...files], { stdio: 'inherit' }).status ?? 1;

/**
 * Runs the tests: all that need no server, or with `e2e` those that do. It needs nothing but Node, whose own search for
 * tests is another one in each of its versions.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const endToEnd = process.argv[2] === 'e2e';
// The time-out is far beyond what any file takes, so that a busy machine fails none: it only ends what hangs. Most files wait
// more than they work, so each core has one; those that run real servers would be in each other's way.
const atOnce = endToEnd ? 1 : availableParallelism();
// Whatever reads the output, its end says which tests failed.
const options = ['--test-timeout=600000', `--test-concurrency=${atOnce}`, '--test-reporter=spec'];
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js') && name.startsWith(`e2e${sep}`) === endToEnd)
  .toSorted()
  .map((name) => join(folder, name));

process.exitCode = spawnSync(process.execPath, ['--test', ...options, ...files], { stdio: 'inherit' }).status ?? 1;

/**
 * The program as it is begun for `run`: one file, which `bundle.mjs` makes, as a daemon that is started often should start fast. What is compiled
 * of it is kept where systemd gives the service a directory for such things.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { readCode, writeCode } from './code-cache.ts';
import { tuneEngine } from './engine.ts';
import type * as Program from './program.ts';

const FILE = fileURLToPath(new URL('../program/daemon.cjs', import.meta.url));
const require = createRequire(FILE);

function begin(directory: string, uid: number): void {
  const path = join(directory, 'compiled');
  const text = readFileSync(FILE);
  const cachedData = readCode(path, text, uid);
  // As `require` does it. All of it is ASCII.
  const source = `(function (exports, require, module, __filename, __dirname) {${text.toString('latin1')}\n})`;
  const script = new Script(source, { filename: FILE, ...(cachedData && { cachedData }) });
  const module = { exports: {} as typeof Program };
  const run = script.runInThisContext() as (...args: readonly unknown[]) => void;
  run(module.exports, require, module, FILE, dirname(FILE));
  if (cachedData && script.cachedDataRejected !== true) return;
  void module.exports.settled.then(() => writeCode(path, text, script.createCachedData(), uid));
}

tuneEngine(process.versions.v8);
const directory = process.env['CACHE_DIRECTORY'];
if (directory) begin(directory, process.geteuid?.() ?? -1);
else require(FILE);

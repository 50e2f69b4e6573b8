/**
 * `npm run fuzz:mutants`: takes each rule of mutants.ts away, one at a time and in a copy, and lets the fuzzer look for it. Exit
 * code 1: one was not found, or the whole program differs from the model already.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FUZZ = ['dist/test/fuzz/run.js', '--way', 'history', '--seed', '1', '--minutes', '5', '--first'];

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function run(directory: string, command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: directory, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr }),
    );
  });
}

function copyWithout({ cut: [file, from, to] }: Mutant): string {
  const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const path = join(directory, 'src', file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`src/${file} does not hold exactly once: ${from}`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  return directory;
}

/** How many cases it took; undefined when it was not found. */
async function casesUntilFound(mutant: Mutant): Promise<number | undefined> {
  const directory = copyWithout(mutant);
  try {
    const built = await run(directory, 'node_modules/.bin/tsc', ['--noCheck']);
    if (built.code !== 0) throw new Error(built.output);
    const { code, output } = await run(directory, process.execPath, [...FUZZ, '--cases', '400']);
    return code === 0 ? undefined : Number(/: (\d+) cases/.exec(output)?.[1]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

let missed = 0;
for (const mutant of MUTANTS) {
  const cases = await casesUntilFound(mutant);
  if (cases === undefined) missed++;
  console.log(`without "${mutant.without}": ${cases === undefined ? 'NOT FOUND' : `found in case ${cases}`}`);
}
console.log(`${MUTANTS.length - missed} of ${MUTANTS.length} found`);
if (missed > 0) process.exitCode = 1;

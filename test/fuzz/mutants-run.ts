/**
 * `npm run fuzz:mutants`: takes each rule of mutants.ts away, one at a time and in a copy, and lets the fuzzer look for it. A case
 * in which the whole program differs as well proves nothing. Exit code 1: one was not found. `-- WORD` for some of them only.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MOST_CASES = 400;

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

/** Rules are taken from their definition; the compiled ones, which a property test holds to it, would hide that. */
const DEFINITION_ALONE: Mutant['cut'] = [
  'service/new-users.ts',
  'rules.set(users, new CompiledRules(readFileSync(RULES), memory));',
  '',
];

function copyWithout({ cut }: Mutant): string {
  const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'bundle.mjs'])
    cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  for (const [file, from, to] of [DEFINITION_ALONE, cut]) {
    const path = join(directory, 'src', file);
    const source = readFileSync(path, 'utf8');
    if (source.split(from).length !== 2) throw new Error(`src/${file} does not hold exactly once: ${from}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
  return directory;
}

/** The first seed from `seed` on with which a program and the model differ. */
async function firstDifferent(directory: string, seed: number, cases: number): Promise<number | undefined> {
  const args = ['--way', 'history', '--seed', String(seed), '--cases', String(cases), '--minutes', '10', '--first'];
  const { code, output } = await run(directory, process.execPath, ['dist/test/fuzz/run.js', ...args]);
  const tried = Number(/: (\d+) cases/.exec(output)?.[1]);
  if (Number.isNaN(tried)) throw new Error(output);
  return code === 0 ? undefined : seed + tried - 1;
}

/** The seed that finds it; undefined when none does. */
async function foundBy(mutant: Mutant): Promise<number | undefined> {
  const directory = copyWithout(mutant);
  try {
    const built = await run(directory, 'npm', ['run', '--silent', 'build:unchecked']);
    if (built.code !== 0) throw new Error(built.output);
    for (let seed: number | undefined = 1; seed !== undefined && seed <= MOST_CASES; seed++) {
      seed = await firstDifferent(directory, seed, MOST_CASES - seed + 1);
      if (seed === undefined) return undefined;
      if ((await firstDifferent(ROOT, seed, 1)) === undefined) return seed;
    }
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const words = process.argv.slice(2);
const chosen = MUTANTS.filter(({ without }) => words.length === 0 || words.some((word) => without.includes(word)));
let missed = 0;
for (const mutant of chosen) {
  const seed = await foundBy(mutant);
  if (seed === undefined) missed++;
  console.log(`without "${mutant.without}": ${seed === undefined ? 'NOT FOUND' : `found by seed ${seed}`}`);
}
console.log(`${chosen.length - missed} of ${chosen.length} found`);
if (missed > 0) process.exitCode = 1;

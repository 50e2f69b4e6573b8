/**
 * `npm run guards`: takes each guard of guards.ts away, one at a time and in a copy, and runs the tests of its fault. Exit
 * code 1: tests passed without their guard, so they prove nothing. `-- F8 F9` for some of them only.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GUARDS, type Guard } from './guards.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
}

function run(directory: string, command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: directory, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ passed: error === null, output: stdout + stderr }),
    );
  });
}

function copy(): string {
  const directory = mkdtempSync(join(tmpdir(), 'guards-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

/** Throws when the source is not what it was when the guard was described. */
function without({ cut }: Guard, directory: string): void {
  for (const [name, from, to] of cut) {
    const file = join(directory, 'src', name);
    const source = readFileSync(file, 'utf8');
    if (source.split(from).length !== 2) throw new Error(`src/${name} does not hold exactly once: ${from}`);
    writeFileSync(
      file,
      source.replace(from, () => to),
    );
  }
}

async function build(directory: string): Promise<void> {
  const { passed, output } = await run(directory, 'npm', ['run', '--silent', 'build:unchecked']);
  if (!passed) throw new Error(output);
}

function test(fault: string, file: string, directory: string): Promise<Outcome> {
  const pattern = `--test-name-pattern=/(^|[ ,])${fault}[:,]/`;
  return run(directory, process.execPath, ['--test', '--test-timeout=30000', pattern, `dist/test/${file}.test.js`]);
}

/** A test that waits for ever is cancelled. */
const failures = (output: string): number =>
  [...output.matchAll(/^# (?:fail|cancelled) (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);

async function isNeeded(guard: Guard): Promise<boolean> {
  const directory = copy();
  try {
    without(guard, directory);
    await build(directory);
    let isProof = true;
    for (const fault of guard.faults) {
      const { passed, output } = await test(fault, guard.test, directory);
      const failed = failures(output);
      isProof &&= !passed && failed > 0;
      console.log(`${fault}: without "${guard.guard}" ${failed} tests fail${failed > 0 ? '' : ': NOT NEEDED?'}`);
    }
    return isProof;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const wanted = new Set(process.argv.slice(2));
const chosen = GUARDS.filter(({ faults }) => wanted.size === 0 || faults.some((fault) => wanted.has(fault)));
let unneeded = 0;
for (const guard of chosen) if (!(await isNeeded(guard))) unneeded++;
if (unneeded > 0) process.exitCode = 1;

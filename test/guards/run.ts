/**
 * `npm run guards`: takes each guard of guards.ts away, one at a time and in a copy, and runs the tests of its fault. Exit
 * code 1: tests passed without their guard, so they prove nothing, or tests of other faults failed, so it is no guard of this one. `-- F8 F9` for some of them only.
 */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GUARDS, type Guard } from './guards.ts';
import { labelledIn } from './labels.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
}

/** What the tests wait for does not come, so they shall not wait long; milliseconds. */
const SHORT = 10_000;
/** Of what is to pass by itself. */
const LONG = 120_000;

function run(directory: string, command: string, args: readonly string[], waits = SHORT): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, TEST_DEADLINE_MS: String(waits) };
    execFile(command, args, { cwd: directory, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ passed: error === null, output: stdout + stderr }),
    );
  });
}

function copy(): string {
  const directory = mkdtempSync(join(tmpdir(), 'guards-'));
  // Tests of permissions are another user's, and load parts of the program when they are that.
  chmodSync(directory, 0o755);
  for (const name of ['src', 'test', 'dist', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(directory, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

/** Replaces the labelled statements, the last of a file first. */
function without({ cut }: Guard, directory: string): void {
  const left = new Set(Object.keys(cut));
  const names = readdirSync(join(directory, 'src'), { recursive: true, encoding: 'utf8' });
  for (const file of names.filter((name) => name.endsWith('.ts')).map((name) => join(directory, 'src', name))) {
    let source = readFileSync(file, 'utf8');
    for (const { label, from, to } of labelledIn(source).toReversed())
      if (left.delete(label)) source = `${source.slice(0, from)}${cut[label]}${source.slice(to)}`;
    writeFileSync(file, source);
  }
  if (left.size > 0) throw new Error(`no statement has the label ${[...left].join(', ')}`);
}

async function build(directory: string): Promise<void> {
  // The compiled scanner is that of the whole program.
  const { passed, output } = await run(directory, 'npx', ['tsc', '--noCheck']);
  if (!passed) throw new Error(output);
}

function test(file: string, directory: string, waits: number, ...more: readonly string[]): Promise<Outcome> {
  const how = ['--test', '--test-reporter=tap', ...more];
  return run(directory, process.execPath, [...how, `dist/test/${file}.test.js`], waits);
}

/** Whether a test of the fault fails; one that waits for ever is cancelled. */
async function isProved(fault: string, file: string, directory: string, waits = SHORT): Promise<boolean> {
  const named = `--test-name-pattern=/(^|[ ,])${fault}[:,]/`;
  const { output } = await test(file, directory, waits, named, `--test-timeout=${3 * waits}`);
  return [...output.matchAll(/^# (?:fail|cancelled) (\d+)$/gm)].some(([, count]) => Number(count) > 0);
}

/** The faults that the tests are about which have failed, those of a test that is about several together. */
const failedFaults = (output: string): string[][] =>
  [...output.matchAll(/^ *not ok \d+ - ((?:F\d+b?(?:, )?)+):/gm)].map(([, names]) => `${names}`.split(', '));

/** Faults whose guard is, or is in part, the same statement: their tests may fail, too. */
function akin(guard: Guard): Set<string> {
  const labels = Object.keys(guard.cut);
  const sharing = GUARDS.filter(({ cut }) => labels.some((label) => Object.hasOwn(cut, label)));
  return new Set([...sharing.flatMap(({ faults }) => faults), ...(guard.also ?? [])]);
}

async function isNeeded(guard: Guard): Promise<boolean> {
  const directory = copy();
  try {
    without(guard, directory);
    await build(directory);
    const failed = failedFaults((await test(guard.test, directory, SHORT, '--test-timeout=300000')).output);
    const own = akin(guard);
    const unproved: string[] = [];
    for (const fault of guard.faults)
      if (!failed.flat().includes(fault) && !(await isProved(fault, guard.test, directory))) unproved.push(fault);
    // One that failed behind another, or for want of time, passes by itself.
    const others: string[] = [];
    for (const fault of new Set(failed.filter((faults) => !faults.some((each) => own.has(each))).flat()))
      if (await isProved(fault, guard.test, directory, LONG)) others.push(fault);
    const doubts = [
      ...unproved.map((fault) => `, and none of ${fault}: NOT NEEDED?`),
      ...(others.length > 0 ? [`, and tests of ${others.join(', ')}: IS IT THE GUARD OF THOSE?`] : []),
    ];
    console.log(`${guard.faults.join(', ')}: without "${guard.guard}" ${failed.length} tests fail${doubts.join('')}`);
    return doubts.length === 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const wanted = new Set(process.argv.slice(2));
const chosen = GUARDS.filter(({ faults }) => wanted.size === 0 || faults.some((fault) => wanted.has(fault)));
let unneeded = 0;
for (const guard of chosen) if (!(await isNeeded(guard))) unneeded++;
if (unneeded > 0) process.exitCode = 1;

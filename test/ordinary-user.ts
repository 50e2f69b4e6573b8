/**
 * Root may read and write everything: for tests of permissions it becomes somebody who may not. A Node that uses the
 * libuv of its distribution refuses that, as on Debian 13: then the first import of this file runs the whole test file
 * as nobody, in a child, and ends with it. Where nobody may not read the clone, they read a copy of what tests need.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const clone = fileURLToPath(new URL('../../', import.meta.url));
/** For a child that root starts. */
export const asNobody = isRoot ? ({ uid: NOBODY, gid: NOBODY } as const) : {};

/** Why there is no such child: Node lies where only root may run it. Else false. */
export const cannotStart: string | false =
  isRoot && !nobodyMay('test', '-x', process.execPath) && `nobody may not run ${process.execPath}`;

/** Why tests of permissions cannot be: root cannot become nobody, and for a child see above. Else false. */
export const cannotBe: string | false = isRoot && !mayChangeUser() && (cannotStart || runAgainAsNobody());

function mayChangeUser(): boolean {
  try {
    process.seteuid?.(NOBODY);
    process.seteuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function runAgainAsNobody(): never {
  const [file = '', ...args] = process.argv.slice(1);
  const command = [...process.execArgv, readable(file), ...args];
  const { status } = spawnSync(process.execPath, command, { ...asNobody, stdio: 'inherit' });
  return process.exit(status ?? 1);
}

/** A file of the clone where nobody may read it, and what it imports with it. */
export function readable(file: string): string {
  if (!isRoot || nobodyMay('test', '-r', file)) return file;
  const copy = mkdtempSync(join(tmpdir(), 'readable-'));
  process.on('exit', () => rmSync(copy, { recursive: true }));
  const parts = ['package.json', 'dist', 'test', ...packages()];
  for (const part of parts) cpSync(join(clone, part), join(copy, part), { recursive: true });
  const { status } = spawnSync('chmod', ['-R', 'a+rX', copy]);
  if (status !== 0) throw new Error(`${copy} cannot be opened to nobody`);
  return join(copy, relative(clone, file));
}

/** Those that the program needs to run. */
function packages(): string[] {
  const lock = readFileSync(join(clone, 'node_modules/.package-lock.json'), 'utf8');
  const { packages: installed }: { packages: Record<string, { dev?: boolean }> } = JSON.parse(lock);
  return Object.entries(installed).flatMap(([path, { dev = false }]) => (dev ? [] : [path]));
}

function nobodyMay(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, asNobody).status === 0;
}

/** Until the test is over root is nobody, to whom `paths` are given; an ordinary user remains what it is. */
export function asOrdinaryUser(t: TestContext, ...paths: readonly string[]): void {
  if (!isRoot) return;
  for (const path of paths) chownSync(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  t.after(() => process.seteuid?.(0));
}

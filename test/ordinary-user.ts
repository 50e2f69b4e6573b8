/**
 * Root may read and write everything: for tests of permissions it becomes somebody who may not. Node refuses to change
 * the user while io_uring may be in use, and only the environment at its start rules that out. Hence the first import
 * of this file as root runs the whole test file again, in a child, and ends with it.
 */
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import type { TestContext } from 'node:test';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

if (isRoot && process.env['UV_USE_IO_URING'] !== '0') {
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, UV_USE_IO_URING: '0' },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

/** Until the test is over root is nobody, to whom `paths` are given; an ordinary user remains what it is. */
export function asOrdinaryUser(t: TestContext, ...paths: readonly string[]): void {
  if (!isRoot) return;
  for (const path of paths) chownSync(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  t.after(() => process.seteuid?.(0));
}

/**
 * Root may read and write everything: for tests of permissions it becomes somebody who may not. A Node that uses the
 * libuv of its distribution refuses that, as on Debian 13: then the first import of this file runs the whole test file
 * as nobody, in a child, and ends with it.
 */
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import type { TestContext } from 'node:test';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/** Why tests of permissions cannot be: root cannot become nobody, and nobody may not read this clone. Else false. */
export const cannotBe: string | false = isRoot && !mayChangeUser() && runAgainAsNobody();

function mayChangeUser(): boolean {
  try {
    process.seteuid?.(NOBODY);
    process.seteuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function runAgainAsNobody(): string {
  const asNobody = { uid: NOBODY, gid: NOBODY, stdio: 'inherit' } as const;
  const [file = ''] = process.argv.slice(1);
  const mayRead = spawnSync('test', ['-r', file], asNobody).status === 0;
  if (!mayRead) return `this Node lets root be nobody in a child only, and nobody may not read ${file}`;
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], asNobody);
  return process.exit(status ?? 1);
}

/** Until the test is over root is nobody, to whom `paths` are given; an ordinary user remains what it is. */
export function asOrdinaryUser(t: TestContext, ...paths: readonly string[]): void {
  if (!isRoot) return;
  for (const path of paths) chownSync(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  t.after(() => process.seteuid?.(0));
}

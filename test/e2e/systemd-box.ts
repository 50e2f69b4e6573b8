/** A real systemd with its journald, in namespaces of their own: what it writes and mounts is gone with it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from './child.ts';
import { program } from './daemon.ts';

/** This file runs as dist/test/e2e/systemd-box.js. */
const SCRIPTS = fileURLToPath(new URL('../../../test/e2e/systemd-box/', import.meta.url));
/** What a command may say, bytes. */
const MOST = 256 * 1024 * 1024;

export interface Ended {
  readonly code: number | null;
  /** What it said, its errors behind the rest. */
  readonly out: string;
}

export interface Box {
  /** Runs a command inside to its end. */
  run(command: readonly string[], input?: string | Buffer): Ended;
  /** The same, and it must not fail; gives what it said. */
  must(command: readonly string[], input?: string | Buffer): string;
  /** Our program inside. */
  ours(...args: readonly string[]): Ended;
  start(command: readonly string[]): Child;
  halt(): void;
}

/** `trees`: what beside /etc and /var is thrown away with it, as in `usr`. */
export function bootBox(trees = ''): Box {
  assert.ok(process.getuid?.() === 0, 'only root can boot a systemd: run the tests as root');
  assert.ok(existsSync('/lib/systemd/systemd'), 'systemd is missing: apt-get install systemd');
  const directory = mkdtempSync(join(tmpdir(), 'systemd-box-'));
  const booted = spawnSync(join(SCRIPTS, 'boot'), [directory], {
    encoding: 'utf8',
    env: { ...process.env, BOX_TREES: trees },
  });
  assert.equal(booted.status, 0, booted.stderr);
  const run = (command: readonly string[], input: string | Buffer = ''): Ended => {
    const options = { input, encoding: 'utf8', maxBuffer: MOST } as const;
    const { status, stdout, stderr } = spawnSync(join(SCRIPTS, 'in'), [directory, ...command], options);
    return { code: status, out: stdout + stderr };
  };
  return {
    run,
    must: (command, input) => {
      const { code, out } = run(command, input);
      assert.equal(code, 0, `${command.join(' ')}: ${out}`);
      return out;
    },
    ours: (...args) => run([process.execPath, program, ...args]),
    start: (command) => startChild(join(SCRIPTS, 'in'), [directory, ...command]),
    halt: () => {
      spawnSync(join(SCRIPTS, 'halt'), [directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

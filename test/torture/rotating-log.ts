/**
 * One log and the rule by which Debian rotates it. The rule's text is that of the package (test/torture/logrotate/, from
 * prosody 0.12.3-1+deb12u1, ejabberd 23.01-1 and jabberd2 2.7.0-4+b2); only paths, owner and the way to tell the server
 * are put in.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type Rule = 'prosody' | 'ejabberd' | 'jabberd2';

export interface RotatingLog {
  readonly rule: Rule;
  /** The virtual host whose users log in here. */
  readonly host: string;
  readonly path: string;
  /** The signal upon which the writer opens this log anew; none for copytruncate. */
  readonly reopensOn: NodeJS.Signals | undefined;
  /** Puts the rule in its place, for a writer with this process id. To be done once, before the first rotation. */
  arm(writerPid: number): void;
  /** Runs logrotate once, forced. */
  rotate(): Promise<void>;
  /** Numbers of the users in the youngest rotated piece. */
  rotatedUsers(): number[];
  /** Numbers of the users in the live file. */
  liveUsers(): number[];
}

interface Shape {
  readonly file: string;
  readonly reopensOn: NodeJS.Signals | undefined;
}

const SHAPES: Readonly<Record<Rule, Shape>> = {
  prosody: { file: 'prosody.log', reopensOn: 'SIGHUP' },
  ejabberd: { file: 'ejabberd.log', reopensOn: 'SIGUSR2' },
  jabberd2: { file: 'sm.log', reopensOn: undefined },
};
export const rules: readonly Rule[] = ['prosody', 'ejabberd', 'jabberd2'];
const RULE_TEXTS = fileURLToPath(new URL('../../../test/torture/logrotate/', import.meta.url));
/** What Debian's /etc/logrotate.conf says before it includes the rules of the packages. */
const GLOBAL = 'weekly\nrotate 4\ncreate\n';

export function rotatingLog(rule: Rule, base: string): RotatingLog {
  const { file, reopensOn } = SHAPES[rule];
  const directory = join(base, rule);
  const path = join(directory, file);
  const config = join(base, `${rule}.conf`);
  mkdirSync(directory);
  const usersIn = (name: string): number[] => (existsSync(name) ? userNumbers(readFileSync(name, 'latin1')) : []);
  return {
    rule,
    host: `${rule}.example`,
    path,
    reopensOn,
    arm: (writerPid) => writeFileSync(config, GLOBAL + placed(rule, base, writerPid), { mode: 0o644 }),
    rotate: async () => {
      await promisify(execFile)('/usr/sbin/logrotate', ['-f', '-s', join(base, `${rule}.status`), config]);
    },
    rotatedUsers: () => usersIn(`${path}.1`),
    liveUsers: () => usersIn(path),
  };
}

/** The rule with the paths of this test, and a writer in the place of the server. */
function placed(rule: Rule, base: string, pid: number): string {
  const pidFile = join(base, `${rule}.pid`);
  const control = join(base, `${rule}ctl`);
  writeFileSync(pidFile, String(pid));
  writeFileSync(control, `#!/bin/sh\n[ "$1" = status ] || kill -USR2 ${pid}\n`);
  chmodSync(control, 0o755);
  return readFileSync(join(RULE_TEXTS, rule), 'utf8')
    .replaceAll(`/var/log/${rule}/`, `${join(base, rule)}/`)
    .replace(/create 640 \w+ \w+/, 'create 640')
    .replace('/run/prosody/prosody.pid', pidFile)
    .replace('service prosody reload', `kill -HUP ${pid}`)
    .replaceAll('/usr/sbin/ejabberdctl', control);
}

/** Only whole lines: what stands behind the last newline was never a line. */
function userNumbers(text: string): number[] {
  return Array.from(text.matchAll(/^.{16}c2s[0-9a-f]+\tinfo\tAuthenticated as u(\d+)@\w+\.example\n/gm), (match) =>
    Number(match[1]),
  );
}

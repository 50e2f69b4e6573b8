import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { asNobody, cannotStart, readable } from '../../ordinary-user.ts';
import { MAIN } from '../../program.ts';

/** Root may read everything, so the program is run as somebody who may not. */
const isRoot = process.getuid?.() === 0;
/** Debian's group of those who may read logs, where root can give a file to it; else one that is there in any case. */
const group = isRoot ? { gid: 4, name: 'adm' } : undefined;
const program = readable(MAIN);

let root = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'permission-'));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'logs'));
  for (const log of ['file.log', 'logs/prosody.log', 'private.log'])
    writeFileSync(join(root, log), 'Mar 02 10:00:00 c2s55d2\tinfo\tAuthenticated as alice@chat.example\n');
  chmodSync(join(root, 'file.log'), isRoot ? 0o640 : 0o040);
  chmodSync(join(root, 'private.log'), isRoot ? 0o600 : 0);
  chmodSync(join(root, 'logs'), isRoot ? 0o750 : 0o010);
  if (group) for (const path of ['file.log', 'logs', 'private.log']) chownSync(join(root, path), 0, group.gid);
});
after(() => {
  chmodSync(join(root, 'logs'), 0o750);
  rmSync(root, { recursive: true });
});

/** What the program says until a line matches, and then it is stopped. */
async function said(args: readonly string[], until: RegExp): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: join(root, 'none'), TZ: 'UTC', STATE_DIRECTORY: join(root, 'state') };
  mkdirSync(env.STATE_DIRECTORY, { recursive: true });
  if (isRoot) chownSync(env.STATE_DIRECTORY, 65_534, 65_534);
  const child = spawn(process.execPath, [program, ...args], {
    env,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...asNobody,
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    lines.push(line);
    if (until.test(line)) child.kill();
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return lines.join('\n');
}

const helps = group?.name ?? '\\S+';
const cases = [
  [
    'file.log',
    new RegExp(`file\\.log:? may not be read by this user \\(\\S+\\): it belongs to the group ${helps}, so make`),
  ],
  [
    'logs/prosody.log',
    new RegExp(`prosody\\.log:? may not be read by .*: \\S+/logs belongs to the group ${helps}, so`),
  ],
  ['private.log', /private\.log:? may not be read by .*, as \S+private\.log is closed to it and to its group/],
] as const;

describe('permission denied is no absence', { skip: cannotStart }, () => {
  for (const [log, sentence] of cases)
    for (const command of ['run --log', 'check --log', 'history', 'explain'])
      test(`${command} ${log} names what is in the way, and the group that helps [8.20]`, async () => {
        const text = await said([...command.split(' '), join(root, log)], /counts go to/);
        assert.match(text, sentence);
        assert.doesNotMatch(text, /caught up with|does not exist/);
      });
});

const usual = '/var/log/prosody/prosody.log';
test(
  'run waits for the usual log when there is none yet [8.20]',
  { skip: existsSync(usual) && `${usual} is here` },
  async () => {
    const text = await said(['run'], /counts go to/);
    const lines = text.split('\n').filter((line) => line.includes(usual));
    assert.match(lines[0] ?? '', /no log is configured, so the usual one is followed/);
    // Where Prosody is installed it is there and may be closed to us.
    assert.match(lines[1] ?? '', /prosody\.log (?:does not exist; waiting for it|may not be read)/);
    // Of those that may be closed to us, and of the one that is waited for, each is told of once.
    const told = text.match(/\S+ (?:does not exist|may not be read)/g) ?? [];
    assert.equal(new Set(told).size, told.length, text);
    assert.match(text, /there is no log to read yet; counts go to 127\.0\.0\.1:8125/);
  },
);

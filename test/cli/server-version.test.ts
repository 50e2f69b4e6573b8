/** The version of the server is known however long ago it started: from the log, its rotated files, or what was read of them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run, said } from '../program.ts';

const root = mkdtempSync(join(tmpdir(), 'version-'));
after(() => rmSync(root, { recursive: true }));

const at = (secondsAgo: number): string => new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 19);
const started = (version: string): string =>
  `${at(90_000)}Z startup\tinfo\tHello and welcome to Prosody version ${version}\n`;
const quote = `${at(90_000)}Z c2s1\tinfo\tsays: Hello and welcome to Prosody version 0.9.1\n`;
const login = `${at(80_000)}Z c2s2\tinfo\tAuthenticated as anna@a.example\n`;
/** More than `check` looks at for anything else. */
const lines = `${at(60)}Z mod_x\tinfo\tnothing of interest in this line, and in none of the others\n`.repeat(20_000);

/** As docker keeps what is written to the output. */
const contained = (text: string): string =>
  text.replaceAll(/.+/g, (log) => JSON.stringify({ log: `${log}\n`, stream: 'stdout', time: `${at(60)}.5Z` }));

let made = 0;
function logWith(files: Readonly<Record<string, string | Buffer>>): string {
  const directory = join(root, `case-${++made}`);
  mkdirSync(directory);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  return join(directory, 'prosody.log');
}

const written = async (log: string): Promise<string> => {
  const { out } = await run(['check', '--log', log, '--index', join(root, 'none')]);
  return /written by (.*?), time stamps/.exec(out)?.[1] ?? out;
};

describe('check tells the version of the server', () => {
  const rotated = gzipSync(started('0.11.9') + lines);
  for (const [where, files, version] of [
    ['at the start of the log', { 'prosody.log': started('0.12.3') + quote + lines }, 'prosody 0.12.3'],
    ['in the middle', { 'prosody.log': started('0.11.9') + lines + started('13.0.1') + lines }, 'prosody 13.0.1'],
    ['in a rotated file', { 'prosody.log': lines, 'prosody.log.1': started('0.12.5') + lines }, 'prosody 0.12.5'],
    [
      'in a compressed one',
      { 'prosody.log': lines, 'prosody.log.1': lines, 'prosody.log.2.gz': rotated },
      'prosody 0.11.9',
    ],
    [
      'in the newest of them',
      { 'prosody.log': '', 'prosody.log.1': started('13.0.2'), 'prosody.log.2.gz': rotated },
      'is empty',
    ],
    [
      "in a container's log",
      { 'prosody.log': contained(started('0.12.3') + lines) },
      "prosody 0.12.3, in lines of docker's json-file",
    ],
    ['nowhere', { 'prosody.log': lines }, 'prosody'],
    [
      'as no number',
      { 'prosody.log': started('trunk nightly build 1') + lines, 'prosody.log.1': started('0.11.9') },
      'prosody',
    ],
  ] as const)
    test(`that stands ${where} [8.24]`, async () => {
      const said = await written(logWith(files));
      assert.ok(said === version || said.includes(`  ${version}\n`), said);
    });

  test('and warns of one that can be forged [8.2]', async () => {
    const log = logWith({ 'prosody.log': login + lines, 'prosody.log.1.gz': gzipSync(started('0.11.9')) });
    const { out } = await run(['check', '--log', log, '--index', join(root, 'none')]);
    assert.match(out, /written by prosody 0\.11\.9, .*\n.*level info: [^;]*\n[^]*warning: .*can be forged/);
  });

  test('from the index, when no file has it any more [8.24]', async () => {
    const log = logWith({ 'prosody.log': started('0.12.3') + login });
    const flags = ['--log', log, '--index', join(root, 'kept')];
    const check = async (): Promise<string> => {
      writeFileSync(log, lines);
      return (await run(['check', ...flags])).out;
    };
    await said(['run', ...flags], /caught up with/);
    assert.match(
      await check(),
      /no line of the log tells the version[^]*prosody\.log: written by prosody 0\.12\.3; \d+ bytes read/,
    );
  });
});

test('run tells a log in which nobody can ever log in, and one of another program [8.24]', async () => {
  const warnings = `${at(60)}Z certmanager\terror\tSSL/TLS: Failed to load\n${at(60)}Z c2s55a1\twarn\tFailed to enable smacks\n`;
  const warn = logWith({ 'prosody.log': warnings.repeat(15) });
  const ssh = logWith({ 'prosody.log': 'Mar  2 10:00:00 vm sshd[12]: Accepted publickey for root\n'.repeat(30) });
  const flags = ['--index', join(root, 'silent'), '--log', warn, '--log', ssh];
  const err = await said(['run', ...flags], /looks like/);
  assert.match(err, new RegExp(`${warn}: holds only warnings and errors, so no login is in it`));
  assert.match(err, new RegExp(`${ssh}: is not understood; this looks like a log of syslog`));
});

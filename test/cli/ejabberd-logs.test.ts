/** What is said of ejabberd's files by the commands that read them. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathOf } from '../ejabberd-golden.ts';
import { run } from '../program.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ejabberd-logs-'));
});
after(() => rm(root, { recursive: true }));

const PID = '<0.5.0>@ejabberd_c2s:bind/2:542 (tls|<0.5.0>)';
const line = (day: string, level: string, message: string): string =>
  `2026-03-${day} 10:00:00.000000+00:00 [${level}] ${message}\n`;
const login = (day: string, user: string): string =>
  line(day, 'info', `${PID} Opened c2s session for ${user}@chat.example/phone`);
const error = line('02', 'error', '<0.9.0>@ejabberd_acme:issue_request/7:252 Failed to request certificate');

const written = async (name: string, content: string): Promise<string> => {
  const path = join(root, name);
  await writeFile(path, content);
  return path;
};

describe('the files of ejabberd', () => {
  it('error.log repeats what stands in ejabberd.log, and is told and not read [10.3]', async () => {
    const files = [await written('ejabberd.log', login('01', 'anna') + error), await written('error.log', error)];
    const { code, out, err } = await run(['history', '--format', 'csv', '--coverage', ...files]);
    assert.equal(code, 0);
    assert.match(err, /error\.log repeats lines that stand in the log beside it/);
    assert.doesNotMatch(err, /error\.log: 1 file/);
    assert.match(out, /chat\.example,1,1,1/);
  });

  it('its own rotation, logrotate and what reopen-log renamed are one log [10.3]', async () => {
    const names = ['ejabberd-old.log', 'ejabberd.log.1', 'ejabberd.log.0', 'ejabberd.log'];
    const files = await Promise.all(names.map((name, i) => written(name, login(`0${i + 1}`, `user${i}`))));
    const { out, err } = await run(['history', '--format', 'csv', ...files]);
    assert.match(err, /ejabberd\.log: 4 files/);
    assert.match(out.trimEnd(), /chat\.example,\d,4,4$/);
  });

  const refusals: readonly (readonly [what: string, content: string, said: RegExp])[] = [
    ['the level that is needed', error.repeat(30), /loglevel: info \(the same as 4\) in ejabberd\.yml/],
    [
      'that counts at level info are exact',
      login('01', 'anna'),
      /written by ejabberd.*\n.*level info: the counts are exact/,
    ],
  ];
  for (const [what, content, said] of refusals)
    it(`check tells ${what} [10.3]`, async () => {
      const log = await written('ejabberd.log', content);
      const { out, err } = await run(['check', '--log', log, '--index', join(root, 'index')]);
      assert.match(out + err, said);
    });

  it('lines that a remote party forged count for nobody, and are told once [10.8]', async () => {
    const log = join(root, 'ejabberd.log');
    await copyFile(pathOf('23.01/05-injection-clean-lines.log'), log);
    const { out, err } = await run(['history', '--format', 'csv', log]);
    assert.equal(out.trim(), 'time,host,d1,d7,d30');
    assert.equal(err.match(/text of a remote party.*: 4/g)?.length, 1);
  });
});

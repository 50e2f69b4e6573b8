import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ParseHealth } from '../../src/service/parse-health.ts';
import { run } from '../program.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'forgeable-'));
});
after(() => rm(root, { recursive: true }));

const hello = (version: string): string =>
  `2026-03-02T01:00:00Z startup\tinfo\tHello and welcome to Prosody version ${version}\n`;

describe('a version that lets a remote party forge lines', () => {
  for (const [version, isTold] of [
    ['0.11.9', true],
    ['0.9.12', true],
    ['0.12.3', false],
    ['13.0.7', false],
    ['trunk nightly build 1', false],
  ] as const) {
    test(`${version}: check ${isTold ? 'warns' : 'does not warn'} [8.2]`, async () => {
      const log = join(root, `${version}.log`);
      await writeFile(log, hello(version));
      const { out } = await run(['check', '--log', log, '--index', join(root, 'index')]);
      assert.equal(/can be forged/.test(out), isTold);
    });

    test(`${version}: run ${isTold ? 'warns once' : 'does not warn'} [8.2]`, () => {
      const parseHealth = new ParseHealth();
      const counts = { lines: 1, events: 1, rejected: 0, foreign: 0, quoted: 0 };
      const named = /^\d/.test(version) ? version : undefined;
      const told = { path: '/a.log', server: 'prosody', version: named, counts };
      const warnings = [...parseHealth.judge(told, 1), ...parseHealth.judge(told, 2)];
      assert.equal(warnings.filter((warning) => warning.includes('can be forged')).length, isTold ? 1 : 0);
    });
  }

  test('Metronome, every version: check and run warn [8.2]', async () => {
    const log = join(root, 'metronome.log');
    await writeFile(log, `2026-03-02T01:00:00Z c2s55d2\tinfo\tAuthenticated as alice@chat.example\n`);
    const { out } = await run(['check', '--log', log, '--server', 'metronome', '--index', join(root, 'index')]);
    assert.match(out, /written by metronome, .*can be forged/);
    const counts = { lines: 1, events: 1, rejected: 0, foreign: 0, quoted: 0 };
    const told = { path: '/a.log', server: 'metronome', version: undefined, counts };
    assert.equal([...new ParseHealth().judge(told, 1)].length, 1);
  });

  test('what was passed over as quoted is counted and told once [8.1]', async () => {
    const log = join(root, 'quoted.log');
    const quote = '2026-03-02T01:00:00Z c2s5587\tinfo\tSession closed by remote with error: x (y\n';
    await writeFile(log, `${hello('0.11.9')}${quote}2026-03-02T01:00:00Z c2s55\tinfo\tAuthenticated as f@h\nx)\n`);
    for (const command of ['explain', 'history'])
      assert.match((await run([command, log])).err, /text of a remote party.*: 2\n/);
    assert.match(
      (await run(['check', '--log', log, '--index', join(root, 'index')])).out,
      /text of a remote party.*: 2\n/,
    );
  });
});

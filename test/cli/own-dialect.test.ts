/** A log of a server that nobody knows here, read as the README says. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '../program.ts';

let root = '';
let config = '';
let log = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'own-dialect-'));
  config = join(root, 'config.toml');
  log = join(root, 'mine.log');
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const section = readme.slice(readme.indexOf('### A server of your own'));
  const [, lines = '', , toml = ''] = /```\n(.*?)```(.*?)```toml\n(.*?)```/s.exec(section) ?? [];
  await writeFile(log, lines);
  await writeFile(config, toml.replace('/var/log/mine.log', log));
});
after(() => rm(root, { recursive: true }));

describe("the README's example of a server of one's own", () => {
  it('is explained [10.5]', async () => {
    const { code, out } = await run(['explain', '--config', config, '--server', 'mine', '--json', log]);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    assert.equal(code, 0);
    const at = Date.parse('2026-03-02T10:00:00Z') / 1000;
    assert.deepEqual(events, [
      { line: 1, kind: 'start', user: 'alice@chat.example', session: '17', resource: '17', at },
      { line: 2, kind: 'end', session: '17', at: at + 300 },
    ]);
  });

  it('is checked [10.5]', async () => {
    const { out } = await run(['check', '--config', config, '--index', join(root, 'index')]);
    assert.match(out, /written by mine, .*; 100 % of the last 2 lines/);
    assert.match(out, /as exact as the patterns of \[dialect\.mine\]/);
    assert.match(out, /logins and logouts in them: 2; hosts: chat\.example/);
  });

  it('is counted [10.5]', async () => {
    const { out } = await run(['history', '--config', config, '--format', 'csv', log]);
    assert.match(out, /chat\.example,1,1,1/);
  });

  it('is counted in a container, too [10.5]', async () => {
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const container = join(root, 'container-json.log');
    const time = '2026-03-02T10:00:00.5Z';
    const wrapped = lines.map((line) => JSON.stringify({ log: `${line}\n`, stream: 'stdout', time }));
    await writeFile(container, `${wrapped.join('\n')}\n`);
    const { out } = await run(['history', '--config', config, '--server', 'mine', '--format', 'csv', container]);
    assert.match(out, /chat\.example,1,1,1/);
  });

  it('and a line that would take for ever elsewhere takes no time [10.5]', async () => {
    const slow = join(root, 'slow.toml');
    const pattern = "'^(?<time>\\S+ \\S+) (?<session>(a+)+)(?<user>b)$'";
    await writeFile(slow, `[dialect.slow]\nstart = ${pattern}\nend = '^(?<time>\\S+) (?<session>x)'\n`);
    const lines = join(root, 'slow.log');
    await writeFile(lines, `2026-03-02 10:00:00 ${'a'.repeat(20_000)}\n`);
    const { code } = await run(['explain', '--config', slow, '--server', 'slow', lines]);
    assert.equal(code, 0);
  });
});

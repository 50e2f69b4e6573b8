/** Zones that are named in the stamps, and logs in which nothing happens. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { run } from '../program.ts';

const root = mkdtempSync(join(tmpdir(), 'zones-'));
after(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, 'config.toml'), '');
let made = 0;

const CONFIG = ['--config', join(root, 'config.toml')];
const at = (iso: string): number => Date.parse(iso) / 1000;

function put(text: string, modified = at('2026-03-01T10:00:00Z')): string {
  const path = join(mkdtempSync(join(root, `${++made}-`)), 'x.log');
  writeFileSync(path, text);
  utimesSync(path, modified, modified);
  return path;
}

describe('a zone in the stamps that is not that of the log is named with the setting [8.16]', () => {
  const text = Array.from(
    { length: 30 },
    (_, i) => `2026-03-01 09:00:${10 + i} EST c2s1\tinfo\tAuthenticated as u${i}@a.example\n`,
  ).join('');
  const SENTENCE = /its time stamps say EST, which is not the time of Europe\/Berlin: set timezone in its \[\[log\]\]/;
  for (const command of ['history', 'backfill', 'explain', 'check'])
    test(`by ${command} [8.16]`, async () => {
      const path = put(text);
      const args = command === 'check' ? ['--log', path] : [path];
      const index = command === 'backfill' || command === 'check' ? ['--index', join(root, `index-${made}`)] : [];
      const { code, err } = await run([command, ...CONFIG, '--timezone', 'Europe/Berlin', ...index, ...args]);
      assert.match(err, SENTENCE);
      assert.equal(code, 1);
    });
});

describe('silence', () => {
  const plain = (time: string): string => `${time} mod_cron\tinfo\tRunning\n`;
  const login = (time: string, user: string): string =>
    `${time} c2s${user}\tinfo\tAuthenticated as ${user}@a.example\n`;

  test('is covered from the first line, though it tells of nobody [8.17]', async () => {
    const days = Array.from({ length: 8 }, (_, i) => plain(`2026-02-${10 + i} 10:00:00`)).join('');
    const path = put(days + login('2026-02-17 10:30:00', 'a'));
    const { out, err } = await run([
      ...['history', ...CONFIG, '--timezone', 'UTC', '--format', 'csv', '--coverage', path],
    ]);
    assert.match(err, /covered: 2026-02-10 10:00.* to 2026-02-17 10:30/);
    assert.doesNotMatch(err, /no log between/);
    const last = out.trim().split('\n').at(-1)?.split(',') ?? [];
    assert.deepEqual(last.slice(0, 3), [String(at('2026-02-17T11:00:00Z')), 'a.example', '1']);
    assert.ok(last.includes(String(7 * 86_400)), last.join(' '));
  });

  for (const [days, online] of [
    [30, 1],
    [32, 0],
  ] as const)
    test(`of ${days} days in a log leaves ${online} of the sessions open [8.17]`, async () => {
      const now = Math.floor(Date.now() / 1000);
      const stamp = new Date((now - days * 86_400) * 1000).toISOString().slice(0, 19).replace('T', ' ');
      const path = put(login(stamp, 'a') + plain(stamp), now - days * 86_400);
      const config = join(root, `${days}.toml`);
      writeFileSync(config, `[[log]]\npath = "${path}"\ntimezone = "UTC"\n`);
      const own = join(root, `own-${days}`);
      await run(['backfill', '--config', config, '--index', own, path]);
      const { out } = await run(['count', '--config', config, '--index', own, '--json']);
      const { hosts } = JSON.parse(out) as { hosts: Record<string, { d1: number }> };
      assert.equal(hosts['a.example']?.d1 ?? 0, online, out);
    });
});

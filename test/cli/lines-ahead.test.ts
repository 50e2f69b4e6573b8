import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../program.ts';

test('count takes in no login that is some minutes ahead, though it is believed [8.12]', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ahead-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [log, index] = [join(directory, 'prosody.log'), join(directory, 'index')];
  const now = Math.floor(Date.now() / 1000);
  const line = (at: number, session: string, user: string): string =>
    `${new Date(at * 1000).toISOString()} ${session}\tinfo\tAuthenticated as ${user}\n`;
  writeFileSync(log, line(now - 3600, 'c2s1', 'alice@here.example') + line(now + 250, 'c2s2', 'bob@ahead.example'));
  await run(['backfill', '--index', index, log]);
  const { out } = await run(['count', '--index', index, '--json', '--at', String(now)]);
  const { hosts } = JSON.parse(out);
  assert.deepEqual(hosts['here.example'], { d1: 1, d7: 1, d30: 1 });
  assert.equal(hosts['ahead.example']?.d1 ?? 0, 0);
  const later = JSON.parse((await run(['count', '--index', index, '--json', '--at', String(now + 250)])).out);
  assert.equal(later.hosts['ahead.example'].d1, 1);
});

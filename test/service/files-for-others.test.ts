/** The files that a running daemon writes for programs of others: whole, readable by everybody, and no reason to end. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, watch } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { daemon, line, login, place } from '../control/running-daemon.ts';
import { deadline } from '../deadline.ts';

const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const LOG =
  login(NOW - 3 * DAY, 'c2s1', 'alice') +
  line(NOW - 3 * DAY + 60, 'c2s1\tinfo\tClient disconnected: closed') +
  login(NOW - 600, 'c2s2', 'bob');

/** Its text, once it is there and holds what is wanted. */
async function textOf(file: string, wanted: string): Promise<string> {
  const changes = watch(dirname(file), { signal: deadline() })[Symbol.asyncIterator]();
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.includes(wanted)) return text;
    await changes.next();
  }
}

test('the file for node_exporter has the counts, is readable by everybody, and has nothing beside it [11.6]', async (t) => {
  const at = await place(t, LOG);
  const folder = join(at.root, 'textfile');
  await mkdir(folder);
  const file = join(folder, 'xmpp.prom');
  await daemon(t, at, '--set', `openmetrics.path=${file}`, '--set', 'openmetrics.prosody_names=true');
  const text = await textOf(file, 'xmpp_active_users{');
  assert.match(
    text,
    /^# TYPE xmpp_active_users gauge\n# HELP .*\nxmpp_active_users\{host="chat\.example",period="1d"\} 1$/m,
  );
  assert.match(text, /^xmpp_active_users\{host="chat\.example",period="30d"\} 2$/m);
  assert.match(text, /^prosody_mod_measure_active_users__active_users_7d\{host="chat\.example"\} 2$/m);
  assert.match(text, /^xmpp_active_users_last_count_timestamp_seconds \d{10}$/m);
  assert.match(text, /^# TYPE xmpp_active_users_log_lines_total counter$/m);
  assert.doesNotMatch(text, /# EOF/);
  assert.equal((await stat(file)).mode & 0o777, 0o644);
  assert.deepEqual(await readdir(folder), ['xmpp.prom']);
});

test('where a file cannot be, that is told once with its setting, and counting goes on [11.6]', async (t) => {
  const at = await place(t, LOG);
  const running = await daemon(t, at, '--set', `openmetrics.path=${join(at.root, 'nowhere', 'xmpp.prom')}`);
  await running.says(/nowhere\/xmpp\.prom cannot be written \(ENOENT.*set openmetrics\.path to/);
  assert.equal(await running.end('SIGTERM'), 0);
  assert.equal(running.said.filter((text) => text.includes('cannot be written')).length, 1);
});

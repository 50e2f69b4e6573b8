/** The files that a running daemon writes for programs of others: whole, readable by everybody, and no reason to end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { daemon, line, login, place } from '../control/running-daemon.ts';
import { deadline } from '../deadline.ts';
import { run } from '../program.ts';

const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const LOG =
  login(NOW - 3 * DAY, 'c2s1', 'alice') +
  line(NOW - 3 * DAY + 60, 'c2s1\tinfo\tClient disconnected: closed') +
  login(NOW - 600, 'c2s2', 'bob');

/** Its text, once it is there and holds what is wanted. */
async function textOf(file: string, wanted: string): Promise<string> {
  const signal = deadline();
  const folder = watch(dirname(file));
  try {
    for (;;) {
      const changed = once(folder, 'change', { signal });
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text.includes(wanted)) return text;
      await changed;
    }
  } finally {
    folder.close();
  }
}

test('the file for node_exporter has the counts, is readable by everybody, and has nothing beside it [11.6]', async (t) => {
  const at = await place(t, LOG);
  const folder = join(at.root, 'textfile');
  await mkdir(folder);
  const file = join(folder, 'xmpp.prom');
  const running = await daemon(at, '--set', `openmetrics.path=${file}`, '--set', 'openmetrics.prosody_names=true');
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
  assert.equal(await running.end('SIGTERM'), 0);
  assert.deepEqual(await readdir(folder), ['xmpp.prom']);
});

/** Six users, of whom one was last seen 100 days ago and one comes each half day, in the lines of 190 days. */
const LONG = Array.from({ length: 380 }, (_, i) => {
  const at = NOW - 190 * DAY + (i * DAY) / 2;
  const visit = (user: string): string =>
    login(at, 'c2s1', user) + line(at + 60, 'c2s1\tinfo\tClient disconnected: closed');
  return i === 180 ? visit('old') : visit('guard');
})
  .concat(['a', 'b', 'c', 'd'].map((user) => login(NOW - 600, `c2s${user}`, user)))
  .join('');

test('NodeInfo is written for any web server, with the half year once the logs cover it [11.6]', async (t) => {
  const at = await place(t, LONG);
  const file = join(at.root, 'nodeinfo.json');
  await daemon(at, '--set', `nodeinfo.path=${file}`);
  const document: unknown = JSON.parse(await textOf(file, '}\n}\n'));
  assert.deepEqual(document, {
    version: '2.1',
    software: { name: 'prosody', version: 'unknown' },
    protocols: ['xmpp'],
    services: { inbound: [], outbound: [] },
    openRegistrations: false,
    usage: { users: { activeMonth: 5, activeHalfyear: 6 } },
    metadata: {},
  });
  assert.equal((await stat(file)).mode & 0o777, 0o644);
});

test('who is kept for half a year from now on is not known of the time before: it is not taken for covered [11.6]', async (t) => {
  const at = await place(t, LONG);
  const file = join(at.root, 'nodeinfo.json');
  const before = await daemon(at);
  await before.end('SIGTERM');
  await daemon(at, '--set', `nodeinfo.path=${file}`);
  const { usage } = JSON.parse(await textOf(file, '}\n}\n')) as { usage: object };
  assert.deepEqual(usage, { users: { activeMonth: 5 } });
  const { out } = await run(['count', '--json', '--index', at.index, '--set', `nodeinfo.path=${file}`]);
  const { hosts, covered } = JSON.parse(out) as { hosts: Record<string, { d180: number }>; covered: { d180: number } };
  assert.equal(hosts['chat.example']?.d180, 5);
  assert.ok(covered.d180 < 32 * DAY);
});

test('where a file cannot be, that is told once with its setting, and counting goes on [11.6]', async (t) => {
  const at = await place(t, LOG);
  const running = await daemon(at, '--set', `openmetrics.path=${join(at.root, 'nowhere', 'xmpp.prom')}`);
  await running.says(/nowhere\/xmpp\.prom cannot be written \(ENOENT.*set openmetrics\.path to/);
  assert.equal(await running.end('SIGTERM'), 0);
  assert.equal(running.said.filter((text) => text.includes('cannot be written')).length, 1);
});

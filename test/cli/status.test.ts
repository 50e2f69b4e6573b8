/** What `status` shows: counts and their change since a day and a week ago, from the counts that are kept. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WINDOWS, type Sample } from '../../src/activity/active-window.ts';
import { status } from '../../src/cli/status.ts';
import type { Io } from '../../src/cli/io.ts';
import { loadConfig } from '../../src/config/config.ts';
import { withIndex } from '../../src/service/open-index.ts';
import { deadline } from '../deadline.ts';
import { run } from '../program.ts';

const DAY = 86_400;
const HOUR = 3600;
const NOW = Math.floor(Date.now() / 1000);
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'status-'));
});
after(() => rm(root, { recursive: true }));

const configFor = (index: string) =>
  loadConfig({
    ...{ flags: { index, log: [join(root, 'prosody.log')] }, env: {}, defaultTimezone: 'UTC' },
    readFile: () => undefined,
    exists: () => false,
  });
const line = (at: number, id: string, user: string): string =>
  `${new Date(at * 1000).toISOString().slice(0, 19)}+0000 ${id}\tinfo\tAuthenticated as ${user}\n`;

/** An index with these past counts, and two users of a.example and one of b.example online. */
async function indexWith(name: string, past: readonly Sample[]): Promise<string> {
  const [index, log] = [join(root, name), join(root, 'prosody.log')];
  const logins = [line(NOW - 60, 'c2s2', 'bob@a.example'), line(NOW - 50, 'c2s3', 'carol@b.example')];
  await writeFile(
    log,
    line(NOW - 40 * DAY, 'c2s0', 'old@a.example') + line(NOW - 600, 'c2s1', 'alice@a.example') + logins.join(''),
  );
  assert.equal((await run(['backfill', '--index', index, log])).code, 0);
  await withIndex(configFor(index), { now: NOW, create: false }, async ({ writeBuffer }) => {
    for (const sample of past) writeBuffer.past.note([sample]);
    await writeBuffer.commitUsers();
  });
  return index;
}

const [dayAgo, weekAgo] = [1, 7].map((days) => Math.floor(NOW / HOUR) * HOUR - days * DAY) as [number, number];
const PAST: readonly Sample[] = [
  { at: dayAgo, host: 'a.example', online: 1, d1: 1, d7: 5, d30: 2, covered: WINDOWS },
  { at: dayAgo, host: 'b.example', online: 4, d1: 1, d7: 1, d30: 1, covered: WINDOWS },
  { at: weekAgo, host: 'a.example', online: 2, d1: 0, d7: 0, d30: 9, covered: [DAY, 7 * DAY, 29 * DAY] },
];

test('each count is shown with its change since a day and a week ago [11.2]', async () => {
  const index = await indexWith('changes', PAST);
  const { code, out } = await run(['status', '--index', index]);
  assert.equal(code, 0);
  const rows = out.slice(out.indexOf('host ')).split('\n');
  assert.match(rows[1] ?? '', /^a\.example +3 \(\+2 \+1\) +3 \(\+2 \+3\) +3 \(-2 \+3\) +3 \(\+1 \?\)$/);
  assert.match(rows[2] ?? '', /^b\.example +1 \(-3 \?\) +1 \(0 \?\) +1 \(0 \?\) +1 \(0 \?\)$/);
  assert.match(rows[3] ?? '', /^all hosts +4 \(-1 /);
  assert.match(rows[4] ?? '', /^in brackets the change since a day and since a week ago/);
  const json = JSON.parse((await run(['status', '--index', index, '--json'])).out) as Record<string, unknown>;
  assert.deepEqual(Object.keys(json).toSorted(), ['at', 'before', 'index', 'logs', 'samples']);
});

test('without past counts nothing is said of a change [11.2]', async () => {
  const index = await indexWith('new', []);
  const { out } = await run(['status', '--index', index]);
  assert.match(out, /^a\.example +3 +3 +3 +3$/m);
  assert.ok(!out.includes('brackets'));
});

test('it is drawn again and again on a terminal, until it is stopped [11.2]', async () => {
  const index = await indexWith('watched', PAST);
  const stop = new AbortController();
  const stdout = new PassThrough({ encoding: 'utf8' });
  const io: Io = {
    ...{ stdin: new PassThrough(), stdout, stderr: new PassThrough(), columns: 80, stderrColumns: () => 80 },
    ...{ isTTY: true, isPiped: false, stderrIsTTY: true, version: '', env: {}, signal: stop.signal },
    ...{
      now: () => NOW,
      onHangup: () => {},
      releaseMemory: () => {},
      log: () => {},
      watchdogMs: undefined,
      monotonic: () => 0n,
    },
    reloadConfig: () => {
      throw new Error('not asked for');
    },
  };
  const watching = status(configFor(index), { watch: true, json: false }, io);
  let screen = '';
  const late = deadline();
  for await (const part of stdout) {
    late.throwIfAborted();
    screen += String(part);
    if (screen.split('\u001b[H').length > 2) break;
  }
  stop.abort();
  assert.equal(await watching, 0);
  assert.match(screen, /^\u001b\[Hdaemon {3}not running\u001b\[K\n/);
  assert.equal((await run(['status', '--watch', '--index', index])).code, 2);
});

/** When what a live log says is written: at once if anything has changed by it, and else within a second. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import type { Block } from '../../src/source/source.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import { LogState } from '../../src/service/log-state.ts';
import { deadline } from '../deadline.ts';
import { copyOfOpen } from '../index/copy-of-open.ts';

const LOG = '/var/log/prosody/prosody.log';
const JOURNAL = 'journal:prosody.service';
const NOW = Date.UTC(2026, 2, 2) / 1000;
const DEBUG = '2026-03-01T12:00:00+0000 c2s1\tdebug\tReceived[c2s]: <presence/>\n';
const LOGIN = '2026-03-01T12:00:00+0000 c2s1\tinfo\tAuthenticated as alice@chat.example\n';
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'writing-'));
});
after(() => rm(root, { recursive: true }));

async function open(path: string) {
  const users = new Users({ exclude: [], includeDisabled: true });
  const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(path), users, NOW);
  const count = { hibernationSeconds: 300, boshSeconds: 3600 };
  const logState = new LogState(users, { ...count, server: 'auto', timezone: 'UTC', horizon: () => NOW });
  let offset = 0;
  const take = (lines: string): Promise<void> => {
    const bytes = Buffer.from(lines);
    offset += bytes.length;
    const batch = logState.decode(bytes, true);
    for (let event = 0; event < batch.count; event++) logState.sessions.takeFrom(batch, event);
    const none = { length: 0, hash: '' };
    const position = { id: 'p', log: LOG, offset, head: none, marker: none, readAt: 0 };
    const block: Block = { log: LOG, bytes, continues: offset > bytes.length, position, forgotten: [] };
    return writeBuffer.commitSoon({ path: LOG, logState }, [block]);
  };
  return { writeBuffer, users, logState, take, batches: () => batchesOf(path) };
}

async function batchesOf(path: string): Promise<number> {
  const text = await readFile(join(path, 'xmpp-active-users'), 'latin1');
  return Number(/batch (\d+)/.exec(text)?.[1]);
}

test('lines that are no events are written together, and at the end [9.11]', async () => {
  const path = join(root, 'quiet');
  const { writeBuffer, take, batches } = await open(path);
  await take(DEBUG);
  const begun = await batches();
  for (let i = 1; i < 1000; i++) await take(DEBUG);
  assert.ok((await batches()) - begun <= 1, `${await batches()} batches`);
  await writeBuffer.close();
  const again = await open(path);
  assert.equal(again.writeBuffer.logs.positions(LOG)[0]?.offset, 1000 * DEBUG.length);
  await again.writeBuffer.close();
});

test('an event is written at once, with the lines before it [9.11]', async () => {
  const { writeBuffer, take, batches } = await open(join(root, 'event'));
  await take(DEBUG);
  const before = await batches();
  await take(LOGIN);
  assert.equal(await batches(), before + 1);
  await writeBuffer.close();
});

test('the cursor of an entry is in the batch of what it says [10.2]', async () => {
  const path = join(root, 'cursor');
  const { writeBuffer, logState, batches } = await open(path);
  const before = await batches();
  const bytes = Buffer.from(LOGIN);
  const batch = logState.decode(bytes, true);
  logState.sessions.takeRun(batch, 0, batch.count);
  const position = { id: JOURNAL, log: JOURNAL, cursor: 's=1;i=2;b=3;m=4;t=5;x=6', readAt: 0 };
  const block: Block = { log: JOURNAL, bytes, continues: true, position, forgotten: [] };
  await writeBuffer.commitSoon({ path: JOURNAL, logState }, [block]);
  assert.equal(await batches(), before + 1);
  const killed = join(root, 'killed');
  copyOfOpen(path, killed);
  await writeBuffer.close();
  const again = await open(killed);
  assert.deepEqual(again.writeBuffer.logs.journalPosition(JOURNAL), position);
  assert.deepEqual(again.writeBuffer.logs.positions(JOURNAL), []);
  assert.equal(again.users.size, 1);
  await again.writeBuffer.close();
});

test('lines that are no events are written within about a second [9.11]', async () => {
  const { writeBuffer, take, batches } = await open(join(root, 'late'));
  await take(DEBUG);
  for (const until = performance.now() + 60_000; (await batches()) < 1;) assert.ok(performance.now() < until);
  await writeBuffer.close();
});

test('what could not be written late is refused with the next lines [9.11]', async () => {
  const path = join(root, 'refused');
  const { writeBuffer, take } = await open(path);
  await take(DEBUG);
  await rm(path, { recursive: true });
  const takeOn = async (): Promise<never> => {
    for (const signal = deadline(); ; signal.throwIfAborted()) {
      await take(DEBUG);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await assert.rejects(takeOn(), { code: 'DAMAGED' });
  await writeBuffer.close();
});

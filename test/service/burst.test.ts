/** Many lines that are there at once: what some changed is written while the next are taken in, always with the place behind them. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Users } from '../../src/activity/user-table.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { LiveLog } from '../../src/service/live-log.ts';
import { LogState } from '../../src/service/log-state.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';
import type { Block, Source } from '../../src/source/source.ts';
import { deadline } from '../deadline.ts';

const LOG = '/var/log/prosody/prosody.log';
const NOW = Date.UTC(2026, 2, 2) / 1000;
/** Lines of a block; with a session and a user each a few blocks make what is written together. */
const LINES = 1000;
const none = { length: 0, hash: '' };
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'burst-'));
});
after(() => rm(root, { recursive: true }));

/** Somebody new with each line, and all lines are as long. */
const line = (n: number): string =>
  `2026-03-01T12:00:00+0000 c2s${(0x1000_0000 + n).toString(16)}\tinfo\tAuthenticated as user${10_000_000 + n}@chat.example\n`;

function blockOf(nth: number, hasMore: boolean): Block {
  const bytes = Buffer.from(Array.from({ length: LINES }, (_, n) => line(nth * LINES + n)).join(''));
  const position = { id: 'p', log: LOG, offset: (nth + 1) * bytes.length, head: none, marker: none, readAt: 0 };
  return { log: LOG, bytes, continues: nth > 0, position, forgotten: [], ...(hasMore && { hasMore }) };
}

async function open(path: string) {
  const users = new Users({ exclude: [], includeDisabled: true });
  const index = await LastSeenIndex.open(path);
  return { users, writeBuffer: await WriteBuffer.open(index, users, NOW) };
}

/** Follows what `blocks` gives; told of each sentence. */
async function follow(path: string, blocks: Source['blocks'], tell: (sentence: string) => void = assert.fail) {
  const { users, writeBuffer } = await open(path);
  const count = { hibernationSeconds: 300, boshSeconds: 3600 };
  const logState = new LogState(users, { ...count, server: 'auto', timezone: 'UTC', horizon: () => NOW });
  const status = { offset: 0, size: 0, lagBytes: 0, rotations: 0, truncations: 0, skippedLines: 0, lostSegments: 0 };
  const source: Source = {
    blocks,
    caughtUp: () => Promise.resolve(),
    status: () => ({ path: LOG, segments: 1, ...status }),
    isThere: true,
    close: () => Promise.resolve(),
  };
  const fail = (error: unknown): never => {
    throw error;
  };
  const live = new LiveLog({
    ...{ path: LOG, logState, writeBuffer, source, hasGoneBack: false, fail },
    tell: (_, sentence) => tell(sentence),
  });
  live.start();
  return { live, writeBuffer };
}

/** The index as it is on the disk: it holds those of all lines before the place, in it no session more and none less. */
async function lines(path: string): Promise<number> {
  const { users, writeBuffer } = await open(path);
  const { length } = Buffer.from(line(0));
  const offset = writeBuffer.logs.positions(LOG)[0]?.offset ?? 0;
  const { sessions = [] } = writeBuffer.logs.stored(LOG) ?? {};
  await writeBuffer.close();
  assert.equal(offset % (LINES * length), 0);
  assert.equal(sessions.length, offset / length);
  assert.ok(users.size >= sessions.length, `${users.size} users, ${sessions.length} sessions`);
  return sessions.length;
}

test('killed at any block of many, the index holds what is before its place, and no more [9.13]', async () => {
  const path = join(root, 'killed');
  const BLOCKS = 24;
  const events = new EventEmitter();
  const over = once(events, 'over', { signal: deadline() });
  const { live, writeBuffer } = await follow(path, async function* () {
    for (let nth = 0; nth < BLOCKS; nth++) {
      yield blockOf(nth, nth < BLOCKS - 1);
      if (nth % 5 !== 4) continue;
      // What says how many batches there are comes first: those that are written meanwhile are more.
      const copy = `${path}-${nth}`;
      await cp(join(path, 'xmpp-active-users'), join(copy, 'xmpp-active-users'));
      await cp(path, copy, { recursive: true, force: false });
    }
    events.emit('over');
  });
  await over;
  // The last one has no more behind it.
  await cp(path, `${path}-last`, { recursive: true });
  await live.close();
  await writeBuffer.close();
  let before = 0;
  for (let nth = 4; nth < BLOCKS; nth += 5) {
    const now = await lines(`${path}-${nth}`);
    assert.ok(now >= before && now <= (nth + 1) * LINES, `${now} lines at block ${nth}`);
    before = now;
  }
  assert.ok(before > 0);
  assert.equal(await lines(`${path}-last`), BLOCKS * LINES);
});

test('blocks of many that are stopped at are in the index with their place [9.13]', async () => {
  const path = join(root, 'stopped');
  const events = new EventEmitter();
  const taken = once(events, 'taken', { signal: deadline() });
  const { live, writeBuffer } = await follow(path, async function* (signal) {
    for (let nth = 0; !signal.aborted; nth++) {
      yield blockOf(nth, true);
      if (nth === 6) events.emit('taken');
    }
  });
  await taken;
  await live.close();
  await writeBuffer.close();
  assert.ok((await lines(path)) >= 7 * LINES);
});

test('while what came before cannot be written no more is asked for, and it is told once [9.13]', async () => {
  const path = join(root, 'failing');
  const told: string[] = [];
  const events = new EventEmitter();
  const [failing, over] = ['failing', 'over'].map((event) => once(events, event, { signal: deadline() }));
  const more = new AbortController();
  let asked = 0;
  const { live, writeBuffer } = await follow(
    path,
    async function* () {
      yield blockOf(asked++, false);
      await rename(path, `${path}-aside`);
      for (; !more.signal.aborted; asked++) yield blockOf(asked, true);
      yield blockOf(asked++, false);
      events.emit('over');
    },
    (sentence) => {
      told.push(sentence);
      if (told.length === 1) events.emit('failing');
    },
  );
  await failing;
  assert.match(told[0]!, /cannot be stored/);
  const then = asked;
  for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(asked <= then + 1, `${asked} blocks, ${then} before`);
  more.abort();
  await rename(`${path}-aside`, path);
  await over;
  assert.equal(told.length, 2, told.join('\n'));
  assert.match(told[1]!, /has been stored at last/);
  await live.close();
  await writeBuffer.close();
  assert.equal(await lines(path), asked * LINES);
});

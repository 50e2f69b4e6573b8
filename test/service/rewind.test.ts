/** A log that is read again from where lines were not believed has the sessions there that it had there. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { LogState } from '../../src/service/log-state.ts';
import { newUsers } from '../../src/service/new-users.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

const LOG = '/var/log/prosody/prosody.log';
/** Unix seconds of 10:00. */
const TEN = Date.UTC(2026, 2, 2, 10) / 1000;
const { count } = loadConfig({
  ...{ flags: {}, env: {}, defaultTimezone: 'UTC' },
  readFile: () => undefined,
  exists: () => false,
});
let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'rewind-'));
});
after(() => rm(root, { recursive: true }));

/** A line for each word: `10:00+1alice` is her login under the id c2sa1, `10:00-1` its end. */
const text = (words: string): string =>
  words
    .split(' ')
    .map((word) => {
      const [, clock = '', sign, id = '', user = ''] = /^([\d:]+)([+-])(\d)(\w*)$/.exec(word) ?? [];
      const what = sign === '+' ? `Authenticated as ${user}@chat.example` : 'Client disconnected: connection closed';
      return `2026-03-02T${clock}:00+0000 c2sa${id}\tinfo\t${what}\n`;
    })
    .join('');

/** Reads the first lines while those of noon are believed to be of the future, then goes back and reads the rest again. */
async function readTwice(before: string, rest: string) {
  const users = newUsers({ count });
  const writeBuffer = await WriteBuffer.open(await LastSeenIndex.open(await mkdtemp(join(root, 'i-'))), users, TEN);
  let horizon = TEN + 3600;
  const begin = () => {
    const stored = writeBuffer.logs.stored(LOG);
    const common = { ...count, server: 'prosody', timezone: 'UTC', horizon: () => horizon };
    return new LogState(users, { ...common, ...(stored && { stored }) });
  };
  const take = async (logState: LogState, lines: string, offset: number): Promise<void> => {
    const batch = logState.decode(Buffer.from(lines), offset > 0, () => writeBuffer.logs.placeOf(LOG, 'a'));
    logState.sessions.takeRun(batch, 0, batch.count);
    const none = { length: 0, hash: '' };
    const position = { id: 'a', log: LOG, offset: offset + lines.length, head: none, marker: none, readAt: 0 };
    await writeBuffer.commit(LOG, logState, [position], []);
  };
  const first = begin();
  await take(first, before, 0);
  await take(first, rest, before.length);
  const [place] = first.unbelieved;
  assert.ok(place);
  writeBuffer.logs.rewind(LOG, place, count.hibernationSeconds);
  assert.equal(writeBuffer.logs.positions(LOG)[0]?.offset, before.length);
  horizon = TEN + 3 * 3600;
  const again = begin();
  await take(again, rest, before.length);
  await writeBuffer.close();
  return again;
}

const online = ({ sessions }: LogState) =>
  [...sessions.all()].flatMap(([id, { state }]) => (state === 'open' || state === 'away' ? [id] : []));

for (const [name, before, rest, right] of [
  ['who was online still is', '10:00+1alice', '12:00+9ghost 10:20+2bob', ['c2sa1', 'c2sa9', 'c2sa2']],
  ['who has gone since has gone', '10:00+1alice', '12:00+9ghost 10:20-1', ['c2sa9']],
  [
    'what carried a resumption carries it again, and the session that was resumed ends',
    '10:00+1alice 10:01-1 10:02-1 10:03+1alice',
    '12:00+9ghost 10:10+2alice 10:20-1 10:21+3bob 10:22-1',
    ['c2sa9', 'c2sa3', 'c2sa1'],
  ],
  [
    'who may have waited to be resumed waits no longer',
    '10:00+1alice 10:01-1 10:02-1 10:03+4bob',
    '12:00+9ghost 10:30+5bob',
    ['c2sa4', 'c2sa9', 'c2sa5'],
  ],
] as const)
  test(`read again, ${name} [8.3]`, async () => {
    assert.deepEqual(new Set(online(await readTwice(text(before), text(rest)))), new Set(right));
  });

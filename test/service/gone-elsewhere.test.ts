/** Accounts that other nodes saw removed: who goes here, and who does not. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Users } from '../../src/activity/user-table.ts';
import { Pseudonyms } from '../../src/cluster/pseudonyms.ts';
import type { Piece } from '../../src/cluster/seam.ts';
import { LastSeenIndex } from '../../src/index/last-seen.ts';
import { deleteGone } from '../../src/service/gone-elsewhere.ts';
import { NodeOutbox } from '../../src/service/outbox.ts';
import { WriteBuffer } from '../../src/service/write-buffer.ts';

const AT = Date.UTC(2026, 2, 2) / 1000;

test('whoever was seen well after the removal is of a later account, also where no login is known, and is sent again [12.4]', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'gone-'));
  const pseudonyms = new Pseudonyms(Buffer.from('the key of a cluster'));
  const pseudonymOf = (jid: string): Buffer => pseudonyms.of(jid);
  const users = new Users({ exclude: [], includeDisabled: false });
  const index = await LastSeenIndex.open(join(root, 'index'));
  t.after(async () => {
    await index.close();
    await rm(root, { recursive: true });
  });
  const writeBuffer = await WriteBuffer.open(index, users, AT, { pseudonymOf });
  const seen = (name: string, at: number): void => users.sawLogout(users.number(`${name}@chat.example`), at);
  seen('before', AT - 60);
  seen('just-after', AT + 60);
  seen('later', AT + 3600);
  users.sawLogin(users.number('anew@chat.example'), AT + 60);
  const names = ['before', 'just-after', 'later', 'anew'];
  const outbox = new NodeOutbox(users, writeBuffer.cluster);
  const jidsOf = ({ users: taken }: Piece): string[] => taken.map(({ jid }) => jid.replace('@chat.example', ''));
  const first = outbox.take(10);
  assert.deepEqual(jidsOf(first), names);
  outbox.sent(first);
  const gone = names.map((name) => ({
    ...{ host: 'chat.example', member: pseudonymOf(`${name}@chat.example`) },
    ...{ at: AT, isForgotten: false },
  }));
  assert.equal(await deleteGone(gone, { users, writeBuffer, pseudonymOf }), 2);
  const kept = names.filter((name) => users.get(`${name}@chat.example`) !== undefined);
  assert.deepEqual(kept, ['later', 'anew']);
  assert.deepEqual(jidsOf(outbox.take(10)), kept);
});

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Pseudonyms, readClusterKey } from '../../src/cluster/pseudonyms.ts';

test('a user has the same pseudonym on all nodes that have the key, and another one with another key [12.4]', () => {
  const [a, b, other] = ['one key of all', 'one key of all', 'another key'].map(
    (key) => new Pseudonyms(Buffer.from(key)),
  );
  assert.deepEqual(a?.of('alice@chat.example'), b?.of('alice@chat.example'));
  assert.equal(a?.of('alice@chat.example').length, 12);
  assert.notDeepEqual(a?.of('alice@chat.example'), a?.of('alice@work.example'));
  assert.notDeepEqual(a?.of('alice@chat.example'), other?.of('alice@chat.example'));
  assert.equal(a?.id, b?.id);
  assert.notEqual(a?.id, other?.id);
});

test('a key that is missing, short or open to everybody is refused with a sentence [12.4]', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'key-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'cluster.key');
  assert.throws(
    () => readClusterKey(path),
    /cluster\.key: the key of the cluster cannot be read .*openssl rand -hex 32/,
  );
  writeFileSync(path, 'short\n', { mode: 0o600 });
  assert.throws(() => readClusterKey(path), /fewer than 16 characters/);
  writeFileSync(path, 'a key that is long enough\n');
  chmodSync(path, 0o644);
  assert.throws(() => readClusterKey(path), /can be read by everybody/);
  chmodSync(path, 0o640);
  assert.equal(String(readClusterKey(path)), 'a key that is long enough');
});

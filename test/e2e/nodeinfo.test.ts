/**
 * NodeInfo as a validator has it that is not ours: the Debian package python3-jsonschema with the schema 2.1 of
 * https://github.com/jhass/nodeinfo (schemas/2.1/schema.json at 15b74ef, CC0).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeInfo } from '../../src/report/nodeinfo.ts';

/** This file runs as dist/test/e2e/nodeinfo.test.js. */
const SCHEMA = fileURLToPath(new URL('../../../test/e2e/nodeinfo-2.1.schema.json', import.meta.url));
const DAY = 86_400;
const sample = { at: 0, host: 'chat.example', online: 1, d1: 5, d7: 6, d30: 7, d180: 8 };
const DOCUMENTS = [
  nodeInfo([{ ...sample, covered: [1, 7, 30, 180].map((days) => days * DAY) }], {
    hosts: [],
    software: 'ejabberd',
    version: '23.01',
    openRegistrations: true,
  }),
  nodeInfo([], { hosts: ['chat.example'], software: 'My_Server 1', version: 'unknown', openRegistrations: false }),
];

test('what is written is valid by the schema of NodeInfo 2.1, and what is not would be told [11.6]', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeinfo-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const validate = (document: string): [number | null, string] => {
    const file = join(folder, 'nodeinfo.json');
    writeFileSync(file, document);
    const { status, stderr } = spawnSync('python3', ['-W', 'ignore', '-m', 'jsonschema', '-i', file, SCHEMA], {
      encoding: 'utf8',
    });
    return [status, stderr];
  };
  for (const document of DOCUMENTS) assert.deepEqual(validate(document), [0, '']);
  assert.equal(validate(DOCUMENTS[0]!.replace('"xmpp"', '"mail"'))[0], 1);
});

/** What a node may be called, wherever its name comes from: it stands in keys of Redis, in the journal, on terminals and in names of metrics. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, loadConfig } from '../../src/config/config.ts';
import { clusterSettings } from '../../src/service/cluster.ts';
import { run } from '../program.ts';

const root = mkdtempSync(join(tmpdir(), 'node-name-'));
after(() => rmSync(root, { recursive: true }));
const key = join(root, 'key');
writeFileSync(key, 'of the nodes, and of this test\n', { mode: 0o600 });
const log = join(root, 'old.log');
writeFileSync(log, '');
/** Where nobody listens. */
const CLUSTER = `[cluster]\nurl = "redis://127.0.0.1:1"\nnodes = 3\nkey_file = "${key}"\n`;
const file = join(root, 'config.toml');
writeFileSync(file, `[[log]]\npath = "${log}"\n[index]\npath = "${join(root, 'index')}"\n${CLUSTER}`);

const load = (toml: string) =>
  loadConfig({
    ...{ flags: { config: file }, env: {}, readFile: () => toml, exists: () => true },
    defaultTimezone: 'UTC',
  });

type From = (name: string) => unknown;
/** What is said of a name; nothing where it is taken. */
const FROM: Readonly<Record<string, From>> = {
  'cluster.node': (name) => clusterSettings(load(`${CLUSTER}node = ${JSON.stringify(name)}`))?.node,
  "the machine's name": (name) => clusterSettings(load(CLUSTER), name)?.node,
  'cluster remove': async (name) => (await run(['cluster', 'remove', '--config', file, '--', name])).err,
  'backfill --node': async (name) =>
    (await run(['backfill', '--config', file, '--timezone', 'UTC', `--node=${name}`, log])).err,
};

const NAMES: readonly [name: string, isTaken: boolean][] = [
  ['node1', true],
  ['a.b-c_D.9', true],
  ['-', true],
  ['n'.repeat(64), true],
  ['n'.repeat(65), false],
  ['', false],
  ['a b', false],
  ['a:e', false],
  ['{a}', false],
  ['n2: evil\nx', false],
  ['node1\n', false],
  ['\u001b[31mred', false],
  ['nöde', false],
];

for (const [from, take] of Object.entries(FROM))
  test(`${from} is held to the form of names of nodes [12.6]`, async () => {
    for (const [name, isTaken] of NAMES) {
      const said = await Promise.resolve()
        .then(() => take(name))
        .catch((error: unknown) => (assert.ok(error instanceof ConfigError), error.message));
      const isRefused = /letters, digits, "_", "-" and "\."/.test(String(said));
      assert.equal(isRefused, !isTaken, `${JSON.stringify(name)}: ${String(said)}`);
      // Nothing of it reaches a terminal as it is.
      if (!isTaken) assert.doesNotMatch(String(said).trimEnd(), /evil\nx|\u001b/);
    }
  });

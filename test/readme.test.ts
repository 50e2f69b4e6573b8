/** What the README shows is what the program takes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { loadConfig } from '../src/config/config.ts';
import { FILE_KEYS } from '../src/config/settings.ts';

const file = '/etc/xmpp-active-users/config.toml';
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/^```toml\n(.*?)^```/gms)].map(([, toml = '']) => toml);

test('every configuration in the README is taken [8.27]', () => {
  for (const toml of examples) {
    const flags = { config: file };
    const readFile = (path: string): string | undefined => (path === file ? toml : undefined);
    loadConfig({ flags, env: {}, readFile, exists: () => false, defaultTimezone: 'UTC', isRoot: false });
  }
});

test('the README shows every setting [8.27]', () => {
  const [settings = ''] = examples;
  const shown = Object.entries(parse(settings)).flatMap(([table, value]) => {
    const tables: readonly unknown[] = Array.isArray(value) ? value : [value];
    return tables.flatMap((keys) => {
      assert(typeof keys === 'object' && keys !== null);
      return Object.keys(keys).map((key) => `${table}.${key}`);
    });
  });
  assert.deepEqual([...new Set(shown)].toSorted(), [...FILE_KEYS].toSorted());
});

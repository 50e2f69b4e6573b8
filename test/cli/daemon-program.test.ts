/** What V8 has compiled of the daemon is kept where the service has a directory for it, and used only as long as it is whole and nobody else's. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readCode, writeCode } from '../../src/cli/code-cache.ts';
import { runToEnd, startChild } from '../e2e/child.ts';
import { MAIN } from '../program.ts';

const root = mkdtempSync(join(tmpdir(), 'daemon-program-'));
after(() => rmSync(root, { recursive: true }));
const uid = process.getuid?.() ?? -1;
const text = Buffer.from('text');
const code = Buffer.from('code');
let made = 0;

function directory(): string {
  const path = join(root, `cache-${++made}`);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

const CASES: readonly (readonly [string, (path: string) => void])[] = [
  ['a bit of it is another one', (path) => writeFileSync(path, flipped(readFileSync(path)))],
  ['its end is missing', (path) => writeFileSync(path, readFileSync(path).subarray(0, -1))],
  ['it is empty', (path) => writeFileSync(path, '')],
  ['others may write to it', (path) => chmodSync(path, 0o620)],
  ['others may write to its directory', (path) => chmodSync(join(path, '..'), 0o770)],
  [
    'it is a link',
    (path) => {
      renameSync(path, `${path}.other`);
      symlinkSync(`${path}.other`, path);
    },
  ],
];

function flipped(bytes: Buffer): Buffer {
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
}

test('what was compiled is read for the same text by the same user [9.10]', () => {
  const path = join(directory(), 'compiled');
  assert.equal(readCode(path, text, uid), undefined);
  writeCode(path, text, code, uid);
  assert.deepEqual(readCode(path, text, uid), code);
  assert.equal(readCode(path, Buffer.from('texT'), uid), undefined);
  assert.equal(readCode(path, text, uid + 1), undefined);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

for (const [what, change] of CASES)
  test(`what was compiled is not used when ${what} [9.10]`, () => {
    const path = join(directory(), 'compiled');
    writeCode(path, text, code, uid);
    change(path);
    assert.equal(readCode(path, text, uid), undefined);
  });

test('a daemon keeps what was compiled, and the next one uses it as long as it is whole [9.10]', async () => {
  const cache = directory();
  const compiled = join(cache, 'compiled');
  const log = join(root, 'prosody.log');
  writeFileSync(log, 'Mar 02 00:30:00 c2s55d2\tinfo\tAuthenticated as alice@chat.example\n');
  const env = { ...process.env, CACHE_DIRECTORY: cache };
  const args = ['--log', log, '--index', join(root, 'index'), '--statsd', '127.0.0.1:9'];
  const live = async (): Promise<number> => {
    const daemon = startChild(process.execPath, [MAIN, 'run', ...args], env);
    await daemon.lines.first('caught up', (line) => line.includes('caught up with'));
    assert.equal(await daemon.end('SIGTERM'), 0);
    return statSync(compiled).ino;
  };
  const first = await live();
  assert.equal(await live(), first);
  writeFileSync(compiled, flipped(readFileSync(compiled)));
  assert.notEqual(await live(), first);
  const refused = await runToEnd(process.execPath, [MAIN, 'run', '--set', 'count.bosh_seconds=x', ...args], env);
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /count\.bosh_seconds must be/);
});

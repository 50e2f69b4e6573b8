/** Rotated files under whatever name and in whatever directory: they are known by what they contain. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { rig, some, type Rig } from './rig.ts';

const NAMES = [
  ...['x.log.1', 'x.log-20260101', 'x.log-2026-01-01', 'x.log-202601', 'x.log-01-01-2026', 'x.log_20260101'],
  ...['x.log.2026.01.01', 'x.log-20260101_010203', 'x.log-2026010100', 'x.log.old', 'x.log.bak', 'x.log.backup'],
  ...['20260101-x.log', 'x-20260101.log', 'x.1.log', 'x.log.0', 'x-old.log', 'x.log.before-the-upgrade'],
];

function moveTo(log: Rig, name: string, compressed: boolean): void {
  renameSync(log.path, join(log.directory, name));
  if (!compressed) return;
  renameSync(join(log.directory, name), `${log.path}.plain`);
  log.gzip('.plain', '.packed');
  renameSync(`${log.path}.packed`, join(log.directory, `${name}.gz`));
}

for (const compressed of [false, true])
  for (const name of [...NAMES, ...(compressed ? ['x.log'] : [])])
    test(`what was unread is read from ${name}${compressed ? '.gz' : ''}, rotated while the daemon was down [9.7]`, async (t) => {
      const log = rig(t);
      log.write(...some(1, 20));
      log.start();
      await log.delivers(some(1, 20));
      await log.stop();
      log.write(...some(21, 30));
      moveTo(log, name, compressed);
      log.write(...some(31, 32));
      log.start();
      await log.deliversAll(some(1, 32));
      await log.restart();
      await log.looks(2);
      await log.deliversAll(some(1, 32));
    });

for (const name of NAMES.slice(0, -1))
  test(`of two rotations while the daemon was down both files are read, the newer as ${name} [9.7]`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 20));
    log.start();
    await log.delivers(some(1, 20));
    await log.stop();
    log.write(...some(21, 30));
    renameSync(
      log.path,
      join(log.directory, basename(name).replace('2026', '2025').replace('1', '2').concat('.gz.old')),
    );
    log.write(...some(31, 40));
    renameSync(log.path, join(log.directory, name));
    log.write(...some(41, 42));
    log.start();
    await log.deliversAll(some(1, 42));
  });

function otherDirectory(t: TestContext, base: string): string {
  const directory = mkdtempSync(join(base, 'old-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** How a file goes to the old directory: within a file system by rename, else by copy. */
function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    copyFileSync(from, to);
    rmSync(from);
  }
}

async function twoRotationsWhileDown(log: Rig, directory: string): Promise<void> {
  await log.stop();
  log.write(...some(21, 30));
  moveFile(log.path, join(directory, 'x.log.2'));
  log.write(...some(31, 40));
  moveFile(log.path, join(directory, 'x.log.1'));
  log.write(...some(41, 42));
  log.start();
  await log.deliversAll(some(1, 42));
  await log.restart();
  await log.looks(2);
  await log.deliversAll(some(1, 42));
}

test('a directory to which a rotated file was seen to go is looked into from then on [9.8]', async (t) => {
  const log = rig(t);
  const old = otherDirectory(t, tmpdir());
  log.write(...some(1, 10));
  log.start();
  await log.delivers(some(1, 10));
  moveFile(log.path, join(old, 'x.log.1'));
  log.write(...some(11, 20));
  await log.delivers(some(1, 20));
  await log.until(() => [...log.positions.values()].some(({ file }) => file?.path.startsWith(old) === true));
  moveFile(join(old, 'x.log.1'), join(old, 'x.log.3'));
  await twoRotationsWhileDown(log, old);
});

for (const [what, base] of [
  ['the same file system', tmpdir()],
  ['another file system', '/dev/shm'],
] as const)
  test(`a directory that the configuration names is looked into, on ${what} [9.8]`, async (t) => {
    const log = rig(t);
    const old = otherDirectory(t, base);
    log.rotated = [join(old, '*')];
    log.write(...some(1, 20));
    log.start();
    await log.delivers(some(1, 20));
    await twoRotationsWhileDown(log, old);
  });

test('a directory below that of the log is looked into, unless there is another log of that name [9.8]', async (t) => {
  const log = rig(t);
  const old = join(log.directory, 'old');
  const other = join(log.directory, 'other');
  for (const directory of [old, other]) mkdirSync(directory);
  for (const name of ['x.log', 'x.log.1']) writeFileSync(join(other, name), 'of another log\n');
  log.write(...some(1, 20));
  log.start();
  await log.delivers(some(1, 20));
  await twoRotationsWhileDown(log, old);
});

test('of a log that was copied to a name of nobody and emptied, the rest is read from the copy [9.7]', async (t) => {
  const log = rig(t);
  log.write(...some(1, 20));
  log.start();
  await log.delivers(some(1, 20));
  await log.stop();
  log.write(...some(21, 30));
  log.copyTruncate('.before-the-upgrade');
  log.remove();
  log.write(...some(31, 32));
  log.start();
  await log.deliversAll(some(1, 32));
});

test('what stands beside the log and is not taken is named once, and no line of it is read [9.7]', async (t) => {
  const log = rig(t);
  log.write(...some(1, 20));
  const others = ['x.log.err', 'x.log.bak-notes.txt', 'x.err', 'x-errors.log'];
  for (const name of others) writeFileSync(join(log.directory, name), 'of something else\n');
  log.start();
  await log.delivers(some(1, 20));
  await log.looks(2);
  await log.delivers(some(1, 20));
  const told = log.notices.filter(({ kind }) => kind === 'beside').map(({ text }) => text);
  assert.equal(told.length, 1);
  for (const name of others.slice(0, 2)) assert.match(told[0] ?? '', new RegExp(`/${name}`));
  assert.doesNotMatch(told[0] ?? '', /x\.err|x-errors/);
});

/** The first bytes of each form; brotli has none of its own. */
const UNREADABLE: readonly (readonly [string, string])[] = [
  ['.Z', '1f9d90'],
  ['.lz4', '04224d18'],
  ['.br', '0bfe03f8'],
  ['.zip', '504b0304'],
];

for (const [suffix, first] of UNREADABLE)
  test(`a rotated file x.log.1${suffix} is named as one that cannot be read, once [9.7]`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 20));
    log.start();
    await log.delivers(some(1, 20));
    log.append(Buffer.concat([Buffer.from(first, 'hex'), Buffer.alloc(200, 0x81), Buffer.from('\n')]), `.1${suffix}`);
    await log.until(() => log.told('unreadable') === 1);
    log.write(...some(21, 21));
    await log.looks(3);
    await log.delivers(some(1, 21));
    assert.equal(log.told('unreadable'), 1);
    assert.match(log.notices.find(({ kind }) => kind === 'unreadable')?.text ?? '', /is (compressed with|a zip)/);
    assert.ok(statSync(`${log.path}.1${suffix}`).size > 0);
  });

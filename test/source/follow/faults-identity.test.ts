/** Faults of followers that take one file for another; the numbers are those of the list in CONTRIBUTING. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fingerprint } from '../../../src/source/follow/position.ts';
import { rig, some, type Rig } from './rig.ts';

/** Puts another file with the same inode number at the live path; false if the filesystem gives it to nobody soon. */
function reuseInode(log: Rig): boolean {
  const { ino } = statSync(log.path);
  log.remove();
  for (let i = 0; i < 200; i++) {
    writeFileSync(log.path, '');
    if (statSync(log.path).ino === ino) return true;
    renameSync(log.path, `${log.path}.spare${i}`);
  }
  writeFileSync(log.path, '');
  return false;
}

for (const lines of [2, 60])
  test(`F1: a new file of ${lines} lines that got the inode of the old one is read from its beginning`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 20));
    log.start();
    await log.delivers(some(1, 20));
    await log.stop();
    const reused = reuseInode(log);
    t.diagnostic(`inode ${reused ? 'used again' : 'not used again'}`);
    log.write(...some(21, 20 + lines));
    log.start();
    await log.delivers(some(1, 20 + lines));
  });

const BANNER = [
  'The server has started',
  'Hello and welcome',
  ...Array.from({ length: 20 }, (_, i) => `module ${i} loaded`),
];

test('F2: files with the same first lines are told apart, rotated while running', async (t) => {
  const log = rig(t);
  log.write(...BANNER, ...some(1, 2));
  log.start();
  await log.delivers([...BANNER, ...some(1, 2)]);
  log.rename('', '.1');
  log.write(...BANNER);
  await log.delivers([...BANNER, ...some(1, 2), ...BANNER]);
  log.rename('.1', '.2');
  log.rename('', '.1');
  log.write(...BANNER);
  await log.delivers([...BANNER, ...some(1, 2), ...BANNER, ...BANNER]);
});

test('F2: a short file is not taken for the beginning of another one that is alike in one place', async (t) => {
  const log = rig(t);
  const alike = 'a'.repeat(100);
  log.write(`1 ${alike}`, `2 ${'b'.repeat(200)}`);
  log.start();
  await log.delivers([`1 ${alike}`, `2 ${'b'.repeat(200)}`]);
  await log.stop();
  log.rename('', '.2');
  log.append(`3 ${alike}\n4\n`, '.1');
  log.write('5');
  log.start();
  await log.delivers([`1 ${alike}`, `2 ${'b'.repeat(200)}`, `3 ${alike}`, '4', '5']);
});

test('F2: files with the same first lines are told apart, rotated while down', async (t) => {
  const log = rig(t);
  log.write(...BANNER, ...some(1, 2));
  log.start();
  await log.delivers([...BANNER, ...some(1, 2)]);
  await log.stop();
  log.rename('', '.2');
  log.write(...BANNER, ...some(3, 90));
  log.rename('', '.1');
  log.write(...BANNER, ...some(91, 91));
  log.start();
  await log.delivers([...BANNER, ...some(1, 2), ...BANNER, ...some(3, 90), ...BANNER, ...some(91, 91)]);
});

test('F2: an empty file is no piece, however many there are', async (t) => {
  const log = rig(t);
  log.append('');
  log.append('', '.1');
  log.append('', '.2');
  log.start();
  await log.looks(3);
  log.write('a');
  log.rename('', '.3');
  log.write('b');
  await log.delivers(['a', 'b']);
  await log.restart();
  await log.delivers(['a', 'b']);
});

test('F2: a compressed file is known by its text, whatever its name', async (t) => {
  const log = rig(t);
  log.write(...some(1, 20));
  log.start();
  await log.delivers(some(1, 20));
  await log.stop();
  log.rename('', '.plain');
  log.append(some(21, 21) + '\n', '.plain');
  log.gzip('.plain', '.1');
  log.write(...some(22, 22));
  log.start();
  await log.delivers(some(1, 22));
});

test('F3: a file of one short line is read, and known again', async (t) => {
  const log = rig(t);
  log.write('x');
  log.start();
  await log.delivers(['x']);
  await log.restart();
  log.write('y');
  await log.delivers(['x', 'y']);
  await log.stop();
  log.rename('', '.1');
  log.write('z');
  log.start();
  await log.delivers(['x', 'y', 'z']);
});

for (const length of [10, 100])
  test(`F3b: a file is known by as many first bytes as were kept of it, were it ${length}`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 20));
    log.start();
    await log.delivers(some(1, 20));
    await log.stop();
    const head = fingerprint(readFileSync(log.path).subarray(0, length));
    for (const [id, position] of log.positions) log.positions.set(id, { ...position, head, headLines: [] });
    log.tickMs = 50;
    log.rename('', '.1');
    log.write(...some(21, 21));
    log.start();
    await log.delivers(some(1, 21));
  });

for (const when of ['before', 'after'] as const)
  test(`F24: a crash ${when} the commit neither loses nor repeats a line`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 5));
    log.start();
    await log.delivers(some(1, 5));
    log.intercept = (_block, take) => {
      if (when === 'after') take();
      return log.hang();
    };
    const abandoned = log.running;
    log.write(...some(6, 9));
    await log.until(() => abandoned.status().lagBytes > 0 && (when === 'before' || log.lines.length === 9));
    log.abandon();
    log.start();
    await log.delivers(some(1, 9));
  });

test('F24: with no positions at all the live file is read from its beginning', async (t) => {
  const log = rig(t);
  log.write(...some(1, 5));
  log.start();
  await log.delivers(some(1, 5));
  await log.stop();
  log.positions.clear();
  log.start();
  await log.delivers([...some(1, 5), ...some(1, 5)]);
});

test('F25: in a large file the place is stored as it is read, not at its end', async (t) => {
  const log = rig(t);
  const lines = some(1, 40_000);
  log.write(...lines);
  let blocks = 0;
  log.intercept = (_block, take) => {
    if (++blocks > 3) return log.hang();
    take();
    return Promise.resolve();
  };
  log.start();
  await log.until(() => blocks === 4);
  log.abandon();
  const stored = log.lines.length;
  assert.ok(stored > 5000 && stored < 40_000, `${stored} lines are stored`);
  log.start();
  await log.delivers(lines);
});

test('a copy of a rotated piece that an administrator makes is not read', async (t) => {
  const log = rig(t);
  log.write(...some(1, 20));
  log.start();
  await log.delivers(some(1, 20));
  log.rename('', '.1');
  log.write(...some(21, 21));
  await log.delivers(some(1, 21));
  copyFileSync(`${log.path}.1`, `${log.path}.2`);
  await log.looks(3);
  await log.restart();
  await log.delivers(some(1, 21));
});

/** Faults of followers that have to do with truncation; the numbers are those of the list in CONTRIBUTING. */
import assert from 'node:assert/strict';
import { closeSync, copyFileSync, ftruncateSync, openSync, truncateSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { rig, some } from './rig.ts';

test('F4: after copytruncate the new lines are delivered and the old ones not again', async (t) => {
  const log = rig(t);
  log.write(...some(1, 30));
  log.start();
  await log.delivers(some(1, 30));
  log.copyTruncate();
  log.write(...some(31, 32));
  await log.delivers(some(1, 32));
  await log.restart();
  await log.delivers(some(1, 32));
  assert.equal(log.running.status().truncations, 0, 'the one it saw is counted by the follower that saw it');
});

test('F4: a truncation under its eyes is counted and told once', async (t) => {
  const log = rig(t);
  log.write(...some(1, 30));
  log.start();
  await log.delivers(some(1, 30));
  log.copyTruncate();
  await log.until(() => log.running.status().truncations === 1);
  log.write(...some(31, 31));
  await log.delivers(some(1, 31));
  assert.equal(log.told('truncated'), 1);
});

for (const suffix of ['.1', '-20260101'] as const)
  for (const gzip of [false, true])
    test(`F5: what was unread at copytruncate while the daemon was down comes from the copy x.log${suffix}${gzip ? '.gz' : ''}`, async (t) => {
      const log = rig(t);
      log.write(...some(1, 100));
      log.start();
      await log.delivers(some(1, 100));
      await log.stop();
      log.write(...some(101, 150));
      log.copyTruncate(suffix);
      if (gzip) log.gzip(suffix);
      log.write(...some(151, 160));
      log.start();
      await log.delivers(some(1, 160));
      await log.restart();
      await log.delivers(some(1, 160));
    });

test('F5: of two copytruncates while the daemon was down both copies are read', async (t) => {
  const log = rig(t);
  log.write(...some(1, 10));
  log.start();
  await log.delivers(some(1, 10));
  await log.stop();
  log.write(...some(11, 12));
  log.copyTruncate('.2');
  log.write(...some(13, 14));
  log.copyTruncate('.1');
  log.write(...some(15, 16));
  log.start();
  await log.delivers(some(1, 16));
});

test('F5: a copy that ends before the place that was reached in the original is not read', async (t) => {
  const log = rig(t);
  log.write(...some(1, 40));
  log.start();
  await log.delivers(some(1, 40));
  copyFileSync(log.path, `${log.path}.1`);
  log.write(...some(41, 400));
  await log.delivers(some(1, 400));
  await log.stop();
  truncateSync(log.path);
  log.write(...some(401, 402));
  log.start();
  await log.delivers(some(1, 402));
});

test('F5: a copy of one line, made before more were written and read, is not read', async (t) => {
  const log = rig(t);
  log.write(...some(1, 1));
  log.start();
  await log.delivers(some(1, 1));
  copyFileSync(log.path, `${log.path}.1`);
  log.write(...some(2, 300));
  await log.delivers(some(1, 300));
  truncateSync(log.path);
  log.write(...some(301, 301));
  await log.delivers(some(1, 301));
  await log.restart();
  await log.delivers(some(1, 301));
});

test('F5: while the copy is being made, and nothing was read of the original, each line comes once', async (t) => {
  const log = rig(t);
  log.write(...some(1, 1));
  log.start();
  await log.delivers(some(1, 1));
  log.rename('', '.2');
  log.write(...some(2, 20));
  copyFileSync(log.path, `${log.path}.1`);
  await log.delivers(some(1, 20));
  truncateSync(log.path);
  log.write(...some(21, 21));
  await log.delivers(some(1, 21));
});

for (const down of [false, true])
  test(`F6: a file truncated and grown past the old place is read from its beginning, truncated while ${down ? 'down' : 'running'}`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 20));
    log.start();
    await log.delivers(some(1, 20));
    if (down) await log.stop();
    truncateSync(log.path);
    log.write(...some(21, 80));
    if (down) log.start();
    await log.delivers(some(1, 80));
  });

test('F6: a file truncated and grown to exactly the old size is read from its beginning', async (t) => {
  const log = rig(t);
  log.write(...some(11, 30));
  log.start();
  await log.delivers(some(11, 30));
  truncateSync(log.path);
  log.write(...some(31, 50));
  await log.delivers(some(11, 50));
});

test('F6: a file whose middle is another one but whose last bytes are the same is read from its beginning', async (t) => {
  const log = rig(t);
  const last = 'x'.repeat(200);
  const first = [...some(10, 19), last];
  const second = [...some(20, 29), last];
  log.write(...first);
  log.start();
  await log.delivers(first);
  truncateSync(log.path);
  log.write(...second, 'end');
  await log.delivers([...first, ...second, 'end']);
});

test('F6: a file that lost its end in a power failure is read once more at most, and what comes to it is read', async (t) => {
  const log = rig(t);
  log.start();
  for (let i = 1; i <= 40; i++) {
    log.write(...some(i, i));
    await log.delivers(some(1, i));
  }
  await log.stop();
  truncateSync(log.path, some(1, 38).join('\n').length + 1);
  log.write(...some(41, 41));
  log.start();
  await log.until(() => log.lines.at(-1) === some(41, 41)[0]);
  assert.ok(log.lines.length <= 40 + 39, `${log.lines.length} lines`);
});

for (const down of [false, true])
  test(`F7: the NUL bytes before the place of a writer without O_APPEND are skipped, truncated while ${down ? 'down' : 'running'}`, async (t) => {
    const log = rig(t);
    const writer = openSync(log.path, 'w');
    const put = (lines: string[]) => writeSync(writer, lines.join('\n') + '\n');
    put(some(1, 20_000));
    log.start();
    await log.delivers(some(1, 20_000));
    if (down) await log.stop();
    copyFileSync(log.path, `${log.path}.1`);
    ftruncateSync(openSync(log.path, 'r+'));
    put(some(20_001, 20_010));
    if (down) log.start();
    await log.delivers(some(1, 20_010));
    await log.restart();
    put(some(20_011, 20_011));
    await log.delivers(some(1, 20_011));
    copyFileSync(log.path, `${log.path}.1`);
    ftruncateSync(openSync(log.path, 'r+'));
    put(some(20_012, 20_013));
    await log.delivers(some(1, 20_013));
    closeSync(writer);
  });

test('F6: a file that lost its end in a power failure, went on and was rotated, is read to its end', async (t) => {
  const log = rig(t);
  log.start();
  for (let i = 1; i <= 60; i++) {
    log.write(...some(i, i));
    await log.delivers(some(1, i));
  }
  await log.stop();
  truncateSync(log.path, some(1, 50).join('\n').length + 1);
  log.write(...some(101, 103));
  log.rename('', '.1');
  log.write(...some(104, 104));
  log.start();
  await log.until(() => some(101, 104).every((line) => log.lines.includes(line)));
});

test('F7: gigabytes of NUL bytes are passed over in little memory, and others are read meanwhile [9.12]', async (t) => {
  const [log, other] = [rig(t), rig(t, 'other.log')];
  log.append('');
  truncateSync(log.path, 5e8);
  log.write(...some(1, 3));
  const before = process.memoryUsage().rss;
  let rounds = 0;
  log.start();
  other.start();
  for (; log.lines.length === 0; rounds++) {
    other.write(...some(rounds, rounds));
    await other.until(() => other.lines.length > rounds);
  }
  await log.delivers(some(1, 3));
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 100_000_000, `${Math.round(grown / 1e6)} MB more for 500 MB of NUL bytes`);
  assert.ok(rounds > 3, `only ${rounds} lines of the other log were read meanwhile`);
});

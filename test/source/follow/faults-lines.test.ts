/** Faults of followers that have to do with lines; the numbers are those of the list in CONTRIBUTING. */
import assert from 'node:assert/strict';
import { openSync, truncateSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { rig, some, TICK_MS, type Rig } from './rig.ts';

/** Lets the follower see the file as it is. */
async function lookAt(log: Rig): Promise<void> {
  await log.looks(2);
}

test('F12: an unfinished last line is not delivered before it is finished', async (t) => {
  const log = rig(t);
  log.append('one\ntw');
  log.start();
  await log.delivers(['one']);
  log.append('o');
  await lookAt(log);
  await log.delivers(['one']);
  log.append('\nthree\n');
  await log.delivers(['one', 'two', 'three']);
});

test('F12: an unfinished line is finished across a restart', async (t) => {
  const log = rig(t);
  log.append('one\ntw');
  log.start();
  await log.delivers(['one']);
  await log.stop();
  log.append('o\n');
  log.start();
  await log.delivers(['one', 'two']);
});

test('F12: the unfinished line of a rotated file waits until the file is quiet, and is not joined to the next', async (t) => {
  const log = rig(t);
  // It is quiet after ten of them.
  log.tickMs = 30_000;
  log.append('one\nstale');
  log.start();
  await log.delivers(['one']);
  log.rename('', '.1');
  log.write('fresh');
  await log.looks();
  await log.delivers(['one', 'fresh']);
  await log.looks(3);
  await log.delivers(['one', 'fresh']);
  await log.stop();
  log.tickMs = TICK_MS;
  log.start();
  await log.until(() => log.lines.length === 3);
  await log.delivers(['one', 'fresh', 'stale']);
  await log.restart();
  await log.looks(3);
  await log.delivers(['one', 'fresh', 'stale']);
});

test('F12: the unfinished line of a rotated file is finished by a writer that goes on', async (t) => {
  const log = rig(t);
  // Not taken to be quiet for good while this machine is busy.
  log.tickMs = 100;
  log.append('one\nst');
  const writer = openSync(log.path, 'a');
  log.start();
  await log.delivers(['one']);
  log.rename('', '.1');
  log.write('fresh');
  await log.delivers(['one', 'fresh']);
  writeSync(writer, 'ale\n');
  await log.delivers(['one', 'fresh', 'stale']);
});

test('F12: an unfinished line that copytruncate cut off is not joined to the first line after it', async (t) => {
  const log = rig(t);
  log.append('one\nstale');
  log.start();
  await log.delivers(['one']);
  log.copyTruncate();
  log.write('fresh');
  await log.until(() => log.lines.length === 3);
  assert.deepEqual(log.lines.toSorted(), ['fresh', 'one', 'stale']);
});

test('F13: a character whose bytes come one by one is not damaged', async (t) => {
  const log = rig(t);
  log.start();
  for (const byte of Buffer.from('zwölf 😀 漢字\u2028\u0085 äöü\n')) {
    log.append(Buffer.of(byte));
    await log.looks();
  }
  await log.delivers(['zwölf 😀 漢字\u2028\u0085 äöü']);
});

test('F13: lines end at byte 10 and nowhere else', async (t) => {
  const log = rig(t);
  log.write('a\rb\r', 'c\u0085d\u2028e', '\u0000f\fg', '');
  log.start();
  await log.delivers(['a\rb\r', 'c\u0085d\u2028e', '\u0000f\fg', '']);
});

test('F29: a line of 10 MB is delivered whole', async (t) => {
  const log = rig(t);
  const long = 'x'.repeat(10_000_000);
  log.write('before');
  log.start();
  for (let at = 0; at < long.length; at += 1_000_000) {
    log.append(long.slice(at, at + 1_000_000));
    await log.looks();
  }
  log.append('\nafter\n');
  await log.delivers(['before', long, 'after']);
  assert.equal(log.running.status().skippedLines, 0);
});

for (const rotated of [false, true])
  test(`F29: a line of 40 MB is passed over and counted, and what comes after it is delivered, ${rotated ? 'rotated and compressed' : 'live'}`, async (t) => {
    const log = rig(t);
    log.write('before');
    log.start();
    await log.delivers(['before']);
    if (rotated) await log.stop();
    const part = Buffer.alloc(4_000_000, 0xff);
    for (let i = 0; i < 10; i++) {
      log.append(part);
      if (!rotated) await log.looks();
    }
    log.append('\nafter\n');
    if (rotated) {
      log.rename('', '.1');
      log.gzip('.1');
      log.write('new');
      log.start();
    }
    await log.delivers(rotated ? ['before', 'after', 'new'] : ['before', 'after']);
    assert.equal(log.running.status().skippedLines, 1);
    assert.equal(log.told('skipped-line'), 1);
    await log.restart();
    await log.delivers(rotated ? ['before', 'after', 'new'] : ['before', 'after']);
  });

test('F29: an endless line without a newline costs no memory and does not stop the follower', async (t) => {
  const log = rig(t);
  log.write('before');
  log.start();
  await log.delivers(['before']);
  const before = process.memoryUsage().rss;
  truncateSync(log.path, 300_000_000);
  await log.looks(2);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 100_000_000, `${Math.round(grown / 1e6)} MB more for 300 MB of a line`);
  log.append('\nafter\n');
  await log.delivers(['before', 'after']);
  assert.equal(log.running.status().skippedLines, 1);
});

test('F29: binary garbage is lines like others', async (t) => {
  const log = rig(t);
  const garbage = Buffer.from(
    Array.from({ length: 100_000 }, (_, i) => ((i + 1) * 7919) % 256).filter((byte) => byte !== 10),
  );
  log.append(Buffer.concat([garbage, Buffer.from('\nafter\n')]));
  log.start();
  await log.delivers([garbage.toString(), 'after']);
});

test('a burst of 200 000 lines is delivered in order, in blocks of whole lines', async (t) => {
  const log = rig(t);
  log.start();
  const lines = some(1, 200_000);
  for (let at = 0; at < lines.length; at += 10_000) log.write(...lines.slice(at, at + 10_000));
  await log.delivers(lines);
});

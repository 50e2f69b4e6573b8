/** Faults of followers that have to do with rotation; the numbers are those of the list in CONTRIBUTING. */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Discovery } from '../../../src/source/follow/discover.ts';
import { LiveFile } from '../../../src/source/follow/live-file.ts';
import { Segment } from '../../../src/source/follow/segment.ts';
import { beginState } from '../../../src/source/follow/position.ts';
import { SegmentList } from '../../../src/source/follow/segment-list.ts';
import { Verdicts } from '../../../src/source/follow/verdicts.ts';
import { listSiblings } from '../../../src/source/files/siblings.ts';
import { resultOf, rig, some, type Rig } from './rig.ts';

/** Files of the directory that this process holds open. */
function held(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return [];
    }
  });
}

test('F8: what a writer puts into the renamed file before it notices is delivered', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  const writer = openSync(log.path, 'a');
  log.start();
  await log.delivers(some(1, 3));
  log.rename('', '.1');
  log.write(...some(6, 7));
  await log.delivers([...some(1, 3), ...some(6, 7)]);
  writeSync(writer, some(4, 5).join('\n') + '\n');
  closeSync(writer);
  await log.delivers([...some(1, 3), ...some(6, 7), ...some(4, 5)]);
});

test('F8: of a file that was renamed, deleted and still written to, all is delivered', async (t) => {
  const log = rig(t);
  log.tickMs = 50;
  log.write(...some(1, 3));
  const writer = openSync(log.path, 'a');
  log.start();
  await log.delivers(some(1, 3));
  log.rename('', '.1');
  log.gzip('.1');
  log.write(...some(6, 6));
  await log.delivers([...some(1, 3), ...some(6, 6)]);
  await log.looks(2);
  writeSync(writer, some(4, 5).join('\n') + '\n');
  closeSync(writer);
  await log.delivers([...some(1, 3), ...some(6, 6), ...some(4, 5)]);
});

test('F8: a released piece that grows again is read on', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  log.rename('', '.1');
  log.write(...some(4, 4));
  await log.delivers(some(1, 4));
  await log.until(() => log.running.status().segments === 1);
  log.append(some(5, 5) + '\n', '.1');
  await log.delivers(some(1, 5));
});

test('F9: files rotated several times between two looks are all delivered, in order', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  for (let i = 0; i < 5; i++) {
    for (let n = i; n > 0; n--) log.rename(`.${n}`, `.${n + 1}`);
    log.rename('', '.1');
    log.write(...some(4 + i * 2, 5 + i * 2));
  }
  await log.delivers(some(1, 13));
});

for (const [custom, suffixes] of [
  ['numbers', ['.3', '.2', '.1']],
  ['numbers from 0', ['.2', '.1', '.0']],
  ['dates', ['-20260101', '-20260102', '-20260103']],
  ['dates and hours', ['-2026010101', '-2026010102', '-2026010110']],
  ['dates and epochs', ['-20260101-1767225600', '-20260101-1767229200', '-20260102-1767312000']],
  ['dates and times', ['.2026-01-01_01-00-00', '.2026-01-01_02-00-00', '.2026-01-01_10-00-00']],
] as const) {
  test(`F9: files rotated while the daemon was down are delivered in the order that ${custom} give`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 2));
    log.start();
    await log.delivers(some(1, 2));
    await log.stop();
    log.write(...some(3, 3));
    const [oldest, middle, newest] = suffixes;
    log.rename('', oldest);
    log.write(...some(4, 5));
    log.rename('', newest);
    log.append(some(6, 7).join('\n') + '\n', '.new');
    log.rename(newest, middle);
    log.rename('.new', newest);
    log.write(...some(8, 8));
    [oldest, middle, newest].forEach((suffix) => log.age(suffix, 0));
    log.start();
    await log.delivers(some(1, 8));
  });
}

test('F9: a log that logrotate moved out of its way, made by a server in the gap, is read', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  await log.stop();
  log.rename('', '.1');
  log.write(...some(4, 5));
  log.rename('', '-2026112507.backup');
  log.write(...some(6, 6));
  log.start();
  await log.deliversAll(some(1, 6));
});

test('F9: what is older than the oldest known piece is left alone', async (t) => {
  const log = rig(t);
  log.append(some(1, 2).join('\n') + '\n', '.2');
  log.append(some(3, 4).join('\n') + '\n', '.1');
  log.age('.2', 7200);
  log.age('.1', 3600);
  log.write(...some(5, 6));
  log.start();
  await log.delivers(some(5, 6));
  await log.restart();
  log.write(...some(7, 7));
  await log.delivers(some(5, 7));
  log.gzip('.2');
  await log.looks(3);
  await log.delivers(some(5, 7));
});

for (const [when, down] of [
  ['while the daemon was down', true],
  ['under its eyes', false],
] as const) {
  test(`F10: a file compressed at once is read on from the place that was reached, ${when}`, async (t) => {
    const log = rig(t);
    log.write(...some(1, 3));
    log.start();
    await log.delivers(some(1, 3));
    if (down) await log.stop();
    log.write(...some(4, 6));
    log.rename('', '.1');
    log.gzip('.1');
    log.write(...some(7, 7));
    log.rename('.1.gz', '.2.gz');
    log.rename('', '.1');
    log.gzip('.1');
    log.write(...some(8, 8));
    if (down) log.start();
    // Under its eyes, files that were written within one step of the clock come in any order.
    const delivers = (): Promise<void> => (down ? log.delivers(some(1, 8)) : log.deliversAll(some(1, 8)));
    await delivers();
    await log.restart();
    await log.looks(3);
    await delivers();
  });
}

test('F10: a plain file and its compressed copy are delivered once', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  await log.stop();
  log.rename('', '.2');
  log.append(some(4, 6).join('\n') + '\n', '.1');
  copyFileSync(`${log.path}.1`, `${log.path}.copy`);
  log.gzip('.copy', '.1.gz');
  log.write(...some(7, 7));
  log.start();
  await log.delivers(some(1, 7));
  log.remove('.1');
  await log.looks(3);
  await log.restart();
  await log.delivers(some(1, 7));
});

test('F10, F21: a compressed file that is still being written is read once it is whole', async (t) => {
  const log = rig(t);
  log.write(...some(1, 300));
  log.start();
  await log.delivers(some(1, 300));
  await log.stop();
  log.write(...some(301, 900));
  log.rename('', '.1');
  log.gzip('.1', '.whole');
  copyFileSync(`${log.path}.whole`, `${log.path}.1.gz`);
  truncateSync(`${log.path}.1.gz`, Math.floor(statSync(`${log.path}.whole`).size / 2));
  log.write(...some(901, 901));
  log.start();
  await log.looks(3);
  log.rename('.whole', '.1.gz');
  await log.until(() => log.lines.length >= 901);
  assert.deepEqual(log.lines.toSorted(), some(1, 901).toSorted());
  assert.equal(log.told('damaged'), 0, 'it was never taken for a damaged one');
});

test('F22: of a damaged compressed file what precedes the damage is read, the damage told once, and the rest goes on', async (t) => {
  const log = rig(t);
  const lines = some(1, 20_000);
  log.write(...lines.slice(0, 300));
  log.start();
  await log.delivers(lines.slice(0, 300));
  await log.stop();
  log.write(...lines.slice(300));
  log.rename('', '.1');
  log.gzip('.1');
  log.damage('.1.gz');
  log.age('.1.gz', 3600);
  log.write('after');
  log.start();
  await log.until(() => log.lines.includes('after'));
  await log.looks(3);
  const wrong = log.lines.findIndex((line, i) => line !== lines[i]);
  assert.ok(wrong > 5000, `${wrong} lines before the damage`);
  // Text of which nobody can tell that it is none, as it is made of whole pieces of other lines, may be left.
  assert.ok(log.lines.length - wrong < 10, `${log.lines.length - wrong - 1} lines that were never written`);
  assert.equal(log.lines.at(-1), 'after');
  assert.equal(log.told('damaged'), 1);
});

test('F10: a short compressed file is read, however often it is looked at while files are being renamed', async (t) => {
  const log = rig(t);
  const long = [1, 2].map((n) => `${n} ${'long '.repeat(100)}`);
  log.start();
  for (const line of long) {
    log.write(line);
    await log.until(() => log.lines.includes(line));
    log.rename('', `.${5 - log.lines.length}`);
    await log.looks();
  }
  await log.stop();
  ['.3', '.4'].forEach((suffix) => log.remove(suffix));
  log.append('short\n', '.1');
  log.gzip('.1');

  const list = new SegmentList([...log.positions.values()]);
  const discovery = new Discovery(
    { path: log.path, rotated: [], notify: () => {} },
    list,
    new Verdicts(undefined, []),
    Date.now(),
  );
  const listing = listSiblings(log.path);
  await resultOf(discovery.survey(listing, true, Date.now()));
  const [segment] = list.open;
  assert.ok(segment);
  // What a follower does before it lists the files once more.
  if (!segment.isIdentified) await discovery.identify(segment, listing.siblings);
  const reading = await segment.nextLines(Infinity, () => (all) => all);
  assert.equal(reading.kind === 'lines' && reading.bytes.toString(), 'short\n');
  await segment.close();
});

test('F15: a file deleted and created again is read from its beginning, the deleted one to its end', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  const writer = openSync(log.path, 'a');
  log.start();
  await log.delivers(some(1, 3));
  log.remove();
  writeSync(writer, some(4, 4) + '\n');
  closeSync(writer);
  await log.until(() => log.lines.length === 4);
  log.write(...some(5, 5));
  await log.delivers(some(1, 5));
});

test('F16: a link that is pointed at another file is a rotation, also while the daemon is down', async (t) => {
  const log = rig(t);
  const targets = join(log.directory, 'targets');
  mkdirSync(targets);
  const point = (name: string, lines: string[]) => {
    log.append(lines.join('\n') + '\n', '.target');
    renameSync(`${log.path}.target`, join(targets, name));
    symlinkSync(join(targets, name), `${log.path}.link`);
    log.rename('.link', '');
  };
  point('a', some(1, 2));
  log.start();
  await log.delivers(some(1, 2));
  point('b', some(3, 4));
  await log.delivers(some(1, 4));
  await log.stop();
  log.write(...some(5, 6));
  point('c', some(7, 8));
  log.start();
  await log.delivers(some(1, 8));
});

test('F16: the rotated siblings of a link are those of the file that it leads to', async (t) => {
  const log = rig(t);
  const real = rig(t, 'real.log');
  symlinkSync(real.path, log.path);
  log.write(...some(1, 2));
  log.start();
  await log.delivers(some(1, 2));
  await log.stop();
  log.write(...some(3, 3));
  real.rename('', '.2');
  real.write(...some(4, 4));
  real.rename('', '.1');
  real.write(...some(5, 5));
  log.start();
  await log.delivers(some(1, 5));
});

test('F17: rotated copies and other logs beside the log are not followed for themselves', async (t) => {
  const log = rig(t);
  log.write(...some(1, 2));
  log.start();
  await log.delivers(some(1, 2));
  for (const other of ['.err', '-errors', '.1.txt', '.tmp', '~', '.1~']) log.append('other\n', other);
  copyFileSync(log.path, `${log.path}.1`);
  await log.looks(3);
  await log.delivers(some(1, 2));
});

test('F18: a rotated file that is drained and quiet is released, a deleted one too', async (t) => {
  const log = rig(t);
  log.write(...some(1, 2));
  log.start();
  await log.delivers(some(1, 2));
  log.rename('', '.1');
  log.write(...some(3, 3));
  await log.delivers(some(1, 3));
  assert.equal(held(log.directory).length, 2);
  log.remove('.1');
  await log.until(() => held(log.directory).length === 1);
  assert.equal(log.running.status().segments, 1);
});

test('F18: positions of files that are long gone are forgotten', async (t) => {
  const log = rig(t);
  log.tickMs = 1;
  log.start();
  for (let i = 1; i <= 60; i++) {
    log.write(...some(i, i));
    await log.delivers(some(1, i));
    log.remove();
  }
  log.write(...some(61, 61));
  await log.delivers(some(1, 61));
  await log.until(() => log.running.status().segments === 1);
  await log.looks(2);
  log.write(...some(62, 62));
  await log.delivers(some(1, 62));
  assert.ok(log.positions.size <= 52, `${log.positions.size} positions are kept`);
});

test('F32: a renamed file is not read again under its new name, whenever it is looked at', async (t) => {
  const log = rig(t);
  log.write(...some(1, 2));
  log.start();
  await log.delivers(some(1, 2));
  // What is newer than this one is read if nobody knows it.
  log.rename('', '.9');
  log.age('.9', 100);
  log.write(...some(3, 3));
  await log.delivers(some(1, 3));
  log.rename('', '.1');
  log.write(...some(4, 4));
  await log.delivers(some(1, 4));
  await log.until(() => log.running.status().segments === 1);
  for (const [from, to] of [
    ['.1', '.2'],
    ['.2', '-20260101'],
    ['-20260101', '.3'],
  ] as const) {
    log.rename(from, to);
    await log.looks(2);
    await log.restart();
    await log.delivers(some(1, 4));
  }
});

test('F32: a log replaced by a copy of itself is read once more at most, and nothing of it is lost', async (t) => {
  const log = rig(t);
  log.write(...some(1, 20));
  log.start();
  await log.delivers(some(1, 20));
  copyFileSync(log.path, `${log.path}.tmp`);
  log.append(some(21, 21) + '\n', '.tmp');
  log.rename('.tmp', '');
  await comesAtMostTwice(log, some(1, 21));
  await log.stop();
  copyFileSync(log.path, `${log.path}.tmp`);
  log.append(some(22, 22) + '\n', '.tmp');
  log.rename('.tmp', '');
  const before = log.lines.length;
  log.start();
  await log.delivers([...log.lines.slice(0, before), ...some(22, 22)]);
});

async function comesAtMostTwice(log: Rig, lines: readonly string[]): Promise<void> {
  await log.until(() => lines.every((line) => log.lines.includes(line)));
  await log.looks(2);
  for (const line of lines) assert.ok(log.lines.filter((each) => each === line).length <= 2, line);
}

test('a log moved away and back is read on', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  log.rename('', '.1');
  await log.until(() => log.told('waiting') === 1);
  log.rename('.1', '');
  await log.until(() => log.told('readable') === 1);
  log.write(...some(4, 4));
  await log.delivers(some(1, 4));
});

test('F8: a log that is moved or deleted without a successor is held, however long it is quiet', async (t) => {
  const log = rig(t);
  log.tickMs = 1;
  log.write(...some(1, 3));
  const writer = openSync(log.path, 'a');
  log.start();
  await log.delivers(some(1, 3));
  log.rename('', '.old');
  await quiet(log, 100);
  writeSync(writer, some(4, 5).join('\n') + '\n');
  await log.delivers(some(1, 5));
  log.remove('.old');
  await quiet(log, 100);
  writeSync(writer, some(6, 6) + '\n');
  await log.delivers(some(1, 6));
  closeSync(writer);
  log.write(...some(7, 7));
  await log.delivers(some(1, 7));
  await log.until(() => log.running.status().segments === 1);
});

test('F8: a log that was moved to a name of nobody while the daemon was down is read on', async (t) => {
  const log = rig(t);
  log.write(...some(1, 3));
  log.start();
  await log.delivers(some(1, 3));
  await log.stop();
  log.write(...some(4, 4));
  log.rename('', '.old');
  log.write(...some(5, 5));
  log.start();
  await log.deliversAll(some(1, 5));
});

/** The follower looks, and sees nothing new, for so many ticks. */
async function quiet(log: Rig, ticks: number): Promise<void> {
  for (const since = performance.now(); performance.now() - since < ticks * log.tickMs;) await log.looks();
}

test('F10: a compressed file beside the next one of the same number, which is not compressed', async (t) => {
  const log = rig(t);
  log.write(...some(1, 50));
  log.start();
  await log.delivers(some(1, 50));
  await log.stop();
  log.write(...some(51, 60));
  log.rename('', '.1');
  log.gzip('.1');
  log.age('.1.gz', 3600);
  log.write(...some(61, 70));
  log.rename('', '.1');
  log.write(...some(71, 72));
  log.start();
  await log.deliversAll(some(1, 72));
});

test('F10: the compressed copy of a file that was empty when it was opened is not read for itself', async (t) => {
  const log = rig(t);
  log.append('');
  const live = new LiveFile(log.path);
  live.look();
  log.write(...some(1, 20));
  copyFileSync(log.path, `${log.path}.copy`);
  log.gzip('.copy', '.1.gz');
  const [opened] = live.claim();
  assert.ok(opened);
  const segment = new Segment('live', opened, beginState(), true);
  const list = new SegmentList([]);
  list.open = [segment];
  const discovery = new Discovery(
    { path: log.path, rotated: [], notify: () => {} },
    list,
    new Verdicts(undefined, []),
    0,
  );
  const { again } = await resultOf(discovery.survey(listSiblings(log.path), true, Date.now()));
  assert.deepEqual([list.open, again], [[segment], true]);
  await segment.close();
});

test('F10: of two files that nobody has seen and that are copies of one text each line comes once', async (t) => {
  const log = rig(t);
  log.write(...some(1, 10));
  log.start();
  await log.delivers(some(1, 10));
  await log.stop();
  log.rename('', '.4');
  log.write(...some(11, 20));
  // A copytruncate that was broken off between copy and truncate, and then one that was not.
  copyFileSync(log.path, `${log.path}.3`);
  log.write(...some(21, 30));
  log.copyTruncate('.2');
  copyFileSync(`${log.path}.2`, `${log.path}.1`);
  log.write(...some(31, 32));
  log.start();
  await log.deliversAll(some(1, 32));
  await log.restart();
  await log.looks(3);
  await log.deliversAll(some(1, 32));
});

test('F32: nothing is lost when a copy takes the place of the log, and the writer goes on in the old file', async (t) => {
  const log = rig(t);
  log.write(...some(1, 10));
  const writer = openSync(log.path, 'a');
  log.start();
  await log.delivers(some(1, 10));
  copyFileSync(log.path, `${log.path}.tmp`);
  log.write(...some(11, 12));
  log.rename('.tmp', '');
  await comesAtMostTwice(log, some(1, 12));
  writeSync(writer, some(13, 14).join('\n') + '\n');
  closeSync(writer);
  log.write(...some(15, 15));
  await comesAtMostTwice(log, some(1, 15));
  await log.restart();
  await log.looks(3);
  await comesAtMostTwice(log, some(1, 15));
});

/** Files that are gone before they were read, and files that need not be looked at again. */
import assert from 'node:assert/strict';
import { copyFileSync, openSync, statSync, truncateSync, utimesSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { rig, some, type Rig } from './rig.ts';

async function begin(log: Rig): Promise<void> {
  log.write(...some(1, 20));
  log.start();
  await log.delivers(some(1, 20));
}

for (const [what, destroy] of [
  ['rotated and deleted', (log: Rig) => (log.rename('', '.1'), log.remove('.1'))],
  ['emptied', (log: Rig) => truncateSync(log.path)],
  ['rotated and compressed in a way that cannot be read', (log: Rig) => pack(log)],
] as const)
  test(`a log that was ${what} while the daemon was down is told and counted, once [9.9]`, async (t) => {
    const log = rig(t);
    await begin(log);
    await log.stop();
    log.write(...some(21, 30));
    destroy(log);
    log.write(...some(31, 32));
    log.start();
    await log.delivers([...some(1, 20), ...some(31, 32)]);
    assert.equal(log.told('lost'), 1);
    assert.equal(log.losses, 1);
    assert.equal(log.running.status().lostSegments, 1);
    assert.match(
      log.notices.find(({ kind }) => kind === 'lost')?.text ?? '',
      /read up to byte \d+ is nowhere any more/,
    );
    await log.restart();
    await log.looks(2);
    assert.equal(log.told('lost'), 1);
  });

function pack(log: Rig): void {
  log.append(Buffer.from('04224d1881', 'hex'), '.1.lz4');
  log.remove();
}

test('of a file whose size is known it is told how many bytes were not read [9.9]', async (t) => {
  const log = rig(t);
  await begin(log);
  log.append('unfinished');
  await log.looks(2);
  log.write('');
  await log.delivers([...some(1, 20), 'unfinished']);
  await log.stop();
  const [position] = [...log.positions.values()];
  assert.ok(position?.file);
  log.positions.set(position.id, { ...position, file: { ...position.file, size: position.offset + 77 } });
  log.remove();
  log.write(...some(31, 32));
  log.start();
  await log.until(() => log.told('lost') === 1);
  assert.match(log.notices.find(({ kind }) => kind === 'lost')?.text ?? '', /up to 77 bytes/);
});

test('no loss is told of a log that is emptied when all of it has been read [9.9]', async (t) => {
  const log = rig(t);
  await begin(log);
  truncateSync(log.path);
  log.write(...some(21, 22));
  await log.delivers(some(1, 22));
  await log.restart();
  await log.looks(3);
  assert.equal(log.told('lost'), 0);
});

test('no loss is told when the copy of an emptied log is deleted, which ended before what was read of the log [9.9]', async (t) => {
  const log = rig(t);
  await begin(log);
  copyFileSync(log.path, `${log.path}.1`);
  log.write(...some(21, 30));
  await log.delivers(some(1, 30));
  await log.stop();
  truncateSync(log.path);
  log.write(...some(31, 32));
  log.start();
  await log.delivers(some(1, 32));
  await log.restart();
  log.remove('.1');
  await log.looks(3);
  log.write(...some(33, 33));
  await log.delivers(some(1, 33));
  assert.equal(log.told('lost'), 0);
});

test('no loss is told as long as nothing stands at the path of the log, or a copy of it is there [9.9]', async (t) => {
  const log = rig(t);
  await begin(log);
  await log.stop();
  log.rename('', '.away');
  log.start();
  await log.looks(3);
  assert.equal(log.told('lost'), 0);
  copyFileSync(`${log.path}.away`, `${log.path}.1`);
  log.remove('.away');
  log.write(...some(21, 22));
  await log.delivers(some(1, 22));
  await log.looks(3);
  assert.equal(log.told('lost'), 0);
});

function oldArchives(log: Rig, count: number, lines: number): void {
  for (let i = 1; i <= count; i++) {
    log.append(some(i * 1000, i * 1000 + lines).join('\n') + '\n', `.${i}`);
    log.age(`.${i}`, 3600 * i);
    log.gzip(`.${i}`);
  }
}

test('an archive that is none of ours is not opened again at the next start, as long as it stays as it is [9.10]', async (t) => {
  const log = rig(t);
  oldArchives(log, 20, 10);
  await begin(log);
  await log.looks(2);
  await log.stop();
  for (let i = 1; i <= 20; i++) {
    const path = `${log.path}.${i}.gz`;
    const { atime, mtime } = statSync(path);
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.alloc(statSync(path).size - 10, 0xff), 0, undefined, 10);
    utimesSync(path, atime, mtime);
  }
  log.start();
  log.write(...some(21, 21));
  await log.delivers(some(1, 21));
  assert.equal(log.told('damaged'), 0, 'nobody has seen that they are damaged now');
  log.age('.7.gz', 7000);
  await log.until(() => log.told('damaged') === 1);
});

test('a start that is broken off has stored what it found out [9.10]', async (t) => {
  const log = rig(t);
  oldArchives(log, 300, 500);
  await begin(log);
  await log.stop();
  log.verdicts = undefined;
  log.intercept = (block, take) => {
    take();
    return block.verdicts ? log.hang() : Promise.resolve();
  };
  log.start();
  await log.until(() => log.verdicts !== undefined);
  log.abandon();
  const found = known(log);
  assert.ok(found > 0 && found < 300, `${found} verdicts`);
  log.start();
  await log.until(() => known(log) === 300);
  await log.delivers(some(1, 20));
});

const known = ({ verdicts }: Rig): number => verdicts?.verdicts.length ?? 0;

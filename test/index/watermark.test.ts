/** The small file beside those of LevelDB, and who may read them all. */
import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { LastSeenIndex } from '../../src/index/last-seen.ts';

let root = '';
let made = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'watermark-'));
});
after(() => rm(root, { recursive: true }));

const fresh = (): string => join(root, `index-${++made}`);
const watermarkOf = (index: string): string => join(index, 'xmpp-active-users');

/** Writes so many batches. */
async function write(path: string, batches: number): Promise<void> {
  const index = await LastSeenIndex.open(path);
  await index.load();
  for (let login = 1; login <= batches; login++)
    await index.write({
      removals: new Map([['alice', login]]),
    });
  await index.close();
}

async function loginIn(path: string): Promise<number | undefined> {
  const index = await LastSeenIndex.open(path, { create: false });
  try {
    return (await index.load()).removals.get('alice');
  } finally {
    await index.close();
  }
}

/** What version 0.1.0 wrote. */
function nameless(batch: number): string {
  const text = `index of xmpp-active-users\nbatch ${String(batch).padStart(12, '0')}`;
  return `${text} ${crc32(text).toString(16).padStart(8, '0')}\n`;
}

describe('a watermark that was not written for the index is damage', () => {
  const cases: Record<string, (index: string) => Promise<void>> = {
    garbage: (index) => writeFile(watermarkOf(index), 'garbage'),
    'an empty file': (index) => writeFile(watermarkOf(index), ''),
    'another number': async (index) => {
      const text = await readFile(watermarkOf(index), 'latin1');
      await writeFile(watermarkOf(index), text.replace('batch 000000000003', 'batch 000000000002'));
    },
    'that of another index, with fewer batches': async (index) => {
      const other = fresh();
      await write(other, 2);
      await cp(watermarkOf(other), watermarkOf(index));
    },
    'that of another index, with more batches': async (index) => {
      const other = fresh();
      await write(other, 5);
      await cp(watermarkOf(other), watermarkOf(index));
    },
    'that of a new index': (index) => writeFile(watermarkOf(index), nameless(0)),
    'a directory': async (index) => {
      await rm(watermarkOf(index));
      await mkdir(watermarkOf(index));
    },
    'garbage, and CURRENT is gone': async (index) => {
      await writeFile(watermarkOf(index), 'garbage');
      await rm(join(index, 'CURRENT'));
    },
    'a directory, and CURRENT is gone': async (index) => {
      await rm(watermarkOf(index));
      await mkdir(watermarkOf(index));
      await rm(join(index, 'CURRENT'));
    },
  };
  for (const [name, work] of Object.entries(cases))
    test(`${name} [8.7]`, async () => {
      const path = fresh();
      await write(path, 3);
      await work(path);
      await assert.rejects(loginIn(path), { code: 'DAMAGED' });
    });

  test('one of version 0.1.0 is none, nor is one that is a batch behind [8.7]', async () => {
    const path = fresh();
    await write(path, 3);
    const before = await readFile(watermarkOf(path));
    for (const text of [nameless(3), nameless(2)]) {
      await writeFile(watermarkOf(path), text);
      assert.equal(await loginIn(path), 3);
    }
    await write(path, 1);
    await writeFile(watermarkOf(path), before);
    assert.equal(await loginIn(path), 1, 'killed before it was written');
  });

  test('who is killed behind the first batch, and the next one behind its own, has done no damage [9.10]', async () => {
    const path = fresh();
    for (let life = 1; life <= 3; life++) {
      const index = await LastSeenIndex.open(path);
      await index.load();
      const before = await readFile(watermarkOf(path));
      await index.write({ removals: new Map([['alice', life]]) });
      await index.close();
      await writeFile(watermarkOf(path), before);
    }
    assert.equal(await loginIn(path), 3);
  });

  test('a directory in which the disk was full at once is a new index [8.7]', async () => {
    const path = fresh();
    await mkdir(path);
    await writeFile(watermarkOf(path), '');
    await write(path, 3);
    assert.equal(await loginIn(path), 3);
  });
});

describe('an index is for its owner only', () => {
  test('also in a directory made by hand, and what was open to others before [8.7]', async () => {
    const path = fresh();
    const before = process.umask(0);
    try {
      await mkdir(path, { mode: 0o755 });
      await write(path, 3);
      for (const name of await readdir(path)) await chmod(join(path, name), 0o666);
      process.umask(0);
      await write(path, 3);
      for (const name of await readdir(path))
        assert.equal((await stat(join(path, name))).mode & 0o077, 0, `${name} may be read by others`);
      assert.equal((await stat(path)).mode & 0o777, 0o755, 'the directory is left as it was made');
    } finally {
      process.umask(before);
    }
  });
});

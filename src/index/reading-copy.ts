/**
 * What can be read of the index while LevelDB opens it anew, which takes some milliseconds: a copy of it, whose tables are links
 * to those of the index. LevelDB has a directory open once, so it is another one.
 */
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Level } from 'level';
import { openLevel } from './level.ts';
import { digestIn } from './meta.ts';

/** In the directory of the index, whose files alone LevelDB minds. */
const NAME = 'reading';
/** LevelDB may bring its tables into order meanwhile, and then some are missing. */
const TRIES = 5;
const TABLE = /^\d+\.(?:ldb|sst)$/;
const LOG = /^\d+\.log$/;
const MANIFEST = /^(?:CURRENT|MANIFEST-\d+)$/;

/** Of the index in the directory `path`, into which nobody writes; `generation`: of what was written last. */
export async function openReadingCopy(path: string, generation: number): Promise<Level> {
  for (let tries = 1; ; tries++) {
    let db: Level | undefined;
    try {
      await copyFiles(path);
      db = await openLevel(join(path, NAME));
      if ((await digestIn(path, db)).generation >= generation) return db;
      throw new Error(`${join(path, NAME)} is not what is in ${path}`);
    } catch (error) {
      await db?.close();
      if (tries === TRIES) throw error;
    }
  }
}

export async function closeReadingCopy(path: string, db: Level): Promise<void> {
  await db.close();
  await removeReadingCopy(path);
}

/** Also one that a crash left there. */
export async function removeReadingCopy(path: string): Promise<void> {
  await rm(join(path, NAME), { recursive: true, force: true });
}

/** What a log holds is in a table of any later manifest, and what is in a manifest is there before it. */
async function copyFiles(path: string): Promise<void> {
  await removeReadingCopy(path);
  await mkdir(join(path, NAME), { mode: 0o700 });
  for (const kind of [LOG, MANIFEST, TABLE])
    for (const name of await readdir(path)) {
      if (!kind.test(name)) continue;
      const [from, to] = [join(path, name), join(path, NAME, name)];
      if (kind === TABLE) await link(from, to).catch(() => copyFile(from, to));
      else await copyFile(from, to);
    }
}

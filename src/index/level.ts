/** LevelDB, opened and compacted, with its failures explained. */
import { Level } from 'level';
import { explainLevelError } from './index-error.ts';

/**
 * Bytes that LevelDB gathers in memory, before it makes a file of them; as much again is being made into one. What is merged at once, and mapped for that,
 * is some of these files. It is a quarter of LevelDB's own: nearly all is written in the order of keys, which merges as well when there is less of it.
 */
const GATHERED = 1024 * 1024;

export async function openLevel(path: string): Promise<Level> {
  const db = new Level(path, { writeBufferSize: GATHERED });
  try {
    await db.open();
    return db;
  } catch (error) {
    throw explainLevelError(path, error);
  }
}

/** `level` has this method wherever there are files, and leaves it out of its types. */
export async function compact(db: Level): Promise<void> {
  if ('compactRange' in db && typeof db.compactRange === 'function') await db.compactRange('!', '"');
}

/** LevelDB, opened and compacted, with its failures explained. */
import { Level } from 'level';
import { explainLevelError } from './index-error.ts';

export async function openLevel(path: string): Promise<Level> {
  const db = new Level(path);
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

/** LevelDB, opened and compacted, with its failures explained. */
import { Level } from 'level';
import { explainLevelError } from './index-error.ts';

const MB = 1024 * 1024;

/**
 * `isSmall`: LevelDB gathers a quarter of what it usually does in memory, before it makes a file of that. As much again is being made into one, and what is
 * merged at once, and mapped for that, is some of these files. Much that comes at once waits for the merging then: a burst of 100,000 lines a second was
 * seconds late.
 */
export async function openLevel(path: string, isSmall = false): Promise<Level> {
  const db = new Level(path, { writeBufferSize: (isSmall ? 1 : 4) * MB });
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

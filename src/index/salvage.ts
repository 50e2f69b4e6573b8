/**
 * What is taken out of a damaged index before it is given up: the counts of the past, which no log may hold any more. Each record has a
 * checksum of its own, so one that is read is as it was written, though later ones may be missing.
 */
import { decode } from './record.ts';
import { openLevel } from './level.ts';
import { keyIn } from './meta.ts';
import { wasBrokenOff } from './probe-in-child.ts';

/** By key; as many as can be read. `path`: where the index is now. @throws nothing */
export async function salvageCounts(path: string): Promise<ReadonlyMap<string, string>> {
  const counts = new Map<string, string>();
  const first = keyIn('counts', '');
  // What crashes LevelDB would crash this process.
  if (wasBrokenOff(path)) return counts;
  try {
    const db = await openLevel(path);
    try {
      for await (const [stored, value] of db.iterator({ gte: first, lt: keyIn('counts', '~') })) {
        const key = stored.slice(first.length);
        const record = decode('counts', key, value);
        if (record) counts.set(key, JSON.parse(record.payload) as string);
      }
    } finally {
      await db.close();
    }
  } catch {
    return counts;
  }
  return counts;
}

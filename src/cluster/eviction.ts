/** Redis can be told to throw keys away when memory is short: then users are missing, and no number of a batch tells it. */
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import { infoOf, memoryProblem } from './server-info.ts';

/** @throws a sentence where Redis does so; what it has then is relied on by no node any more, also when it is put right. */
export async function refuseEviction(connection: Connection, keys: Keys): Promise<void> {
  const [problem] = (await connection.about('memory')).map(infoOf).flatMap(memoryProblem);
  if (problem === undefined) return;
  await Promise.all(keys.all.map((key) => connection.run('distrust', key)));
  const error = new Error(problem);
  connection.close(error);
  throw error;
}

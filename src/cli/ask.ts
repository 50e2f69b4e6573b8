/** Whom a command asks: the daemon where one holds the index, else the index itself; the answer is the same. */
import { askDaemon } from '../control/client.ts';
import type { Reply, Request } from '../control/requests.ts';
import type { Config } from '../config/config.ts';
import { withIndex } from '../service/open-index.ts';

/** `now`: unix seconds. @throws {IndexError} and as `askDaemon` */
export async function ask<A, T>(request: Request<A, T>, args: A, config: Config, now: number): Promise<Reply<T>> {
  const reply = await askDaemon(request, args, config);
  return reply ?? withIndex(config, { now, create: false }, async (open) => request.run(open, args, now));
}

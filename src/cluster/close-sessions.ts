/** The open sessions of a node are over, without a logout of each. */
import type { Connection } from './connection.ts';

/** A piece of `closeSessions` looks at so many hosts at most: a few milliseconds of Redis, however many there are. */
const HOSTS = 200;

/**
 * Takes the open users of a node out of a slot. `own`: epoch, sequence number and life, where it is this node itself. Gives how many
 * there were; undefined where another process is the node by now.
 */
export async function closeSessions(
  connection: Connection,
  key: string,
  node: string,
  own: readonly [string, number, string] | readonly ['', '', ''] = ['', '', ''],
): Promise<number | undefined> {
  const hosts = (await connection.run('hosts', key)) as string[];
  let closed = 0;
  for (let from = 0, isLast = false; !isLast;) {
    isLast = from === hosts.length;
    const some = hosts.slice(from, from + HOSTS);
    const [done, taken] = (await connection.run('reset', key, node, ...own, ...some)) as [number, number];
    if (done < 0) return undefined;
    from += done;
    closed += taken;
  }
  return closed;
}

/**
 * `forget JID`: removes one user, also from the files of the index, and remembers under no name that it did, so that lines of
 * before do not bring them back, in whatever log they are found later.
 */
import { removalKey } from '../activity/removals.ts';
import { isOnline } from '../activity/session-table.ts';
import type { Config } from '../config/config.ts';
import type { Io } from './io.ts';
import { findUser, unknownUser, withIndex } from './user-in-index.ts';

export interface ForgetArguments {
  /** Bare and case-folded. */
  readonly user: string;
}

/** @throws {IndexError} */
export async function forget(config: Config, { user }: ForgetArguments, io: Io): Promise<number> {
  const sessions = await withIndex(config, async (index, contents) => {
    const found = findUser(contents, user);
    if (!found) return undefined;
    await index.write({
      users: new Map([[user, undefined]]),
      sessions: new Map(found.sessions.map(([key]) => [key, undefined])),
      positions: [],
      forgotten: [],
      logs: new Map(),
      removals: new Map([[removalKey(index.secret, user), Math.floor(io.now())]]),
    });
    await index.purge();
    return found.sessions.filter(([, session]) => isOnline(session)).length;
  });
  if (sessions === undefined) io.log('error', unknownUser(user, config));
  else
    io.log(
      'notice',
      `${user} is forgotten (open sessions: ${sessions}); only what happens from now on can bring it back`,
    );
  return sessions === undefined ? 1 : 0;
}

/** `forget JID`: removes one user, also from the files of the index. */
import { isOnline } from '../activity/session-table.ts';
import type { Config } from '../config.ts';
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
    });
    await index.purge();
    return found.sessions.filter(([, session]) => isOnline(session)).length;
  });
  if (sessions === undefined) io.log('error', unknownUser(user, config));
  else
    io.log(
      'notice',
      `${user} is forgotten (open sessions: ${sessions}); only lines that have not been read yet can bring it back`,
    );
  return sessions === undefined ? 1 : 0;
}

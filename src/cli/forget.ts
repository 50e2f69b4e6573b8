/**
 * `forget JID`: removes one user, also from the files of the index, and remembers under no name that it did, so that lines of
 * before do not bring them back, in whatever log they are found later.
 */
import { isOnline } from '../activity/session-state.ts';
import type { Config } from '../config/config.ts';
import type { Io } from './io.ts';
import { findUser, unknownUser, withIndex } from './user-in-index.ts';

export interface ForgetArguments {
  /** Bare and case-folded. */
  readonly user: string;
}

/** @throws {IndexError} */
export async function forget(config: Config, { user }: ForgetArguments, io: Io): Promise<number> {
  const sessions = await withIndex(config, io.now(), async (open) => {
    const found = findUser(open, user);
    if (!found) return undefined;
    const { index, users, writeBuffer } = open;
    users.forget(user, Math.floor(io.now()));
    writeBuffer.deleteSessions(found.sessions);
    await writeBuffer.commitUsers();
    await index.purge();
    return found.sessions.filter(({ session }) => isOnline(session)).length;
  });
  if (sessions === undefined) io.log('error', unknownUser(user, config));
  else
    io.log(
      'notice',
      `${user} is forgotten (open sessions: ${sessions}); only what happens from now on can bring it back`,
    );
  return sessions === undefined ? 1 : 0;
}

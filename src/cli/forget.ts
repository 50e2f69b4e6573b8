/** `forget JID`: removes one user, also from the files of the index. */
import type { Config } from '../config/config.ts';
import { withIndex } from '../service/open-index.ts';
import * as operations from '../service/operations.ts';
import type { Io } from './io.ts';
import type { UserArguments } from '../control/requests.ts';
import { unknownUser } from './user-argument.ts';

/** @throws {IndexError} */
export async function forget(config: Config, { user }: UserArguments, io: Io): Promise<number> {
  const now = io.now();
  const sessions = await withIndex(config, { now, create: false }, (open) => operations.forget(open, user, now));
  if (sessions === undefined) {
    io.log('error', unknownUser(user, config));
    return 1;
  }
  io.log(
    'notice',
    `${user} is forgotten (open sessions: ${sessions}); only what happens from now on can bring it back`,
  );
  return 0;
}

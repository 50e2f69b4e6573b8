/** `forget JID`: removes one user, also from the files of the index. */
import { FORGET, type UserArguments } from '../control/requests.ts';
import type { Config } from '../config/config.ts';
import { ask } from './ask.ts';
import type { Io } from './io.ts';

/** @throws as `ask` */
export async function forget(config: Config, { user }: UserArguments, io: Io): Promise<number> {
  const reply = await ask(FORGET, { user }, config, io.now());
  if ('problem' in reply) {
    io.log('error', reply.problem);
    return 1;
  }
  io.log(
    'notice',
    `${user} is forgotten (open sessions: ${reply.value.sessions}); only what happens from now on can bring it back`,
  );
  return 0;
}

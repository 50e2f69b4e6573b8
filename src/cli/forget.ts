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
  const { sessions, isTold } = reply.value;
  const others = isTold ? '. The other nodes of the cluster delete it, too, as soon as the daemons reach Redis' : '';
  io.log(
    'notice',
    `${user} is forgotten (open sessions: ${sessions}); only what happens from now on can bring it back${others}`,
  );
  return 0;
}

/** `last JID`: when one user was seen, and what is open now. */
import type { Config } from '../config/config.ts';
import { LAST, type UserArguments } from '../control/requests.ts';
import type { Last } from '../service/operations.ts';
import { ask } from './ask.ts';
import { localIso } from './times.ts';
import { print, type Io } from './io.ts';

/** @throws as `ask` */
export async function last(config: Config, { user }: UserArguments, io: Io): Promise<number> {
  const reply = await ask(LAST, { user }, config, io.now());
  if ('value' in reply) await print(io, describe(user, reply.value));
  else io.log('error', reply.problem);
  return 'value' in reply ? 0 : 1;
}

function describe(user: string, { login, logout, isDisabled, open }: Last): string {
  const lines = [
    `user           ${user}${isDisabled ? ' (disabled)' : ''}`,
    `last login     ${time(login)}`,
    `last logout    ${time(logout)}`,
    `open sessions  ${open.length}`,
    ...open.map(({ since, id, log }) => `  ${time(since)}  ${id}  ${log}`),
  ];
  return `${lines.join('\n')}\n`;
}

function time(seconds: number | undefined): string {
  return seconds === undefined ? 'not known' : localIso(seconds);
}

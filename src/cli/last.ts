/** `last JID`: when one user was seen, and what is open now. */
import type { Config } from '../config/config.ts';
import { withIndex } from '../service/open-index.ts';
import * as operations from '../service/operations.ts';
import { localIso } from './times.ts';
import { print, type Io } from './io.ts';
import { unknownUser, type UserArguments } from './user-argument.ts';

/** @throws {IndexError} */
export async function last(config: Config, { user }: UserArguments, io: Io): Promise<number> {
  const now = io.now();
  const found = await withIndex(config, { now, create: false }, async (open) => operations.last(open, user, now));
  if (found) await print(io, describe(user, found));
  else io.log('error', unknownUser(user, config));
  return found ? 0 : 1;
}

function describe(user: string, { login, logout, isDisabled, open }: operations.Last): string {
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

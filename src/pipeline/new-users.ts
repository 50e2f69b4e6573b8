/** An empty table of users, for a run of the program. */
import { randomInt } from 'node:crypto';
import { Users } from '../activity/users.ts';
import type { Config } from '../config.ts';

export const newUsers = ({ count }: Config): Users => new Users({ ...count, seed: randomInt(2 ** 32) });

/** What changed since the index was written, but for users, who are told by their pages. A value of undefined deletes the key. */
import { noValues, VALUES, type Values } from '../index/contents.ts';

export type Unwritten = Readonly<Record<keyof Values, Map<string, unknown>>>;

export const nothing = (): Unwritten => noValues();

/** Whether there is nothing to write. */
export const isNothing = (unwritten: Unwritten): boolean => VALUES.every((room) => unwritten[room].size === 0);

/** What could not be written, and what changed since. */
export function joined(before: Unwritten, since: Unwritten): Unwritten {
  const all = nothing();
  for (const room of VALUES)
    for (const changes of [before, since]) for (const [key, value] of changes[room]) all[room].set(key, value);
  return all;
}

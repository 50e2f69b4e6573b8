/** JIDs in a line, as ../scanner.ts has them. */

import { IN_JID } from './addresses';
import { BLANK, byteAt } from './bytes';

const LONGEST_JID: usize = 255;

/** Behind `localpart@host`, whatever follows; 0 for what only the parser can tell. */
export function endOfBareJid(from: usize): usize {
  let i = from;
  while (byteAt(IN_JID + byteAt(i)) == 1) i++;
  if (i == from || byteAt(i) != 64) return 0;
  const host = ++i;
  while (byteAt(IN_JID + byteAt(i)) == 1) i++;
  return i == host || i - from > LONGEST_JID ? 0 : i;
}

export function endOfJid(from: usize, end: usize): usize {
  const i = endOfBareJid(from);
  if (i == 0 || i == end) return i;
  const hasRole = byteAt(i) == BLANK && byteAt(i + 1) == 91 && byteAt(end - 1) == 93 && i + 2 < end;
  return hasRole ? i : 0;
}

/** JIDs in a line, as far as they are plain; all others are the parser's. */

const BLANK = 32;
const AT_SIGN = 64;

/** Longer JIDs are the parser's. */
const LONGEST_JID = 255;
/** Of ASCII, what folds to itself and is allowed in a JID. */
export const IN_JID = new Uint8Array(256);
for (let c = 0x21; c < 0x7f; c++) IN_JID[c] = /["&'/:<>@A-Z(]/.test(String.fromCharCode(c)) ? 0 : 1;

/** Behind `localpart@host`, whatever follows; -1 for what only the parser can tell. */
export function endOfBareJid(bytes: Buffer, from: number): number {
  let i = from;
  while (IN_JID[bytes[i]!] === 1) i++;
  if (i === from || bytes[i] !== AT_SIGN) return -1;
  const host = ++i;
  while (IN_JID[bytes[i]!] === 1) i++;
  return i === host || i - from > LONGEST_JID ? -1 : i;
}

/** The same, followed by nothing or by ` [role]`. */
export function endOfJid(bytes: Buffer, from: number, end: number): number {
  const i = endOfBareJid(bytes, from);
  if (i < 0 || i === end) return i;
  return bytes[i] === BLANK && bytes[i + 1] === 91 && bytes[end - 1] === 93 && i + 2 < end ? i : -1;
}

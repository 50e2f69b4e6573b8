/**
 * Values of a line of JSON, found without reading all of it: lines of the journal are long, and little of them is needed. A key is
 * looked for as it is written, in quotes and before a colon: in a string every quote has a backslash before it, so no text can
 * look like a key.
 */

const QUOTE = 34;
const BACKSLASH = 92;
const BLANK = 32;
const U = 117;
/** By the letter behind the backslash: b, f, n, r, t. */
const ESCAPES = new Map([
  [98, 8],
  [102, 12],
  [110, 10],
  [114, 13],
  [116, 9],
]);

/** `"KEY":`, to be looked for. */
export const keyOf = (name: string): Buffer => Buffer.from(`"${name}":`, 'latin1');

/** Where the value of a key begins in a line; -1 where it has none. */
export function valueAt(line: Buffer, key: Buffer, from = 0): number {
  const found = line.indexOf(key, from);
  if (found < 0) return -1;
  let at = found + key.length;
  while (line[at] === BLANK) at++;
  return at;
}

/** A text that is written byte by byte. */
export class Scratch {
  bytes: Buffer = Buffer.alloc(4096);
  length = 0;

  makeRoom(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const bytes = Buffer.alloc(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}

/** Writes the string whose quote is at `at` into `into`; returns where it ends, behind its quote, or -1 where it is none. */
export function readString(line: Buffer, at: number, into: Scratch): number {
  into.length = 0;
  if (line[at] !== QUOTE) return -1;
  into.makeRoom(line.length - at);
  const { bytes } = into;
  let length = 0;
  for (let i = at + 1; i < line.length; i++) {
    const byte = line[i]!;
    if (byte === QUOTE) {
      into.length = length;
      return i + 1;
    }
    if (byte !== BACKSLASH) bytes[length++] = byte;
    else if (line[++i] !== U) bytes[length++] = ESCAPES.get(line[i]!) ?? line[i]!;
    else {
      const escape = unicodeAt(line, i + 1);
      length += bytes.write(escape, length);
      i += escape.length === 2 ? 10 : 4;
    }
  }
  return -1;
}

/** The character of the four digits at `at`, together with a second half behind it. */
function unicodeAt(line: Buffer, at: number): string {
  const first = unitAt(line, at);
  const isHalf = first >= 0xd800 && first < 0xdc00 && line[at + 4] === BACKSLASH && line[at + 5] === U;
  const second = isHalf ? unitAt(line, at + 6) : 0;
  return second >= 0xdc00 && second < 0xe000 ? String.fromCharCode(first, second) : String.fromCharCode(first);
}

function unitAt(line: Buffer, at: number): number {
  const digits = line.toString('latin1', at, at + 4);
  return /^[0-9A-Fa-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0xfffd;
}

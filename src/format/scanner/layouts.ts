/** Where the parts of a line are in the layouts of the servers that a scanner knows, as far as they are plain; all else is the parser's. */

export const LAYOUTS = ['prosody', 'ejabberd', 'jabberd2'] as const;
export type Layout = (typeof LAYOUTS)[number];

const TAB = 9;
const BLANK = 32;
const BRACKET = 40;
const BRACKET_END = 41;
const DOT = 46;
const COLON = 58;
const LESS = 60;
const GREATER = 62;
const AT_SIGN = 64;
const SQUARE = 91;
const SQUARE_END = 93;

/** The source, and the blanks behind it, in the layout of Prosody's stdout. */
const WIDEST = 128;
/** Of ejabberd's, as of dialects/ejabberd-layout.ts. */
const LONGEST_NUMBER = 10;
const LONGEST_MODULE = 128;
const LONGEST_FUNCTION = 160;
const LONGEST_SOCKET = 1024;
/** Of jabberd2's, in brackets: the address of a connection. */
const LONGEST_ADDRESS = 64;

/** Offsets; both of a part are the same where it is not there. One object serves for all lines. */
export interface Parts {
  /** What stands for a session. */
  source: number;
  sourceEnd: number;
  /** Who printed the message. */
  module: number;
  moduleEnd: number;
  message: number;
  /** More stands between the source and the message than an event has there. */
  isOdd: boolean;
}

export const newParts = (): Parts => ({ source: 0, sourceEnd: 0, module: 0, moduleEnd: 0, message: 0, isOdd: false });

const isPrintable = (byte: number): boolean => byte > BLANK && byte < 0x7f;

/** The place of the word of the level in a line whose stamp ends before `at`; -1 for what only the parser can tell. */
export function levelIn(layout: Layout, bytes: Buffer, at: number, end: number, parts: Parts): number {
  parts.isOdd = false;
  parts.module = parts.moduleEnd = at;
  if (layout !== 'prosody') return bytes[at] === SQUARE ? at + 1 : -1;
  let sourceEnd = at;
  while (bytes[sourceEnd] !== TAB && bytes[sourceEnd] !== BLANK) if (++sourceEnd >= end) return -1;
  parts.source = at;
  parts.sourceEnd = sourceEnd;
  return bytes[sourceEnd] === TAB ? sourceEnd + 1 : levelOnConsole(bytes, at, sourceEnd);
}

/** Finds the message of a line whose level ends at `at`; false for what only the parser can tell. */
export function findMessage(layout: Layout, bytes: Buffer, at: number, end: number, parts: Parts): boolean {
  if (layout === 'ejabberd') return findBehindProcess(bytes, at, end, parts);
  if (layout === 'jabberd2') return findBehindConnection(bytes, at, parts);
  parts.message = at;
  // Rather the layout of a file, whose source is called as a level is.
  return bytes[parts.sourceEnd] === TAB || (bytes[at + 4] !== TAB && bytes[at + 5] !== TAB);
}

function levelOnConsole(bytes: Buffer, source: number, sourceEnd: number): number {
  if (sourceEnd - source > WIDEST) return -1;
  for (let i = source; i < sourceEnd; i++) if (!isPrintable(bytes[i]!)) return -1;
  let word = sourceEnd;
  if (source === sourceEnd) return -1;
  while (bytes[word] === BLANK) word++;
  return word - sourceEnd > WIDEST ? -1 : word;
}

/** `<0.752.0>@ejabberd_c2s:bind/2:450 (tls|<0.752.0>) MESSAGE` */
function findBehindProcess(bytes: Buffer, at: number, end: number, parts: Parts): boolean {
  if (bytes[at] !== LESS) return false;
  let i = at;
  for (let number = 0; number < 3; number++) {
    const from = i + 1;
    i = behindDigits(bytes, from);
    if (i === from || i - from > LONGEST_NUMBER || bytes[i] !== (number < 2 ? DOT : GREATER)) return false;
  }
  parts.source = at;
  parts.sourceEnd = i + 1;
  parts.module = i + 2;
  if (bytes[i + 1] !== AT_SIGN) return false;
  for (i = parts.module; isPrintable(bytes[i]!) && bytes[i] !== COLON;) i++;
  parts.moduleEnd = i;
  if (i === parts.module || i - parts.module > LONGEST_MODULE || bytes[i] !== COLON) return false;
  while (isPrintable(bytes[i]!)) i++;
  const length = i - parts.moduleEnd - 1;
  if (length < 1 || length > LONGEST_FUNCTION || bytes[i] !== BLANK) return false;
  parts.message = bytes[i + 1] === BRACKET ? behindSocket(bytes, i + 1) : i + 1;
  return parts.message >= 0 && parts.message <= end;
}

function behindSocket(bytes: Buffer, at: number): number {
  let i = at + 1;
  while (isPrintable(bytes[i]!) && bytes[i] !== BRACKET && bytes[i] !== BRACKET_END) i++;
  const length = i - at - 1;
  const isWhole = length > 0 && length <= LONGEST_SOCKET && bytes[i] === BRACKET_END && bytes[i + 1] === BLANK;
  return isWhole ? i + 2 : -1;
}

/** `session started: ...`; `[11] bound: ...`; `[11] [127.0.0.1, port=36384] connect` */
function findBehindConnection(bytes: Buffer, at: number, parts: Parts): boolean {
  parts.source = parts.sourceEnd = parts.message = at;
  if (bytes[at] !== SQUARE) return true;
  const i = behindDigits(bytes, at + 1);
  if (i === at + 1 || i - at - 1 > LONGEST_NUMBER || bytes[i] !== SQUARE_END || bytes[i + 1] !== BLANK) return false;
  parts.sourceEnd = i + 1;
  parts.message = i + 2;
  if (bytes[i + 2] !== SQUARE) return true;
  parts.isOdd = true;
  let j = i + 3;
  while ((isPrintable(bytes[j]!) || bytes[j] === BLANK) && bytes[j] !== SQUARE_END) j++;
  parts.message = j + 2;
  return j - i - 3 <= LONGEST_ADDRESS && bytes[j] === SQUARE_END && bytes[j + 1] === BLANK;
}

function behindDigits(bytes: Buffer, at: number): number {
  let i = at;
  while (bytes[i]! >= 48 && bytes[i]! <= 57) i++;
  return i;
}

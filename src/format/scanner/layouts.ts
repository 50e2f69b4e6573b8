/** Where the parts of a line are in the layouts of the servers that a scanner knows, as far as they are plain; all else is the parser's. */

import { startsWith } from './bytes.ts';
import { BEHIND_LOGGER, BEHIND_THREAD, LEVEL, PORT } from './texts.ts';

export const LAYOUTS = ['prosody', 'ejabberd', 'jabberd2', 'openfire', 'tigase', 'mongooseim'] as const;
export type Layout = (typeof LAYOUTS)[number];
/** What stands behind the word of a level. */
export const BEHIND_LEVEL: Readonly<Record<Layout, string>> = {
  prosody: '\t',
  ejabberd: '] ',
  jabberd2: '] ',
  openfire: '',
  tigase: '',
  mongooseim: ' ',
};

const TAB = 9;
const ESCAPE = 27;
const BLANK = 32;
const BRACKET = 40;
const BRACKET_END = 41;
const DOT = 46;
const COLON = 58;
const SEMICOLON = 59;
const LESS = 60;
const GREATER = 62;
const AT_SIGN = 64;
const SQUARE = 91;
const SQUARE_END = 93;
const M = 109;

/** The source, and the blanks behind it, in the layout of Prosody's stdout. */
const WIDEST = 128;
/** Of ejabberd's, as of dialects/ejabberd-layout.ts. */
const LONGEST_NUMBER = 10;
const LONGEST_MODULE = 128;
const LONGEST_FUNCTION = 160;
const LONGEST_SOCKET = 1024;
/** Of jabberd2's, in brackets: the address of a connection, as of dialects/jabberd2-messages.ts. */
const LONGEST_ADDRESS = 64;
const LONGEST_IP = 45;
const LONGEST_PORT = 5;
/** Of Openfire's, as of dialects/openfire.ts. */
const LONGEST_COLOUR = 16;
const LONGEST_THREAD = 256;
const LEAST_LOGGER = 3;
const LONGEST_LOGGER = 256;
/** Of Tigase's, as of dialects/tigase.ts. */
const LEAST_LEVEL = 3;
const LONGEST_LEVEL = 9;
const FEW_BLANKS = 40;
const MOST_BLANKS = 80;
const LONGEST_WORKER = 128;
const LONGEST_METHOD = 128;
const BACKSLASH = 92;
/** Of what may stand in the name of a class or a method, 1. */
const NAME = new Uint8Array(256);
for (let c = 0; c < 128; c++) NAME[c] = /[\w.$]/.test(String.fromCharCode(c)) ? 1 : 0;

/** Offsets; both of a part are the same where it is not there. One object serves for all lines. */
export interface Parts {
  /** What stands for a session. */
  source: number;
  sourceEnd: number;
  /** Who printed the message. */
  module: number;
  moduleEnd: number;
  message: number;
  /** What more stands between the source and the message. */
  between: number;
}

export const NOTHING = 0;
/** Where a client comes from. */
export const ADDRESS = 1;
/** Who it is, or what no event has there. */
export const OTHER_TEXT = 2;

export const newParts = (): Parts => ({
  source: 0,
  sourceEnd: 0,
  module: 0,
  moduleEnd: 0,
  message: 0,
  between: NOTHING,
});

const isPrintable = (byte: number): boolean => byte > BLANK && byte < 0x7f;
/** Hexadecimal digits, points and colons. */
const isOfAddress = (byte: number): boolean =>
  (byte >= 46 && byte <= 58 && byte !== 47) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);

/** The place of the word of the level in a line whose stamp ends before `at`; -1 for what only the parser can tell. */
export function levelIn(layout: Layout, bytes: Buffer, at: number, end: number, parts: Parts): number {
  parts.between = NOTHING;
  parts.source = parts.sourceEnd = parts.module = parts.moduleEnd = at;
  if (layout === 'openfire') return behindColour(bytes, at);
  if (layout === 'mongooseim') return startsWith(bytes, at, LEVEL) ? at + LEVEL.length : -1;
  if (layout !== 'prosody') return bytes[at] === SQUARE ? at + 1 : -1;
  let sourceEnd = at;
  while (bytes[sourceEnd] !== TAB && bytes[sourceEnd] !== BLANK) if (++sourceEnd >= end) return -1;
  parts.sourceEnd = sourceEnd;
  return bytes[sourceEnd] === TAB ? sourceEnd + 1 : levelOnConsole(bytes, at, sourceEnd);
}

/** Finds the message of a line whose level ends at `at`; false for what only the parser can tell. */
export function findMessage(layout: Layout, bytes: Buffer, at: number, end: number, parts: Parts): boolean {
  if (layout === 'ejabberd') return findBehindProcess(bytes, at, end, parts);
  if (layout === 'jabberd2') return findBehindConnection(bytes, at, parts);
  if (layout === 'openfire') return findBehindLogger(bytes, at, end, parts);
  if (layout === 'tigase') return findBehindMethod(bytes, at, end, parts);
  parts.message = at;
  // It goes on in the next line.
  if (layout === 'mongooseim') return bytes[end - 1] !== BACKSLASH;
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
  const from = i + 3;
  const to = behindText(bytes, from);
  parts.between = isFrom(bytes, from, to) ? ADDRESS : OTHER_TEXT;
  parts.message = to + 2;
  return to - from <= LONGEST_ADDRESS && bytes[to] === SQUARE_END && bytes[to + 1] === BLANK;
}

/** `127.0.0.1, port=36384` */
function isFrom(bytes: Buffer, from: number, to: number): boolean {
  let i = from;
  while (isOfAddress(bytes[i]!)) i++;
  if (i - from < 2 || i - from > LONGEST_IP || !startsWith(bytes, i, PORT)) return false;
  const port = i + PORT.length;
  return to > port && to - port <= LONGEST_PORT && behindDigits(bytes, port) === to;
}

/** `DEBUG` before ` [socket_c2s-thread-1]: org.jivesoftware.openfire.spi.RoutingTableImpl - MESSAGE` */
function findBehindLogger(bytes: Buffer, at: number, end: number, parts: Parts): boolean {
  const thread = behindBlanks(bytes, behindColour(bytes, behindBlanks(bytes, at))) + 1;
  const i = behindText(bytes, thread);
  if (bytes[thread - 1] !== SQUARE || i - thread > LONGEST_THREAD || !startsWith(bytes, i, BEHIND_THREAD)) return false;
  parts.module = i + BEHIND_THREAD.length;
  parts.moduleEnd = behindName(bytes, parts.module);
  parts.message = parts.moduleEnd + BEHIND_LOGGER.length;
  const length = parts.moduleEnd - parts.module;
  if (length < LEAST_LOGGER || length > LONGEST_LOGGER || !startsWith(bytes, parts.moduleEnd, BEHIND_LOGGER))
    return false;
  return parts.message <= end;
}

/** `FINE   ] [ in_7-sess-man ] SessionManager.closeSession(): MESSAGE` */
function findBehindMethod(bytes: Buffer, at: number, end: number, parts: Parts): boolean {
  let i = at;
  while (bytes[i]! >= 65 && bytes[i]! <= 90) i++;
  if (i - at < LEAST_LEVEL || i - at > LONGEST_LEVEL) return false;
  i = behindBlanks(bytes, i);
  const open = behindBlanks(bytes, i + 1);
  if (bytes[i] !== SQUARE_END || open - i - 1 > FEW_BLANKS || bytes[open] !== SQUARE) return false;
  i = behindText(bytes, open + 1);
  if (bytes[i] !== SQUARE_END || i - open - 1 > LONGEST_WORKER) return false;
  parts.module = behindBlanks(bytes, i + 1);
  const name = behindName(bytes, parts.module);
  parts.moduleEnd = name + 2;
  if (parts.module - i - 1 > MOST_BLANKS || name === parts.module || name - parts.module > LONGEST_METHOD) return false;
  if (bytes[name] !== BRACKET || bytes[name + 1] !== BRACKET_END) return false;
  i = behindBlanks(bytes, parts.moduleEnd);
  parts.message = behindBlanks(bytes, i + 1);
  if (bytes[i] !== COLON || i - parts.moduleEnd > MOST_BLANKS || parts.message - i - 1 > MOST_BLANKS) return false;
  // A colour is none of the message.
  return parts.message <= end && bytes[parts.message] !== ESCAPE;
}

/** Behind blanks and what is printable but the end of a bracket. */
function behindText(bytes: Buffer, at: number): number {
  let i = at;
  while ((isPrintable(bytes[i]!) || bytes[i] === BLANK) && bytes[i] !== SQUARE_END) i++;
  return i;
}

/** `\x1b[36m` */
function behindColour(bytes: Buffer, at: number): number {
  if (bytes[at] !== ESCAPE || bytes[at + 1] !== SQUARE) return at;
  let i = at + 2;
  while ((bytes[i]! >= 48 && bytes[i]! <= 57) || bytes[i] === SEMICOLON) i++;
  return bytes[i] === M && i - at - 2 <= LONGEST_COLOUR ? i + 1 : at;
}

function behindBlanks(bytes: Buffer, at: number): number {
  let i = at;
  while (bytes[i] === BLANK) i++;
  return i;
}

/** Of a class or a method. */
function behindName(bytes: Buffer, at: number): number {
  let i = at;
  while (NAME[bytes[i]!] === 1) i++;
  return i;
}

function behindDigits(bytes: Buffer, at: number): number {
  let i = at;
  while (bytes[i]! >= 48 && bytes[i]! <= 57) i++;
  return i;
}

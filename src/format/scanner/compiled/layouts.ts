/** The compiled half of ../layouts.ts, which is its definition: where the parts of a line are, as addresses. */

import { BEHIND_LOGGER_TEXT, BEHIND_THREAD_TEXT, LEVEL_TEXT, PORT_TEXT } from './addresses';
import {
  ALL,
  arePlainBytes,
  areWithin,
  behindBlanks,
  behindDigits,
  BLANK,
  byteAt,
  isText,
  placeOf,
  TAB,
} from './bytes';

const PROSODY: u32 = 0;
const EJABBERD: u32 = 1;
const JABBERD2: u32 = 2;
const OPENFIRE: u32 = 3;
const TIGASE: u32 = 4;
const MONGOOSEIM: u32 = 5;
const WIDEST: usize = 128;
const LONGEST_NUMBER: usize = 10;
const LONGEST_MODULE: usize = 128;
const LONGEST_FUNCTION: usize = 160;
const LONGEST_SOCKET: usize = 1024;
const LONGEST_ADDRESS: usize = 64;
const LONGEST_IP: usize = 45;
const LONGEST_PORT: usize = 5;
const LONGEST_COLOUR: usize = 16;
const LONGEST_THREAD: usize = 256;
const LEAST_LOGGER: usize = 3;
const LONGEST_LOGGER: usize = 256;
const LEAST_LEVEL: usize = 3;
const LONGEST_LEVEL: usize = 9;
const FEW_BLANKS: usize = 40;
const MOST_BLANKS: usize = 80;
const LONGEST_WORKER: usize = 128;
const LONGEST_METHOD: usize = 128;

/** As of `Parts`. */
export let source: usize = 0;
export let sourceEnd: usize = 0;
export let module: usize = 0;
export let moduleEnd: usize = 0;
export let message: usize = 0;
export let between: u32 = 0;

/** As of `between`. */
export const NOTHING: u32 = 0;
export const ADDRESS: u32 = 1;
const OTHER_TEXT: u32 = 2;

function isPrintable(at: usize): bool {
  return byteAt(at) - 0x21 <= 0x5d;
}

/** 0 for what only the parser can tell. */
export function levelIn(layout: u32, at: usize, end: usize): usize {
  between = NOTHING;
  module = at;
  moduleEnd = at;
  source = at;
  sourceEnd = at;
  if (layout == OPENFIRE) return behindColour(at);
  if (layout == MONGOOSEIM) return isText(at, LEVEL_TEXT) ? at + byteAt(LEVEL_TEXT) : 0;
  if (layout != PROSODY) return byteAt(at) == 91 ? at + 1 : 0;
  sourceEnd = placeOf(at, TAB as i8, BLANK as i8);
  if (sourceEnd >= end) return 0;
  return byteAt(sourceEnd) == TAB ? sourceEnd + 1 : levelOnConsole();
}

export function findMessage(layout: u32, at: usize, end: usize): bool {
  if (layout == EJABBERD) return findBehindProcess(at, end);
  if (layout == JABBERD2) return findBehindConnection(at);
  if (layout == OPENFIRE) return findBehindLogger(at, end);
  if (layout == TIGASE) return findBehindMethod(at, end);
  message = at;
  if (layout == MONGOOSEIM) return byteAt(end - 1) != 92;
  return byteAt(sourceEnd) == TAB || (byteAt(at + 4) != TAB && byteAt(at + 5) != TAB);
}

function levelOnConsole(): usize {
  if (sourceEnd - source > WIDEST) return 0;
  for (let i = source; i < sourceEnd; i++) if (!isPrintable(i)) return 0;
  let word = sourceEnd;
  if (source == sourceEnd) return 0;
  while (byteAt(word) == BLANK) word++;
  return word - sourceEnd > WIDEST ? 0 : word;
}

function findBehindProcess(at: usize, end: usize): bool {
  if (byteAt(at) != 60) return false;
  let i = at;
  for (let number = 0; number < 3; number++) {
    const from = i + 1;
    i = behindDigits(from);
    if (i == from || i - from > LONGEST_NUMBER || byteAt(i) != (number < 2 ? 46 : 62)) return false;
  }
  source = at;
  sourceEnd = i + 1;
  module = i + 2;
  if (byteAt(i + 1) != 64) return false;
  for (i = module; isPrintable(i) && byteAt(i) != 58;) i++;
  moduleEnd = i;
  if (i == module || i - module > LONGEST_MODULE || byteAt(i) != 58) return false;
  while (isPrintable(i)) i++;
  const length = i - moduleEnd - 1;
  if (length < 1 || length > LONGEST_FUNCTION || byteAt(i) != BLANK) return false;
  message = byteAt(i + 1) == 40 ? behindSocket(i + 1) : i + 1;
  return message != 0 && message <= end;
}

function behindSocket(at: usize): usize {
  let i = at + 1;
  while (isPrintable(i) && byteAt(i) != 40 && byteAt(i) != 41) i++;
  const length = i - at - 1;
  return length > 0 && length <= LONGEST_SOCKET && byteAt(i) == 41 && byteAt(i + 1) == BLANK ? i + 2 : 0;
}

function findBehindConnection(at: usize): bool {
  source = at;
  sourceEnd = at;
  message = at;
  if (byteAt(at) != 91) return true;
  const i = behindDigits(at + 1);
  if (i == at + 1 || i - at - 1 > LONGEST_NUMBER || byteAt(i) != 93 || byteAt(i + 1) != BLANK) return false;
  sourceEnd = i + 1;
  message = i + 2;
  if (byteAt(i + 2) != 91) return true;
  const from = i + 3;
  const to = behindText(from);
  between = isFrom(from, to) ? ADDRESS : OTHER_TEXT;
  message = to + 2;
  return to - from <= LONGEST_ADDRESS && byteAt(to) == 93 && byteAt(to + 1) == BLANK;
}

function isFrom(from: usize, to: usize): bool {
  let i = from;
  while (isOfAddress(byteAt(i))) i++;
  if (i - from < 2 || i - from > LONGEST_IP || !isText(i, PORT_TEXT)) return false;
  const port = i + byteAt(PORT_TEXT);
  return to > port && to - port <= LONGEST_PORT && behindDigits(port) == to;
}

function isOfAddress(byte: u32): bool {
  return byte - 48 <= 10 || byte == 46 || (byte | 32) - 97 <= 5;
}

function findBehindLogger(at: usize, end: usize): bool {
  const thread = behindBlanks(behindColour(behindBlanks(at))) + 1;
  const i = behindText(thread);
  if (byteAt(thread - 1) != 91 || i - thread > LONGEST_THREAD || !isText(i, BEHIND_THREAD_TEXT)) return false;
  module = i + byteAt(BEHIND_THREAD_TEXT);
  moduleEnd = behindName(module);
  message = moduleEnd + byteAt(BEHIND_LOGGER_TEXT);
  const length = moduleEnd - module;
  if (length < LEAST_LOGGER || length > LONGEST_LOGGER || !isText(moduleEnd, BEHIND_LOGGER_TEXT)) return false;
  return message <= end;
}

function findBehindMethod(at: usize, end: usize): bool {
  let i = at;
  while (byteAt(i) - 65 <= 25) i++;
  if (i - at < LEAST_LEVEL || i - at > LONGEST_LEVEL) return false;
  i = behindBlanks(i);
  const open = behindBlanks(i + 1);
  if (byteAt(i) != 93 || open - i - 1 > FEW_BLANKS || byteAt(open) != 91) return false;
  i = behindText(open + 1);
  if (byteAt(i) != 93 || i - open - 1 > LONGEST_WORKER) return false;
  module = behindBlanks(i + 1);
  const name = behindName(module);
  moduleEnd = name + 2;
  if (module - i - 1 > MOST_BLANKS || name == module || name - module > LONGEST_METHOD) return false;
  if (byteAt(name) != 40 || byteAt(name + 1) != 41) return false;
  i = behindBlanks(moduleEnd);
  message = behindBlanks(i + 1);
  if (byteAt(i) != 58 || i - moduleEnd > MOST_BLANKS || message - i - 1 > MOST_BLANKS) return false;
  return message <= end && byteAt(message) != 27;
}

function behindColour(at: usize): usize {
  if (byteAt(at) != 27 || byteAt(at + 1) != 91) return at;
  let i = at + 2;
  while (byteAt(i) - 48 <= 9 || byteAt(i) == 59) i++;
  return byteAt(i) == 109 && i - at - 2 <= LONGEST_COLOUR ? i + 1 : at;
}

function behindText(at: usize): usize {
  let i = at;
  while (textAt(i) == ALL) i += 16;
  return i + ctz<i32>(~textAt(i));
}

function textAt(at: usize): i32 {
  const bytes = v128.load(at);
  return i8x16.bitmask(v128.andnot(arePlainBytes(bytes), i8x16.eq(bytes, i8x16.splat(93))));
}

function behindName(at: usize): usize {
  let i = at;
  while (nameAt(i) == ALL) i += 16;
  return i + ctz<i32>(~nameAt(i));
}

/** Letters, digits, `_`, `.` and `$`. */
function nameAt(at: usize): i32 {
  const bytes = v128.load(at);
  const letters = areWithin(v128.or(bytes, i8x16.splat(32)), 97, 26);
  const signs = v128.or(i8x16.eq(bytes, i8x16.splat(46)), i8x16.eq(bytes, i8x16.splat(36)));
  const others = v128.or(v128.or(areWithin(bytes, 48, 10), i8x16.eq(bytes, i8x16.splat(95))), signs);
  return i8x16.bitmask(v128.or(letters, others));
}

/** The compiled half of ../layouts.ts, which is its definition: where the parts of a line are, as addresses. */

import { BLANK, byteAt, placeOf, TAB } from './bytes';

const PROSODY: u32 = 0;
const EJABBERD: u32 = 1;
const WIDEST: usize = 128;
const LONGEST_NUMBER: usize = 10;
const LONGEST_MODULE: usize = 128;
const LONGEST_FUNCTION: usize = 160;
const LONGEST_SOCKET: usize = 1024;
const LONGEST_ADDRESS: usize = 64;

/** As of `Parts`. */
export let source: usize = 0;
export let sourceEnd: usize = 0;
export let module: usize = 0;
export let moduleEnd: usize = 0;
export let message: usize = 0;
export let isOdd: bool = false;

function isPrintable(at: usize): bool {
  return byteAt(at) - 0x21 <= 0x5d;
}

/** 0 for what only the parser can tell. */
export function levelIn(layout: u32, at: usize, end: usize): usize {
  isOdd = false;
  module = at;
  moduleEnd = at;
  if (layout != PROSODY) return byteAt(at) == 91 ? at + 1 : 0;
  source = at;
  sourceEnd = placeOf(at, TAB as i8, BLANK as i8);
  if (sourceEnd >= end) return 0;
  return byteAt(sourceEnd) == TAB ? sourceEnd + 1 : levelOnConsole();
}

export function findMessage(layout: u32, at: usize, end: usize): bool {
  if (layout == EJABBERD) return findBehindProcess(at, end);
  if (layout != PROSODY) return findBehindConnection(at);
  message = at;
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
  isOdd = true;
  let j = i + 3;
  while ((isPrintable(j) || byteAt(j) == BLANK) && byteAt(j) != 93) j++;
  message = j + 2;
  return j - i - 3 <= LONGEST_ADDRESS && byteAt(j) == 93 && byteAt(j + 1) == BLANK;
}

function behindDigits(at: usize): usize {
  let i = at;
  while (byteAt(i) - 48 <= 9) i++;
  return i;
}

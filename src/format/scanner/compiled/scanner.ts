/**
 * The compiled half of the scanner, in AssemblyScript: TypeScript to read, WebAssembly to run. It does what
 * ../scanner.ts does, which is its definition; a property test holds the two together. It only reads: names that are new are
 * added by the caller.
 *
 * All of memory is laid out by ../compiled-scanner.ts; the addresses below are those it has, too.
 */

/** What the caller sets, and what is found: 32-bit words. */
const COUNT: usize = 0;
const LINES: usize = 4;
const SEED: usize = 8;
const HALF: usize = 12;
const BUCKET_COUNT: usize = 16;
const WORDS_AT: usize = 20;
const BUCKETS_AT: usize = 24;
const ARENA_AT: usize = 28;
const HEAD_LENGTH: usize = 32;
const TAIL_LENGTH: usize = 36;
const BASE: usize = 40;
/** The time behind the line before, and behind the last one. */
const LAST: usize = 44;
const HEAD: usize = 64;
const TAIL: usize = 128;
/** By the first byte of the word of a level: its number + 1. */
const LEVEL_OF: usize = 256;
/** Per level: the length of its word, and the word. */
const LEVELS: usize = 512;
const LEVEL_SIZE: usize = 16;
/** Per byte: 1 for what may stand in a JID as it is. */
const IN_JID: usize = 1024;
/** Per byte: the digit, or 255. */
const HEX: usize = 1280;
/** Per level and first byte of a message: the number of its first needle + 1. */
const FIRST: usize = 2048;
const NEEDLES: usize = 8192;
const NEEDLE_SIZE: usize = 128;
/** Of a needle: length, kind, form of the rest, whether another one follows, length of the exception; text; exception. */
const TEXT: usize = 16;
const EXCEPT: usize = 80;
const EVENTS: usize = 65536;

const EVENT_SIZE: usize = 32;
const NAME_SIZE: usize = 32;
const MAX_EVENTS: u32 = 32768;
/** As of ../clock.ts. */
const DISORDER: u32 = 120;

const NEWLINE: u32 = 10;
const CR: u32 = 13;
const TAB: u32 = 9;
const BLANK: u32 = 32;
const START: u32 = 2;
const FORM_NOTHING: u32 = 1;
const FORM_JID: u32 = 2;
const LONGEST_JID: usize = 255;

function byteAt(at: usize): u32 {
  return load<u8>(at);
}

/** Whether `length` bytes are the same. */
function isSame(a: usize, b: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  for (; i < length; i++) if (byteAt(a + i) != byteAt(b + i)) return false;
  return true;
}

/** The end of the line that `at` lies in; there is one. */
function newlineFrom(at: usize): usize {
  const needle = i8x16.splat(10);
  let i = at;
  let found = i8x16.bitmask(i8x16.eq(v128.load(i), needle));
  while (found == 0) {
    i += 16;
    found = i8x16.bitmask(i8x16.eq(v128.load(i), needle));
  }
  return i + ctz<i32>(found);
}

/** As `scan` of ../scanner.ts, over the bytes at `from` to `to`. Stops also when there is no room for another event. */
export function scan(from: usize, to: usize): usize {
  const headLength: usize = load<u32>(HEAD_LENGTH);
  const tailLength: usize = load<u32>(TAIL_LENGTH);
  const sourceAt = headLength + 5 + tailLength;
  const base = load<u32>(BASE);
  let count: u32 = 0;
  let lines: u32 = 0;
  let last = load<u32>(LAST);
  let line = from;
  while (line < to && count < MAX_EVENTS) {
    const end = newlineFrom(line);
    if (byteAt(line) != TAB) {
      if (end - line < sourceAt || byteAt(end - 1) == CR) break;
      if (!isSame(line, HEAD, headLength)) break;
      const clock = line + headLength;
      const minute = byteAt(clock) - 48;
      const tens = byteAt(clock + 2) - 48;
      const ones = byteAt(clock + 3) - 48;
      if (minute > 9 || byteAt(clock + 1) != 58 || tens > 5 || ones > 9) break;
      if (!isSame(clock + 4, TAIL, tailLength) || byteAt(clock + 4 + tailLength) != BLANK) break;
      const at = base + minute * 60 + tens * 10 + ones;
      const taken = takeLine(line, line + sourceAt, end, at, EVENTS + (count as usize) * EVENT_SIZE);
      if (taken < 0) break;
      if (at > last || at + DISORDER < last) last = at;
      count += taken;
    }
    lines++;
    line = end + 1;
  }
  store<u32>(COUNT, count);
  store<u32>(LINES, lines);
  store<u32>(LAST, last);
  return line;
}

/** 1 when the line is an event, which is then at `event`; 0 when it is none; -1 when only the parser can tell. */
function takeLine(line: usize, source: usize, end: usize, at: u32, event: usize): i32 {
  let tab = source;
  for (let byte = byteAt(tab); byte != TAB; byte = byteAt(tab)) if (byte == BLANK || ++tab >= end) return -1;
  const level: usize = byteAt(LEVEL_OF + byteAt(tab + 1));
  if (level == 0) return -1;
  const word = LEVELS + (level - 1) * LEVEL_SIZE;
  const wordLength: usize = byteAt(word);
  if (!isSame(tab + 1, word + 1, wordLength)) return -1;
  const message = tab + 1 + wordLength;
  const first: usize = byteAt(FIRST + (level - 1) * 256 + byteAt(message));
  if (first == 0) return 0;
  let needle = NEEDLES + (first - 1) * NEEDLE_SIZE;
  while (!isSame(message, needle + TEXT, byteAt(needle))) {
    if (byteAt(needle + 3) == 0) return 0;
    needle += NEEDLE_SIZE;
  }
  const kind = byteAt(needle + 1);
  const rest = message + byteAt(needle);
  if (kind == 0 || rest > end || isExcepted(needle, rest, end)) return -1;
  return note(line, source, tab, end, at, kind, byteAt(needle + 2), rest, event);
}

function isExcepted(needle: usize, rest: usize, end: usize): bool {
  const length: usize = byteAt(needle + 4);
  return length > 0 && end - rest == length && isSame(rest, needle + EXCEPT, length);
}

function note(
  line: usize,
  source: usize,
  tab: usize,
  end: usize,
  at: u32,
  kind: u32,
  form: u32,
  rest: usize,
  event: usize,
): i32 {
  if (form == FORM_NOTHING && rest != end) return -1;
  const jidEnd = form == FORM_JID ? endOfJid(rest, end) : rest;
  if (jidEnd == 0) return -1;
  if (!storeSession(source, tab, event)) return -1;
  store<u32>(event, line as u32);
  store<u32>(event + 4, tab as u32);
  store<u32>(event + 8, kind);
  store<i32>(event + 20, kind == START ? userOf(rest, jidEnd) : -1);
  store<u32>(event + 24, at);
  store<u32>(event + 28, source as u32);
  return 1;
}

/** False for a source that is no session. */
function storeSession(source: usize, tab: usize, event: usize): bool {
  const length = tab - source;
  const begin = load<u32>(source);
  if ((begin & 0xffffff) == 0x733263) {
    const digits = length - 3;
    let id: u64 = 0;
    if (length < 4 || length > 16 || byteAt(source + 3) == 48) return false;
    for (let i = source + 3; i < tab; i++) {
      const digit = byteAt(HEX + byteAt(i));
      if (digit == 255) return false;
      id = (id << 4) | digit;
    }
    store<u32>(event + 12, id as u32);
    store<i32>(event + 16, (digits > 8 ? id >> 32 : 0) as i32);
    return true;
  }
  if (begin != 0x68736f62 || length < 5) return false;
  for (let i = source + 4; i < tab; i++) if (byteAt(HEX + byteAt(i)) == 255 && byteAt(i) != 45) return false;
  store<i32>(event + 16, -1);
  return true;
}

/** Behind `localpart@host`; 0 for what only the parser can tell. */
function endOfJid(from: usize, end: usize): usize {
  let i = from;
  while (byteAt(IN_JID + byteAt(i)) == 1) i++;
  if (i == from || byteAt(i) != 64) return 0;
  const host = ++i;
  while (byteAt(IN_JID + byteAt(i)) == 1) i++;
  if (i == host || i - from > LONGEST_JID) return 0;
  if (i == end) return i;
  const hasRole = byteAt(i) == BLANK && byteAt(i + 1) == 91 && byteAt(end - 1) == 93 && i + 2 < end;
  return hasRole ? i : 0;
}

/** As `find` of ../name-table.ts: the number of a name; when it is new, -2 less its place. */
function userOf(from: usize, end: usize): i32 {
  const seed = load<u32>(SEED);
  let hash = seed;
  for (let i = from; i < end; i++) {
    hash = (hash ^ byteAt(i)) * 0x85ebca6b;
    hash ^= hash >> 15;
  }
  hash = (hash ^ seed) * 0xc2b2ae35;
  hash ^= hash >> 16;
  const half = load<u32>(HALF);
  let bucket = hash & (half * 2 - 1);
  if (bucket >= load<u32>(BUCKET_COUNT)) bucket = hash & (half - 1);
  const words: usize = load<u32>(WORDS_AT);
  const arena: usize = load<u32>(ARENA_AT);
  const length = end - from;
  let link = load<u32>((load<u32>(BUCKETS_AT) as usize) + (bucket as usize) * 4);
  while (link != 0) {
    const name = words + ((link - 1) as usize) * NAME_SIZE;
    if (load<u32>(name) == hash) {
      const place = arena + (load<u32>(name + 8) as usize);
      if ((load<u32>(place - 4) as usize) == length && isSame(place, from, length)) return (link - 1) as i32;
    }
    link = load<u32>(name + 4);
  }
  return -2 - (from as i32);
}

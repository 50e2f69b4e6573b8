/**
 * The compiled half of the scanner, in AssemblyScript: TypeScript to read, WebAssembly to run. It does what
 * ../scanner.ts does, which is its definition; a property test holds the two together. It only reads: names that are new are
 * added by the caller.
 *
 * All of memory is laid out by ../compiled-scanner.ts; the addresses below are those it has, too.
 */

import { arePlain, BLANK, byteAt, includes, isSame, placeOf, TAB } from './bytes';
import { findMessage, isOdd, levelIn, message, module, moduleEnd, source, sourceEnd } from './layouts';

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
/** What is added to an address to make it an offset in the caller's bytes. */
const SHIFT: usize = 48;
/** How many digits are behind the first byte of the tail. */
const DIGITS: usize = 52;
/** How many events name users that are new. */
const NEW_NAMES: usize = 56;
const ASKED: usize = 60;
/** 64 bytes each, and behind them as many of 255 where a byte counts, of 0 where it does not. */
const HEAD: usize = 64;
const TAIL: usize = 192;
const MASK: usize = 64;
/** As of `LineScanner`, and the plan. */
const MOST: usize = 320;
const IN_SECOND: usize = 324;
const SECONDS: usize = 328;
const LAST_LINE: usize = 332;
const LAYOUT: usize = 336;
/** A length, and the text. */
const SECOND_WORD: usize = 352;
const SUSPECT: usize = 416;
/** By the first byte of the word of a level: its number + 1. */
const LEVEL_OF: usize = 512;
/** Per level: the length of its word, and the word. */
const LEVELS: usize = 768;
const LEVEL_SIZE: usize = 16;
/** Per byte: 1 for what may stand in a JID as it is. */
const IN_JID: usize = 1024;
/** Per level and first byte of a message: the number of its first needle + 1. */
const FIRST: usize = 2048;
const NEEDLES: usize = 8192;
const NEEDLE_SIZE: usize = 256;
/**
 * Of a needle: length, kind, form of the rest, whether another one follows, the lengths of the exception and of who prints it, how much
 * before the rest is of the id; and the texts, of which the last one has its length in front.
 */
const TEXT: usize = 16;
const EXCEPT: usize = 80;
const BY: usize = 128;
const WITHOUT: usize = 176;
const EVENTS: usize = 65536;
/** Of each login: its event, where the name begins and ends, and where to look for it. */
const LOGINS: usize = 1114112;
const LOGIN_SIZE: usize = 16;
const AT_ONCE: usize = 16 * LOGIN_SIZE;

const EVENT_SIZE: usize = 32;
const NAME_SIZE: usize = 32;
const EVENTS_END: usize = 1114112;
/** As of ../clock.ts. */
const DISORDER: u32 = 120;

const CR: u32 = 13;
const START: u32 = 2;
const NAMED: u32 = 6;
const FORM_NOTHING: u32 = 1;
const FORM_JID: u32 = 2;
const FORM_FULL_JID: u32 = 3;
const LONGEST_JID: usize = 255;
const LONGEST_REST: usize = 800;

/** Whether the bytes are those of a pattern, as far as its mask says that they count. */
function isLike(at: usize, pattern: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i += 16) {
    const difference = v128.xor(v128.load(at + i), v128.load(pattern + i));
    if (v128.any_true(v128.and(difference, v128.load(pattern + MASK + i)))) return false;
  }
  return true;
}

/** As `scan` of ../scanner.ts, over the bytes at `from` to `to`. Stops also when there is no room for another event. */
export function scan(from: usize, to: usize): usize {
  const headLength: usize = load<u32>(HEAD_LENGTH);
  const tailLength: usize = load<u32>(TAIL_LENGTH);
  const digits: usize = load<u32>(DIGITS);
  const sourceAt = headLength + 5 + tailLength;
  const base = load<u32>(BASE);
  const most = load<u32>(MOST);
  const layout = load<u32>(LAYOUT);
  let before: u32 = 0xffffffff;
  let inSecond: u32 = 0;
  let seconds: u32 = 0;
  let lastLine = from;
  let event = EVENTS;
  let login = LOGINS;
  let lines: u32 = 0;
  let last = load<u32>(LAST);
  let line = from;
  while (line < to && event < EVENTS_END) {
    const end = placeOf(line, 10, 10);
    if (byteAt(line) != TAB && end > line) {
      if (end - line < sourceAt || byteAt(end - 1) == CR || !isLike(line, HEAD, headLength)) break;
      const clock = line + headLength;
      const minute = byteAt(clock) - 48;
      const tens = byteAt(clock + 2) - 48;
      const ones = byteAt(clock + 3) - 48;
      if (minute > 9 || byteAt(clock + 1) != 58 || tens > 5 || ones > 9) break;
      if (!isLike(clock + 4, TAIL, tailLength + 1) || !areDigits(clock + 5, digits)) break;
      const at = base + minute * 60 + tens * 10 + ones;
      if (at == before && inSecond >= most) break;
      const kind = takeLine(layout, line + sourceAt, end, at, event, login);
      if (kind < 0) break;
      if (at > last || at + DISORDER < last) last = at;
      if (at != before) {
        seconds++;
        inSecond = 0;
        before = at;
      }
      inSecond++;
      lastLine = line;
      if (kind > 0) event += EVENT_SIZE;
      if (kind == START || kind >= (NAMED as i32)) login += LOGIN_SIZE;
    }
    lines++;
    line = end + 1;
  }
  store<u32>(COUNT, ((event - EVENTS) / EVENT_SIZE) as u32);
  store<u32>(LINES, lines);
  store<u32>(LAST, last);
  store<u32>(IN_SECOND, inSecond);
  store<u32>(SECONDS, seconds);
  store<u32>(LAST_LINE, (lastLine as u32) + load<u32>(SHIFT));
  store<u32>(NEW_NAMES, findUsers(login));
  return line;
}

function areDigits(at: usize, count: usize): bool {
  for (let i: usize = 0; i < count; i++) if (byteAt(at + i) - 48 > 9) return false;
  return true;
}

/** The kind of an event, which is then at `event`; 0 when the line is none; -1 when only the parser can tell. */
function takeLine(layout: u32, from: usize, end: usize, at: u32, event: usize, login: usize): i32 {
  const word = levelIn(layout, from, end);
  if (word == 0) return -1;
  const level: usize = byteAt(LEVEL_OF + byteAt(word));
  if (level == 0) return -1;
  const entry = LEVELS + (level - 1) * LEVEL_SIZE;
  const wordLength: usize = byteAt(entry);
  if (!isSame(word, entry + 1, wordLength) || !findMessage(layout, word + wordLength, end)) return -1;
  const first: usize = byteAt(FIRST + (level - 1) * 256 + byteAt(message));
  if (first == 0) return saysNothing(end) ? 0 : -1;
  let needle = NEEDLES + (first - 1) * NEEDLE_SIZE;
  while (!isSame(message, needle + TEXT, byteAt(needle))) {
    if (byteAt(needle + 3) == 0) return saysNothing(end) ? 0 : -1;
    needle += NEEDLE_SIZE;
  }
  const kind = byteAt(needle + 1);
  const rest = message + byteAt(needle);
  if (kind == 0 || rest > end || isExcepted(needle, rest, end)) return -1;
  const form = byteAt(needle + 2);
  if (form == FORM_FULL_JID) {
    if (!storeNamed(needle, rest, end, event, login)) return -1;
  } else {
    if (form == FORM_NOTHING && rest != end) return -1;
    if (!storeSession(source, sourceEnd, event)) return -1;
    if (form == FORM_JID && !storeLogin(rest, endOfJid(rest, end), event, login)) return -1;
    storeSource(source, sourceEnd, event);
    store<i32>(event + 20, -1);
  }
  store<u32>(event + 8, kind);
  store<u32>(event + 24, at);
  return kind;
}

function saysNothing(end: usize): bool {
  if (byteAt(SUSPECT) > 0 && includes(message, end, SUSPECT)) return false;
  const length: usize = byteAt(SECOND_WORD);
  return length == 0 || !isSame(placeOf(message, BLANK as i8, 10), SECOND_WORD + 1, length);
}

/** False for what only the parser can tell. */
function storeNamed(needle: usize, rest: usize, end: usize, event: usize, login: usize): bool {
  const idBefore: usize = byteAt(needle + 6);
  if (isOdd || idBefore > 0 != (source == sourceEnd) || end - rest > LONGEST_REST) return false;
  const by: usize = byteAt(needle + 5);
  if (by > 0 && !(moduleEnd - module == by && isSame(module, needle + BY, by))) return false;
  const jidEnd = endOfBareJid(rest);
  const resource = jidEnd + 1;
  if (jidEnd == 0 || byteAt(jidEnd) != 47 || resource >= end || !arePlain(resource, end)) return false;
  if (byteAt(needle + WITHOUT) > 0 && includes(resource, end, needle + WITHOUT)) return false;
  if (idBefore > 0) storeSource(rest - idBefore, end, event);
  else storeSource(source, sourceEnd, event);
  const shift = load<u32>(SHIFT);
  store<u32>(event, (end as u32) + shift);
  store<u32>(event + 12, (resource as u32) + shift);
  store<i32>(event + 16, -1);
  return storeLogin(rest, jidEnd, event, login);
}

function storeSource(from: usize, to: usize, event: usize): void {
  const shift = load<u32>(SHIFT);
  store<u32>(event + 4, (to as u32) + shift);
  store<u32>(event + 28, (from as u32) + shift);
}

function isExcepted(needle: usize, rest: usize, end: usize): bool {
  const length: usize = byteAt(needle + 4);
  return length > 0 && end - rest == length && isSame(rest, needle + EXCEPT, length);
}

/** False for a source that is no session. */
function storeSession(source: usize, sourceEnd: usize, event: usize): bool {
  const length = sourceEnd - source;
  const begin = load<u32>(source);
  if ((begin & 0xffffff) == 0x733263) {
    if (length < 4 || length > 16 || byteAt(source + 3) == 48) return false;
    return storeAddress(sourceEnd, length - 3, event);
  }
  if (begin != 0x68736f62 || length < 5) return false;
  for (let i = source + 4; i < sourceEnd; i++) {
    const byte = byteAt(i);
    if (byte - 48 > 9 && byte - 97 > 5 && byte != 45) return false;
  }
  store<i32>(event + 16, -1);
  return true;
}

/** The number that so many hexadecimal digits before `end` are; false where they are none. */
function storeAddress(end: usize, count: usize, event: usize): bool {
  const bytes = v128.load(end - 16);
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const isMeant = i8x16.ge_u(places, i8x16.splat((16 - count) as i8));
  const number = i8x16.sub(bytes, i8x16.splat(48));
  const letter = i8x16.sub(bytes, i8x16.splat(97));
  const isNumber = i8x16.lt_u(number, i8x16.splat(10));
  const isLetter = i8x16.lt_u(letter, i8x16.splat(6));
  if (v128.any_true(v128.andnot(isMeant, v128.or(isNumber, isLetter)))) return false;
  const ten = i8x16.splat(10);
  const digits = v128.or(v128.and(number, isNumber), v128.and(i8x16.add(letter, ten), isLetter));
  const nibbles = v128.and(digits, isMeant);
  // Of two digits the first one is in the lower byte.
  const pairs = v128.or(i16x8.shl(nibbles, 4), i16x8.shr_u(nibbles, 8));
  const low = v128.and(pairs, i16x8.splat(255));
  const id = bswap<u64>(i64x2.extract_lane(i8x16.narrow_i16x8_u(low, low), 0));
  store<u64>(event + 12, id);
  return true;
}

/** Of the name up to `to`; false for one that only the parser can tell, whose end is 0. */
function storeLogin(from: usize, to: usize, event: usize, login: usize): bool {
  store<u32>(login, event as u32);
  store<u32>(login + 4, from as u32);
  store<u32>(login + 8, to as u32);
  return to != 0;
}

/** Behind `localpart@host`, whatever follows; 0 for what only the parser can tell. */
function endOfBareJid(from: usize): usize {
  let i = from;
  while (byteAt(IN_JID + byteAt(i)) == 1) i++;
  if (i == from || byteAt(i) != 64) return 0;
  const host = ++i;
  while (byteAt(IN_JID + byteAt(i)) == 1) i++;
  return i == host || i - from > LONGEST_JID ? 0 : i;
}

function endOfJid(from: usize, end: usize): usize {
  const i = endOfBareJid(from);
  if (i == 0 || i == end) return i;
  const hasRole = byteAt(i) == BLANK && byteAt(i + 1) == 91 && byteAt(end - 1) == 93 && i + 2 < end;
  return hasRole ? i : 0;
}

/**
 * Finds the users of the logins up to `end`, some at a time: what is wanted from memory for each is asked for before it is
 * needed for any. Returns how many are new.
 */
function findUsers(end: usize): u32 {
  const words: usize = load<u32>(WORDS_AT);
  const arena: usize = load<u32>(ARENA_AT);
  let fresh: u32 = 0;
  for (let begin = LOGINS; begin < end; begin += AT_ONCE) {
    const stop = min(begin + AT_ONCE, end);
    for (let login = begin; login < stop; login += LOGIN_SIZE) store<u32>(login + 12, firstLink(login));
    let place: usize = 0;
    for (let login = begin; login < stop; login += LOGIN_SIZE) {
      const link = load<u32>(login + 12);
      if (link != 0) place ^= load<u8>(arena + (load<u32>(words + ((link - 1) as usize) * NAME_SIZE + 8) as usize));
    }
    // Nobody reads it: it keeps the compiler from leaving out what is only asked for.
    store<u32>(ASKED, place as u32);
    for (let login = begin; login < stop; login += LOGIN_SIZE) if (!isKnown(login, words, arena)) fresh++;
  }
  return fresh;
}

/** The first name of the bucket that the name of a login belongs to; its hash is put where the user will be. */
function firstLink(login: usize): u32 {
  const seed = load<u32>(SEED);
  let hash = seed;
  for (let i: usize = load<u32>(login + 4), to: usize = load<u32>(login + 8); i < to; i++) {
    hash = (hash ^ byteAt(i)) * 0x85ebca6b;
    hash ^= hash >> 15;
  }
  hash = (hash ^ seed) * 0xc2b2ae35;
  hash ^= hash >> 16;
  store<u32>((load<u32>(login) as usize) + 20, hash);
  const half = load<u32>(HALF);
  let bucket = hash & (half * 2 - 1);
  if (bucket >= load<u32>(BUCKET_COUNT)) bucket = hash & (half - 1);
  return load<u32>((load<u32>(BUCKETS_AT) as usize) + (bucket as usize) * 4);
}

/** As `find` of ../name-table.ts: puts the number of the user in place; when the name is new, -2 less where it is. */
function isKnown(login: usize, words: usize, arena: usize): bool {
  const user: usize = (load<u32>(login) as usize) + 20;
  const hash = load<u32>(user);
  const from: usize = load<u32>(login + 4);
  const length = (load<u32>(login + 8) as usize) - from;
  for (let link = load<u32>(login + 12); link != 0;) {
    const name = words + ((link - 1) as usize) * NAME_SIZE;
    if (load<u32>(name) == hash) {
      const place = arena + (load<u32>(name + 8) as usize);
      if ((load<u32>(place - 4) as usize) == length && isSame(place, from, length)) {
        store<u32>(user, link - 1);
        return true;
      }
    }
    link = load<u32>(name + 4);
  }
  store<i32>(user, -2 - ((from as i32) + load<i32>(SHIFT)));
  return false;
}

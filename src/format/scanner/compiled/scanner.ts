/**
 * The compiled half of the scanner, in AssemblyScript: TypeScript to read, WebAssembly to run. It does what
 * ../scanner.ts does, which is its definition; a property test holds the two together.
 */
import {
  BASE,
  BELIEVED,
  COUNT,
  DIGITS,
  EVENTS,
  EVENTS_END,
  EXCEPT,
  FIRST,
  HEAD_LENGTH,
  IN_SECOND,
  LAST,
  LAST_LINE,
  LAYOUT,
  LEVELS,
  LEVEL_OF,
  LEVEL_SIZE,
  LINES,
  LOGINS,
  LOGIN_SIZE,
  MASK,
  MOST,
  NEEDLES,
  NEEDLE_SIZE,
  NEW_NAMES,
  SECONDS,
  SECOND_WORD,
  SHIFT,
  STAMP,
  SUSPECT,
  TAIL_LENGTH,
  TEXT,
} from './addresses';
import { byteAt, BLANK, includes, isSame, newlineFrom, placeOf, TAB } from './bytes';
import { endOfJid } from './jids';
import { findMessage, levelIn, message, source, sourceEnd } from './layouts';
import { behind, findRest, id, idEnd, jid, jidEnd, restEnd } from './rests';
import { storeSession, storeSource } from './sources';
import { findUsers, storeLogin } from './users';

const EVENT_SIZE: usize = 32;
/** As of ../../time/clock.ts. */
const DISORDER: u32 = 120;

const NEWLINE: u32 = 10;
const CR: u32 = 13;
const START: u32 = 2;
const NAMED: u32 = 6;
const FORM_NOTHING: u32 = 1;
const FORM_JID: u32 = 2;
/** And all behind it: of named events. */
const FORM_FULL_JID: u32 = 3;
const OF_SOURCE: i32 = -1;
const OF_JID: i32 = -2;

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
  const digits: usize = load<u32>(DIGITS);
  const sourceAt = headLength + 6 + load<u32>(TAIL_LENGTH);
  const base = load<u32>(BASE);
  const believed = load<u32>(BELIEVED);
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
    // As many as an entry of the journal has fields, where it was one.
    while (byteAt(line) == NEWLINE && line < to) {
      lines++;
      line++;
    }
    if (line == to) break;
    const end = newlineFrom(line);
    if (byteAt(line) != TAB) {
      if (end - line < sourceAt || byteAt(end - 1) == CR || !isLike(line, STAMP, sourceAt)) break;
      const clock = line + headLength;
      const minute = sixtiethAt(clock);
      const second = sixtiethAt(clock + 3);
      if (minute > 59 || second > 59 || minute * 60 + second >= believed || !areDigits(clock + 6, digits)) break;
      const at = base + minute * 60 + second;
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

/** Two digits; more than 59 where they are none of a minute or a second. */
function sixtiethAt(at: usize): u32 {
  const tens = byteAt(at) - 48;
  const ones = byteAt(at + 1) - 48;
  return tens > 5 || ones > 9 ? 60 : tens * 10 + ones;
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
  if (form >= FORM_FULL_JID) {
    if (!storeNamed(needle, form, rest, end, event, login)) return -1;
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
function storeNamed(needle: usize, form: u32, rest: usize, end: usize, event: usize, login: usize): bool {
  const isOfJid = byteAt(needle + 6) == 1;
  if (!findRest(needle, form, isOfJid, rest, end)) return false;
  storeSource(id, idEnd, event);
  const shift = load<u32>(SHIFT);
  store<u32>(event, (restEnd as u32) + shift);
  store<u32>(event + 12, (behind as u32) + shift);
  store<i32>(event + 16, isOfJid ? OF_JID : OF_SOURCE);
  return storeLogin(jid, jidEnd, event, login);
}

function isExcepted(needle: usize, rest: usize, end: usize): bool {
  const length: usize = byteAt(needle + 4);
  return length > 0 && end - rest == length && isSame(rest, needle + EXCEPT, length);
}

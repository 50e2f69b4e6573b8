/** The compiled half of ../rests.ts, which is its definition: what stands behind the beginning of a message about a named session. */

import {
  BEFORE_CONNECTION_TEXT,
  BY,
  CONNECTION_TEXT,
  DOMAIN_TEXT,
  JID_TEXT,
  LOGIN_TEXT,
  PACKETS_TEXT,
  PLACE_TEXT,
  TRAFFIC_TEXT,
  WITHOUT,
} from './addresses';
import {
  arePlain,
  behindBlanks,
  BLANK,
  byteAt,
  includes,
  isSame,
  isText,
  lastPlaceOf,
  placeBefore,
  placeOfText,
} from './bytes';
import { endOfBareJid } from './jids';
import { ADDRESS, between, module, moduleEnd, NOTHING, source, sourceEnd } from './layouts';

/** As of FORMS of ../compiled-scanner.ts. */
const TRAFFIC: u32 = 4;
const FIELDS: u32 = 5;
const LOGIN: u32 = 6;
const CLOSING: u32 = 7;

const QUOTE: u32 = 34;
const SLASH: u32 = 47;
const BACKSLASH: u32 = 92;
const LONGEST_REST: usize = 800;
const LONGEST_NUMBER: usize = 10;
const LONGEST_NAME: usize = 64;

/** As of `Rest`. */
export let jid: usize = 0;
export let jidEnd: usize = 0;
export let behind: usize = 0;
export let restEnd: usize = 0;
export let id: usize = 0;
export let idEnd: usize = 0;

/** False for what only the parser can tell. */
export function findRest(needle: usize, form: u32, isOfJid: bool, from: usize, end: usize): bool {
  if (between != (form == TRAFFIC ? ADDRESS : NOTHING) || end - from > LONGEST_REST) return false;
  if (form == LOGIN || form == CLOSING) {
    if (!isBy(needle)) return false;
    const to = form == LOGIN ? endOfLogin(from) : endOfClosed(from);
    return to != 0 && findConnection(from, to, end);
  }
  if (isOfJid != (source == sourceEnd)) return false;
  if (form == FIELDS) {
    if (!findFields(from, end, needle)) return false;
  } else if (!isBy(needle) || !findJid(from, form == TRAFFIC ? beforeTraffic(end) : end)) return false;
  if (byteAt(needle + WITHOUT) > 0 && includes(behind, restEnd, needle + WITHOUT)) return false;
  id = isOfJid ? jid : source;
  idEnd = isOfJid ? restEnd : sourceEnd;
  return true;
}

function isBy(needle: usize): bool {
  const by: usize = byteAt(needle + 5);
  return by == 0 || (moduleEnd - module == by && isSame(module, needle + BY, by));
}

function findJid(from: usize, end: usize): bool {
  jid = from;
  jidEnd = endOfBareJid(from);
  behind = jidEnd + 1;
  restEnd = end;
  return jidEnd != 0 && byteAt(jidEnd) == SLASH && behind < end && arePlain(behind, end);
}

/** 0 where there is none. */
function beforeTraffic(end: usize): usize {
  let i = beforeNumber(end);
  if (i != 0 && isTextBefore(i, TRAFFIC_TEXT)) i = beforeNumber(i - byteAt(TRAFFIC_TEXT));
  return i != 0 && isTextBefore(i, PACKETS_TEXT) ? i - byteAt(PACKETS_TEXT) : 0;
}

function isTextBefore(at: usize, text: usize): bool {
  return isText(at - byteAt(text), text);
}

function beforeNumber(end: usize): usize {
  let i = end;
  while (end - i <= LONGEST_NUMBER && byteAt(i - 1) - 48 <= 9) i--;
  if (i == end || end - i > LONGEST_NUMBER) return 0;
  return byteAt(i - 1) == 45 ? i - 1 : i;
}

function findFields(from: usize, end: usize, needle: usize): bool {
  const by: usize = byteAt(needle + 5);
  let isByIt = by == 0;
  for (let at = from; at < end;) {
    at = behindBlanks(at);
    const value = behindName(at);
    if (value == 0) return false;
    const isQuoted = byteAt(value) == QUOTE;
    const begin = isQuoted ? value + 1 : value;
    const to = isQuoted ? quoteEnd(begin, end) : blankFrom(begin, end);
    if (to == 0) return false;
    if (isText(at, JID_TEXT)) return isByIt && findJid(begin, to);
    if (!isByIt && isText(at, PLACE_TEXT)) {
      if (!isSame(begin, needle + BY, by)) return false;
      isByIt = true;
    }
    at = isQuoted ? to + 1 : to;
  }
  return false;
}

function behindName(at: usize): usize {
  let i = at;
  while (isOfName(byteAt(i))) i++;
  return i == at || i - at > LONGEST_NAME || byteAt(i) != 61 ? 0 : i + 1;
}

function isOfName(byte: u32): bool {
  return byte - 97 <= 25 || byte - 48 <= 9 || byte == 95;
}

function quoteEnd(from: usize, end: usize): usize {
  const i = placeBefore(from, end, QUOTE as i8, BACKSLASH as i8);
  return i < end && byteAt(i) == QUOTE ? i : 0;
}

function blankFrom(from: usize, end: usize): usize {
  return placeBefore(from, end, BLANK as i8, BLANK as i8);
}

function endOfLogin(from: usize): usize {
  const i = endOfBareJid(from);
  if (i == 0 || byteAt(i - 1) != 44 || byteAt(i - 2) == 64) return 0;
  return isText(i, LOGIN_TEXT) ? i - 1 : 0;
}

function endOfClosed(from: usize): usize {
  const i = endOfBareJid(from);
  return i != 0 && byteAt(i) == SLASH ? i : 0;
}

function findConnection(from: usize, to: usize, end: usize): bool {
  jid = from;
  jidEnd = to;
  const first = byteAt(CONNECTION_TEXT + 1) as i8;
  let at = lastPlaceOf(to + 1, end - byteAt(CONNECTION_TEXT), first);
  while (at != 0 && !isText(at, CONNECTION_TEXT)) at = lastPlaceOf(to + 1, at - 1, first);
  if (at == 0 || !isTextBefore(at, BEFORE_CONNECTION_TEXT)) return false;
  idEnd = placeOfText(at + byteAt(CONNECTION_TEXT), end, DOMAIN_TEXT);
  if (idEnd == 0 || !arePlain(at, idEnd)) return false;
  id = at;
  behind = at;
  restEnd = idEnd;
  return true;
}

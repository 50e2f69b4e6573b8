/**
 * What stands behind the beginning of a message about a session that is named: whose it is, its id, and what an end has to name, in
 * the forms of the servers that a scanner knows; all else is the parser's.
 */
import { arePlain, includes, startsWith } from './bytes.ts';
import { endOfBareJid } from './jids.ts';
import { ADDRESS, NOTHING, type Parts } from './layouts.ts';
import type { Needle, NamedForm, RestForm } from './plan.ts';
import { BEFORE_CONNECTION, CONNECTION, DOMAIN, JID, LOGIN, PACKETS, PLACE, TRAFFIC } from './texts.ts';

const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const SLASH = 47;
const EQUALS = 61;
const AT_SIGN = 64;
const BACKSLASH = 92;

const FORMS: readonly NamedForm[] = ['full jid', 'traffic', 'fields', 'login', 'closing'];
/** With a longer full JID, and what stands behind it, a line is the parser's. */
const LONGEST_REST = 800;
const LONGEST_NUMBER = 10;
const LONGEST_NAME = 64;

/** Offsets. One object serves for all lines. */
export interface Rest {
  jid: number;
  jidEnd: number;
  /** What the end names, and what stands behind that, up to `end`. */
  behind: number;
  end: number;
  id: number;
  idEnd: number;
}

export const newRest = (): Rest => ({ jid: 0, jidEnd: 0, behind: 0, end: 0, id: 0, idEnd: 0 });

export const isNamed = (form: RestForm): boolean => FORMS.some((named) => named === form);

/** Finds the parts of what stands between `from` and `end`; false for what only the parser can tell. */
export function findRest(bytes: Buffer, parts: Parts, needle: Needle, from: number, end: number, rest: Rest): boolean {
  const { rest: form, by, without, isOfJid } = needle;
  const { source, sourceEnd, module, moduleEnd } = parts;
  if (parts.between !== (form === 'traffic' ? ADDRESS : NOTHING) || end - from > LONGEST_REST) return false;
  if (form === 'login' || form === 'closing') {
    if (!isBy(bytes, module, moduleEnd, by)) return false;
    const jidEnd = form === 'login' ? endOfLogin(bytes, from) : endOfClosed(bytes, from);
    return jidEnd >= 0 && findConnection(bytes, from, jidEnd, end, rest);
  }
  if (isOfJid !== (source === sourceEnd)) return false;
  if (form === 'fields') {
    if (!findFields(bytes, from, end, by, rest)) return false;
  } else if (!isBy(bytes, module, moduleEnd, by) || !findJid(bytes, from, endOf(bytes, form, end), rest)) return false;
  if (without && includes(bytes, rest.behind, rest.end, without)) return false;
  rest.id = isOfJid ? rest.jid : source;
  rest.idEnd = isOfJid ? rest.end : sourceEnd;
  return true;
}

const isBy = (bytes: Buffer, module: number, moduleEnd: number, by: Buffer | undefined): boolean =>
  by === undefined || (moduleEnd - module === by.length && startsWith(bytes, module, by));

const endOf = (bytes: Buffer, form: RestForm, end: number): number =>
  form === 'traffic' ? beforeTraffic(bytes, end) : end;

/** A full JID from `from` to `end`. */
function findJid(bytes: Buffer, from: number, end: number, rest: Rest): boolean {
  const jidEnd = endOfBareJid(bytes, from);
  if (jidEnd < 0 || bytes[jidEnd] !== SLASH || jidEnd + 1 >= end || !arePlain(bytes, jidEnd + 1, end)) return false;
  rest.jid = from;
  rest.jidEnd = jidEnd;
  rest.behind = jidEnd + 1;
  rest.end = end;
  return true;
}

/** Where the numbers begin that stand before `end`; -1 where they do not. */
function beforeTraffic(bytes: Buffer, end: number): number {
  let i = beforeNumber(bytes, end);
  if (startsWith(bytes, i - TRAFFIC.length, TRAFFIC)) i = beforeNumber(bytes, i - TRAFFIC.length);
  return startsWith(bytes, i - PACKETS.length, PACKETS) ? i - PACKETS.length : -1;
}

function beforeNumber(bytes: Buffer, end: number): number {
  let i = end;
  while (end - i <= LONGEST_NUMBER && bytes[i - 1]! >= 48 && bytes[i - 1]! <= 57) i--;
  if (i === end || end - i > LONGEST_NUMBER) return -1;
  return bytes[i - 1] === 45 ? i - 1 : i;
}

/** The fields from `from` to `end`; the first `at` begins with `by`. */
function findFields(bytes: Buffer, from: number, end: number, by: Buffer | undefined, rest: Rest): boolean {
  let isBy = by === undefined;
  for (let at = from; at < end;) {
    while (bytes[at] === BLANK) at++;
    const value = behindName(bytes, at);
    if (value < 0) return false;
    const isQuoted = bytes[value] === QUOTE;
    const begin = isQuoted ? value + 1 : value;
    const behind = isQuoted ? quoteEnd(bytes, begin, end) : blankFrom(bytes, begin, end);
    if (behind < 0) return false;
    if (startsWith(bytes, at, JID)) return isBy && findJid(bytes, begin, behind, rest);
    if (by && !isBy && startsWith(bytes, at, PLACE)) {
      if (!startsWith(bytes, begin, by)) return false;
      isBy = true;
    }
    at = isQuoted ? behind + 1 : behind;
  }
  return false;
}

/** Behind the name of a field at `at`, and `=`; -1 where none is. */
function behindName(bytes: Buffer, at: number): number {
  let i = at;
  while (isOfName(bytes[i]!)) i++;
  return i === at || i - at > LONGEST_NAME || bytes[i] !== EQUALS ? -1 : i + 1;
}

const isOfName = (byte: number): boolean => (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || byte === 95;

/** Of a value that begins at `from`, and in which nothing is escaped; else -1. */
function quoteEnd(bytes: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && bytes[i] !== QUOTE && bytes[i] !== BACKSLASH) i++;
  return i < end && bytes[i] === QUOTE ? i : -1;
}

function blankFrom(bytes: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && bytes[i] !== BLANK) i++;
  return i;
}

/** `alice@chat.example, conn_id: `: the comma may stand in a JID, too. */
function endOfLogin(bytes: Buffer, from: number): number {
  const i = endOfBareJid(bytes, from);
  return i >= 0 && bytes[i - 1] === COMMA && bytes[i - 2] !== AT_SIGN && startsWith(bytes, i, LOGIN) ? i - 1 : -1;
}

/** `alice@chat.example/phone` */
function endOfClosed(bytes: Buffer, from: number): number {
  const i = endOfBareJid(bytes, from);
  return i >= 0 && bytes[i] === SLASH ? i : -1;
}

/** A JID up to `jidEnd`, and behind it the connection, of which the last one is the server's. */
function findConnection(bytes: Buffer, from: number, jidEnd: number, end: number, rest: Rest): boolean {
  rest.jid = from;
  rest.jidEnd = jidEnd;
  let id = end - CONNECTION.length;
  while (id > jidEnd && !startsWith(bytes, id, CONNECTION)) id--;
  const idEnd = id > jidEnd ? placeOf(bytes, id + CONNECTION.length, end, DOMAIN) : -1;
  if (idEnd < 0 || !startsWith(bytes, id - BEFORE_CONNECTION.length, BEFORE_CONNECTION)) return false;
  if (!arePlain(bytes, id, idEnd)) return false;
  rest.id = rest.behind = id;
  rest.idEnd = rest.end = idEnd;
  return true;
}

/** The first place of a text between `from` and `end`; -1 where it is not. */
function placeOf(bytes: Buffer, from: number, end: number, wanted: Buffer): number {
  for (let i = from; i + wanted.length <= end; i++) if (startsWith(bytes, i, wanted)) return i;
  return -1;
}

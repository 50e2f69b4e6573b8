/** Plain lines: the stamp, and what the server wrote, as ../unwrap.ts and ../../dialects/prosody-bare.ts have them. */
import { BLANK, byteAt, isText, TAB } from '../../scanner/compiled/bytes';
import { BARE, DEBUG, DEBUG_SIZE, HEADS, HEAD_SIZE, IS_OUTPUT } from './addresses';
import { copy } from './json';

const HASH: u32 = 35;
const COLON: u32 = 58;
const NEWLINE: u32 = 10;
/** Of what a server wrote: its source, and what that is padded to. */
const WIDEST: usize = 256;
const EIGHT_BLANKS: u64 = 0x2020_2020_2020_2020;
/** `#011`, `info`, `warn`, `debu` and `erro`. */
const ESCAPED_TAB: u32 = 0x3131_3023;
const INFO: u32 = 0x6f66_6e69;
const WARN: u32 = 0x6e72_6177;
const DEBU: u32 = 0x7562_6564;
const ERRO: u32 = 0x6f72_7265;
/** `bosh`, `c2s`, and syslog's levels. */
const BOSH: u32 = 0x6873_6f62;
const C2S: u32 = 0x0073_3263;
const INFO_LEVEL: i32 = 6;
const DEBUG_LEVEL: i32 = 7;
const HYPHEN: u32 = 45;
const DAY: u64 = 86_400;
/** `2026-11-23T19:58:49` */
export const TO_SECOND: usize = 19;

export function endLine(out: usize): usize {
  store<u8>(out, NEWLINE as u8);
  return out + 1;
}

/** `2026-11-23T19:53:21Z`, and a blank. */
export function writeTime(seconds: u64, out: usize): usize {
  const inDay = (seconds % DAY) as u32;
  // The days since March of the year 0, of which the last one of a year is that of a leap year.
  const days = ((seconds / DAY) as u32) + 719_468;
  const era = days / 146_097;
  const ofEra = days - era * 146_097;
  const yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
  const ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const month = (5 * ofYear + 2) / 153;
  const isOfNext: u32 = month >= 10 ? 1 : 0;
  const year = yearOfEra + era * 400 + isOfNext;
  writeTwo(year / 100, out);
  writeTwo(year % 100, out + 2);
  store<u8>(out + 4, 45);
  writeTwo(isOfNext ? month - 9 : month + 3, out + 5);
  store<u8>(out + 7, 45);
  writeTwo(ofYear - (153 * month + 2) / 5 + 1, out + 8);
  store<u8>(out + 10, 84);
  writeTwo(inDay / 3600, out + 11);
  store<u8>(out + 13, 58);
  writeTwo((inDay / 60) % 60, out + 14);
  store<u8>(out + 16, 58);
  writeTwo(inDay % 60, out + 17);
  store<u8>(out + 19, 90);
  store<u8>(out + 20, BLANK as u8);
  return out + 21;
}

/** Whether a time of the day stands there, up to its second. */
export function isTime(at: usize): bool {
  for (let i: usize = 0; i < TO_SECOND; i++) {
    const byte = byteAt(at + i);
    const mark: u32 = i == 4 || i == 7 ? 45 : i == 10 ? 84 : i == 13 || i == 16 ? 58 : 0;
    if (mark == 0 ? byte - 48 > 9 : byte != mark) return false;
  }
  return true;
}

/** A number of two digits. */
function writeTwo(number: u32, out: usize): void {
  store<u8>(out, (48 + number / 10) as u8);
  store<u8>(out + 1, (48 + (number % 10)) as u8);
}

/** What the server wrote, behind its stamp; returns where it ends, 0 for what only the definition can tell. `severity`: negative where it is not told. */
export function writeBody(from: usize, to: usize, severity: i32, out: usize): usize {
  const first = byteAt(from);
  // What goes on with the message before.
  if (from == to || first == BLANK || first == TAB || first == HASH) return 0;
  if (load<u32>(BARE) == 0) return copy(from, to, out);
  const limit = min(to, from + WIDEST);
  let at = from;
  while (at < limit && byteAt(at) > BLANK) at++;
  if (at == limit || byteAt(at) != BLANK) return copy(from, to, out);
  if (byteAt(at - 1) != COLON) return writeOutput(from, at, limit, to, out);
  const sourceEnd = at - 1;
  if (sourceEnd == from) return copy(from, to, out);
  const told = severity < 0 ? (isDebug(from, sourceEnd, to) ? DEBUG_LEVEL : INFO_LEVEL) : severity;
  const head = HEADS + (told as usize) * HEAD_SIZE;
  store<u32>(IS_OUTPUT, 0);
  const o = copy(from, sourceEnd, out);
  return copy(at + 1, to, copy(head + 1, head + 1 + (byteAt(head) as usize), o));
}

/** Where syslog does not tell the level. */
function isDebug(from: usize, sourceEnd: usize, to: usize): bool {
  const message = sourceEnd + 2;
  const first = byteAt(message);
  for (let known = DEBUG; byteAt(known) != 0; known += DEBUG_SIZE)
    if (byteAt(known + 1) == first && message + (byteAt(known) as usize) <= to && isText(message, known))
      return isSession(from, sourceEnd);
  return false;
}

/** `c2s` or `bosh` and hexadecimal digits; of the latter with hyphens. */
function isSession(from: usize, to: usize): bool {
  const isBosh = load<u32>(from) == BOSH;
  if (!isBosh && (load<u32>(from) & 0xff_ffff) != C2S) return false;
  const digits = from + (isBosh ? 4 : 3);
  for (let i = digits; i < to; i++) {
    const byte = byteAt(i);
    if (byte - 48 > 9 && byte - 97 > 5 && !(isBosh && byte == HYPHEN)) return false;
  }
  return digits < to;
}

/** Of a line of the standard output. */
function writeOutput(from: usize, sourceEnd: usize, limit: usize, to: usize, out: usize): usize {
  let word = sourceEnd;
  while (word < limit && byteAt(word) == BLANK) word++;
  const behind = behindLevel(word);
  if (behind == 0) return copy(from, to, out);
  const message = behindTab(behind);
  if (message == 0) return copy(from, to, out);
  // The layout of a file, in which the source is called as a level is; and what is behind `to` is of another line.
  if (message > to || isTab(message + 4, to) || isTab(message + 5, to)) return copy(from, to, out);
  store<u32>(IS_OUTPUT, 1);
  let o = copy(from, sourceEnd, out);
  store<u8>(o, TAB as u8);
  o = copy(word, behind, o + 1);
  store<u8>(o, TAB as u8);
  return copy(message, to, o + 1);
}

function isTab(at: usize, to: usize): bool {
  return at < to && byteAt(at) == TAB;
}

function behindLevel(at: usize): usize {
  const word = load<u32>(at);
  if (word == INFO || word == WARN) return at + 4;
  const isLong = (word == DEBU && byteAt(at + 4) == 103) || (word == ERRO && byteAt(at + 4) == 114);
  return isLong ? at + 5 : 0;
}

/** Behind a tab, or what is shown for it; 0 where there is none. */
function behindTab(at: usize): usize {
  if (byteAt(at) == TAB) return at + 1;
  if (load<u64>(at) == EIGHT_BLANKS) return at + 8;
  return load<u32>(at) == ESCAPED_TAB ? at + 4 : 0;
}

/**
 * An object of JSON in a line, whose values are texts, and one perhaps an array of them or an object. What is odd in any way is none here, and is
 * left to the definition: another value, a name with an escape or that comes twice, an escape that there is not.
 */
import { behindBlanks, behindDigits, byteAt } from '../../scanner/compiled/bytes';
import { ARGUMENTS, FOUND_SIZE, MOST_ARGUMENTS } from './addresses';
import { ABSENT, ARRAY, ESCAPED, fieldIs, fieldNamed, forgetFields, note, noteField, OBJECT, PLAIN } from './fields';

const NEWLINE: u32 = 10;
const BLANK: i8 = 32;
const QUOTE: u32 = 34;
const COMMA: u32 = 44;
const SLASH: u32 = 47;
const COLON: u32 = 58;
const SQUARE: u32 = 91;
const BACKSLASH: u32 = 92;
const SQUARE_END: u32 = 93;
const CURLY: u32 = 123;
const CURLY_END: u32 = 125;
const U: u32 = 117;
/** Stands for a line break inside a message. */
export const BREAK: u32 = 0x1e;

/** Blanks may stand between what it consists of. */
let hasBlanks: bool = false;
/** No text of it may have a byte that is not ASCII. */
let isAscii: bool = false;
/** The text found last has escapes. */
let isEscaped: bool = false;

/** The field that may be an array, and the one that may be an object, whose own fields have the numbers behind it; -1 for none. */
let arrayField: i32 = -1;
let objectField: i32 = -1;

/** Notes the fields of the object at `at`; returns where the newline behind it is, 0 where it is not so simple. `array` and `object`: the fields that may be such. */
export function readObject(at: usize, mayHaveBlanks: bool, ofAscii: bool, array: i32, object: i32): usize {
  hasBlanks = mayHaveBlanks;
  isAscii = ofAscii;
  arrayField = array;
  objectField = object;
  forgetFields();
  const behind = readFields(at, false);
  return behind != 0 && byteAt(behind) == NEWLINE ? behind : 0;
}

/** Returns what is behind the object at `at`, 0 where it is none. */
function readFields(at: usize, isInner: bool): usize {
  if (byteAt(at) != CURLY) return 0;
  let i = pastBlanks(at + 1);
  while (true) {
    if (byteAt(i) != QUOTE) return 0;
    const nameEnd = textEnd(i + 1);
    if (nameEnd == 0 || isEscaped) return 0;
    const named = fieldNamed(i + 1, nameEnd - i - 1);
    const field = objectField < 0 || named > objectField == isInner ? named : -1;
    if (field >= 0 && fieldIs(field as usize) != ABSENT) return 0;
    i = pastBlanks(nameEnd + 1);
    if (byteAt(i) != COLON) return 0;
    const end = readValue(pastBlanks(i + 1), field);
    if (end == 0) return 0;
    i = pastBlanks(end);
    if (byteAt(i) == CURLY_END) return i + 1;
    if (byteAt(i) != COMMA) return 0;
    i = pastBlanks(i + 1);
  }
}

/** The same of a value. Of a field that is not wanted it may be a number where an object may be. */
function readValue(at: usize, field: i32): usize {
  if (byteAt(at) == QUOTE) return readText(at, field);
  if (field < 0) return objectField < 0 ? 0 : behindNumber(at);
  if (field == arrayField) return readArray(at, field as usize);
  if (field != objectField) return 0;
  noteField(field as usize, at, at, OBJECT);
  return readFields(at, true);
}

/** Of one without a sign, a fraction and an exponent. */
function behindNumber(at: usize): usize {
  const end = behindDigits(at);
  return end == at || (byteAt(at) == 48 && end > at + 1) ? 0 : end;
}

/** Returns what is behind the text whose quote is at `at`, 0 where it is none. */
function readText(at: usize, field: i32): usize {
  const end = textEnd(at + 1);
  if (end == 0) return 0;
  if (field >= 0) noteField(field as usize, at + 1, end, isEscaped ? ESCAPED : PLAIN);
  return end + 1;
}

/** The same of an array of texts. */
function readArray(at: usize, field: usize): usize {
  if (byteAt(at) != SQUARE) return 0;
  let count: u32 = 0;
  let i = pastBlanks(at + 1);
  while (byteAt(i) != SQUARE_END) {
    if (count == MOST_ARGUMENTS || byteAt(i) != QUOTE) return 0;
    const end = textEnd(i + 1);
    if (end == 0) return 0;
    note(ARGUMENTS + (count++ as usize) * FOUND_SIZE, i + 1, end, isEscaped ? ESCAPED : PLAIN);
    i = pastBlanks(end + 1);
    if (byteAt(i) == SQUARE_END) break;
    if (byteAt(i) != COMMA) return 0;
    i = pastBlanks(i + 1);
    if (byteAt(i) == SQUARE_END) return 0;
  }
  noteField(field, at, count as usize, ARRAY);
  return i + 1;
}

function pastBlanks(at: usize): usize {
  return hasBlanks ? behindBlanks(at) : at;
}

/** Where the quote is that ends the text at `at`; 0 where there is none. */
function textEnd(at: usize): usize {
  isEscaped = false;
  let i = special(at);
  while (byteAt(i) == BACKSLASH) {
    const behind = behindEscape(i);
    if (behind == 0) return 0;
    isEscaped = true;
    i = special(behind);
  }
  return byteAt(i) == QUOTE ? i : 0;
}

/** The first place of a quote, of a backslash, or of what no text holds as it is. The newline behind a line is such. */
function special(at: usize): usize {
  const blanks = i8x16.splat(BLANK);
  const quotes = i8x16.splat(QUOTE as i8);
  const backslashes = i8x16.splat(BACKSLASH as i8);
  let i = at;
  while (true) {
    const bytes = v128.load(i);
    const others = isAscii ? i8x16.lt_s(bytes, blanks) : i8x16.lt_u(bytes, blanks);
    const ends = v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, backslashes));
    const found = i8x16.bitmask(v128.or(others, ends));
    if (found != 0) return i + ctz<i32>(found);
    i += 16;
  }
}

/** Behind the escape at `at`; 0 where there is no such escape. */
function behindEscape(at: usize): usize {
  const letter = byteAt(at + 1);
  if (letter == U) return hexAt(at + 2) < 0 ? 0 : at + 6;
  return valueOf(letter) == 0 ? 0 : at + 2;
}

/** The character that a letter behind a backslash stands for; 0 for none. */
function valueOf(letter: u32): u32 {
  if (letter == QUOTE || letter == BACKSLASH || letter == SLASH) return letter;
  if (letter == 110) return NEWLINE;
  if (letter == 116) return 9;
  if (letter == 114) return 13;
  if (letter == 98) return 8;
  return letter == 102 ? 12 : 0;
}

/** The number of four hexadecimal digits; negative where they are none. */
function hexAt(at: usize): i32 {
  let number = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = byteAt(i);
    const letter = (byte | 32) - 97;
    const digit = byte - 48 <= 9 ? byte - 48 : letter <= 5 ? letter + 10 : 16;
    if (digit > 15) return -1;
    number = (number << 4) | (digit as i32);
  }
  return number;
}

/** Copies bytes; as many as 15 more behind `to` may be written. */
export function copy(from: usize, to: usize, out: usize): usize {
  for (let i = from, o = out; i < to; i += 16, o += 16) v128.store(o, v128.load(i));
  return out + (to - from);
}

/** Writes a text as it is in a plain line, with its escapes read; returns where it ends, 0 where an escape is of a byte that is not ASCII. */
export function writeText(from: usize, to: usize, what: u32, out: usize): usize {
  if (what == PLAIN) return copy(from, to, out);
  let o = out;
  let i = from;
  while (true) {
    const place = special(i);
    o = copy(i, place, o);
    if (place >= to) return o;
    const letter = byteAt(place + 1);
    const value = letter == U ? (hexAt(place + 2) as u32) : valueOf(letter);
    if (value > 127) return 0;
    store<u8>(o++, (value == NEWLINE ? BREAK : value) as u8);
    i = place + (letter == U ? 6 : 2);
  }
}

/**
 * Records of the journal, of docker and of JSON, and lines with a head, made into plain lines, in AssemblyScript: TypeScript to read, WebAssembly to run. It
 * does what ../unwrap.ts does with the envelopes of these forms, which are its definition, and stops at any record that is not
 * entirely usual; a property test holds the two together.
 */
import { ALL, areWithin, behindDigits, byteAt, isSame, placeOf, TAB } from '../../scanner/compiled/bytes';
import {
  DOCKER_JSON,
  HEAD_AND_TEXT,
  JOURNAL_EXPORT,
  JOURNAL_JSON,
  KIND,
  MONGOOSEIM_JSON,
  OUT,
  OUT_END,
  PROGRAM,
  PROSODY_JSON,
  STOPPED,
  TEXT,
  TEXT_SIZE,
} from './addresses';
import {
  ABSENT,
  ESCAPED,
  fieldFrom,
  fieldIs,
  fieldNamed,
  fieldTo,
  forgetFields,
  lengthOf,
  noteField,
  PLAIN,
} from './fields';
import { BREAK, copy, readObject, writeText } from './json';
import { writeMessage } from './messages';
import { writeMongooseIm } from './mongooseim';
import { endLine, isTime, TO_SECOND, writeBody, writeTime } from './plain';
import { readLine, writeLine } from './text-heads';

/** The fields of the journal, of docker and of Prosody's JSON, by their numbers. */
const MESSAGE: usize = 0;
const IDENTIFIER: usize = 1;
const PRIORITY: usize = 2;
const TIME: usize = 3;
const LINE_BREAK: usize = 4;
const PARTIAL: usize = 5;
const LOG: usize = 0;
const DOCKER_TIME: usize = 1;
const DATETIME: usize = 0;
const SOURCE: usize = 1;
const LEVEL: usize = 2;
const ARGS: i32 = 4;
/** Of MongooseIM's. */
const META: i32 = 6;

const NEWLINE: u32 = 10;
const BLANK: u32 = 32;
const DOT: u32 = 46;
const EQUALS: u32 = 61;
const QUESTION: u32 = 63;
const BACKSLASH: u32 = 92;
const LOW_LINE: i8 = 95;
const N: u32 = 110;
const Z: u32 = 90;
/** `{"log":"` */
const BEFORE_LOG: usize = 8;
const LONGEST_ZONE: usize = 13;
/** Digits of a time in microseconds, and those of its seconds. */
const TIME_DIGITS: usize = 16;
const SECOND_DIGITS: usize = 10;
const LONGEST_SOURCE: usize = 255;
/** Bytes that a plain line may have more than its record. */
const MORE: usize = 256;

/** Lines of the entry before its last one. */
let held: usize = 0;

/** Makes records plain, from `from` up to `to`, behind a newline, as long as they are usual. */
export function unwrap(from: usize, to: usize): void {
  const kind = load<u32>(KIND);
  const limit: usize = load<u32>(OUT_END);
  let out: usize = load<u32>(OUT);
  let at = from;
  while (at < to) {
    const end = readRecord(kind, at, to);
    if (end == 0 || out + (end - at) + MORE > limit) break;
    const behind = writeRecord(kind, at, out);
    if (behind == 0) break;
    out = endLine(behind);
    at = end + 1;
  }
  store<u32>(STOPPED, at as u32);
  store<u32>(OUT, out as u32);
}

/** Where the newline is that ends the record at `at`; 0 where it is not usual. */
function readRecord(kind: u32, at: usize, to: usize): usize {
  held = 0;
  if (kind == HEAD_AND_TEXT) return readLine(at);
  if (kind == JOURNAL_EXPORT) return readEntry(at, to);
  const array = kind == PROSODY_JSON ? ARGS : -1;
  return readObject(at, kind != DOCKER_JSON, kind >= PROSODY_JSON, array, kind == MONGOOSEIM_JSON ? META : -1);
}

function readEntry(at: usize, to: usize): usize {
  forgetFields();
  for (let line = at; line < to; held++) {
    if (byteAt(line) == NEWLINE) return line;
    const equals = behindName(line);
    if (equals == line || byteAt(equals) != EQUALS) return 0;
    const field = fieldNamed(line, equals - line);
    const end = placeOf(equals, NEWLINE as i8, NEWLINE as i8);
    if (field >= 0) noteField(field as usize, equals + 1, end, PLAIN);
    line = end + 1;
  }
  return 0;
}

/** The first place, from `at`, of what is in no name: a newline is such. */
function behindName(at: usize): usize {
  const lows = i8x16.splat(LOW_LINE);
  let i = at;
  while (true) {
    const bytes = v128.load(i);
    const letters = v128.or(areWithin(bytes, 65, 26), areWithin(bytes, 48, 10));
    const others = ~i8x16.bitmask(v128.or(letters, i8x16.eq(bytes, lows))) & ALL;
    if (others != 0) return i + ctz<i32>(others);
    i += 16;
  }
}

/** Returns where its plain line ends, or 0. */
function writeRecord(kind: u32, at: usize, out: usize): usize {
  if (kind == HEAD_AND_TEXT) return writeLine(at, out);
  if (kind <= JOURNAL_EXPORT) return writeEntry(out);
  if (byteAt(PROGRAM) != 0) return 0;
  if (kind == DOCKER_JSON) return writeDocker(at, out);
  return kind == PROSODY_JSON ? writeProsody(out) : writeMongooseIm(out);
}

function writeEntry(out: usize): usize {
  const program = fieldIs(IDENTIFIER);
  if (program == ESCAPED) return 0;
  let o = out;
  for (let i: usize = 0; i < held; i++) o = endLine(o);
  if (program == ABSENT ? byteAt(PROGRAM) != 0 : !isProgram(fieldFrom(IDENTIFIER), lengthOf(IDENTIFIER))) {
    // An entry with nothing that is wanted is none at all.
    if (program == ABSENT) return 0;
    store<u8>(o, QUESTION as u8);
    return o + 1;
  }
  if (fieldIs(LINE_BREAK) != ABSENT || fieldIs(PARTIAL) != ABSENT) return 0;
  if (fieldIs(TIME) != PLAIN || fieldIs(PRIORITY) != PLAIN || lengthOf(PRIORITY) != 1) return 0;
  const severity = byteAt(fieldFrom(PRIORITY)) - 48;
  const time = fieldFrom(TIME);
  if (severity > 7 || lengthOf(TIME) != TIME_DIGITS || behindDigits(time) != fieldTo(TIME)) return 0;
  let seconds: u64 = 0;
  for (let i = time; i < time + SECOND_DIGITS; i++) seconds = seconds * 10 + ((byteAt(i) - 48) as u64);
  return writeField(MESSAGE, severity as i32, writeTime(seconds, o));
}

function isProgram(from: usize, length: usize): bool {
  return (byteAt(PROGRAM) as usize) == length && isSame(from, PROGRAM + 1, length);
}

/** What the server wrote. */
function writeField(field: usize, severity: i32, out: usize): usize {
  const what = fieldIs(field);
  const from = fieldFrom(field);
  const to = fieldTo(field);
  if (what == ABSENT || to - from >= TEXT_SIZE) return 0;
  if (what == PLAIN) return writeBody(from, to, severity, out);
  const end = writeText(from, to, what, TEXT);
  return end == 0 ? 0 : writeBody(TEXT, end, severity, out);
}

function writeDocker(at: usize, out: usize): usize {
  const from = fieldFrom(LOG);
  const to = fieldTo(LOG);
  const time = fieldFrom(DOCKER_TIME);
  if (fieldIs(LOG) != ESCAPED || from != at + BEFORE_LOG || to - from >= TEXT_SIZE) return 0;
  if (fieldIs(DOCKER_TIME) != PLAIN || lengthOf(DOCKER_TIME) <= TO_SECOND) return 0;
  // A piece of a line does not end with one.
  const end = writeText(from, to, ESCAPED, TEXT);
  if (end <= TEXT + 1 || byteAt(end - 1) != BREAK || byteAt(to - 1) != N || byteAt(to - 2) != BACKSLASH) return 0;
  let zone = time + TO_SECOND;
  while (byteAt(zone) == DOT || byteAt(zone) - 48 <= 9) zone++;
  const zoneLength = fieldTo(DOCKER_TIME) - zone;
  if (zoneLength > LONGEST_ZONE) return 0;
  let o = copy(time, time + TO_SECOND, out);
  o = copy(zone, zone + zoneLength, o);
  store<u8>(o, BLANK as u8);
  return writeBody(TEXT, end - 1, -1, o + 1);
}

function writeProsody(out: usize): usize {
  const time = fieldFrom(DATETIME);
  if (fieldIs(DATETIME) != PLAIN || lengthOf(DATETIME) != TO_SECOND + 1 || !isTime(time)) return 0;
  if (byteAt(time + TO_SECOND) != Z) return 0;
  if (!isWord(SOURCE) || !isWord(LEVEL)) return 0;
  let o = copy(time, fieldTo(DATETIME), out);
  store<u8>(o, BLANK as u8);
  o = copy(fieldFrom(SOURCE), fieldTo(SOURCE), o + 1);
  store<u8>(o, TAB as u8);
  o = copy(fieldFrom(LEVEL), fieldTo(LEVEL), o + 1);
  store<u8>(o, TAB as u8);
  return writeMessage(o + 1);
}

/** Whether a field is a text of printable characters, and not long. */
function isWord(field: usize): bool {
  const length = lengthOf(field);
  if (fieldIs(field) != PLAIN || length == 0 || length > LONGEST_SOURCE) return false;
  for (let i = fieldFrom(field); i < fieldTo(field); i++) if (byteAt(i) <= BLANK) return false;
  return true;
}

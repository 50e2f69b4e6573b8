/** Lines with a head that is known but for the digits of its stamp, as ../known-head.ts has it. */
import { ALL, areWithin, byteAt, isSame, newlineFrom } from '../../scanner/compiled/bytes';
import { HEAD_TEXT, HEAD_TEXTS, KNOWN, KNOWN_HEADS, KNOWN_SIZE, LONGER, MARKS, TEXT_SIZE } from './addresses';
import { copy } from './json';
import { writeBody, writeTime } from './plain';

const BLANK: u32 = 32;
const QUESTION: u32 = 63;
const NINE: u32 = 57;

/** What was found in the line read last: its head, and where what is behind that begins and ends. */
let head: usize = KNOWN_HEADS;
let body: usize = 0;
let bodyEnd: usize = 0;

/** Where the newline is that ends the line at `at`; 0 where its head is none of those known. */
export function readLine(at: usize): usize {
  const count = load<u32>(KNOWN);
  // Mostly it is that of the line before.
  let number = ((head - KNOWN_HEADS) / KNOWN_SIZE) as u32;
  for (let tried: u32 = 0; tried < count; tried++, number++) {
    if (number >= count) number = 0;
    head = KNOWN_HEADS + (number as usize) * KNOWN_SIZE;
    body = behindHead(at);
    if (body == 0) continue;
    bodyEnd = newlineFrom(body);
    return bodyEnd;
  }
  return 0;
}

/** Returns where its plain line ends, or 0. */
export function writeLine(at: usize, out: usize): usize {
  if (number(5) == 0) {
    store<u8>(out, QUESTION as u8);
    return out + 1;
  }
  // What is longer may have been cut.
  if (bodyEnd - body >= TEXT_SIZE) return 0;
  const behind = writeStamp(at, out);
  return behind == 0 ? 0 : writeBody(body, bodyEnd, number(4) as i32, behind);
}

/** What ../compiled-records.ts says of the head. */
function number(word: usize): u32 {
  return load<u32>(head + word * 4);
}

function text(n: usize): usize {
  return head + HEAD_TEXTS + n * HEAD_TEXT;
}

function behindHead(at: usize): usize {
  const length: usize = number(0);
  if (!isStamped(at, length)) return 0;
  const rest = behindFraction(at + length);
  const restLength: usize = number(2);
  if (rest == 0 || !isSame(rest, text(2), restLength)) return 0;
  const behind = rest + restLength;
  const first = byteAt(behind);
  return first != 0 && (first == byteAt(head + LONGER) || first == byteAt(head + LONGER + 1)) ? 0 : behind;
}

/** Whether the same bytes stand there, or digits for digits. */
function isStamped(at: usize, length: usize): bool {
  const letters: i8 = number(7) == 16 ? 6 : 0;
  for (let i: usize = 0; i < length; i += 16) {
    const bytes = v128.load(at + i);
    const digits = v128.or(areWithin(bytes, 48, 10), areWithin(bytes, 97, letters));
    const mayBeDigits = i8x16.gt_u(v128.load(text(1) + i), i8x16.splat(0));
    const same = v128.or(i8x16.eq(bytes, v128.load(text(0) + i)), v128.and(digits, mayBeDigits));
    const others = ~i8x16.bitmask(same) & ALL;
    if (others != 0 && i + ctz<i32>(others) < length) return false;
  }
  return true;
}

/** 0 where it is none of those that the form has. */
function behindFraction(at: usize): usize {
  const lengths = number(6);
  if (lengths == 0) return at;
  const mark = byteAt(at);
  const isMarked = mark != 0 && (mark == byteAt(head + MARKS) || mark == byteAt(head + MARKS + 1));
  const first = isMarked ? at + 1 : at;
  let i = first;
  while (isDigit(byteAt(i))) i++;
  const length = i - first;
  return length < 32 && (lengths & (1 << (length as u32))) != 0 && (length > 0 || !isMarked) ? i : 0;
}

function isDigit(byte: u32): bool {
  return byte - 48 <= 9 || (number(7) == 16 && byte - 97 <= 5);
}

/** Returns where it ends, 0 for no time. */
function writeStamp(at: usize, out: usize): usize {
  const from = at + (number(1) as usize);
  const to = at + (number(0) as usize);
  const base = number(7) as u64;
  if (base != 0) {
    const seconds = secondsOf(from, to, base);
    const ahead = number(8) as u64;
    return seconds < ahead ? 0 : writeTime(seconds - ahead, out);
  }
  if (from == to) return out;
  const zone = text(3);
  const o = copy(zone, zone + (number(3) as usize), copy(from, to, out));
  store<u8>(o, BLANK as u8);
  return o + 1;
}

function secondsOf(from: usize, to: usize, base: u64): u64 {
  let seconds: u64 = 0;
  for (let i = from; i < to; i++) {
    const byte = byteAt(i);
    seconds = seconds * base + ((byte > NINE ? byte - 87 : byte - 48) as u64);
  }
  return seconds;
}

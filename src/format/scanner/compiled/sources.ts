/** What stands for a session in a line of Prosody's, put into an event. */

import { SHIFT } from './addresses';
import { byteAt } from './bytes';

export function storeSource(from: usize, to: usize, event: usize): void {
  const shift = load<u32>(SHIFT);
  store<u32>(event + 4, (to as u32) + shift);
  store<u32>(event + 28, (from as u32) + shift);
}

/** False for a source that is no session. */
export function storeSession(source: usize, sourceEnd: usize, event: usize): bool {
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

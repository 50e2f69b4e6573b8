/** Bytes of memory compared, and looked for. */

export const TAB: u32 = 9;
export const BLANK: u32 = 32;

export function byteAt(at: usize): u32 {
  return load<u8>(at);
}

/** Whether `length` bytes are the same. */
export function isSame(a: usize, b: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  for (; i < length; i++) if (byteAt(a + i) != byteAt(b + i)) return false;
  return true;
}

/** The first place, from `at`, of one of two bytes; there is one. */
export function placeOf(at: usize, byte: i8, other: i8): usize {
  const ones = i8x16.splat(byte);
  const others = i8x16.splat(other);
  let found = 0;
  let i = at - 16;
  while (found == 0) {
    i += 16;
    const bytes = v128.load(i);
    found = i8x16.bitmask(v128.or(i8x16.eq(bytes, ones), i8x16.eq(bytes, others)));
  }
  return i + ctz<i32>(found);
}

/**
 * Where the text at `text`, whose length is in front of it, first is in the bytes from `from` to `to`, behind which a newline is; 0 where
 * it is not.
 */
export function placeOfText(from: usize, to: usize, text: usize): usize {
  const length: usize = byteAt(text);
  const first = byteAt(text + 1) as i8;
  for (let i = placeOf(from, first, 10); i + length <= to; i = placeOf(i + 1, first, 10))
    if (isSame(i, text + 1, length)) return i;
  return 0;
}

export function includes(from: usize, to: usize, text: usize): bool {
  return placeOfText(from, to, text) != 0;
}

/** Whether the text at `text`, whose length is in front of it, stands at a place. */
export function isText(at: usize, text: usize): bool {
  return isSame(at, text + 1, byteAt(text));
}

export function behindDigits(at: usize): usize {
  let i = at;
  while (byteAt(i) - 48 <= 9) i++;
  return i;
}

export function behindBlanks(at: usize): usize {
  let i = at;
  while (byteAt(i) == BLANK) i++;
  return i;
}

/** Whether all bytes from `from` to `to` are printable, or blanks. */
export function arePlain(from: usize, to: usize): bool {
  for (let i = from; i < to; i++) if (byteAt(i) - 0x20 > 0x5e) return false;
  return true;
}

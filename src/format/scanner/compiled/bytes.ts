/** Bytes of memory compared, and looked for. */

export const TAB: u32 = 9;
/** The bits of sixteen bytes. */
export const ALL: i32 = 0xffff;
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

/** The first place of one of two bytes from `from` up to `end`, which it is where there is none. */
export function placeBefore(from: usize, end: usize, byte: i8, other: i8): usize {
  const ones = i8x16.splat(byte);
  const others = i8x16.splat(other);
  for (let i = from; i < end; i += 16) {
    const bytes = v128.load(i);
    const found = i8x16.bitmask(v128.or(i8x16.eq(bytes, ones), i8x16.eq(bytes, others)));
    if (found != 0) return min(i + ctz<i32>(found), end);
  }
  return end;
}

/** The last place of a byte from `from` to `last`; 0 where there is none. */
export function lastPlaceOf(from: usize, last: usize, byte: i8): usize {
  const wanted = i8x16.splat(byte);
  for (let i = last + 1; i > from; i -= 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(i - 16), wanted));
    if (found == 0) continue;
    const place = i - 1 - (clz<i32>(found) - 16);
    return place < from ? 0 : place;
  }
  return 0;
}

/** The first newline from `at`; there is one. */
export function newlineFrom(at: usize): usize {
  const newlines = i8x16.splat(10);
  let first = i8x16.eq(v128.load(at), newlines);
  let second = i8x16.eq(v128.load(at + 16), newlines);
  let i = at;
  while (!v128.any_true(v128.or(first, second))) {
    i += 32;
    first = i8x16.eq(v128.load(i), newlines);
    second = i8x16.eq(v128.load(i + 16), newlines);
  }
  return i + ctz<i32>(i8x16.bitmask(first) | (i8x16.bitmask(second) << 16));
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
  for (let i = from; i < to; i += 16) {
    const plain = i8x16.bitmask(arePlainBytes(v128.load(i)));
    if (plain != ALL && i + ctz<i32>(~plain) < to) return false;
  }
  return true;
}

/** Of sixteen bytes, as all the following. */
export function arePlainBytes(bytes: v128): v128 {
  return areWithin(bytes, 0x20, 0x5f);
}

/** Those from `first` on, so many of them. */
export function areWithin(bytes: v128, first: i8, count: i8): v128 {
  return i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(first)), i8x16.splat(count));
}

/** The fields of a record: where those that are wanted begin and end. */
import { isSame, byteAt } from '../../scanner/compiled/bytes';
import { FIELDS, FIRST_OF, FOUND, FOUND_SIZE, NAMES, NAME_SIZE } from './addresses';

export const ABSENT: u32 = 0;
export const PLAIN: u32 = 1;
/** A text with escapes. */
export const ESCAPED: u32 = 2;
/** Of texts: how many is where its end would be. */
export const ARRAY: u32 = 3;
export const OBJECT: u32 = 4;

export function forgetFields(): void {
  // To call for so few bytes takes longer.
  const nothing = i64x2.splat(0);
  for (let field: usize = 0; field < FIELDS; field++) v128.store(FOUND + field * FOUND_SIZE, nothing);
}

/** The number of the field with that name; -1 where it is not wanted. */
export function fieldNamed(from: usize, length: usize): i32 {
  if (length >= NAME_SIZE) return -1;
  for (let field: usize = byteAt(FIRST_OF + length); field < FIELDS; field++) {
    const name = NAMES + field * NAME_SIZE;
    if ((byteAt(name) as usize) == length && isSame(from, name + 1, length)) return field as i32;
  }
  return -1;
}

export function noteField(field: usize, from: usize, to: usize, what: u32): void {
  note(FOUND + field * FOUND_SIZE, from, to, what);
}

/** What is at `at` is found. */
export function note(at: usize, from: usize, to: usize, what: u32): void {
  store<u32>(at, from as u32);
  store<u32>(at + 4, to as u32);
  store<u32>(at + 8, what);
}

export function fieldFrom(field: usize): usize {
  return load<u32>(FOUND + field * FOUND_SIZE);
}

export function fieldTo(field: usize): usize {
  return load<u32>(FOUND + field * FOUND_SIZE + 4);
}

export function fieldIs(field: usize): u32 {
  return load<u32>(FOUND + field * FOUND_SIZE + 8);
}

export function lengthOf(field: usize): usize {
  return fieldTo(field) - fieldFrom(field);
}

/** Messages of Prosody's JSON, which are put together of a text with places and what stands there, as ../json-lines.ts has it. */
import { byteAt, isSame } from '../../scanner/compiled/bytes';
import { ARGUMENTS, FOUND_SIZE } from './addresses';
import { ABSENT, ARRAY, fieldFrom, fieldIs, fieldTo, PLAIN } from './fields';
import { copy, writeText } from './json';

const MESSAGE: usize = 3;
const ARGS: usize = 4;
const FORMATTED: usize = 5;
const PERCENT: u32 = 37;
/** Bytes of a message with places. */
const LONGEST: usize = 256;

/** Returns where it ends, 0 for what only the definition can tell. */
export function writeMessage(out: usize): usize {
  if (fieldIs(FORMATTED) != ABSENT) return writeText(fieldFrom(FORMATTED), fieldTo(FORMATTED), fieldIs(FORMATTED), out);
  const what = fieldIs(MESSAGE);
  const from = fieldFrom(MESSAGE);
  const to = fieldTo(MESSAGE);
  if (what == ABSENT) return 0;
  if (fieldIs(ARGS) != ARRAY || fieldTo(ARGS) == 0) return writeText(from, to, what, out);
  // Of an escape may come a place.
  if (what != PLAIN) return 0;
  if (!hasPlaces(from, to)) return copy(from, to, out);
  if (to - from > LONGEST || !areOutside(from, to)) return 0;
  return writePlaces(from, to, out);
}

function hasPlaces(from: usize, to: usize): bool {
  for (let i = from; i < to; i++) if (byteAt(i) == PERCENT) return true;
  return false;
}

/** Whether it is certain that the message does not yet hold what stands in its places: it has not all of it, as the first is not in it. */
function areOutside(from: usize, to: usize): bool {
  const argument: usize = load<u32>(ARGUMENTS);
  const length: usize = (load<u32>(ARGUMENTS + 4) as usize) - argument;
  if (load<u32>(ARGUMENTS + 8) != PLAIN) return false;
  for (let i = from; i + length <= to; i++) if (isSame(i, argument, length)) return false;
  return true;
}

/** Each place is a `%` and a letter, and there are as many as there are texts for them. */
function writePlaces(from: usize, to: usize, out: usize): usize {
  const count = fieldTo(ARGS);
  let o = out;
  let places: usize = 0;
  let i = from;
  for (let at = from; at < to; at++) {
    if (byteAt(at) != PERCENT) continue;
    const letter = (byteAt(at + 1) | 32) - 97;
    if (letter > 25 || places == count) return 0;
    o = copy(i, at, o);
    const argument = ARGUMENTS + places++ * FOUND_SIZE;
    o = writeText(load<u32>(argument), load<u32>(argument + 4), load<u32>(argument + 8), o);
    if (o == 0) return 0;
    i = at + 2;
    at++;
  }
  return places == count ? copy(i, to, o) : 0;
}

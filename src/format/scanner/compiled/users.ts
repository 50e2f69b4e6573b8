/** The users of the logins that a scan found, looked for together: what is asked of memory for one comes while another is told. */

import { ARENA_AT, ASKED, BUCKETS_AT, BUCKET_COUNT, HALF, LOGINS, LOGIN_SIZE, SEED, WORDS_AT } from './addresses';
import { byteAt, isSame } from './bytes';

const AT_ONCE: usize = 16 * LOGIN_SIZE;
const NAME_SIZE: usize = 32;
const NEW: i32 = -2;

/** Of the name up to `to`; false for one that only the parser can tell, whose end is 0. */
export function storeLogin(from: usize, to: usize, event: usize, login: usize): bool {
  store<u32>(login, event as u32);
  store<u32>(login + 4, from as u32);
  store<u32>(login + 8, to as u32);
  return to != 0;
}

/**
 * Finds the users of the logins up to `end`, some at a time: what is wanted from memory for each is asked for before it is
 * needed for any. Returns how many are new.
 */
export function findUsers(end: usize): u32 {
  const words: usize = load<u32>(WORDS_AT);
  const arena: usize = load<u32>(ARENA_AT);
  let fresh: u32 = 0;
  for (let begin = LOGINS; begin < end; begin += AT_ONCE) {
    const stop = min(begin + AT_ONCE, end);
    for (let login = begin; login < stop; login += LOGIN_SIZE) store<u32>(login + 12, firstLink(login));
    let place: usize = 0;
    for (let login = begin; login < stop; login += LOGIN_SIZE) {
      const link = load<u32>(login + 12);
      if (link != 0) place ^= load<u8>(arena + (load<u32>(words + ((link - 1) as usize) * NAME_SIZE + 8) as usize));
    }
    // Nobody reads it: it keeps the compiler from leaving out what is only asked for.
    store<u32>(ASKED, place as u32);
    for (let login = begin; login < stop; login += LOGIN_SIZE) if (!isKnown(login, words, arena)) fresh++;
  }
  return fresh;
}

/** The first name of the bucket that the name of a login belongs to; its hash is put where the user will be. */
function firstLink(login: usize): u32 {
  const seed = load<u32>(SEED);
  let hash = seed;
  for (let i: usize = load<u32>(login + 4), to: usize = load<u32>(login + 8); i < to; i++) {
    hash = (hash ^ byteAt(i)) * 0x85ebca6b;
    hash ^= hash >> 15;
  }
  hash = (hash ^ seed) * 0xc2b2ae35;
  hash ^= hash >> 16;
  store<u32>((load<u32>(login) as usize) + 20, hash);
  const half = load<u32>(HALF);
  let bucket = hash & (half * 2 - 1);
  if (bucket >= load<u32>(BUCKET_COUNT)) bucket = hash & (half - 1);
  return load<u32>((load<u32>(BUCKETS_AT) as usize) + (bucket as usize) * 4);
}

/** As `find` of ../../name-table.ts: puts the number of the user in place; `NEW` when the name is new, and its hash beside the name. */
function isKnown(login: usize, words: usize, arena: usize): bool {
  const user: usize = (load<u32>(login) as usize) + 20;
  const hash = load<u32>(user);
  const from: usize = load<u32>(login + 4);
  const length = (load<u32>(login + 8) as usize) - from;
  for (let link = load<u32>(login + 12); link != 0;) {
    const name = words + ((link - 1) as usize) * NAME_SIZE;
    if (load<u32>(name) == hash) {
      const place = arena + (load<u32>(name + 8) as usize);
      if ((load<u32>(place - 4) as usize) == length && isSame(place, from, length)) {
        store<u32>(user, link - 1);
        return true;
      }
    }
    link = load<u32>(name + 4);
  }
  store<i32>(user, NEW);
  store<u32>(login + 12, hash);
  return false;
}

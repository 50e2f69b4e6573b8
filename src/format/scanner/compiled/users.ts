/** The users of the logins that a scan found, looked for together: what is asked of memory for one comes while another is told. */

import {
  ARENA_AT,
  ASKED,
  BUCKETS_AT,
  BUCKET_COUNT,
  CAPACITY,
  FILLED,
  FREE,
  HALF,
  LOGINS,
  LOGIN_SIZE,
  MOST_BUCKETS,
  SEED,
  SIZE,
  SLAB_AT,
  USED,
  WORDS_AT,
} from './addresses';
import { byteAt, isSame } from './bytes';

const AT_ONCE: usize = 16 * LOGIN_SIZE;
const NAME_SIZE: usize = 32;
/** In a name's words. */
const NEXT: usize = 4;
const PLACE: usize = 8;
const NEW: i32 = -2;
/** As of ../../name-table.ts. */
const SLAB: u32 = 65536;
const SLAB_HEAD: u32 = 8;

let words: usize = 0;
let arena: usize = 0;
let buckets: usize = 0;
let half: u32 = 0;
let bucketCount: u32 = 0;

/** Of the name up to `to`; false for one that only the parser can tell, whose end is 0. */
export function storeLogin(from: usize, to: usize, event: usize, login: usize): bool {
  store<u32>(login, event as u32);
  store<u32>(login + 4, from as u32);
  store<u32>(login + 8, to as u32);
  return to != 0;
}

/**
 * Finds the users of the logins up to `end`, some at a time: what is wanted from memory for each is asked for before it is
 * needed for any. Adds those that are new; returns for how many there was no room.
 */
export function findUsers(end: usize): u32 {
  words = load<u32>(WORDS_AT);
  arena = load<u32>(ARENA_AT);
  buckets = load<u32>(BUCKETS_AT);
  half = load<u32>(HALF);
  bucketCount = load<u32>(BUCKET_COUNT);
  let left: u32 = 0;
  for (let begin = LOGINS; begin < end; begin += AT_ONCE) {
    const stop = min(begin + AT_ONCE, end);
    for (let login = begin; login < stop; login += LOGIN_SIZE) store<u32>(login + 12, firstLink(login));
    let place: usize = 0;
    for (let login = begin; login < stop; login += LOGIN_SIZE) {
      const link = load<u32>(login + 12);
      if (link != 0) place ^= load<u8>(arena + (load<u32>(nameOf(link) + PLACE) as usize));
    }
    // Nobody reads it: it keeps the compiler from leaving out what is only asked for.
    store<u32>(ASKED, place as u32);
    const size = load<u32>(SIZE);
    for (let login = begin; login < stop; login += LOGIN_SIZE) {
      // A name that was added since may be in the bucket, or have split it.
      if (load<u32>(SIZE) != size) store<u32>(login + 12, load<u32>(bucketOf(load<u32>(userAt(login)))));
      if (!isKnown(login) && !isAdded(login)) left++;
    }
  }
  store<u32>(HALF, half);
  store<u32>(BUCKET_COUNT, bucketCount);
  return left;
}

/** Where the number of the user is put; before, the hash of the name is there. */
function userAt(login: usize): usize {
  return (load<u32>(login) as usize) + 20;
}

function nameOf(link: u32): usize {
  return words + ((link - 1) as usize) * NAME_SIZE;
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
  store<u32>(userAt(login), hash);
  return load<u32>(bucketOf(hash));
}

function bucketOf(hash: u32): usize {
  let bucket = hash & (half * 2 - 1);
  if (bucket >= bucketCount) bucket = hash & (half - 1);
  return buckets + ((bucket as usize) << 2);
}

/** As `find` of ../../name-table.ts: puts the number of the user in place. */
function isKnown(login: usize): bool {
  const user = userAt(login);
  const hash = load<u32>(user);
  const from: usize = load<u32>(login + 4);
  const length = (load<u32>(login + 8) as usize) - from;
  for (let link = load<u32>(login + 12); link != 0;) {
    const name = nameOf(link);
    if (load<u32>(name) == hash) {
      const place = arena + (load<u32>(name + PLACE) as usize);
      if ((load<u32>(place - 4) as usize) == length && isSame(place, from, length)) {
        store<u32>(user, link - 1);
        return true;
      }
    }
    link = load<u32>(name + NEXT);
  }
  return false;
}

/** As `add` of ../../name-table.ts; where there is no room, `NEW` is put in place, and the hash beside the name. */
function isAdded(login: usize): bool {
  const user = userAt(login);
  const hash = load<u32>(user);
  const from: usize = load<u32>(login + 4);
  const length: u32 = load<u32>(login + 8) - (from as u32);
  const filled = load<u32>(FILLED);
  const needed = SLAB_HEAD + ((length + 3) & ~3);
  const free = load<u32>(FREE);
  const used = load<u32>(USED);
  if (filled + needed > SLAB || (free == 0 && used == load<u32>(CAPACITY))) {
    store<i32>(user, NEW);
    store<u32>(login + 12, hash);
    return false;
  }
  const link = free == 0 ? used + 1 : free;
  const name = nameOf(link);
  if (free == 0) store<u32>(USED, used + 1);
  else store<u32>(FREE, load<u32>(name + NEXT));
  const slab: usize = load<u32>(SLAB_AT);
  const place = slab + ((filled + SLAB_HEAD) as usize);
  store<u32>(place - 8, link - 1);
  store<u32>(place - 4, length);
  for (let i: usize = 0; i < (length as usize); i += 4) store<u32>(place + i, load<u32>(from + i));
  store<u32>(FILLED, filled + needed);
  store<u32>(name, hash);
  store<u32>(name + PLACE, (place - arena) as u32);
  addLink(link, hash);
  store<u32>(user, link - 1);
  return true;
}

/** As `add` of ../../buckets.ts. */
function addLink(link: u32, hash: u32): void {
  const size = load<u32>(SIZE) + 1;
  store<u32>(SIZE, size);
  if (size > bucketCount && bucketCount < load<u32>(MOST_BUCKETS)) split();
  const bucket = bucketOf(hash);
  store<u32>(nameOf(link) + NEXT, load<u32>(bucket));
  store<u32>(bucket, link);
}

/** As `split` of ../../buckets.ts. */
function split(): void {
  const added = bucketCount;
  const source = buckets + (((added - half) as usize) << 2);
  const mask = half * 2 - 1;
  if (++bucketCount == half * 2) half *= 2;
  let kept: u32 = 0;
  let moved: u32 = 0;
  for (let link = load<u32>(source); link != 0;) {
    const name = nameOf(link);
    const next = load<u32>(name + NEXT);
    const isMoved = (load<u32>(name) & mask) == added;
    store<u32>(name + NEXT, isMoved ? moved : kept);
    if (isMoved) moved = link;
    else kept = link;
    link = next;
  }
  store<u32>(source, kept);
  store<u32>(buckets + ((added as usize) << 2), moved);
}

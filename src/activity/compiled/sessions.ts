/**
 * Sessions as ../session-table.ts and ../log-sessions.ts have them: by id and by user, in the queue of what each waits for.
 *
 * The addresses are those of ../compiled-rules.ts, the words of a session those of ../session-table.ts.
 */
import {
  BOUND_TO,
  CHANGED,
  close,
  CONTROL,
  DROPPED,
  firstSession,
  HELD,
  LET_GO,
  note,
  noteStored,
  open,
  releaseIfIdle,
  setFirstSession,
  UNBOUND_FROM,
} from './users';

const TABLE: usize = CONTROL + 4;
const HEADS: usize = CONTROL + 8;
const HALF: usize = CONTROL + 12;
const BUCKETS: usize = CONTROL + 16;
const MOST_BUCKETS: usize = CONTROL + 20;
const FREE: usize = CONTROL + 24;
const USED: usize = CONTROL + 28;
const CAPACITY: usize = CONTROL + 32;
const SIZE: usize = CONTROL + 36;
const LOG: usize = CONTROL + 40;
/** Of each queue: where it is, and the last word of its ring. */
export const AWAY_QUEUE: usize = CONTROL + 64;
export const IDLE_QUEUE: usize = CONTROL + 72;
export const ENDED_QUEUE: usize = CONTROL + 80;
export const BOSH_QUEUE: usize = CONTROL + 96;
/** By session, as of ../session-resources.ts. */
const RESOURCES: usize = CONTROL + 108;
/** Head and tail, in words behind them. */
const RING: usize = 8;
/** Words of a queue that what is done at once may need. */
const SPARE: u32 = 1024;

const SESSION_SIZE: usize = 32;
const LOW: usize = 0;
const HIGH: usize = 4;
const USER: usize = 8;
const SINCE: usize = 12;
const AT: usize = 16;
const STATE: usize = 20;
const NEXT: usize = 24;
const CHAIN: usize = 28;
const STATE_MASK: u32 = 7;
const IS_CHANGED: u32 = 8;
const IS_STORED: u32 = 16;
const LOG_SHIFT: u32 = 8;

export const NONE: u32 = 0;
export const OPEN: u32 = 1;
export const AWAY: u32 = 2;
export const BOUND: u32 = 3;
export const ENDED: u32 = 4;
export const CARRIER: u32 = 5;
const UNBOUND: u32 = 6;
export const REMOVED: u32 = 7;

/** As of ../log-sessions.ts. */
const MOST_OF_ONE_USER: u32 = 200;

let table: usize = 0;
let heads: usize = 0;
let half: u32 = 0;
let buckets: u32 = 0;
let mostBuckets: u32 = 0;
let free: u32 = 0;
let used: u32 = 0;
let capacity: u32 = 0;
let size: u32 = 0;
let log: u32 = 0;
let resources: usize = 0;

export function beginSessions(): void {
  table = load<u32>(TABLE);
  heads = load<u32>(HEADS);
  half = load<u32>(HALF);
  buckets = load<u32>(BUCKETS);
  mostBuckets = load<u32>(MOST_BUCKETS);
  free = load<u32>(FREE);
  used = load<u32>(USED);
  capacity = load<u32>(CAPACITY);
  size = load<u32>(SIZE);
  log = load<u32>(LOG);
  resources = load<u32>(RESOURCES);
}

export function endSessions(): void {
  store<u32>(FREE, free);
  store<u32>(USED, used);
  store<u32>(SIZE, size);
}

function addressOf(session: u32): usize {
  return table + (session as usize) * SESSION_SIZE;
}

export function userOf(session: u32): u32 {
  return load<u32>(addressOf(session), USER);
}

export function sinceOf(session: u32): i64 {
  return load<u32>(addressOf(session), SINCE) as i64;
}

export function atOf(session: u32): i64 {
  return load<u32>(addressOf(session), AT) as i64;
}

export function stateOf(session: u32): u32 {
  return load<u32>(addressOf(session), STATE) & STATE_MASK;
}

/** An id that is no address; of BOSH if its next bit says so. */
export function isBosh(session: u32): bool {
  return load<u32>(addressOf(session), HIGH) >= 0xc0000000;
}

/** The number + 1 of the resource that it is bound to; 0 for none. */
export function resourceOf(session: u32): u32 {
  return load<u32>(resources + ((session as usize) << 2));
}

/** `resource`: 0 for none. */
export function bindTo(session: u32, resource: u32): void {
  const before = resourceOf(session);
  if (before == resource) return;
  if (resource != 0) note(BOUND_TO, resource, 0);
  if (before != 0) note(UNBOUND_FROM, before, 0);
  store<u32>(resources + ((session as usize) << 2), resource);
}

/** Whether it is still in this state since that instant. */
export function waits(session: u32, state: u32, since: u32): bool {
  const at = addressOf(session);
  const word = load<u32>(at, STATE);
  return (word & STATE_MASK) == state && word >> LOG_SHIFT == log && load<u32>(at, AT) == since;
}

/** Whether it is still open since its login then. */
export function isOpenSince(session: u32, since: u32): bool {
  const at = addressOf(session);
  const word = load<u32>(at, STATE);
  return (word & STATE_MASK) == OPEN && word >> LOG_SHIFT == log && load<u32>(at, SINCE) == since;
}

export function isIdleSince(session: u32, since: u32): bool {
  const state = stateOf(session);
  return (state == CARRIER || state >= UNBOUND) && waits(session, state, since);
}

export function find(low: u32, high: u32): u32 {
  let session = load<u32>(bucketOf(hashOf(log, low, high)));
  while (session != NONE) {
    const at = addressOf(session);
    const isIt = load<u32>(at, LOW) == low && load<u32>(at, HIGH) == high;
    if (isIt && load<u32>(at, STATE) >> LOG_SHIFT == log) break;
    session = load<u32>(at, CHAIN);
  }
  return session;
}

export function firstOf(user: u32): u32 {
  return ofLog(firstSession(user));
}

export function nextOf(session: u32): u32 {
  return ofLog(load<u32>(addressOf(session), NEXT));
}

function ofLog(session: u32): u32 {
  let next = session;
  while (next != NONE && load<u32>(addressOf(next), STATE) >> LOG_SHIFT != log) next = load<u32>(addressOf(next), NEXT);
  return next;
}

/** Whether another session of the user can be inserted without another bucket or more room, and without sparing one. */
export function canInsert(user: u32): bool {
  return (free != NONE || used < capacity) && (size < buckets || buckets == mostBuckets) && !hasMany(user);
}

function hasMany(user: u32): bool {
  let held: u32 = 0;
  for (let session = firstOf(user); session != NONE; session = nextOf(session)) held++;
  return held >= MOST_OF_ONE_USER;
}

export function insert(low: u32, high: u32, user: u32, since: u32): u32 {
  const session = takeNumber();
  const at = addressOf(session);
  const bucket = bucketOf(hashOf(log, low, high));
  store<u32>(at, low, LOW);
  store<u32>(at, high, HIGH);
  store<u32>(at, user, USER);
  store<u32>(at, since, SINCE);
  store<u32>(at, log << LOG_SHIFT, STATE);
  store<u32>(at, firstSession(user), NEXT);
  store<u32>(at, load<u32>(bucket), CHAIN);
  store<u32>(bucket, session);
  setFirstSession(user, session);
  if ((high as i32) < 0) note(HELD, low, high);
  size++;
  return session;
}

export function set(session: u32, state: u32, since: u32): void {
  const at = addressOf(session);
  const word = load<u32>(at, STATE);
  store<u32>(at, (word & ~STATE_MASK) | state, STATE);
  store<u32>(at, since, AT);
  noteChange(session, at);
  const wasOnline = isOnline(word & STATE_MASK);
  if (isOnline(state) && !wasOnline) open(load<u32>(at, USER));
  else if (wasOnline && !isOnline(state)) close(load<u32>(at, USER));
  if (state == AWAY) add(AWAY_QUEUE, session, since);
  else if (state == ENDED) add(ENDED_QUEUE, session, since);
  else if (state == CARRIER) add(IDLE_QUEUE, session, since);
  else if (state == OPEN && isBosh(session)) add(BOSH_QUEUE, session, load<u32>(at, SINCE));
}

export function drop(session: u32): void {
  const at = addressOf(session);
  const word = load<u32>(at, STATE);
  const user = load<u32>(at, USER);
  const low = load<u32>(at, LOW);
  const high = load<u32>(at, HIGH);
  if ((word & IS_STORED) != 0) noteStored(DROPPED, low, high);
  bindTo(session, 0);
  leaveBucket(session, at);
  leaveUser(session, user);
  store<u32>(at, NONE, STATE);
  if ((high as i32) < 0) note(LET_GO, low, high);
  if (isOnline(word & STATE_MASK)) close(user);
  releaseIfIdle(user);
  store<u32>(at, free, NEXT);
  free = session;
  size--;
}

/** Whether each queue has room for all that one event may add. */
export function haveRoom(): bool {
  return hasRoomIn(AWAY_QUEUE) && hasRoomIn(IDLE_QUEUE) && hasRoomIn(ENDED_QUEUE) && hasRoomIn(BOSH_QUEUE);
}

/** Since when the next one of a queue waits; far in the future when there is none. */
export function waitsSince(queue: usize): i64 {
  const ring: usize = load<u32>(queue);
  const head = load<u32>(ring);
  return head == load<u32>(ring, 4) ? i64.MAX_VALUE : (load<u32>(placeIn(queue, head), 4) as i64);
}

/** The session that is the next one of a queue, of which there must be one. */
export function nextIn(queue: usize): u32 {
  return load<u32>(placeIn(queue, load<u32>(load<u32>(queue) as usize)));
}

export function passOne(queue: usize): void {
  const ring: usize = load<u32>(queue);
  store<u32>(ring, load<u32>(ring) + 2);
}

function add(queue: usize, session: u32, since: u32): void {
  const ring: usize = load<u32>(queue);
  const tail = load<u32>(ring, 4);
  const place = placeIn(queue, tail);
  store<u32>(place, session);
  store<u32>(place, since, 4);
  store<u32>(ring, tail + 2, 4);
}

function placeIn(queue: usize, word: u32): usize {
  return (load<u32>(queue) as usize) + RING + (((word & load<u32>(queue, 4)) as usize) << 2);
}

function hasRoomIn(queue: usize): bool {
  const ring: usize = load<u32>(queue);
  return load<u32>(ring, 4) - load<u32>(ring) + SPARE <= load<u32>(queue, 4);
}

function isOnline(state: u32): bool {
  return state != NONE && state < ENDED;
}

function noteChange(session: u32, at: usize): void {
  const word = load<u32>(at, STATE);
  if ((word & IS_CHANGED) != 0) return;
  if (!noteStored(CHANGED, session, 0)) return;
  store<u32>(at, word | IS_CHANGED, STATE);
}

function takeNumber(): u32 {
  if (free == NONE) return used++;
  const session = free;
  free = load<u32>(addressOf(session), NEXT);
  return session;
}

function hashOf(log: u32, low: u32, high: u32): u32 {
  const hash = (low ^ ((high ^ (log * 0x27d4eb2f)) * 0x85ebca6b)) * 0x9e3779b1;
  return hash ^ (hash >> 15);
}

function bucketOf(hash: u32): usize {
  let bucket = hash & (half * 2 - 1);
  if (bucket >= buckets) bucket = hash & (half - 1);
  return heads + ((bucket as usize) << 2);
}

function leaveBucket(session: u32, at: usize): void {
  const next = load<u32>(at, CHAIN);
  let link = bucketOf(hashOf(load<u32>(at, STATE) >> LOG_SHIFT, load<u32>(at, LOW), load<u32>(at, HIGH)));
  while (load<u32>(link) != session) link = addressOf(load<u32>(link)) + CHAIN;
  store<u32>(link, next);
}

function leaveUser(session: u32, user: u32): void {
  const next = load<u32>(addressOf(session), NEXT);
  let before = firstSession(user);
  if (before == session) return setFirstSession(user, next);
  while (load<u32>(addressOf(before), NEXT) != session) before = load<u32>(addressOf(before), NEXT);
  store<u32>(addressOf(before), next, NEXT);
}

/**
 * Users as ../user-table.ts and ../user-counts.ts have them: when they were seen, and who is online. What else follows from a
 * change is put into a journal, for the caller to go through.
 *
 * The addresses are those of ../compiled-rules.ts, the words of a user those of ../user-words.ts.
 */

/** What the caller sets, and what it is told: 32-bit words. */
export const CONTROL: usize = 6356992;
const NAMES: usize = CONTROL;
const IS_STORED: usize = CONTROL + 52;
/** Where the journal ends. */
const JOURNAL_END: usize = CONTROL + 88;
/** Three words an entry: what, and two numbers. */
const JOURNAL: usize = CONTROL + 135168;
const ENTRY: usize = 12;
/** Behind it; and so much of it what is done at once may need. */
const JOURNAL_LIMIT: usize = CONTROL + 916992;
const SPARE: usize = 65536;
/** Of each of the first hosts 16 bytes: how many more are online, when any user was seen, and whether the journal names it. */
const HOSTS: usize = CONTROL + 916992;
const MOST_HOSTS: u32 = 32;
/** Of each of these how many more were last seen in which hour: a ring of so many, four bytes each. */
const CELLS: usize = CONTROL + 917504;
const HOURS: u32 = 1024;
/** So many of them lie behind the events, and the others ahead. */
const HOURS_BEHIND: u32 = 900;
const HOUR: u32 = 3600;

/** In the journal: what of a host is one less, or with `MORE` one more: users offline who were last seen at an instant, or online. */
const MORE: u32 = 1;
const ONLINE: u32 = 2;
/** Of what is counted beside it: a host, and an hour of one. */
const HOST: u32 = 13;
const CELL: u32 = 14;
/** Of a user: something is known now; something changed that is stored; nothing may be known any more. */
const COME: u32 = 4;
const SEEN: u32 = 5;
const IDLE: u32 = 6;
/** Of a session: it changed; one of which something was stored is gone; an id is not used any more, or is used by one. */
export const CHANGED: u32 = 7;
export const DROPPED: u32 = 8;
export const LET_GO: u32 = 9;
export const HELD: u32 = 10;
/** Of a resource: a session is bound to it, or is not any more. */
export const BOUND_TO: u32 = 11;
export const UNBOUND_FROM: u32 = 12;

const USER_SIZE: usize = 32;
export const LOGIN: usize = 12;
export const LOGOUT: usize = 16;
const BITS: usize = 20;
const OPEN: usize = 24;
const SESSIONS: usize = 28;
const KNOWN: u32 = 1;
const DISABLED: u32 = 2;
const RESUMES: u32 = 4;
const EXCLUDED: u32 = 16;
const PLACED: u32 = 32;
const AHEAD: u32 = 64;
const HOST_SHIFT: u32 = 8;
const OPEN_MASK: u32 = 0xffff;
const PENDING: u32 = 0x10000;

let names: usize = 0;
let isStored: bool = false;
let journal: usize = JOURNAL;
/** Of those that have a cell. */
let firstHour: u32 = 0;

/** Events of about the instant `at`, unix seconds, come. */
export function beginUsers(at: u32): void {
  firstHour = max(hourOf(at), HOURS_BEHIND) - HOURS_BEHIND;
  names = load<u32>(NAMES);
  isStored = load<u32>(IS_STORED) != 0;
  journal = JOURNAL;
}

export function endUsers(): void {
  store<u32>(JOURNAL_END, journal as u32);
}

export function hasRoom(): bool {
  return journal + SPARE < JOURNAL_LIMIT;
}

export function note(what: u32, a: u32, b: u32): void {
  store<u32>(journal, what);
  store<u32>(journal, a, 4);
  store<u32>(journal, b, 8);
  journal += ENTRY;
}

/** What only those ask for who store it; whether they do. */
export function noteStored(what: u32, a: u32, b: u32): bool {
  if (isStored) note(what, a, b);
  return isStored;
}

function addressOf(user: u32): usize {
  return names + (user as usize) * USER_SIZE;
}

/** Whether nothing is unusual about the user. */
export function isPlain(user: u32): bool {
  return (load<u32>(addressOf(user), BITS) & (PLACED | EXCLUDED | DISABLED | AHEAD)) == PLACED;
}

export function firstSession(user: u32): u32 {
  return load<u32>(addressOf(user), SESSIONS);
}

export function setFirstSession(user: u32, session: u32): void {
  store<u32>(addressOf(user), session, SESSIONS);
}

export function isKnown(user: u32): bool {
  return (load<u32>(addressOf(user), BITS) & KNOWN) != 0;
}

export function resumes(user: u32): bool {
  return (load<u32>(addressOf(user), BITS) & RESUMES) != 0;
}

export function noteResumption(user: u32): void {
  const at = addressOf(user);
  const bits = load<u32>(at, BITS);
  if ((bits & (KNOWN | RESUMES)) != KNOWN) return;
  store<u32>(at, bits | RESUMES, BITS);
  noteStored(SEEN, user, 0);
}

/** `what`: LOGIN or LOGOUT. */
export function saw(user: u32, what: usize, second: u32): void {
  const at = addressOf(user);
  const isKnown = (load<u32>(at, BITS) & KNOWN) != 0;
  if (isKnown && second <= load<u32>(at + what)) return;
  const wasOpen = isOpen(at);
  if (isKnown && !wasOpen) count(at, -1);
  else if (!isKnown) become(at, user);
  store<u32>(at + what, second);
  if (!wasOpen) count(at, 1);
  noteStored(SEEN, user, 0);
}

export function open(user: u32): void {
  const at = addressOf(user);
  if ((load<u32>(at, BITS) & KNOWN) == 0) return;
  const isFirst = !isOpen(at);
  if (isFirst) count(at, -1);
  store<u32>(at, load<u32>(at, OPEN) + 1, OPEN);
  if (isFirst) count(at, 1);
}

export function close(user: u32): void {
  const at = addressOf(user);
  const sessions = load<u32>(at, OPEN) & OPEN_MASK;
  if ((load<u32>(at, BITS) & KNOWN) == 0 || sessions == 0) return;
  if (sessions == 1) count(at, -1);
  store<u32>(at, load<u32>(at, OPEN) - 1, OPEN);
  if (sessions == 1) count(at, 1);
}

/** Another event of the user is expected; false for one whose host is still to be looked up. */
export function isExpected(user: u32): bool {
  const at = addressOf(user);
  if ((load<u32>(at, BITS) & PLACED) == 0) return false;
  store<u32>(at, load<u32>(at, OPEN) + PENDING, OPEN);
  return true;
}

/** An event that was expected has been taken in. */
export function expected(user: u32): void {
  const at = addressOf(user);
  store<u32>(at, load<u32>(at, OPEN) - PENDING, OPEN);
  releaseIfIdle(user);
}

export function releaseIfIdle(user: u32): void {
  const at = addressOf(user);
  const isHeld = (load<u32>(at, BITS) & KNOWN) | load<u32>(at, OPEN) | load<u32>(at, SESSIONS);
  if (isHeld == 0) note(IDLE, user, 0);
}

function isOpen(at: usize): bool {
  return (load<u32>(at, OPEN) & OPEN_MASK) != 0;
}

function become(at: usize, user: u32): void {
  store<u32>(at, load<u32>(at, BITS) | KNOWN, BITS);
  note(COME, user, 0);
}

/** One user more or less where this one counts. */
function count(at: usize, by: i32): void {
  const host = load<u32>(at, BITS) >> HOST_SHIFT;
  const seen = max(load<u32>(at, LOGIN), load<u32>(at, LOGOUT));
  const online = isOpen(at);
  const isFar = !online && hourOf(seen) - firstHour >= HOURS;
  if (host >= MOST_HOSTS || isFar) return note((online ? ONLINE : 0) | (by > 0 ? MORE : 0), host, seen);
  const entry = HOSTS + ((host as usize) << 4);
  if (load<u32>(entry, 8) == 0) {
    note(HOST, host, 0);
    store<u32>(entry, 1, 8);
  }
  store<u32>(entry, max(load<u32>(entry, 4), seen), 4);
  if (online) store<i32>(entry, load<i32>(entry) + by);
  else countIn(host, hourOf(seen), by);
}

/** An hour that comes back to nothing is named by the journal again, where it is not looked at twice. */
function countIn(host: u32, hour: u32, by: i32): void {
  const cell = CELLS + ((host * HOURS + (hour & (HOURS - 1))) << 2);
  const more = load<i32>(cell);
  if (more == 0) note(CELL, host, hour);
  store<i32>(cell, more + by);
}

/** As of ../active-window.ts. */
function hourOf(second: u32): u32 {
  return (second - 1) / HOUR;
}

/**
 * The compiled half of the rules of the info level, in AssemblyScript: TypeScript to read, WebAssembly to run. It takes in
 * usual events as ../resumption.ts and ../passing-time.ts do, which are the definition; a property test holds them together.
 * Before it changes anything for an event that is not usual, it stops: that one is for the definition.
 */
import {
  atOf,
  AWAY,
  AWAY_QUEUE,
  beginSessions,
  BOSH_QUEUE,
  BOUND,
  canInsert,
  CARRIER,
  drop,
  ENDED,
  ENDED_QUEUE,
  endSessions,
  find,
  firstOf,
  haveRoom,
  IDLE_QUEUE,
  insert,
  isBosh,
  isIdleSince,
  isOpenSince,
  nextIn,
  nextOf,
  NONE,
  OPEN,
  passOne,
  set,
  sinceOf,
  stateOf,
  userOf,
  waits,
  waitsSince,
} from './sessions';
import { NAMED_START, takeNamed } from './named';
import {
  beginUsers,
  CONTROL,
  endUsers,
  expected,
  isExpected,
  hasRoom,
  isPlain,
  LOGIN,
  LOGOUT,
  noteResumption as noteOfUser,
  resumes,
  saw,
} from './users';

const HIBERNATION: usize = CONTROL + 44;
const HAS_RESUMPTION: usize = CONTROL + 48;
const PASSED: usize = CONTROL + 56;
/** When time does something that is the definition's to do. */
const DUE: usize = CONTROL + 60;
/** Up to then accounts were removed. */
const REMOVED: usize = CONTROL + 92;
const BOSH_SECONDS: usize = CONTROL + 104;

/** As of ../../format/scanner/scanner.ts. */
const EVENT_SIZE: usize = 32;
const KIND: usize = 8;
const LOW: usize = 12;
const HIGH: usize = 16;
const USER: usize = 20;
const AT: usize = 24;
const CONNECT: u32 = 1;
const START: u32 = 2;
const OTHER: u32 = 4;
const OVER: u32 = 5;

/** As of ../resumption.ts, ../passing-time.ts and ../log-sessions.ts. */
const REPLACED_WITHIN: i64 = 2;
const BOSH_STAY: i64 = 1200;
const IDLE_KEPT: i64 = 7 * 86400;

let hibernation: i64 = 0;
let boshSeconds: i64 = 0;
let hasResumption: bool = false;
let passed: u32 = 0;
let due: u32 = 0;
let removed: u32 = 0;

/** The users of the events from the address `from` up to `to` are expected; returns where it stopped, at one who is new. */
export function expect(from: usize, to: usize): usize {
  beginUsers(0);
  let event = from;
  for (; event < to; event += EVENT_SIZE) {
    const user = load<i32>(event, USER);
    if (load<u32>(event, KIND) != OTHER && user >= 0 && !isExpected(user)) break;
  }
  return event;
}

/** Takes in events from the address `from` up to `to`; returns where it stopped. */
export function take(from: usize, to: usize): usize {
  beginUsers(load<u32>(from, AT));
  beginSessions();
  hibernation = load<u32>(HIBERNATION) as i64;
  boshSeconds = load<u32>(BOSH_SECONDS) as i64;
  hasResumption = load<u32>(HAS_RESUMPTION) != 0;
  passed = load<u32>(PASSED);
  due = load<u32>(DUE);
  removed = load<u32>(REMOVED);
  let event = from;
  while (event < to && takeOne(event)) event += EVENT_SIZE;
  store<u32>(HAS_RESUMPTION, hasResumption ? 1 : 0);
  store<u32>(PASSED, passed);
  endSessions();
  endUsers();
  return event;
}

function takeOne(event: usize): bool {
  const kind = load<u32>(event, KIND);
  const low = load<u32>(event, LOW);
  const high = load<u32>(event, HIGH);
  const at = load<u32>(event, AT);
  if (kind == OTHER || high == 0xffffffff || at <= removed || !passTime(at)) return false;
  if (!hasRoom() || !haveRoom()) return false;
  const session = find(low, high);
  if (session != NONE && !isPlain(userOf(session))) return false;
  if (kind == START) return start(session, event, at);
  if (kind >= NAMED_START) return takeNamed(kind, session, event, at);
  if (kind == CONNECT) connect(session, at as i64);
  else end(session, at, kind == OVER);
  return true;
}

function connect(session: u32, at: i64): void {
  if (session == NONE) return;
  const user = userOf(session);
  const state = stateOf(session);
  const since = sinceOf(session);
  drop(session);
  if (state == OPEN) reopenResumed(user, since);
  forgetSettled(user, at);
}

function reopenResumed(user: u32, since: i64): void {
  let resumed = NONE;
  for (let other = firstOf(user); other != NONE; other = nextOf(other)) {
    if (stateOf(other) != ENDED || isBosh(other) || !mayCarry(since, other)) continue;
    if (resumed == NONE || atOf(other) >= atOf(resumed)) resumed = other;
  }
  if (resumed == NONE) return;
  noteResumption(user);
  set(resumed, OPEN, atOf(resumed) as u32);
}

function start(before: u32, event: usize, at: u32): bool {
  const user = load<u32>(event, USER);
  if (!isPlain(user) || !canInsert(user)) return false;
  if (before != NONE) forget(before, at as i64);
  saw(user, LOGIN, at);
  for (let other = firstOf(user); other != NONE; other = nextOf(other))
    if (stateOf(other) == AWAY) set(other, ENDED, atOf(other) as u32);
  set(insert(load<u32>(event, LOW), load<u32>(event, HIGH), user, at), OPEN, at);
  expected(user);
  return true;
}

function end(session: u32, at: u32, isOver: bool): void {
  const state = stateOf(session);
  if (session == NONE) return;
  if (state == OPEN || state == CARRIER || state == BOUND) endOpen(session, at, isOver);
  else if (state == AWAY) endResumed(session, at, isOver);
  else if (state == ENDED && mayBeResumed(session, at as i64)) endResumed(session, at, isOver);
}

function mayBeResumed(session: u32, at: i64): bool {
  return at - atOf(session) < hibernation || isCarried(session, false);
}

function endOpen(session: u32, at: u32, isOver: bool): void {
  if (hasResumption) closeCarriers(session, at);
  if (!isOver && !isBosh(session) && resumes(userOf(session))) goAway(session, at);
  else finish(session, at);
}

function closeCarriers(ended: u32, at: u32): void {
  const began = sinceOf(ended);
  for (let other = firstOf(userOf(ended)); other != NONE; other = nextOf(other)) {
    const since = sinceOf(other);
    if (isBosh(other) || stateOf(other) != OPEN || since <= began) continue;
    if ((at as i64) - since > REPLACED_WITHIN) set(other, CARRIER, at);
  }
}

function endResumed(session: u32, at: u32, isOver: bool): void {
  const user = userOf(session);
  noteResumption(user);
  for (let other = firstOf(user); other != NONE; other = nextOf(other)) {
    if (isBosh(other) || stateOf(other) != OPEN) continue;
    if (sinceOf(other) >= atOf(session)) set(other, CARRIER, at);
  }
  if (isOver) finish(session, at);
  else goAway(session, at);
}

function noteResumption(user: u32): void {
  hasResumption = true;
  noteOfUser(user);
}

function goAway(session: u32, at: u32): void {
  sawEnd(session, at);
  set(session, AWAY, at);
}

function sawEnd(session: u32, at: u32): void {
  if ((at as i64) >= sinceOf(session)) saw(userOf(session), LOGOUT, at);
}

function finish(session: u32, at: u32): void {
  const user = userOf(session);
  sawEnd(session, at);
  if (isBosh(session)) drop(session);
  else set(session, ENDED, at);
  forgetSettled(user, at as i64);
}

function forget(session: u32, now: i64): void {
  const user = userOf(session);
  drop(session);
  forgetSettled(user, now);
}

function forgetSettled(user: u32, now: i64): void {
  for (let session = firstOf(user); session != NONE;) {
    const next = nextOf(session);
    const isOld = stateOf(session) == ENDED && atOf(session) + hibernation < now;
    if (isOld && !isCarried(session, true)) drop(session);
    session = next;
  }
}

/** `mayCome`: also by who may only come to be its carrier. */
function isCarried(ended: u32, mayCome: bool): bool {
  for (let other = firstOf(userOf(ended)); other != NONE; other = nextOf(other)) {
    if (other == ended) continue;
    const state = stateOf(other);
    const carries = state == OPEN || state == CARRIER || (mayCome && (state == AWAY || state == ENDED));
    if (carries && mayCarry(sinceOf(other), ended)) return true;
  }
  return false;
}

function mayCarry(since: i64, ended: u32): bool {
  const at = atOf(ended);
  return since >= at && since - at <= hibernation;
}

/** False when the definition has to go on with it. */
function passTime(now: u32): bool {
  if (now <= passed) return true;
  if (now >= due) return false;
  const hibernated = (now as i64) - hibernation;
  for (let since = waitsSince(AWAY_QUEUE); since <= hibernated; since = waitsSince(AWAY_QUEUE)) {
    const session = nextIn(AWAY_QUEUE);
    if (since + hibernation <= (removed as i64) || !isForUs(session)) return false;
    passOne(AWAY_QUEUE);
    if (waits(session, AWAY, since as u32)) finish(session, (since + hibernation) as u32);
  }
  const vanished = (now as i64) - boshSeconds;
  for (let since = waitsSince(BOSH_QUEUE); since <= vanished; since = waitsSince(BOSH_QUEUE)) {
    const session = nextIn(BOSH_QUEUE);
    const isOpen = isOpenSince(session, since as u32);
    const seen = since + min(BOSH_STAY, boshSeconds);
    if (isOpen && (seen <= (removed as i64) || !isForUs(session))) return false;
    passOne(BOSH_QUEUE);
    if (isOpen) vanish(session, seen as u32, since + boshSeconds, now as i64);
  }
  const idle = (now as i64) - IDLE_KEPT;
  for (let since = waitsSince(IDLE_QUEUE); since <= idle; since = waitsSince(IDLE_QUEUE)) {
    const session = nextIn(IDLE_QUEUE);
    if (!isForUs(session)) return false;
    passOne(IDLE_QUEUE);
    if (isIdleSince(session, since as u32)) forget(session, now as i64);
  }
  for (let since = waitsSince(ENDED_QUEUE); since < hibernated; since = waitsSince(ENDED_QUEUE)) {
    const session = nextIn(ENDED_QUEUE);
    if (!isForUs(session)) return false;
    passOne(ENDED_QUEUE);
    if (waits(session, ENDED, since as u32)) forgetSettled(userOf(session), now as i64);
  }
  passed = now;
  return true;
}

function vanish(session: u32, seen: u32, since: i64, now: i64): void {
  const user = userOf(session);
  saw(user, LOGOUT, seen);
  set(session, CARRIER, since as u32);
  forgetSettled(user, now);
}

function isForUs(session: u32): bool {
  return hasRoom() && haveRoom() && (stateOf(session) == NONE || isPlain(userOf(session)));
}

/**
 * Sessions of a server that names the full JID at both ends, as ../named-sessions.ts and ../binding.ts have them, which are the
 * definition. The resources are numbers here, as the ids are.
 */
import {
  bindTo,
  BOUND,
  canInsert,
  drop,
  firstOf,
  insert,
  nextOf,
  NONE,
  REMOVED,
  resourceOf,
  set,
  sinceOf,
  stateOf,
  userOf,
} from './sessions';
import { expected, isKnown, isPlain, LOGIN, LOGOUT, saw } from './users';

/** As of ../../format/scanner/scanner.ts; all behind the first one are named, too. */
export const NAMED_START: u32 = 6;
const NAMED_END: u32 = 7;
/** Where the end of the resource was, as ../event-names.ts puts it there: its number + 1. */
const RESOURCE: usize = 0;
const LOW: usize = 12;
const HIGH: usize = 16;
const USER: usize = 20;

/** An event of a session, or of an id that has none; false for one that is for the definition. */
export function takeNamed(kind: u32, session: u32, event: usize, at: u32): bool {
  const user = load<u32>(event, USER);
  if (!isPlain(user)) return false;
  if (kind == NAMED_END) return close(session, user, load<u32>(event, RESOURCE), at);
  if (!canInsert(user)) return false;
  if (kind == NAMED_START) saw(user, LOGIN, at);
  bind(session, user, event, at);
  expected(user);
  return true;
}

function close(session: u32, user: u32, resource: u32, at: u32): bool {
  if (session != NONE && (userOf(session) != user || resourceOf(session) != resource)) return false;
  if (session == NONE || stateOf(session) != REMOVED) saw(user, LOGOUT, at);
  if (session != NONE) drop(session);
  expected(user);
  return true;
}

function bind(known: u32, user: u32, event: usize, at: u32): void {
  const resource = load<u32>(event, RESOURCE);
  for (let other = firstOf(user); other != NONE;) {
    const next = nextOf(other);
    if (other != known && stateOf(other) == BOUND && resourceOf(other) == resource) drop(other);
    other = next;
  }
  if (!isKnown(user)) saw(user, LOGIN, at);
  const since = known == NONE ? at : (sinceOf(known) as u32);
  const isSame = known != NONE && userOf(known) == user;
  if (known != NONE && !isSame) drop(known);
  const session = isSame ? known : insert(load<u32>(event, LOW), load<u32>(event, HIGH), user, since);
  bindTo(session, resource);
  set(session, BOUND, at);
}

/** An event that a scanner has found: what its words say, and of which kind it is. */

/** Words of an event that was found. */
export const EVENT_WORDS = 8;
/** Of a named event: where the resource, or what else the end names, and what stands behind it, ends; it begins at `LOW`. */
export const REST_END = 0;
/** Where the source ends; it begins at `SOURCE`. */
export const SOURCE_END = 1;
export const KIND = 2;
/** The session, as activity/session-id.ts has it; or in `HIGH` that its id is none of an address, as it never is of a named event. */
export const LOW = 3;
export const HIGH = 4;
export const USER = 5;
export const AT = 6;
export const SOURCE = 7;

/** In `HIGH`: the id is the source. */
export const OF_SOURCE = -1;
/** In `HIGH`: the source is a full JID, of which the id is made, as of dialects/full-jid.ts. */
export const OF_JID = -2;

export const CONNECT = 1;
export const START = 2;
export const END = 3;
/** What another than the scanner found: the event with this number in `LOW`. */
export const OTHER = 4;
/** An end behind which the session is not resumed. */
export const OVER = 5;
/** From here on they are named: start, end and bind of a full JID. */
export const NAMED_START = 6;
export const NAMED_END = 7;
export const NAMED_BIND = 8;

export const KINDS = {
  connect: CONNECT,
  start: START,
  end: END,
  over: OVER,
  'named start': NAMED_START,
  'named end': NAMED_END,
  'named bind': NAMED_BIND,
} as const;

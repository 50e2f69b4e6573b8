/** The words of a session, and where its id is found by them. */

/** Words of a session. */
export const SESSION_WORDS = 8;
/** The id, as session-id.ts has it. */
export const LOW = 0;
export const HIGH = 1;
export const USER = 2;
export const SINCE = 3;
export const AT = 4;
/** The state; whether it changed; the log. */
export const STATE = 5;
/** The next session of the user; or the next free one. */
export const NEXT = 6;
/** The next session of the bucket. */
export const CHAIN = 7;

export const STATE_MASK = 7;
export const CHANGED = 8;
/** What is stored of it is to be deleted when it goes. */
export const STORED = 16;
export const LOG_SHIFT = 8;

/** Of the id of a session in a log. */
export function hashOf(log: number, low: number, high: number): number {
  const hash = Math.imul(low ^ Math.imul(high ^ Math.imul(log, 0x27d4_eb2f), 0x85eb_ca6b), 0x9e37_79b1);
  return hash ^ (hash >>> 15);
}

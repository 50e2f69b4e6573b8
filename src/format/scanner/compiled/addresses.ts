/** Where things are in the memory of the scanner, as ../compiled-scanner.ts lays it out, which has the same addresses. */

/** What the caller sets, and what is found: 32-bit words. */
export const COUNT: usize = 0;
export const LINES: usize = 4;
export const SEED: usize = 8;
export const HALF: usize = 12;
export const BUCKET_COUNT: usize = 16;
export const WORDS_AT: usize = 20;
export const BUCKETS_AT: usize = 24;
export const ARENA_AT: usize = 28;
export const HEAD_LENGTH: usize = 32;
export const TAIL_LENGTH: usize = 36;
export const BASE: usize = 40;
/** The time behind the line before, and behind the last one. */
export const LAST: usize = 44;
/** What is added to an address to make it an offset in the caller's bytes. */
export const SHIFT: usize = 48;
/** How many digits are behind the first byte of the tail. */
export const DIGITS: usize = 52;
/** How many events name users that are new, and for whom there was no room. */
export const NEW_NAMES: usize = 56;
export const ASKED: usize = 60;
/** The stamp, at most 128 bytes, and behind them as many of 255 where a byte counts, of 0 where it does not. */
export const STAMP: usize = 64;
export const MASK: usize = 128;
/** As of `LineScanner`, and the plan. */
export const MOST: usize = 320;
export const IN_SECOND: usize = 324;
export const SECONDS: usize = 328;
export const LAST_LINE: usize = 332;
export const LAYOUT: usize = 336;
/** So many seconds of the hour are believed. */
export const BELIEVED: usize = 340;
/** A length, and the text. */
export const SECOND_WORD: usize = 352;
export const SUSPECT: usize = 416;
/** By the first byte of the word of a level: its number + 1. */
export const LEVEL_OF: usize = 512;
/** Per level: the length of its word, and the word. */
export const LEVELS: usize = 768;
export const LEVEL_SIZE: usize = 16;
/** Per byte: 1 for what may stand in a JID as it is. */
export const IN_JID: usize = 1024;
/** The texts of ../texts.ts, 16 bytes each: a length, and the text. */
export const PORT_TEXT: usize = 1280;
export const PACKETS_TEXT: usize = 1296;
export const TRAFFIC_TEXT: usize = 1312;
export const BEHIND_THREAD_TEXT: usize = 1328;
export const BEHIND_LOGGER_TEXT: usize = 1344;
export const LOGIN_TEXT: usize = 1360;
export const CONNECTION_TEXT: usize = 1376;
export const BEFORE_CONNECTION_TEXT: usize = 1392;
export const DOMAIN_TEXT: usize = 1408;
export const LEVEL_TEXT: usize = 1424;
export const JID_TEXT: usize = 1440;
export const PLACE_TEXT: usize = 1456;
/** Of the table of names, as `state` of ../../name-table.ts: the first four, and what is told of them in turn. */
export const FREE: usize = 1984;
export const USED: usize = 1988;
export const SIZE: usize = 1992;
export const FILLED: usize = 1996;
export const CAPACITY: usize = 2000;
export const MOST_BUCKETS: usize = 2004;
export const SLAB_AT: usize = 2008;
/** Per level and first byte of a message: the number of its first needle + 1. */
export const FIRST: usize = 2048;
export const NEEDLES: usize = 8192;
export const NEEDLE_SIZE: usize = 256;
/**
 * Of a needle: length, kind, form of the rest, whether another one follows, the lengths of the exception and of who prints it, whether
 * the id is of the JID; and the texts, of which the last one has its length in front.
 */
export const TEXT: usize = 16;
export const EXCEPT: usize = 80;
export const BY: usize = 128;
export const WITHOUT: usize = 176;
export const EVENTS: usize = 65536;
/** Of each login: its event, where the name begins and ends, and where to look for it, or of a new one its hash. */
export const LOGINS: usize = 1114112;
export const LOGIN_SIZE: usize = 16;
export const EVENTS_END: usize = 1114112;

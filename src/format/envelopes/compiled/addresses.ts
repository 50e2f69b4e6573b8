/** Where ../compiled-records.ts puts what this is told, and finds what this tells; and how the kinds of records are numbered. */

/** Where it stopped, and where the plain lines end. */
export const STOPPED: usize = 0;
export const OUT: usize = 4;
/** No plain line may reach beyond it. */
export const OUT_END: usize = 8;
/** As of `BareLine`. */
export const IS_OUTPUT: usize = 12;
export const KIND: usize = 16;
/** 1 where lines without a stamp are those of Prosody. */
export const BARE: usize = 20;
/** How many heads are known, and each: nine words, bytes, and texts in the order of ../compiled-records.ts. */
export const KNOWN: usize = 24;
export const KNOWN_HEADS: usize = 8192;
export const KNOWN_SIZE: usize = 2048;
export const MARKS: usize = 48;
export const LONGER: usize = 56;
export const HEAD_TEXTS: usize = 64;
export const HEAD_TEXT: usize = 496;
/** What a session prints at debug level: a length, and the text; a length of 0 behind the last one. */
export const DEBUG: usize = 24_576;
export const DEBUG_SIZE: usize = 64;
/** A length, and the text. */
export const PROGRAM: usize = 64;
/** By severity: a length, and the text. */
export const HEADS: usize = 256;
export const HEAD_SIZE: usize = 16;
/** Of the fields that are wanted, in the order of their numbers: a length, and the text. */
export const NAMES: usize = 512;
export const NAME_SIZE: usize = 32;
export const FIELDS: usize = 8;
/** By length of a name: the first field with such a one, or `FIELDS`. */
export const FIRST_OF: usize = 768;
/** What was found of each: where it begins and ends, and what it is. */
export const FOUND: usize = 1024;
export const FOUND_SIZE: usize = 16;
/** The same of the texts in an array. */
export const ARGUMENTS: usize = 1280;
export const MOST_ARGUMENTS: u32 = 8;
/** A text whose escapes have been read. */
export const TEXT: usize = 2048;
/** So long may it be, and a byte less. */
export const TEXT_SIZE: usize = 2048;

export const JOURNAL_JSON: u32 = 0;
export const JOURNAL_EXPORT: u32 = 1;
export const DOCKER_JSON: u32 = 2;
export const PROSODY_JSON: u32 = 3;
export const MONGOOSEIM_JSON: u32 = 4;
export const HEAD_AND_TEXT: u32 = 5;

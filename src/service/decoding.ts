/**
 * What passes between the thread that reads and decodes old logs and the one that counts. Blocks of lines and their events lie in memory that
 * both see, in one of two places for each log: one is read while the other is filled.
 */
import type { DialectDefinition } from '../format/dialects/custom.ts';
import { EventBatch, LOGIN_WORDS } from '../format/event-batch.ts';
import type { Rival } from '../format/form-change.ts';
import { EVENT_WORDS } from '../format/scanner/event-words.ts';
import type { ArchivedFile } from './archive/arrange.ts';
import type { Decoded, LogReaderOptions } from './log-reader.ts';

/** What is to be read. Plain data. */
export interface DecodingTask {
  readonly logs: readonly LogTask[];
  /** Those of the configuration. */
  readonly dialects: readonly DialectDefinition[];
}

/** One log, oldest file first. */
export interface LogTask extends Omit<LogReaderOptions, 'horizon' | 'known'> {
  readonly files: readonly FileTask[];
  /** Unix seconds. */
  readonly horizon: number;
}

export interface FileTask extends Omit<ArchivedFile, 'stamp' | 'sampleLines' | 'damaged' | 'head'> {
  readonly head: Uint8Array;
  /** The name of its stamps' form, where that is certain. */
  readonly stamp: string | undefined;
}

/** What the reader of a log knows behind a block, beside what it decoded. */
export interface DecodedElsewhere {
  readonly decoded: Decoded;
  /** So many lines wait for those that come next. */
  readonly waiting: number;
  readonly rival: Rival | undefined;
}

/** A block, which lies in a place of its log; `log` is a number. Told by the thread. */
export interface BlockMessage extends Pick<EventBatch, 'count' | 'others'> {
  readonly kind: 'block';
  readonly log: number;
  readonly place: number;
  /** Where that is from now on, if it had to be larger. */
  readonly memory?: SharedArrayBuffer;
  readonly logins: number;
  readonly bytes: number;
  /** Undefined where there are no lines. */
  readonly known: DecodedElsewhere | undefined;
  /** Whether the lines follow those before in the same file. */
  readonly continues: boolean;
  /** The file's number, and how many bytes of its text have been read; undefined for lines that had waited. */
  readonly at: { readonly file: number; readonly offset: number } | undefined;
}

export type ThreadMessage =
  | BlockMessage
  | { readonly kind: 'problem'; readonly log: number; readonly sentence: string }
  | { readonly kind: 'end'; readonly log: number };

/** Told to the thread: the place is free. */
export interface FreeMessage {
  readonly log: number;
  readonly place: number;
}

/** Places of a log. */
export const PLACES = 2;

const EVENT_SIZE = EVENT_WORDS * 4;
const LOGIN_SIZE = LOGIN_WORDS * 4;

/** Bytes that a batch takes there. */
export const sizeOf = ({ count, logins, bytes }: EventBatch): number =>
  count * EVENT_SIZE + logins.length * 4 + bytes.length;

export function write({ count, words, logins, bytes }: EventBatch, memory: SharedArrayBuffer): void {
  new Int32Array(memory, 0, count * EVENT_WORDS).set(words.subarray(0, count * EVENT_WORDS));
  new Int32Array(memory, count * EVENT_SIZE, logins.length).set(logins);
  Buffer.from(memory, count * EVENT_SIZE + logins.length * 4, bytes.length).set(bytes);
}

/** A batch as it lies there, and the logins in it, as of `EventBatch`: they hold until the place is free. */
export function read(
  { count, others, logins, bytes }: BlockMessage,
  memory: SharedArrayBuffer,
): { readonly batch: EventBatch; readonly logins: Int32Array } {
  const words = new Int32Array(memory, 0, count * EVENT_WORDS);
  const lines = Buffer.from(memory, count * EVENT_SIZE + logins * LOGIN_SIZE, bytes);
  return {
    batch: new EventBatch(lines, { words, count, others }),
    logins: new Int32Array(memory, count * EVENT_SIZE, logins * LOGIN_WORDS),
  };
}

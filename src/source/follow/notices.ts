/** What a follower tells whoever reads the journal. */
import { ArchiveError } from '../files/archive-error.ts';
import type { Position } from './position.ts';

export type NoticeKind =
  | 'rotated'
  | 'truncated'
  | 'waiting'
  | 'unreadable'
  | 'readable'
  | 'skipped-line'
  | 'damaged'
  | 'no-events'
  /** Lines that nobody can read any more. */
  | 'lost'
  /** Files beside the log that are not taken for its own. */
  | 'beside';

export interface Notice {
  readonly kind: NoticeKind;
  readonly log: string;
  /** A sentence. */
  readonly text: string;
}

/** What is to be told, of which log is clear. */
export type Told = readonly [kind: NoticeKind, text: string];

/** What is wrong with an archive is a whole sentence. */
export function whyUnread(path: string, error: unknown): string {
  return error instanceof ArchiveError ? error.message : `${path} cannot be read: ${String(error)}`;
}

/** Of a segment that was not read to its end, and is nowhere any more. */
export function lossOf({ log, offset, file, readAt }: Position): string {
  const unread = Math.max(0, (file?.size ?? 0) - offset);
  const known = unread > 0 ? `up to ${unread} bytes of it and ` : '';
  const since = new Date(readAt * 1000).toISOString();
  return `lines of ${log} were not read: a file of it that was read up to byte ${offset} is nowhere any more; ${known}whatever was written to it since ${since} is not counted`;
}

/** What comes out of this room: blocks of whole lines, which whoever reads them asks for one after the other. */
import type { Position as FilePosition } from './follow/position.ts';
import type { StoredVerdicts } from './follow/verdicts.ts';

/** How far the entries of a journal have been read. Plain JSON, stored in the batch that stores what its lines did. */
export interface JournalPosition {
  /** As `log`: a journal has no segments. */
  readonly id: string;
  readonly log: string;
  /** Of the last entry that was read. */
  readonly cursor: string;
  /** Unix seconds at which it was read. */
  readonly readAt: number;
  /** The journal had no entry of the log any more, not even this one, and that has been told. */
  readonly isEmptied?: boolean;
}

export type Position = FilePosition | JournalPosition;

/**
 * Complete lines of one segment of a log, and what to remember once they have been taken in. Whoever asks for the next block
 * says that this one is stored, or will be together with all that comes behind it.
 */
export interface Block<P extends Position = Position> {
  /** The live path of the log, or its name where it is in the journal. */
  readonly log: string;
  /** One or more complete lines; the last byte is a newline. Empty when only positions change. */
  readonly bytes: Buffer;
  /** The lines follow those that were read before in the same segment: nothing is missing between. */
  readonly continues: boolean;
  /** To be stored in one atomic batch with whatever these lines changed. */
  readonly position: P;
  /** Ids of positions that are no longer needed, to be deleted in the same batch. */
  readonly forgotten: readonly string[];
  /** What was found out about files beside the log, in the place of what was before; to be stored without delay. */
  readonly verdicts?: StoredVerdicts;
  /** There were lines before these, in a file that is gone, and nobody has read them. */
  readonly isBehindLoss?: boolean;
}

/** Of a file. */
export type FileBlock = Block<FilePosition>;

/** Where a log comes from, as it is followed. */
export interface Source {
  /** What is in the log and what comes to it, until the signal aborts; to be iterated over once. */
  blocks(signal: AbortSignal): AsyncGenerator<Block, void, undefined>;
  /** Resolves once all complete lines that were there at the call, and can be read, have been given and stored. */
  caughtUp(): Promise<void>;
  status(): SourceStatus;
  /** Whether it is there and can be read. */
  readonly isThere: boolean;
  /** For whoever does not iterate over the blocks. */
  close(): Promise<void>;
}

export interface SourceStatus {
  readonly path: string;
  /** Bytes read of the live file, and its size; of a journal both are what was read since the start. */
  readonly offset: number;
  readonly size: number;
  /** Bytes on disk, in all open segments, that have not been delivered; an unfinished last line is among them. */
  readonly lagBytes: number;
  readonly rotations: number;
  readonly truncations: number;
  /** Lines passed over because they were longer than 16 MiB. */
  readonly skippedLines: number;
  /** Files that were gone before they had been read to their end; of a journal, how often entries were. */
  readonly lostSegments: number;
  /** Why it cannot be read. */
  readonly unreadable?: string;
  /** Files held open. */
  readonly segments: number;
}

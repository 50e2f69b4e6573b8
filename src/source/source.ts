/** What comes out of this room: blocks of whole lines, which whoever reads them asks for one after the other. */
import type { Position } from './follow/position.ts';
import type { StoredVerdicts } from './follow/verdicts.ts';

/**
 * Complete lines of one segment of a log, and what to remember once they have been taken in. Whoever asks for the next block
 * says that this one is stored, or will be together with all that comes behind it.
 */
export interface Block {
  /** The live path of the log. */
  readonly log: string;
  /** One or more complete lines; the last byte is a newline. Empty when only positions change. */
  readonly bytes: Buffer;
  /** The lines follow those that were read before in the same segment: nothing is missing between. */
  readonly continues: boolean;
  /** To be stored in one atomic batch with whatever these lines changed. */
  readonly position: Position;
  /** Ids of positions that are no longer needed, to be deleted in the same batch. */
  readonly forgotten: readonly string[];
  /** What was found out about files beside the log, in the place of what was before; to be stored without delay. */
  readonly verdicts?: StoredVerdicts;
  /** There were lines before these, in a file that is gone, and nobody has read them. */
  readonly isBehindLoss?: boolean;
}

/** How much of a damaged compressed file is to be believed: what a line has to be like, whoever reads it says. */
import { ArchiveError } from './archive-error.ts';

const NEWLINE = 10;

/** Gives the lines of a block, one block after the other, that come before the first one that is not to be believed. */
export type BeforeCorrupt = (lines: Buffer) => Buffer;
/** Such a thing for the text that begins with these lines. */
export type BeforeCorruptIn = (lines: Buffer) => BeforeCorrupt;

export interface Extent {
  /** Bytes of text. */
  readonly end: number;
  /** Why there is no more. */
  readonly damage?: ArchiveError;
}

/**
 * Goes through a compressed text, which `chunks` gives from its start whenever it is called, once, and if it is damaged once
 * more, to find the last line that is to be believed.
 */
export async function extentOf(
  chunks: () => AsyncGenerator<Buffer>,
  beforeCorruptIn: BeforeCorruptIn,
): Promise<Extent> {
  try {
    for await (const _ of chunks());
    return { end: Infinity };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { end: await believedBytes(chunks(), beforeCorruptIn), damage: error };
  }
}

async function believedBytes(chunks: AsyncGenerator<Buffer>, beforeCorruptIn: BeforeCorruptIn): Promise<number> {
  let end = 0;
  let rest: Buffer = Buffer.alloc(0);
  let before: BeforeCorrupt | undefined;
  try {
    for await (const chunk of chunks) {
      const text = Buffer.concat([rest, chunk]);
      const lines = text.subarray(0, text.lastIndexOf(NEWLINE) + 1);
      before ??= beforeCorruptIn(lines);
      const believed = before(lines);
      end += believed.length;
      if (believed.length < lines.length) return end;
      rest = text.subarray(lines.length);
    }
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
  }
  return end;
}

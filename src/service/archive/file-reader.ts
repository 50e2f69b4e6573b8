/** Who reads old files: this process, or another one, which sees files that this one does not. */
import type { FileBlock } from '../../source/source.ts';
import type { Position } from '../../source/follow/position.ts';
import { fileAt } from '../../source/files/file-stat.ts';
import { alreadyRead, readArchivedFile, type ArchivedFile, type ReadOptions } from './arrange.ts';

/** How far a file was read before. */
export interface KnownFile {
  readonly position: Position;
  /** There is no more in it. */
  readonly isWhole: boolean;
}

export interface FileReader<F = ArchivedFile> {
  /** Which of the positions is that of the file, whatever its name was then. */
  readonly known: (file: F, positions: readonly Position[]) => Promise<KnownFile | undefined>;
  readonly blocks: (file: F, options: ReadOptions) => AsyncIterable<FileBlock>;
}

export const readHere: FileReader = {
  known: async (file, positions) => {
    const position = await alreadyRead(file, positions);
    return position && { position, isWhole: isWhole(file, position) };
  },
  blocks: readArchivedFile,
};

function isWhole({ path, textBytes }: ArchivedFile, { offset, done, file }: Position): boolean {
  if (offset >= textBytes) return true;
  // A damaged file is not read to the end of its text, and there is no more to be had from it.
  const now = fileAt(path);
  return done === true && now?.size === file?.size && now?.mtimeMs === file?.mtimeMs;
}

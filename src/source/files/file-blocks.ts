/**
 * The bytes of a file from its start to its end as it is now, in large blocks. The next block is being read while the
 * consumer works on the one before: one block ahead, never more, so that a slow consumer costs no memory.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { fileError, isDirectory } from './archive-error.ts';

/** Large enough that the disk, not the number of calls, is what takes time; small enough for the processor's caches. */
export const BLOCK = 512 * 1024;

/** What is needed of an open file; a `FileHandle` is one. */
export type ReadableFile = Pick<FileHandle, 'read'>;

export interface BlockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes; where to begin. */
  readonly from?: number;
  /** Bytes in a block. */
  readonly size?: number;
}

/** The file is opened at the first block and closed after the last. Throws an `ArchiveError`. */
export async function* fileBlocks(path: string, options: BlockOptions = {}): AsyncGenerator<Buffer, void, undefined> {
  const { handle, seekable } = await openFile(path);
  try {
    yield* handleBlocks(handle, path, options, seekable);
  } finally {
    await handle.close();
  }
}

/** The same of a file that is open already and stays open. A pipe is read from where it is. */
export async function* handleBlocks(
  handle: ReadableFile,
  path: string,
  { signal, from = 0, size = BLOCK }: BlockOptions = {},
  seekable = true,
): AsyncGenerator<Buffer, void, undefined> {
  let position = from;
  let ahead = readBlock(handle, size, seekable ? position : null);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const block = await ahead;
      if (block.length === 0) return;
      position += block.length;
      ahead = readBlock(handle, size, seekable ? position : null);
      yield block;
    }
  } catch (error) {
    throw fileError(path, error);
  } finally {
    // The consumer may have had enough: the file must not be closed under a read, nor its failure stay unhandled.
    await ahead.catch(() => undefined);
  }
}

async function readBlock(handle: ReadableFile, size: number, position: number | null): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(size);
  const { bytesRead } = await handle.read(buffer, 0, size, position);
  return buffer.subarray(0, bytesRead);
}

async function openFile(path: string): Promise<{ handle: FileHandle; seekable: boolean }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) throw isDirectory(path);
    return { handle, seekable: stat.isFile() || stat.isBlockDevice() };
  } catch (error) {
    await handle?.close();
    throw fileError(path, error);
  }
}

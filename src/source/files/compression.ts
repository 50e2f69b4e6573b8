/**
 * The text of a log file from its start to its end as it is now, whatever it is compressed with. The next block of the file is
 * being read while the consumer works on the one before: one block ahead, never more, so that a slow consumer costs no memory.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { fileError } from './archive-error.ts';
import { decompressed } from './decompress.ts';
import { compressionIn, refuseForeign } from './file-kind.ts';
import { readAsync } from './read-at.ts';

export interface TextOptions {
  /** What errors call the file. */
  readonly name?: string;
  readonly signal?: AbortSignal | undefined;
  /** Told that bytes behind the end of a gzip file were passed over. */
  readonly onTrailing?: () => void;
}

type Blocks = AsyncGenerator<Buffer, void, undefined>;

/** Large enough that the disk, not the number of calls, is what takes time; small enough for the processor's caches. */
const BLOCK = 512 * 1024;

/**
 * The text in blocks. `file` is a path, or the descriptor of an open file, which stays open. Throws an `ArchiveError` for
 * whatever the file may be or lack; what could be read has been yielded before.
 */
export async function* openText(
  file: string | number,
  { name = String(file), signal, onTrailing }: TextOptions = {},
): Blocks {
  let handle: FileHandle | undefined;
  try {
    const fd = typeof file === 'number' ? file : (handle = await open(file)).fd;
    const compression = compressionIn(fd, name);
    const source = (): Blocks => blocksOf(fd, signal);
    let isStart = true;
    for await (const block of compression ? decompressed(compression, source, { name, onTrailing }) : source()) {
      signal?.throwIfAborted();
      // A tar.gz shows its nature only now.
      if (isStart) refuseForeign(block, name);
      isStart = false;
      yield block;
    }
  } catch (error) {
    throw fileError(name, error);
  } finally {
    await handle?.close();
  }
}

async function* blocksOf(fd: number, signal: AbortSignal | undefined): Blocks {
  let position = 0;
  let ahead = readBlock(fd, position);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const block = await ahead;
      if (block.length === 0) return;
      position += block.length;
      ahead = readBlock(fd, position);
      yield block;
    }
  } finally {
    // The consumer may have had enough: the file must not be closed under a read, nor its failure stay unhandled.
    await ahead.catch(() => undefined);
  }
}

async function readBlock(fd: number, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await readAsync(fd, Buffer.allocUnsafeSlow(BLOCK), 0, BLOCK, position);
  return buffer.subarray(0, bytesRead);
}

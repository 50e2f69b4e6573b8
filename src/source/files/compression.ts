/** The text of a log file from its start to its end, whatever it is compressed with. */
import { fileBlocks, handleBlocks, type ReadableFile } from './file-blocks.ts';
import { decompressed } from './decompress.ts';
import { compressionOf, FIRST_BYTES, refuseForeign } from './file-kind.ts';

export interface TextOptions {
  /** What errors call the file. */
  readonly name?: string;
  readonly signal?: AbortSignal | undefined;
  /** Told that bytes behind the end of a gzip file were passed over. */
  readonly onTrailing?: () => void;
}

/**
 * The text of a file from its start, in blocks. `file` is a path, or an open file, which stays open; `name` is then
 * what errors call it. Throws an `ArchiveError` for whatever the file may be or lack; what could be read has been
 * yielded before.
 */
export function openText(
  file: string | ReadableFile,
  { signal, ...told }: TextOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  if (typeof file === 'string') return textOf(() => fileBlocks(file, { signal }), { name: file, ...told, signal });
  const name = told.name ?? 'the log';
  return textOf(() => handleBlocks(file, name, { signal }), { ...told, name, signal });
}

/** The text of bytes that `source` gives from their start whenever it is called; what `openText` says holds here too. */
export async function* textOf(
  source: () => AsyncGenerator<Buffer, void, undefined>,
  { name = 'the log', signal, onTrailing }: TextOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const first = await firstOf(source());
  refuseForeign(first, name);
  const compression = compressionOf(first);
  let start = true;
  for await (const block of compression ? decompressed(compression, source, { name, onTrailing }) : source()) {
    signal?.throwIfAborted();
    // A tar.gz shows its nature only now.
    if (start) refuseForeign(block, name);
    start = false;
    yield block;
  }
}

/** The first bytes, enough to know the compression by. */
async function firstOf(blocks: AsyncIterable<Buffer>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    first = first.length === 0 ? block : Buffer.concat([first, block]);
    if (first.length >= FIRST_BYTES) break;
  }
  return first;
}

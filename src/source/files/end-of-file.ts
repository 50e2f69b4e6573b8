/** The last lines of a file that may be large, and may be written meanwhile. */
import { closeSync, openSync, readSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

const NEWLINE = 10;

/** The first bytes of a regular file, at most `length`. @throws the error of the system */
export function beginningOf(path: string, length: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const first = Buffer.alloc(length);
    return first.subarray(0, readSync(fd, first, 0, length, 0));
  } finally {
    closeSync(fd);
  }
}

/** Whole lines of at most the last `length` bytes. Rejects with the error of the system, or one with the code `no regular file`. */
export async function readEnd(path: string, length: number): Promise<Buffer> {
  const found = await stat(path);
  // To open a pipe would wait for its writer.
  if (!found.isFile() && !found.isDirectory())
    throw Object.assign(new Error('not a file'), { code: 'no regular file' });
  const handle = await open(path);
  try {
    const { size } = found;
    const from = Math.max(0, size - length);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = buffer.subarray(0, bytesRead);
    const begin = from === 0 ? 0 : text.indexOf(NEWLINE) + 1;
    return text.subarray(begin, text.lastIndexOf(NEWLINE) + 1);
  } finally {
    await handle.close();
  }
}

/** The last lines of a file that may be large, and may be written meanwhile. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readAt } from './read-at.ts';
import { openFile, plainText } from './text.ts';

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

/** Whole lines of at most the last `length` bytes. Rejects as `openFile` throws. */
export async function readEnd(path: string, length: number): Promise<Buffer> {
  const { fd, stat } = openFile(path, plainText);
  try {
    const from = Math.max(0, stat.size - length);
    const text = await readAt(fd, from, stat.size - from);
    const begin = from === 0 ? 0 : text.indexOf(NEWLINE) + 1;
    return text.subarray(begin, text.lastIndexOf(NEWLINE) + 1);
  } finally {
    closeSync(fd);
  }
}

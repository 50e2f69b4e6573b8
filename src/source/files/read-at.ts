/** Bytes of an open file, by place. */
import { read, readSync } from 'node:fs';
import { promisify } from 'node:util';

export const readAsync = promisify(read);
/** So much comes faster at once than by way of another thread; bytes. */
export const SHORT = 64 * 1024;

/** `length` bytes at `at`, fewer only where the file ends. They are put into `buffer`, if it is given. */
export async function readAt(
  fd: number,
  at: number,
  length: number,
  buffer: Buffer = Buffer.allocUnsafe(length),
): Promise<Buffer> {
  let filled = 0;
  while (filled < length) {
    const rest = length - filled;
    const bytesRead =
      rest <= SHORT
        ? readSync(fd, buffer, filled, rest, at + filled)
        : (await readAsync(fd, buffer, filled, rest, at + filled)).bytesRead;
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

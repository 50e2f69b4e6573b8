/** Some of the lines of a block, one character per byte, by their places in it; its last byte is a newline. */

const NEWLINE = 10;

export const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n');

/** The last `most` lines of a block. */
export function tailOf(bytes: Buffer, most: number): readonly string[] {
  let from = bytes.length;
  for (let i = 0; i < most && from > 1; i++) from = bytes.lastIndexOf(NEWLINE, from - 2) + 1;
  return linesOf(bytes.subarray(from, bytes.length - 1));
}

/** At most `most` lines of a block from `from` on, and where they end. */
export function linesFrom(bytes: Buffer, from: number, most: number) {
  let to = from;
  for (let i = 0; i < most && to < bytes.length; i++) to = bytes.indexOf(NEWLINE, to) + 1;
  return { lines: linesOf(bytes.subarray(from, to - 1)), end: to };
}

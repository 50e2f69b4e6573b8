/**
 * V8 makes a substring by pointing into the string that it is taken from. A name that is kept for a month would keep
 * the whole block of the log in memory that it was read from, and a year of logs after all.
 */
const scratch = Buffer.allocUnsafe(4096);

/** The same text in memory of its own. `latin1` has one character per byte. */
export function ownText(latin1: string): string {
  if (latin1.length > scratch.length) return Buffer.from(latin1, 'latin1').toString('latin1');
  return scratch.toString('latin1', 0, scratch.write(latin1, 'latin1'));
}

/**
 * Memory that grows without being copied: a range of addresses is reserved at once, and the system gives pages of it only
 * when they are touched. Growing an array of a million users by copying would stop the program for tens of milliseconds.
 */

/** Enough for a small server, and quickly copied when it is not. */
export const SMALL = 2 ** 14;
/** More than any server has. */
export const LARGE = 2 ** 24;

/**
 * What `make` makes of the largest of the capacities `most`, half of it, a quarter and so on, as far as `least`, that the
 * system has addresses for: fewer under `ulimit -v` and on machines of 32 bits. Throws a RangeError when there is none.
 */
export function largest<T>(most: number, least: number, make: (capacity: number) => T): T {
  for (let capacity = most; ; capacity /= 2) {
    try {
      return make(capacity);
    } catch (error) {
      if (!(error instanceof RangeError) || capacity <= least) throw error;
    }
  }
}

/** The same words at the head of a range of so many. */
export function moved(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const range = new Int32Array(length);
  range.set(words);
  return range;
}

/**
 * Users as they are stored, many, each put to a page, and found by it: their bytes lie in a few buffers, and no object is made of
 * any. The buffers are never copied, as there would be twice as much of them then.
 */

/** Before each: where the one put to the same page before it begins, 0 for none, and the length of its bytes. */
const HEAD = 4 + 2;
/** Bytes of a buffer: many of the longest that is stored of a user. */
const CHUNK = 1024 * 1024;

export class UserPile {
  readonly #chunks: Buffer[] = [];
  /** Of all of them. */
  #end = 0;
  /** By page: where the one put there last begins, and one more. */
  readonly #last = new Map<number, number>();

  add(page: number, bytes: Buffer, from: number, to: number): void {
    const needed = to - from + HEAD;
    const room = this.#chunks.length * CHUNK - this.#end;
    if (needed > room) {
      this.#end += room;
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK));
    }
    const chunk = this.#chunks.at(-1)!;
    const at = this.#end % CHUNK;
    chunk.writeUInt32LE(this.#last.get(page) ?? 0, at);
    chunk.writeUInt16LE(to - from, at + 4);
    bytes.copy(chunk, at + HEAD, from, to);
    // Not 0, which is none.
    this.#last.set(page, this.#end + 1);
    this.#end += needed;
  }

  /** Those put to a page, in the order in which they were. */
  of(page: number): Buffer[] {
    const users: Buffer[] = [];
    for (let place = this.#last.get(page) ?? 0; place > 0;) {
      const chunk = this.#chunks[Math.floor((place - 1) / CHUNK)]!;
      const at = (place - 1) % CHUNK;
      users.push(chunk.subarray(at + HEAD, at + HEAD + chunk.readUInt16LE(at + 4)));
      place = chunk.readUInt32LE(at);
    }
    return users.toReversed();
  }
}

/** Users as they are stored, many, each put to a page, and found by it: their bytes lie in one buffer, and no object is made of any. */

/** Before each: where the one put to the same page before it ends, 0 for none, and the length of its bytes. */
const HEAD = 4 + 2;
const LEAST = 65_536;

export class UserPile {
  #bytes = Buffer.allocUnsafeSlow(LEAST);
  #end = 0;
  /** By page: where the one put there last ends. */
  readonly #last = new Map<number, number>();

  add(page: number, bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    const end = this.#end + length + HEAD;
    if (end > this.#bytes.length) this.#grow(end);
    bytes.copy(this.#bytes, this.#end, from, to);
    this.#bytes.writeUInt32LE(this.#last.get(page) ?? 0, end - HEAD);
    this.#bytes.writeUInt16LE(length, end - HEAD + 4);
    this.#last.set(page, end);
    this.#end = end;
  }

  /** Those put to a page, in the order in which they were; to be used before the next is added. */
  of(page: number): Buffer[] {
    const users: Buffer[] = [];
    for (let end = this.#last.get(page) ?? 0; end > 0;) {
      const to = end - HEAD;
      users.push(this.#bytes.subarray(to - this.#bytes.readUInt16LE(to + 4), to));
      end = this.#bytes.readUInt32LE(to);
    }
    return users.toReversed();
  }

  #grow(least: number): void {
    const more = Buffer.allocUnsafeSlow(Math.max(least, this.#bytes.length * 2));
    this.#bytes.copy(more, 0, 0, this.#end);
    this.#bytes = more;
  }
}

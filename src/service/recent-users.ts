/**
 * What the index has of users by themselves. A page has a dozen users, so those of a commit are written in one record first, and
 * their pages in their turn, a few with each commit; when all are written that had changed by the beginning of the turn, the
 * records of before it go.
 */

/** So many records there are before it is the turn of pages; and so many users, or one of so many that are known. */
const RECORDS = 4096;
const USERS = 16_384;
const SHARE = 2;

export class RecentUsers {
  /** How many users are in each record, by its number. */
  readonly #records = new Map<number, number>();
  #users = 0;
  #next = 0;
  #turn: number | undefined;

  /** The number of the next record. Of a user who is in several the one with the highest counts. */
  get next(): number {
    return this.#next;
  }

  /** Whether pages are being written in their turn. */
  get isTurn(): boolean {
    return this.#turn !== undefined;
  }

  /** Whether there are enough, where so many users are known. */
  isTurnDue(known: number): boolean {
    return this.#records.size >= RECORDS || this.#users >= Math.max(USERS, known / SHARE);
  }

  beginTurn(): void {
    this.#turn = this.#next;
  }

  /** The records that go when all pages whose turn it is are written. */
  get over(): number[] {
    const turn = this.#turn ?? 0;
    return [...this.#records.keys()].filter((number) => number < turn);
  }

  endTurn(): void {
    for (const number of this.over) {
      this.#users -= this.#records.get(number) ?? 0;
      this.#records.delete(number);
    }
    this.#turn = undefined;
  }

  /** It is in the index, or may be: so many users. */
  note(number: number, users: number): void {
    this.#users += users - (this.#records.get(number) ?? 0);
    this.#records.set(number, users);
    this.#next = Math.max(this.#next, number + 1);
  }

  /** The index is a new one. */
  clear(): void {
    this.#records.clear();
    this.#users = 0;
    this.#turn = undefined;
  }
}

/**
 * The pages in which users are stored, a dozen in each, and which of them have changed. A page is told by the hash of the
 * name, so that nothing has to be kept of where a user is; as users come, pages are split one by one.
 */
import { Growth } from '../format/buckets.ts';
import type { NameTable } from '../format/name-table.ts';

/** A page is written when one of its users changes, and all of them are read at start: few make little of the one, many of the other. */
const PER_PAGE = 12;
const LEAST = 64;

export class UserPages {
  readonly #names: NameTable;
  #growth = new Growth(LEAST);
  /** By page: whether it has changed. */
  #isChanged = new Uint8Array(LEAST);
  #changes = 0;

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** How many there are. */
  get count(): number {
    return this.#growth.count;
  }

  /** How many have changed since they were taken. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * So many there were when they were stored; `seed` is that of the names then. To be called before the first name. Room is
   * made for as many names as they may hold.
   */
  begin(count: number, seed: number): void {
    this.#names.begin(seed, count * PER_PAGE);
    this.#growth = new Growth(Math.max(LEAST, count));
  }

  /** So many users are known now. */
  grow(users: number): void {
    while (users > this.#growth.count * PER_PAGE) {
      const added = this.#growth.count;
      this.#note(this.#growth.split());
      this.#note(added);
    }
  }

  /** Of this user something changed that is stored. */
  noteUser(user: number): void {
    this.#note(this.pageOf(user));
  }

  /** These are still to be written. */
  note(pages: readonly number[]): void {
    for (const page of pages) this.#note(page);
  }

  /** All of them are to be written. */
  noteAll(): void {
    for (let page = 0; page < this.count; page++) this.#note(page);
  }

  /**
   * Takes so many of those that have changed. A page comes before the one that it was split from: what is in both of them
   * when not all could be written is in the later one as it should be.
   */
  take(most: number): number[] {
    const pages: number[] = [];
    for (let page = this.count - 1; page >= 0 && pages.length < most && this.#changes > 0; page--) {
      if (this.#isChanged[page] !== 1) continue;
      this.#isChanged[page] = 0;
      this.#changes--;
      pages.push(page);
    }
    return pages;
  }

  pageOf(user: number): number {
    return this.#growth.bucketOf(this.#names.hashOf(user));
  }

  /** The names that belong to a page. */
  usersOf(page: number): readonly number[] {
    return this.#names.withHash(page, this.#growth.maskOf(page));
  }

  #note(page: number): void {
    if (page >= this.#isChanged.length) this.#isChanged = grown(this.#isChanged, page + 1);
    if (this.#isChanged[page] === 1) return;
    this.#isChanged[page] = 1;
    this.#changes++;
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(Math.max(length, bytes.length * 2));
  more.set(bytes);
  return more;
}

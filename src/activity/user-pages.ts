/**
 * Who has changed and is to be stored: users by themselves first, and the pages, a dozen users in each, in their turn. A page is
 * told by the hash of the name, so that nothing has to be kept of where a user is; as users come, pages are split one by one.
 */
import { Growth } from '../format/buckets.ts';
import type { NameTable } from '../format/name-table.ts';
import { NumberSet } from './number-set.ts';
import type { UnsentUsers } from './unsent-users.ts';

/** A page is written for each few of its users that change, and all of them are read at start: few make little of the one, many of the other. */
const PER_PAGE = 12;
const LEAST = 64;

/** Of a page: whether any of its users has changed since it was written, and whether it is its turn to be. */
const CLEAN = 0;
const CHANGED = 1;
const DUE = 2;

export class UserPages {
  /** Of a node of a cluster: whoever changes is to be sent, too. */
  unsent: UnsentUsers | undefined;
  readonly #names: NameTable;
  #growth = new Growth(LEAST);
  /** By page. */
  #states = new Uint8Array(LEAST);
  #due = 0;
  readonly #users = new NumberSet();
  #isWhole = false;
  #isTurnDue = false;

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** How many there are. */
  get count(): number {
    return this.#growth.count;
  }

  /** How many users have changed since they were taken. */
  get changes(): number {
    return this.#users.size;
  }

  /** Whether all pages that have changed are to be written at once, as somebody is gone. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether some are to be written soon, as somebody is forgotten who was last seen long ago. */
  get isTurnDue(): boolean {
    return this.#isTurnDue;
  }

  /** How many pages are to be taken in this turn. */
  get due(): number {
    return this.#due;
  }

  /**
   * So many there were when they were stored; `seed` is that of the names then. To be called before the first name. Room is
   * made for as many names as they may hold, but where `isEmpty`: most stay on the disk.
   */
  begin(count: number, seed: number, isEmpty = false): void {
    this.#names.begin(seed, isEmpty ? 0 : count * PER_PAGE);
    this.#growth = new Growth(Math.max(LEAST, count));
  }

  /** So many users are known now. `split`: told of each page that is split, and the one that is added. */
  grow(users: number, split?: (source: number, added: number) => void): void {
    while (users > this.#growth.count * PER_PAGE) {
      const added = this.#growth.count;
      const source = this.#growth.split();
      this.#note(source);
      // Who moves is in neither of them unless both are written in one turn.
      this.#note(added, this.#states[source]);
      split?.(source, added);
    }
  }

  /** Of this user something changed that is stored. */
  noteUser(user: number): void {
    this.unsent?.add(user);
    this.noteSent(user);
  }

  /** The same, where that is only whether it has been sent. */
  noteSent(user: number): void {
    this.#note(this.pageOf(user));
    this.#users.add(user);
  }

  /** This user is known no longer. Of one who was only last seen too long ago a start would find that again. */
  noteGone(user: number, isOld: boolean): void {
    this.noteUser(user);
    this.#isWhole ||= !isOld;
    this.#isTurnDue = true;
  }

  /** The users have changed since their pages were written, and are stored by themselves. */
  notePages(pages: readonly number[]): void {
    for (const page of pages) this.#note(page);
  }

  /** All of them are to be written. */
  noteAll(): void {
    for (let page = 0; page < this.count; page++) this.#note(page);
    this.#isWhole = true;
  }

  /** Takes the users that have changed since they were taken. */
  takeUsers(): number[] {
    return this.#users.take();
  }

  /** Their pages are written in the place of these. */
  dropUsers(): void {
    this.#users.clear();
  }

  /** It is the turn of all that have changed. */
  beginTurn(): void {
    this.#isWhole = this.#isTurnDue = false;
    for (let page = 0; page < this.count; page++) if (this.#states[page] === CHANGED) this.#become(page, DUE);
  }

  /**
   * Takes so many of those whose turn it is. A page comes before the one that it was split from: what is in both of them
   * when not all could be written is in the later one as it should be.
   */
  take(most: number): number[] {
    const pages: number[] = [];
    for (let page = this.count - 1; page >= 0 && pages.length < most && this.#due > 0; page--) {
      if (this.#states[page] !== DUE) continue;
      this.#become(page, CLEAN);
      pages.push(page);
    }
    return pages;
  }

  /** These could not be written, nor users by themselves: all that have changed are to be written. */
  giveBack(pages: readonly number[]): void {
    this.notePages(pages);
    this.#isWhole = true;
  }

  /** Whether the page is on the disk, or will be with what is being written, as it is. */
  isClean(page: number): boolean {
    return (this.#states[page] ?? CLEAN) === CLEAN;
  }

  pageOf(user: number): number {
    return this.pageOfHash(this.#names.hashOf(user));
  }

  /** The same, of a name's hash. */
  pageOfHash(hash: number): number {
    return this.#growth.bucketOf(hash);
  }

  /** The names that belong to a page. */
  usersOf(page: number): readonly number[] {
    return this.#names.withHash(page, this.#growth.maskOf(page));
  }

  #note(page: number, state = CHANGED): void {
    if (page >= this.#states.length) this.#states = grown(this.#states, page + 1);
    if (this.#states[page]! < state) this.#become(page, state);
  }

  #become(page: number, state: number): void {
    this.#due += Number(state === DUE) - Number(this.#states[page] === DUE);
    this.#states[page] = state;
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(Math.max(length, bytes.length * 2));
  more.set(bytes);
  return more;
}

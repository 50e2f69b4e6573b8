/**
 * Of a node of a cluster: users who are not in memory, as all that is known of them is on the disk, in pages. Whoever is named is
 * put back before anything is asked or told of them, so that no rule has to know of it; and whoever is offline, sent and stored
 * goes again. Where they are counted (user-counts.ts) they stay all the time.
 */
import { NAME_WORDS, type NameTable } from '../format/name-table.ts';
import type { UserCounts } from './user-counts.ts';
import type { UserPages } from './user-pages.ts';
import { restoreRecord, type LastSeen } from './user-record.ts';
import {
  AHEAD,
  BITS,
  DISABLED,
  has,
  KNOWN,
  LOGIN,
  LOGOUT,
  OPEN,
  PLACED,
  RESUMES,
  SENT_OPEN,
  SESSIONS,
  UNSENT,
} from './user-words.ts';

/** Where the name is in the bytes. */
export type TakeUser = (record: LastSeen, bytes: Buffer, from: number, to: number) => void;

/** The pages as they are on the disk. */
export interface StoredPages {
  /** Each user of a page; none where there is no such page. @throws where it cannot be read */
  readonly read: (page: number, take: TakeUser) => void;
}

/** Those in memory; as of `Users`. */
export interface PresentUsers {
  readonly names: NameTable;
  readonly pages: UserPages;
  readonly counted: UserCounts;
  readonly countAbsent: (bytes: Buffer, from: number, to: number, seen: number, isDisabled: boolean) => void;
  readonly releaseIfIdle: (user: number) => void;
  readonly settle: () => void;
}

/** So many names more than there were are in memory before all are looked through for those who may go. */
const ROOM = 16_384;

export class AbsentUsers {
  /** As long as the index is being read, nobody is put back: it is not known yet who is on which page. */
  isLoading = true;
  /** Whether a user is still asked for by number. */
  isHeld: (user: number) => boolean = () => false;
  readonly #users: PresentUsers;
  readonly #stored: StoredPages;
  /** Nothing is known of them any more, and their pages still have them. */
  readonly #gone = new Set<number>();
  /** What is being put back. */
  #record: LastSeen | undefined;
  /** How many names there were when they were looked through last. */
  #left = 0;

  constructor(users: PresentUsers, stored: StoredPages) {
    this.#users = users;
    this.#stored = stored;
  }

  /** How many are to be taken out of their pages. */
  get leaving(): number {
    return this.#gone.size;
  }

  /** Of a page as the index is read: whether that is all that memory has to know of the user. `believed`: as of `Users.restore`. */
  takeIn(page: number, record: LastSeen, bytes: Buffer, from: number, to: number, believed: number): boolean {
    const { names, pages, counted } = this.#users;
    const { login = 0, logout = 0, ahead, unsent, sentOpen, disabled = false } = record;
    const seen = Math.max(login, logout);
    if (unsent || sentOpen || ahead !== undefined || seen > believed) return false;
    const hash = names.hash(bytes, from, to);
    if (names.look(bytes, from, to, hash) >= 0) return false;
    if (pages.pageOfHash(hash) === page) {
      this.#users.countAbsent(bytes, from, to, seen, disabled);
      return true;
    }
    // Not all pages could be written when this one was split: the later one, which was read before, has them if it was.
    const user = names.intern(bytes, from, to, hash);
    this.isLoading = false;
    counted.isCounted(user);
    this.isLoading = true;
    return has(names, user, KNOWN);
  }

  /** The whole index has been read. */
  endLoading(): void {
    this.isLoading = false;
    this.#left = this.#users.names.size;
  }

  /** The number of a user, named for the first time if it is -1; -1 where nothing is known of them. */
  find(jid: string, named: number): number {
    const { names, counted } = this.#users;
    const user = named < 0 ? names.internText(jid) : named;
    counted.isCounted(user);
    if (named >= 0 || has(names, user, KNOWN)) return user;
    this.#users.releaseIfIdle(user);
    return -1;
  }

  /** A user is named for the first time since they left. */
  bring(user: number): void {
    if (this.isLoading) return;
    const record = this.#record ?? this.#recordOf(user);
    if (!record) return;
    const { names } = this.#users;
    restoreRecord(names, user, record, Infinity);
    names.words[user * NAME_WORDS + BITS]! |= KNOWN;
  }

  #recordOf(user: number): LastSeen | undefined {
    const { names, pages } = this.#users;
    let found: LastSeen | undefined;
    this.#stored.read(pages.pageOf(user), (record, bytes, from, to) => {
      if (names.look(bytes, from, to) === user) found = record;
    });
    return found;
  }

  /** Whoever is on a page, or since it was split should be on the page `added`, is in memory until both are written. */
  readonly bringPage = (page: number, added = page): void => {
    const { names, pages, counted } = this.#users;
    this.#stored.read(page, (record, bytes, from, to) => {
      const hash = names.hash(bytes, from, to);
      const own = pages.pageOfHash(hash);
      // Whoever is on another page by now is there as they were seen last.
      if (own !== page && own !== added) return;
      const user = names.intern(bytes, from, to, hash);
      if (has(names, user, PLACED)) return;
      this.#record = record;
      counted.isCounted(user);
      this.#record = undefined;
    });
  };

  /** Each user of a page who is not in memory; of those who are, `present` is told. */
  eachOf(
    page: number,
    absent: (record: LastSeen, jid: () => string) => void,
    present: (user: number) => void = () => {},
  ): void {
    const { names, pages } = this.#users;
    this.#stored.read(page, (record, bytes, from, to) => {
      const hash = names.hash(bytes, from, to);
      const user = names.look(bytes, from, to, hash);
      if (user >= 0 && has(names, user, PLACED)) present(user);
      else if (pages.pageOfHash(hash) === page) absent(record, () => bytes.toString('utf8', from, to));
    });
  }

  /** Nothing is known of the user any more: the name stays until the page tells that, too. */
  noteGone(user: number): void {
    this.#gone.add(user);
  }

  isGone(user: number): boolean {
    return this.#gone.has(user);
  }

  /** Pages have been written. Not while an event is being taken in. */
  written(): void {
    const { names, pages } = this.#users;
    for (const user of this.#gone) {
      if (!pages.isClean(pages.pageOf(user))) continue;
      this.#gone.delete(user);
      this.#users.releaseIfIdle(user);
    }
    if (names.size > this.#left + ROOM) this.sweep();
    else this.#users.settle();
  }

  /** Whoever may go leaves memory. Not while an event is being taken in. */
  sweep(): void {
    const { names } = this.#users;
    for (let user = 0; user < names.end; user++) if (this.#mayGo(user)) this.#letGo(user);
    this.#users.settle();
    this.#left = names.size;
  }

  #mayGo(user: number): boolean {
    const { names, pages, counted } = this.#users;
    const at = user * NAME_WORDS;
    const bits = names.words[at + BITS]!;
    if ((bits & (KNOWN | UNSENT | SENT_OPEN | AHEAD)) !== KNOWN) return false;
    if (names.words[at + OPEN] !== 0 || names.words[at + SESSIONS] !== 0) return false;
    return pages.isClean(pages.pageOf(user)) && !counted.isBeyond(user, Infinity) && !this.isHeld(user);
  }

  #letGo(user: number): void {
    const { words } = this.#users.names;
    const at = user * NAME_WORDS;
    words[at + BITS]! &= ~(KNOWN | DISABLED | RESUMES);
    words[at + LOGIN] = words[at + LOGOUT] = 0;
    this.#users.releaseIfIdle(user);
  }
}

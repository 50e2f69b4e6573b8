/**
 * Of a node of a cluster: the users of whom something is still to be sent. Each is sent whole, as they stand then, so that many
 * changes of one are sent once, and what waits never grows beyond the users. While an instant is being counted, what changes waits
 * for its end.
 */
import { NAME_WORDS, type NameTable } from '../format/name-table.ts';
import type { Untold } from './time-alone.ts';
import type { LastSeen } from './user-record.ts';
import {
  BITS,
  EXCLUDED,
  has,
  KNOWN,
  lastSeen,
  OPEN,
  OPEN_MASK,
  openSessions,
  SENT_OPEN,
  UNSENT,
} from './user-words.ts';

const LEAST = 64;

export class UnsentUsers {
  readonly #names: NameTable;
  #queue: number[] = [];
  /** How many of it have been taken. */
  #taken = 0;
  #later: number[] = [];
  #isHeld = false;
  /** By user: whether they wait in either of them. */
  #isWaiting = new Uint8Array(LEAST);

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** How many may be taken. */
  get waiting(): number {
    return this.#queue.length - this.#taken;
  }

  /** As an earlier run kept it. */
  restore(user: number, { unsent, sentOpen }: Pick<LastSeen, 'unsent' | 'sentOpen'>): void {
    if (sentOpen) this.#names.words[user * NAME_WORDS + BITS]! |= SENT_OPEN;
    if (unsent) this.add(user);
  }

  /** Something of the user has changed. */
  add(user: number): void {
    if (this.#mark(user)) (this.#isHeld ? this.#later : this.#queue).push(user);
  }

  /** All users are to be sent, those who wait for the end of a count first as of its instant. */
  addAll(): void {
    this.#queue = [];
    this.#taken = 0;
    this.#isWaiting.fill(0);
    for (let user = 0; user < this.#names.end; user++) if (this.#mark(user)) this.#queue.push(user);
  }

  /** One of them, for whom that was not known. */
  addNow(user: number): void {
    this.#isWaiting[user] = 0;
    if (this.#mark(user)) this.#queue.push(user);
  }

  /**
   * Whoever is online and was not sent so, or is not any more: a session may be gone without a line that tells of its user.
   * `changed`: what time alone has changed. A million users are gone through in some milliseconds.
   */
  addTurned(changed: ReadonlyMap<number, Untold>): void {
    const { words, end } = this.#names;
    for (let user = 0; user < end; user++) {
      const bits = words[user * NAME_WORDS + BITS]!;
      if ((bits & KNOWN) === 0) continue;
      const open = words[user * NAME_WORDS + OPEN]! & OPEN_MASK;
      if (open > 0 !== (bits & SENT_OPEN) > 0 && open > (changed.get(user)?.closed ?? 0) !== (bits & SENT_OPEN) > 0)
        this.add(user);
    }
    for (const [user, { closed, seen }] of changed) {
      const isOver = closed >= openSessions(this.#names, user);
      if (isOver && (has(this.#names, user, SENT_OPEN) || (closed === 0 && seen > lastSeen(this.#names, user))))
        this.add(user);
    }
  }

  /** From now on what changes waits. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    const later = this.#later;
    this.#later = [];
    for (const user of later) {
      this.#isWaiting[user] = 0;
      if (has(this.#names, user, UNSENT)) this.add(user);
    }
  }

  /** So many of them, each of whom something is known; they count as unsent until `sent`. */
  take(most: number): number[] {
    const users: number[] = [];
    while (users.length < most && this.#taken < this.#queue.length) {
      const user = this.#queue[this.#taken++]!;
      this.#isWaiting[user] = 0;
      if (has(this.#names, user, UNSENT)) users.push(user);
    }
    if (this.#taken === this.#queue.length) [this.#queue, this.#taken] = [[], 0];
    return users;
  }

  /** The user was sent, online or not. `isAll`: nothing later is known of them. */
  sent(user: number, isOpen: boolean, isAll: boolean): void {
    const bits = user * NAME_WORDS + BITS;
    const { words } = this.#names;
    words[bits] = (words[bits]! & ~SENT_OPEN) | (isOpen ? SENT_OPEN : 0);
    if (!isAll) this.postpone(user);
    else if (this.#isWaiting[user] === 0) words[bits] &= ~UNSENT;
  }

  /** It is not known whether the user was sent. */
  giveBack(user: number): void {
    if (this.#mark(user)) this.#queue.push(user);
  }

  /** The user was taken, and waits for the end of the count. */
  postpone(user: number): void {
    if (this.#mark(user)) this.#later.push(user);
  }

  /** Whether the user is marked now and waited in no place. */
  #mark(user: number): boolean {
    const bits = user * NAME_WORDS + BITS;
    const { words } = this.#names;
    if ((words[bits]! & (KNOWN | EXCLUDED)) !== KNOWN) return false;
    words[bits]! |= UNSENT;
    if (user >= this.#isWaiting.length) {
      const more = new Uint8Array(Math.max(user + 1, this.#isWaiting.length * 2));
      more.set(this.#isWaiting);
      this.#isWaiting = more;
    }
    if (this.#isWaiting[user] === 1) return false;
    this.#isWaiting[user] = 1;
    return true;
  }
}

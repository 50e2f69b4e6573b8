/**
 * Writes to the index, one after the other. What could not be written stays to be written with the next; an index that is gone
 * or damaged is made anew from what memory knows.
 */
import type { Users } from '../activity/user-table.ts';
import { IndexError, type LastSeenIndex } from '../index/last-seen.ts';
import type { StoredUsers } from './stored-users.ts';
import { isNothing, joined, nothing, type Unwritten } from './unwritten.ts';
import { whole, type Whole } from './whole-index.ts';

/** So long may wait what has changed no user and no session. */
const LATEST_MS = 1000;
/** So many pages of users are written in one batch: the program stands still while they are made. */
const PAGES_AT_ONCE = 1024;
/** So many commits are as small as they can be: who begins may be killed soon, and should have read something by then. */
const FIRST = 8;
/** So many users of an index of version 1 are deleted in one. */
const MOVED_AT_ONCE = 10_000;

/** Gives a new index, with that secret, in the place of one that is damaged, and says so. @throws {IndexError} */
export type Renew = (why: IndexError, secret: string) => Promise<LastSeenIndex>;

export interface IndexWriterOptions {
  readonly index: LastSeenIndex;
  readonly users: Users;
  readonly storedUsers: StoredUsers;
  /** For whoever holds the index for long, in the place of failing when it is damaged. */
  readonly renew: Renew | undefined;
  /** All that memory knows, but for users and removals. */
  readonly known: () => Omit<Whole, 'removals' | 'accounts'>;
}

export class IndexWriter {
  /** To be written with the next write. */
  unwritten = nothing();
  readonly #options: IndexWriterOptions;
  readonly #users: Users;
  #index: LastSeenIndex;
  /** Until what may wait is written. */
  #late: NodeJS.Timeout | undefined;
  #isFailing = false;
  #commits = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: IndexWriterOptions) {
    this.#options = options;
    this.#users = options.users;
    this.#index = options.index;
  }

  /** Whether the index is still where it was opened. */
  get isInPlace(): boolean {
    return this.#index.isInPlace;
  }

  /** Writes what there is by then. Rejects when the index cannot be written, and then the next call writes it. */
  async write(): Promise<void> {
    clearTimeout(this.#late);
    this.#late = undefined;
    return this.#inTurn(() => this.#writeOrRemake());
  }

  /** Where no user and no session has changed, it is written within a second; when it could not be, the next call writes. */
  async writeSoon(isUrgent: boolean): Promise<void> {
    const { piles, removals, accounts } = this.unwritten;
    const changes = this.#users.pages.changes + piles.size + removals.size + accounts.size;
    if (isUrgent || this.#isFailing || changes > 0) return this.write();
    this.#late ??= setTimeout(() => void this.write().catch(() => undefined), LATEST_MS);
  }

  /** An index of version 1 has a record for each user. Broken off in between, they are in both, and the same. */
  async move(jids: readonly string[]): Promise<void> {
    await this.write();
    for (let from = 0; from < jids.length; from += MOVED_AT_ONCE)
      await this.#index.write({ moved: jids.slice(from, from + MOVED_AT_ONCE) });
  }

  /** What was deleted is in no file of the index any more. @throws {IndexError} */
  async purge(): Promise<void> {
    return this.#inTurn(() => this.#index.purge());
  }

  async close(): Promise<void> {
    // What cannot be written is read again at the next start.
    if (this.#late || (this.#options.renew && !this.isInPlace)) await this.write().catch(() => {});
    await this.#queue;
    await this.#index.close();
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #writeOrRemake(): Promise<void> {
    const { renew } = this.#options;
    try {
      await this.#writeAll();
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      if (!renew || !(error instanceof IndexError) || error.code !== 'DAMAGED') throw error;
      await this.#remake(error, renew);
      await this.#writeAll();
      this.#isFailing = false;
    }
  }

  async #writeAll(): Promise<void> {
    const { pages } = this.#users;
    if (this.isInPlace && pages.changes === 0 && !pages.isWhole && isNothing(this.unwritten)) return;
    await this.#writePages();
    const { unwritten } = this;
    this.unwritten = nothing();
    try {
      await this.#writeWith(unwritten, pages.takeUsers());
    } catch (error) {
      this.unwritten = joined(unwritten, this.unwritten);
      throw error;
    }
  }

  /** Begins the turn of pages where it is due; where somebody is gone, and where nearly all have changed, up to the last of them. */
  async #writePages(): Promise<void> {
    const { pages } = this.#users;
    const { byThemselves } = this.#options.storedUsers;
    while (pages.isWhole || pages.changes > pages.count) {
      this.#beginTurn();
      pages.dropUsers();
      // Of users the last instant counts: nothing is wrong with those who are stored before the place in the log.
      while (pages.due > PAGES_AT_ONCE) await this.#writeWith(this.#early(), []);
      if (!pages.isWhole) return;
    }
    const { absent, size } = this.#users;
    const isFirst = ++this.#commits <= FIRST;
    const isDue = pages.isTurnDue || (!isFirst && byThemselves.isTurnDue(absent ? 0 : size));
    if (byThemselves.isTurn || !isDue) return;
    this.#beginTurn();
    // Who waits for it stays in memory.
    if (absent) while (pages.due > PAGES_AT_ONCE) await this.#writeWith(this.#early(), []);
  }

  /** Who was sent where must be told by then, or at least with who was sent. */
  #early(): Unwritten {
    return { ...nothing(), cluster: this.unwritten.cluster };
  }

  #beginTurn(): void {
    this.#users.pages.beginTurn();
    this.#options.storedUsers.byThemselves.beginTurn();
  }

  /** Writes these, some users by themselves and some pages of others; or nothing. */
  async #writeWith(unwritten: Unwritten, users: readonly number[]): Promise<void> {
    const { storedUsers } = this.#options;
    const { byThemselves } = storedUsers;
    const taken = this.#users.pages.take(PAGES_AT_ONCE);
    const pages = taken.map((page) => [page, storedUsers.encode(page)] as const);
    const isTurnOver = byThemselves.isTurn && this.#users.pages.due === 0;
    const over = isTurnOver ? byThemselves.over : [];
    const { next } = byThemselves;
    const recent = users.length > 0 ? [[next, storedUsers.encodeUsers(users)] as const] : [];
    try {
      const gone = over.map((number) => [number, undefined] as const);
      await this.#index.write({
        ...unwritten,
        recent: [...gone, ...recent],
        pages,
        pageCount: this.#users.pages.count,
      });
      if (isTurnOver) byThemselves.endTurn();
      this.#users.absent?.written();
    } catch (error) {
      this.#users.pages.giveBack(taken);
      throw error;
    } finally {
      if (recent.length > 0) byThemselves.note(next, users.length);
    }
  }

  /** Memory knows all that the index held, and the logs perhaps not any more: all is to be written to a new one. */
  async #remake(why: IndexError, renew: Renew): Promise<void> {
    const { secret } = this.#index;
    // Its files may be gone.
    await this.#index.close().catch(() => {});
    this.#index = await renew(why, secret);
    await this.#index.load();
    this.#options.storedUsers.byThemselves.clear();
    this.#users.pages.noteAll();
    const removals = new Map(this.#users.removals.all);
    const accounts = new Map([...(this.#users.accounts?.all ?? [])].map(([number, change]) => [`${number}`, change]));
    const all = whole({ ...this.#options.known(), removals, accounts });
    this.unwritten = joined(all, this.unwritten);
  }
}

/** The users as the index has them: put straight into the table as they are read, and made into what is written again. */
import type { LastSeen, Users } from '../activity/user-table.ts';
import type { UserSink } from '../index/last-seen.ts';
import { decodePage, encodePage } from '../index/user-page.ts';
import { RecentUsers } from './recent-users.ts';

export class StoredUsers implements UserSink {
  /** What the index has of users by themselves. */
  readonly byThemselves = new RecentUsers();
  readonly #users: Users;
  readonly #believed: number;
  /** Whether any user was ever seen to resume a session. */
  hasResumption = false;

  /** `believed`: as `Users.restore` has it. */
  constructor(users: Users, believed: number) {
    this.#users = users;
    this.#believed = believed;
  }

  begin(pages: number, seed: number): void {
    this.#users.pages.begin(pages, seed, this.#users.absent !== undefined);
  }

  recent(number: number, bytes: Buffer): void {
    const { names, pages } = this.#users;
    let count = 0;
    decodePage(bytes, (record, from, to) => {
      const user = names.intern(bytes, from, to);
      this.#restore(user, record);
      pages.notePages([pages.pageOf(user)]);
      count++;
    });
    this.byThemselves.note(number, count);
  }

  page(page: number, bytes: Buffer): void {
    const { names, pages, absent } = this.#users;
    decodePage(bytes, (record, from, to) => {
      this.hasResumption ||= record.resumes === true;
      if (absent?.takeIn(page, record, bytes, from, to, this.#believed)) return;
      const user = names.intern(bytes, from, to);
      this.#restore(user, record);
      // Not all pages could be written when it was split: who moved to a later one was read there, if it was written.
      if (pages.pageOf(user) !== page) pages.notePages([page, pages.pageOf(user)]);
    });
  }

  user(jid: string, record: LastSeen): void {
    this.#users.endLoading();
    const user = this.#users.number(jid);
    this.#restore(user, record);
    this.#users.pages.noteUser(user);
  }

  /** Of a page: undefined where nobody is in it. */
  encode(page: number): Buffer | undefined {
    this.#users.absent?.bringPage(page);
    return this.encodeUsers(this.#users.pages.usersOf(page));
  }

  /** By themselves: undefined where nothing is known of any. */
  encodeUsers(users: readonly number[]): Buffer | undefined {
    return encodePage(users, this.#users.names, (user) => this.#users.record(user));
  }

  #restore(user: number, record: LastSeen): void {
    this.hasResumption ||= record.resumes === true;
    this.#users.restore(user, record, this.#believed);
  }
}

/** The users as the index has them: put straight into the table as their pages are read, and made into pages again. */
import type { LastSeen, Users } from '../activity/user-table.ts';
import type { UserSink } from '../index/last-seen.ts';
import { decodePage, encodePage } from '../index/user-page.ts';

export class StoredUsers implements UserSink {
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
    this.#users.pages.begin(pages, seed);
  }

  page(page: number, bytes: Buffer): void {
    const { names, pages } = this.#users;
    decodePage(bytes, (record, from, to) => {
      const user = names.intern(bytes, from, to);
      this.#restore(user, record);
      // Not all pages could be written when it was split: who moved to a later one was read there, if it was written.
      if (pages.pageOf(user) !== page) pages.note([page, pages.pageOf(user)]);
    });
  }

  user(jid: string, record: LastSeen): void {
    const user = this.#users.number(jid);
    this.#restore(user, record);
    this.#users.pages.noteUser(user);
  }

  /** Those of a page that have changed: undefined where nobody is in it. */
  encode(page: number): Buffer | undefined {
    const { names, pages } = this.#users;
    return encodePage(pages.usersOf(page), names, (user) => this.#users.record(user));
  }

  #restore(user: number, record: LastSeen): void {
    this.hasResumption ||= record.resumes === true;
    this.#users.restore(user, record, this.#believed);
  }
}

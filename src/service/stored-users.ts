/**
 * The users as the index has them: put straight into the table as they are read, and of each the checksum of its record, so
 * that nothing is made for one that is only kept.
 */
import { LARGE, largest, SMALL } from '../format/reserved.ts';
import type { Users } from '../activity/user-table.ts';
import type { UserRecord, UserSink } from '../index/last-seen.ts';
import type { Retention } from './retention.ts';

/** Beyond all checksums: an unsigned number of 32 bits is stored plus one, as 0 means that there is none. */
const UNSIGNED = 2 ** 32;

export class StoredUsers implements UserSink {
  readonly #users: Users;
  readonly #retention: Retention;
  readonly #believed: number;
  /** By the number of the user. */
  #checksums = new Float64Array(SMALL);
  /** Of those who never count, and so have no number. */
  readonly #excluded = new Map<string, number>();
  /** Those who are gone, until that is written: their numbers are not free before. */
  readonly #held = new Map<string, number>();
  /** Whether any user was ever seen to resume a session. */
  hasResumption = false;

  /** `believed`: as `Users.restore` has it. */
  constructor(users: Users, retention: Retention, believed: number) {
    this.#users = users;
    this.#retention = retention;
    this.#believed = believed;
  }

  restore(jid: string, record: UserRecord, checksum: number): void {
    this.hasResumption ||= record.resumes === true;
    if (this.#users.isExcluded(jid)) {
      this.#retention.exclude(jid, record);
      this.#excluded.set(jid, checksum);
    } else this.#put(this.#users.restore(jid, record, this.#believed), checksum);
  }

  get(jid: string): number | undefined {
    const stored = this.#checksums[this.#users.find(jid)] ?? 0;
    return stored === 0 ? this.#excluded.get(jid) : (stored - 1) | 0;
  }

  set(jid: string, checksum: number): void {
    if (this.#users.isExcluded(jid)) this.#excluded.set(jid, checksum);
    else this.#put(this.#users.number(jid), checksum);
  }

  delete(jid: string): void {
    const user = this.#users.find(jid);
    if (user >= 0 && user < this.#checksums.length) this.#checksums[user] = 0;
    this.#excluded.delete(jid);
  }

  /** Nothing is stored any more. */
  clear(): void {
    this.#checksums.fill(0);
    this.#excluded.clear();
  }

  /** That the user is gone is to be written: the number stays theirs until it has been. */
  hold(jid: string): void {
    const user = this.#users.find(jid);
    if (user < 0 || this.#held.has(jid)) return;
    this.#held.set(jid, user);
    this.#users.expect(user);
  }

  /** It has been written. */
  letGo(jid: string): void {
    const user = this.#held.get(jid);
    if (user === undefined) return;
    this.#held.delete(jid);
    this.#users.expected(user);
  }

  #put(user: number, checksum: number): void {
    if (user >= this.#checksums.length)
      largest(LARGE, this.#checksums.length * 2, (capacity) => {
        const grown = new Float64Array(capacity);
        grown.set(this.#checksums);
        this.#checksums = grown;
      });
    this.#checksums[user] = ((checksum + UNSIGNED) % UNSIGNED) + 1;
  }
}

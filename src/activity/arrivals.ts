/**
 * Who is seen for the first time, and who comes back after 30 days or more: told day by day, at midnight in UTC, as it takes no more
 * than the last day on which each user was seen.
 */
import type { NameTable } from '../format/name-table.ts';
import { DISABLED, EXCLUDED, has, isOpen, KNOWN, lastSeen } from './user-words.ts';

const DAY = 86_400;
/** Days without a user after which they come back. */
const AWAY = 30;

export interface ArrivalOptions {
  /** Whether a disabled account counts. */
  readonly includeDisabled: boolean;
}

/** Of one host on one day. */
export interface Arrived {
  fresh: number;
  back: number;
}

export class Arrivals {
  /** By the end of a day, unix seconds, and by host; a host of which nobody came is not there. */
  readonly days = new Map<number, ReadonlyMap<string, Readonly<Arrived>>>();
  readonly #uncounted: number;
  /** By the number of a user: the day on which they were seen last, counted from 1970; 0 for never. */
  #seen = new Uint32Array(1024);

  constructor({ includeDisabled }: ArrivalOptions) {
    this.#uncounted = EXCLUDED | (includeDisabled ? 0 : DISABLED);
  }

  /** Of the users all is known up to `at`, unix seconds, at which a day ends, and nothing later. */
  endDay(names: NameTable, at: number): void {
    if (names.end > this.#seen.length) {
      const grown = new Uint32Array(names.end * 2);
      grown.set(this.#seen);
      this.#seen = grown;
    }
    const today = at / DAY;
    const hosts = new Map<string, Arrived>();
    for (let user = 0; user < names.end; user++) {
      // An account of that name that comes later is another one, and the number may be that of another name.
      if (!has(names, user, KNOWN)) this.#seen[user] = 0;
      else if (!has(names, user, this.#uncounted) && (isOpen(names, user) || lastSeen(names, user) > at - DAY))
        this.#came(user, today, names, hosts);
    }
    this.days.set(at, hosts);
  }

  #came(user: number, today: number, names: NameTable, hosts: Map<string, Arrived>): void {
    const before = this.#seen[user]!;
    this.#seen[user] = today;
    if (before > 0 && today - before <= AWAY) return;
    const jid = names.text(user);
    const host = jid.slice(jid.indexOf('@') + 1);
    const ofHost = hosts.get(host) ?? { fresh: 0, back: 0 };
    hosts.set(host, ofHost);
    ofHost[before === 0 ? 'fresh' : 'back']++;
  }
}

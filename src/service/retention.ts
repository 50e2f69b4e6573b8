/**
 * Who is kept, and for how long: a user goes when the logs have lived for the retention time since they were last seen. Who
 * has an open session in any log stays, also in one that is not being read at the moment.
 */
import { forgettingUnseenSince } from '../activity/forgetting.ts';
import { livedSince } from '../activity/lifetime.ts';
import type { Span } from '../activity/coverage.ts';
import { isOnline } from '../activity/session-state.ts';
import type { Session } from '../activity/sessions.ts';
import type { Users } from '../activity/user-table.ts';

const DAY = 86_400;

export class Retention {
  readonly #users: Users;
  readonly #lives = new Map<string, readonly Span[]>();
  /** By log, for those of which only the index tells: who has an open session. */
  readonly #online = new Map<string, readonly string[]>();

  constructor(users: Users) {
    this.#users = users;
  }

  /** What the index holds of a log: when its lines came, and its sessions. */
  hold(log: string, lived: readonly Span[], sessions: readonly (readonly [string, Session])[]): void {
    this.#lives.set(log, lived);
    this.#online.set(
      log,
      sessions.flatMap(([, session]) => (isOnline(session) ? [session.user] : [])),
    );
  }

  /** From now on the users know who has an open session in this log. */
  follow(log: string, lived: readonly Span[]): void {
    this.#lives.set(log, lived);
    this.#online.delete(log);
  }

  /**
   * Drops whoever was last seen so many days of lines ago. `reading`: when lines came that are not among those held yet. In
   * steps, between which events may be taken in. Gives since when, unix seconds, whoever was seen will be known.
   */
  *pruning(days: number, reading: readonly Span[] = []): Generator<number> {
    const since = livedSince([...[...this.#lives.values()].flat(), ...reading], days * DAY);
    for (const _ of forgettingUnseenSince(this.#users, since, this.#heldAt(since))) {
      this.#users.settle();
      yield since;
    }
    this.#users.forgetHostsUnseenSince(since);
    this.#users.removals.forgetBefore(since);
    this.#users.accounts?.forgetBefore(since);
    yield since;
  }

  /** Of a log that has been silent for longer than anybody is kept, nobody knows who is online. */
  #heldAt(since: number): ReadonlySet<string> {
    const known = [...this.#online].filter(([log]) => (this.#lives.get(log)?.at(-1)?.[1] ?? -Infinity) >= since);
    return new Set(known.flatMap(([, users]) => users));
  }
}

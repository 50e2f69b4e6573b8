/** A log that nobody reads at the moment: what the index holds of it, put back among the users, and what it adds to a count. */
import { OPEN_IN_SILENCE } from '../activity/coverage.ts';
import { Sessions, type SessionsOptions } from '../activity/sessions.ts';
import type { Over } from '../activity/time-alone.ts';
import type { Users } from '../activity/user-table.ts';
import { SLACK, type LogAt } from './count-at.ts';
import { coveredIn } from './log-state.ts';
import type { StoredState } from './stored-log.ts';

/**
 * So long after the last line of a log that nobody follows, seconds, its open sessions still count. Their ends may be in files
 * that were not given; without this they would count for ever.
 */
const OPEN_FOR = 86_400;

export interface IndexedLogOptions extends SessionsOptions {
  /** Whether it is one of those that are followed. */
  readonly isFollowed: boolean;
  /** Unix seconds. */
  readonly now: number;
}

export class IndexedLog {
  readonly #isFollowed: boolean;
  readonly #stored: StoredState;
  readonly #sessions: Sessions;

  constructor(users: Users, stored: StoredState, options: IndexedLogOptions) {
    this.#isFollowed = options.isFollowed;
    this.#stored = stored;
    this.#sessions = new Sessions(users, { ...options, isStored: false });
    const last = stored.log.reader.clock.last ?? Infinity;
    this.#sessions.restore(stored.sessions, stored.log, Math.min(last, options.now) - SLACK);
  }

  /** At an instant in unix seconds. */
  at(at: number): LogAt {
    const state = this.#isFollowed ? 'current' : 'over';
    return { coverage: { spans: coveredIn(this.#stored.log), state }, over: this.#overBy(at) };
  }

  /** Of a log that is silent for too long nobody is online any more, also for those who look whether a user may go. */
  dropSilent(at: number): void {
    if (this.#isSilent(at)) this.letGo();
  }

  /** Its sessions are among those of memory no longer. */
  letGo(): void {
    this.#sessions.dropAll();
  }

  #overBy(at: number): Iterable<Over> {
    return this.#isSilent(at) ? this.#sessions.online() : this.#sessions.overBy(at);
  }

  #isSilent(at: number): boolean {
    return at - (this.#stored.log.reader.clock.last ?? -Infinity) > (this.#isFollowed ? OPEN_IN_SILENCE : OPEN_FOR);
  }
}

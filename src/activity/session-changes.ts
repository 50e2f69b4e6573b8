/** Per log, the sessions that changed since that was last stored. Where nobody wants to know, none are noted. */
import { NumberSet } from './number-set.ts';

export interface Changes {
  /** Sessions that may have changed, and may be gone or be others by now. */
  readonly sessions: number[];
  /** Ids of which something is stored and whose sessions are gone, low and high. */
  readonly dropped: number[];
}

export class SessionChanges {
  /** By log; undefined where nobody wants to know. Of a session that is gone the next one takes the number, and most do not last until they are stored. */
  readonly #changes: ({ readonly sessions: NumberSet; dropped: number[] } | undefined)[] = [];

  /** The number of one more log. `isStored`: its changes will be asked for. */
  addLog(isStored: boolean): number {
    return this.#changes.push(isStored ? { sessions: new NumberSet(), dropped: [] } : undefined) - 1;
  }

  /** Whether the changes of a log will be asked for. */
  isStored(log: number): boolean {
    return this.#changes[log] !== undefined;
  }

  changed(log: number, session: number): void {
    this.#changes[log]?.sessions.add(session);
  }

  dropped(log: number, low: number, high: number): void {
    this.#changes[log]?.dropped.push(low, high);
  }

  /** Ids that are gone, low and high; they are told no more. */
  takeDropped(log: number): number[] {
    return this.#changes[log]?.dropped.splice(0) ?? [];
  }

  /** How many there are, at most. */
  count(log: number): number {
    const changes = this.#changes[log];
    return changes ? changes.sessions.size + changes.dropped.length / 2 : 0;
  }

  take(log: number): Changes {
    const changes = this.#changes[log];
    if (!changes) return { sessions: [], dropped: [] };
    const { dropped } = changes;
    changes.dropped = [];
    return { sessions: changes.sessions.take(), dropped };
  }
}

/**
 * Where goes what is read of the old files of a log: straight into the index, where nobody else reads the log, or aside first,
 * while it is followed (log-aside.ts).
 */
import type { Session } from '../activity/sessions.ts';
import type { Users } from '../activity/user-table.ts';
import type { Config } from '../config/config.ts';
import type { Position } from '../source/follow/position.ts';
import type { Anew, LogState, Older } from './log-state.ts';
import type { StoredState } from './stored-log.ts';
import type { Unbelieved } from './unbelieved.ts';
import type { WriteBuffer } from './write-buffer.ts';

export interface LogStore {
  /** What is known of the log so far. */
  readonly stored: StoredState | undefined;
  readonly positions: readonly Position[];
  /** After so many changes of users and sessions they are written. */
  readonly commitAfter: number;
  /** Whether somebody else reads this file to its end. */
  readonly isFollowed: (position: Position) => boolean;
  /** As of `WriteBuffer`. */
  readonly rewind: (place: Unbelieved, hibernation: number) => readonly (readonly [string, Session])[];
  /** This reads the log from now on. */
  readonly begin: (logState: LogState) => void;
  /** Reading goes on from what was known; these positions have been reached. */
  readonly commit: (logState: LogState, positions: readonly Position[]) => Promise<void>;
  readonly commitUsers: () => Promise<void>;
  readonly addOlder: (older: Older) => Promise<void>;
  readonly replace: (anew: Anew) => Promise<void>;
  /** Memory follows the users of the last weeks, not those of all years. */
  readonly forgetOld: (logState: LogState) => void | Promise<void>;
}

/** Pages of users and sessions that are committed together: what many blocks change is mostly the same ones over again. */
const COMMIT_CHANGES = 1_500_000;

export interface LogStoreOptions {
  readonly config: Pick<Config, 'index'>;
  readonly writeBuffer: WriteBuffer;
  readonly users: Users;
}

/** Straight into the index. `log`: its path. `beside`: where others wait for the program meanwhile. */
export function storeInIndex(
  log: string,
  { config, writeBuffer, users }: LogStoreOptions,
  beside: Partial<LogStore> = {},
): LogStore {
  const positions = (): Position[] => writeBuffer.logs.positions(log);
  return {
    get stored() {
      return writeBuffer.logs.stored(log);
    },
    get positions() {
      return positions();
    },
    commitAfter: COMMIT_CHANGES,
    isFollowed: () => false,
    rewind: (place, hibernation) => writeBuffer.logs.rewind(log, place, hibernation),
    begin: () => {},
    commit: (logState, reached) => writeBuffer.commit(log, logState, reached, []),
    commitUsers: () => writeBuffer.commitUsers(),
    addOlder: (older) => {
      writeBuffer.logs.patch(log, older);
      return writeBuffer.commit(log, undefined, older.positions, older.forgotten);
    },
    replace: ({ logState, sessions, positions: reached }) => {
      // What other files said of sessions is not known any more: given again, they are to be read with all that is given.
      const forgotten = positions().flatMap(({ id }) => (reached.some((each) => each.id === id) ? [] : [id]));
      return writeBuffer.replace(log, logState, sessions, reached, forgotten);
    },
    forgetOld: (logState) => {
      writeBuffer.prune(config.index.retentionDays, logState);
      // Lets the windows forget their oldest hours.
      users.sample(logState.last ?? -Infinity);
    },
    ...beside,
  };
}

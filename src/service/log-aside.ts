/**
 * Old files of a log that is followed meanwhile. They are read beside what is known of the log at their beginning, and only
 * users, of whom the last instant counts, go into the index at once; what they tell of the log itself is put together with what
 * its follower has read at the end: as if the daemon had been stopped before they were read, and had gone on behind them.
 */
import type { Session } from '../activity/sessions.ts';
import type { Over } from '../activity/time-alone.ts';
import type { Position } from '../source/follow/position.ts';
import { fileAt, sameInode } from '../source/files/file-stat.ts';
import type { LiveLog } from './live-log.ts';
import type { Anew, LogState, Older } from './log-state.ts';
import type { LogStore, LogStoreOptions } from './log-store.ts';
import type { StoredState } from './stored-log.ts';
import { rewound } from './rewound.ts';
import type { Unbelieved } from './unbelieved.ts';

/** Few, as what its follower has read is written behind them; see `LogStore`. */
const COMMIT_CHANGES = 8192;

/** How old files are read while others wait for the program. */
export function beside(
  { writeBuffer, config }: LogStoreOptions,
  readings: LogState[],
): Pick<LogStore, 'commitAfter' | 'begin' | 'forgetOld'> {
  return {
    commitAfter: COMMIT_CHANGES,
    begin: (logState) => void readings.push(logState),
    forgetOld: (logState) => writeBuffer.pruneBeside(config.index.retentionDays, logState),
  };
}

/** Sessions that are open where old files are being read are open at no instant that is counted. */
export function* overIn(readings: readonly LogState[]): Iterable<Over> {
  for (const { sessions } of readings) yield* sessions.online();
}

export class LogAside implements LogStore {
  readonly #options: LogStoreOptions;
  readonly #path: string;
  readonly #isThere: boolean;
  #positions: Map<string, Position>;
  stored: StoredState | undefined;
  /** What is to be put together with what is followed. */
  older: Older | undefined;
  anew: Pick<Anew, 'logState' | 'positions'> | undefined;
  readonly commitAfter: number;
  readonly begin: LogStore['begin'];
  readonly forgetOld: LogStore['forgetOld'];

  /** To be made between two blocks of the log. */
  constructor({ path, logState, isThere }: LiveLog, options: LogStoreOptions, readings: LogState[]) {
    this.#options = options;
    this.#path = path;
    this.#isThere = isThere;
    this.#positions = new Map(options.writeBuffer.logs.positions(path).map((position) => [position.id, position]));
    this.stored = logState.stored && { log: logState.stored, sessions: [...logState.sessions.all()] };
    const { commitAfter, begin, forgetOld } = beside(options, readings);
    this.commitAfter = commitAfter;
    this.begin = begin;
    this.forgetOld = forgetOld;
  }

  get positions(): readonly Position[] {
    return [...this.#positions.values()];
  }

  /** The live file. */
  isFollowed({ file }: Position): boolean {
    const live = this.#isThere ? fileAt(this.#path) : undefined;
    return live !== undefined && file !== undefined && sameInode(live, file);
  }

  rewind(place: Unbelieved, hibernation: number): readonly (readonly [string, Session])[] {
    const { users } = this.#options;
    if (!this.stored) return [];
    const { state, since } = rewound(this.stored, place, users, hibernation);
    const kept = this.positions.filter(({ id }) => id !== place.id && place.known.includes(id));
    const at = place.position;
    const positions = at && 'offset' in at ? [...kept, at] : kept;
    this.#positions = new Map(positions.map((position) => [position.id, position]));
    this.stored = state;
    return since;
  }

  async commit(logState: LogState, reached: readonly Position[]): Promise<void> {
    // They are stored when all is put together.
    logState.sessions.stored.skipChanges();
    for (const position of reached) this.#positions.set(position.id, position);
    this.anew = { logState, positions: this.positions };
    await this.commitUsers();
  }

  commitUsers(): Promise<void> {
    return this.#options.writeBuffer.commitUsers();
  }

  async addOlder(older: Older): Promise<void> {
    this.older = older;
  }

  async replace(anew: Anew): Promise<void> {
    this.anew = anew;
  }
}

/**
 * What was found out about files beside a log that are not read, or not any more: as long as such a file stays as it is, it is
 * not opened again. Stored, so that a start costs a look at the names only.
 */
import { stateOf, type FileStat } from '../files/file-stat.ts';
import type { Position } from './position.ts';

/** By file, in a certain state: the id of the segment that it is a copy of, or '' if nothing in it concerns us. */
type Verdict = readonly [file: string, id: string];

/** As it is stored, beside the positions. */
export interface StoredVerdicts {
  readonly id: string;
  /** The live path of the log. */
  readonly log: string;
  readonly verdicts: readonly Verdict[];
}

export class Verdicts {
  /** There is something that is worth storing. */
  isFresh = false;
  private known: Map<string, string>;

  /** A copy of a segment that was not read to its end may hold what nothing else holds by now: of such ones nothing is taken over. */
  constructor(stored: StoredVerdicts | undefined, positions: readonly Position[]) {
    const done = new Set(positions.flatMap((position) => (position.done === true ? [position.id] : [])));
    this.known = new Map(stored?.verdicts.filter(([, id]) => id === '' || done.has(id)));
  }

  of(file: FileStat): string | undefined {
    return this.known.get(stateOf(file));
  }

  settle(file: FileStat, id: string): void {
    this.known.set(stateOf(file), id);
    this.isFresh = true;
  }

  /** What was said about copies of this segment no longer holds: it can no longer be read where it was read. */
  reopen(segment: string): void {
    this.known = new Map([...this.known].filter(([, id]) => id !== segment));
  }

  /** Of others, which are gone, nothing need be known. */
  keepOnly(files: readonly FileStat[]): void {
    const keys = new Set(files.map(stateOf));
    this.known = new Map([...this.known].filter(([key]) => keys.has(key)));
  }

  /** Ids of segments of which there are copies. */
  get ids(): string[] {
    return [...this.known.values()];
  }

  /** What is to be stored for the next start. */
  toStore(log: string): StoredVerdicts {
    this.isFresh = false;
    return { id: `verdicts ${log}`, log, verdicts: [...this.known] };
  }
}

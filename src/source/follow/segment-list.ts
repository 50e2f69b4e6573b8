/**
 * All that is known of the segments of one log: of those that were read the positions that are stored, and of those that are being
 * read the open files. Whatever is open is closed here.
 */
import type { Position } from './position.ts';
import type { Segment } from './segment.ts';

/** So many positions are kept whose files are no longer there: one may come back, compressed elsewhere. */
const KEPT = 50;

export class SegmentList {
  /** Those that are read, oldest first. Who leaves one out has closed it, or has put it in under another id. */
  open: readonly Segment[] = [];
  /** As they are stored, by their ids. */
  private readonly known: Map<string, Position>;
  private readonly forgettable = new Set<string>();

  constructor(positions: readonly Position[]) {
    const byAge = positions.toSorted((a, b) => a.readAt - b.readAt);
    this.known = new Map(byAge.map((position) => [position.id, position]));
  }

  /** The one at the live path. */
  get live(): Segment | undefined {
    return this.open.findLast(({ quietSince }) => quietSince === undefined);
  }

  get positions(): readonly Position[] {
    return [...this.known.values()];
  }

  /** Of those that are not read now. */
  get closed(): readonly Position[] {
    return this.positions.filter(({ id }) => !this.open.some((segment) => segment.id === id));
  }

  /** Of those that were not read to their end, and are not read now. */
  get unfinished(): readonly Position[] {
    return this.closed.filter(({ done }) => done !== true);
  }

  /** Ids of positions that are no longer needed. */
  get forgotten(): string[] {
    return [...this.forgettable];
  }

  exchange(segment: Segment, by: Segment): void {
    this.open = this.open.map((other) => (other === segment ? by : other));
  }

  async release(segment: Segment): Promise<void> {
    this.open = this.open.filter((other) => other !== segment);
    await segment.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.open.map((segment) => this.release(segment)));
  }

  /** The position has been stored, and the ids have been deleted. */
  stored(position: Position, forgotten: readonly string[]): void {
    this.known.set(position.id, position);
    forgotten.forEach((id) => this.forgettable.delete(id));
  }

  /** Drops all but the last of those whose files are not `there`. */
  keepOnly(there: ReadonlySet<string>): void {
    const gone = this.closed.filter(({ id }) => !there.has(id));
    for (const { id } of gone.toSorted((a, b) => b.readAt - a.readAt).slice(KEPT)) {
      this.known.delete(id);
      this.forgettable.add(id);
    }
  }
}

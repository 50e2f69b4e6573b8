/**
 * All that is known of the segments of one log, in one list: of those that were read the positions that are stored, and of those
 * that are being read the open files, oldest first. Whatever is open is closed here.
 */
import type { Position } from './position.ts';
import type { Segment } from './segment.ts';

/** So many positions are kept whose files are no longer there: one may come back, compressed elsewhere. */
const KEPT = 50;

interface Entry {
  readonly id: string;
  /** As it is stored; undefined: nothing of it is. */
  readonly position: Position | undefined;
  /** As long as it is read. */
  readonly open: Segment | undefined;
}

export class SegmentList {
  /** Those that are open come last, in the order in which they are to be read. */
  private entries: readonly Entry[];
  /** Those that are read, oldest first. */
  open: readonly Segment[] = [];
  private readonly forgettable = new Set<string>();

  constructor(positions: readonly Position[]) {
    const byAge = positions.toSorted((a, b) => a.readAt - b.readAt);
    this.entries = byAge.map((position) => ({ id: position.id, position, open: undefined }));
  }

  /** The one at the live path. */
  get live(): Segment | undefined {
    return this.open.findLast(({ quietSince }) => quietSince === undefined);
  }

  get positions(): readonly Position[] {
    return this.entries.flatMap(({ position }) => position ?? []);
  }

  position(id: string): Position | undefined {
    return this.entries.find((entry) => entry.id === id)?.position;
  }

  isOpen(id: string): boolean {
    return this.open.some((segment) => segment.id === id);
  }

  /** Ids of positions that are no longer needed. */
  get forgotten(): string[] {
    return [...this.forgettable];
  }

  /** These are read from now on, in this order. Who leaves one out has closed it, or has put it in under another id. */
  arrange(open: readonly Segment[]): void {
    const closed = this.entries.filter(({ id, position }) => position && !open.some((segment) => segment.id === id));
    this.entries = [
      ...closed.map((entry) => ({ ...entry, open: undefined })),
      ...open.map((segment) => ({ id: segment.id, position: this.position(segment.id), open: segment })),
    ];
    this.open = open;
  }

  exchange(segment: Segment, by: Segment): void {
    this.arrange(this.open.map((other) => (other === segment ? by : other)));
  }

  async release(segment: Segment): Promise<void> {
    this.arrange(this.open.filter((other) => other !== segment));
    await segment.close();
  }

  async close(): Promise<void> {
    const { open } = this;
    this.arrange([]);
    await Promise.all(open.map((segment) => segment.close()));
  }

  /** The position has been stored, and the ids have been deleted. */
  stored(position: Position, forgotten: readonly string[]): void {
    this.entries = this.entries.map((entry) => (entry.id === position.id ? { ...entry, position } : entry));
    forgotten.forEach((id) => this.forgettable.delete(id));
  }

  /** Those that were not read to their end, and are not read now. */
  get unfinished(): Position[] {
    return this.entries.flatMap(({ position, open }) =>
      !open && position && position.done !== true ? [position] : [],
    );
  }

  /** Drops all but the last of those whose files are not `there`. */
  keepOnly(there: ReadonlySet<string>): void {
    const gone = this.entries.filter(({ id, open }) => !open && !there.has(id));
    const dropped = new Set(gone.toSorted(byReading).slice(KEPT));
    this.entries = this.entries.filter((entry) => !dropped.has(entry));
    for (const { id } of dropped) this.forgettable.add(id);
  }
}

const byReading = (a: Entry, b: Entry): number => (b.position?.readAt ?? 0) - (a.position?.readAt ?? 0);

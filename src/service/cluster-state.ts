/** What a node of a cluster keeps beside its users: what it knows of the union, how far it has gone, and what was counted last. */
import type { Sample } from '../activity/active-window.ts';

/** What all nodes together counted. */
export interface LastCount {
  /** Unix seconds. */
  readonly at: number;
  readonly samples: readonly Sample[];
  readonly missing: readonly string[];
  /** Whether this node had the lease, and sent it. */
  readonly isOwn: boolean;
}

/** By the key under which it is stored. */
interface Stored {
  /** As of `Outbox`. */
  readonly union: unknown;
  /** The number of the last change of an account that was sent. */
  readonly accounts: number;
  /** The instant behind which this node has gone on, unix seconds. */
  readonly passed: number;
  readonly last: LastCount;
}

export class ClusterState {
  readonly #keep: (key: keyof Stored, value: unknown) => void;
  readonly #all = new Map<string, unknown>();

  /** `keep`: a change, to be written. */
  constructor(keep: (key: string, value: unknown) => void) {
    this.#keep = keep;
  }

  /** What the index holds. */
  restore(all: ReadonlyMap<string, unknown>): void {
    for (const [key, value] of all) this.#all.set(key, value);
  }

  get all(): ReadonlyMap<string, unknown> {
    return this.#all;
  }

  get<K extends keyof Stored>(key: K): Stored[K] | undefined {
    return this.#all.get(key) as Stored[K] | undefined;
  }

  set<K extends keyof Stored>(key: K, value: Stored[K]): void {
    this.#all.set(key, value);
    this.#keep(key, value);
  }
}

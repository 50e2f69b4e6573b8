/** What the union of several nodes is told by the daemon of one, and what it is asked for. Instants are unix seconds, 0 where one is not known. */

/** One of a node's users, whole, as the node has them. */
export interface NodeUser {
  readonly jid: string;
  readonly login: number;
  readonly seen: number;
  readonly isOpen: boolean;
}

/** In the order of the node's logs. Who is `forgotten` is so by the administrator, whenever they were last seen. */
export interface AccountChange {
  readonly kind: 'removed' | 'forgotten' | 'disabled' | 'enabled';
  readonly jid: string;
  readonly at: number;
}

export interface Piece {
  readonly changes: readonly AccountChange[];
  readonly users: readonly NodeUser[];
}

/** What of this node is still to be sent. */
export interface Outbox {
  /** At most `most` of them; changes of accounts first, in their order. Both are empty where all is sent. */
  take(most: number): Piece;
  /** The union has it: it is noted with the next commit. */
  sent(piece: Piece): void;
  /** It is not known to have it: it is to be sent again, with whatever has changed since. */
  giveBack(piece: Piece): void;
  /** The union has lost something: all users, and all changes of accounts that are kept, are to be sent again. */
  again(): void;
  readonly waiting: number;
}

/** An account that another node saw removed, by its pseudonym: what is to be deleted here. */
export interface GoneElsewhere {
  readonly host: string;
  readonly member: Buffer;
  readonly at: number;
  readonly isForgotten: boolean;
}

/** Of one host. `windows` stand as they were asked for. */
export interface HostCount {
  readonly host: string;
  readonly online: number;
  readonly windows: readonly number[];
}

export type Counted =
  /** By this node, which has the lease: it is sent, then confirmed. Where nodes are missing it is a lower bound. */
  | { readonly kind: 'counted'; readonly hosts: readonly HostCount[]; readonly missing: readonly string[] }
  /** Another node counts, and sends. */
  | { readonly kind: 'elsewhere' }
  /** Nothing is to be sent for this instant. */
  | { readonly kind: 'away'; readonly why: string };

/** What `Barrier.count` gives: an instant is counted once for all nodes. */
export interface SharedCount {
  /** `windows` in days. All lines up to `at` have been read, and none later. */
  count(at: number, hosts: readonly string[], windows: readonly number[], signal: AbortSignal): Promise<Counted>;
  /** The count of `at` has been sent by this node. */
  confirm(at: number): Promise<void>;
}

export interface ClusterSettings {
  readonly url: string;
  readonly node: string;
  /** So many there are: more than half of them have to be there for a count. */
  readonly nodes: number;
  /** Of the pseudonyms; the same on all nodes. */
  readonly key: Buffer;
  readonly waitSeconds: number;
  readonly leaseSeconds: number;
  readonly slots: number;
}

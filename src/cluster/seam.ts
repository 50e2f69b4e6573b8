/** What the union of several nodes is told by the daemon of one, and what it is asked for. Instants are unix seconds, 0 where one is not known. */

/** One of a node's users, whole, as the node has them. */
export interface NodeUser {
  readonly jid: string;
  readonly login: number;
  readonly seen: number;
  readonly isOpen: boolean;
}

/**
 * In the order of the node's logs. Who is `forgotten` is so by the administrator, whenever they were last seen. Whose account is gone
 * has a right to be forgotten by name, so it is noted by the pseudonym.
 */
export interface AccountChange {
  readonly kind: 'removed' | 'forgotten' | 'disabled' | 'enabled';
  readonly host: string;
  readonly member: Buffer;
  readonly at: number;
}

export interface Piece {
  readonly changes: readonly AccountChange[];
  readonly users: readonly NodeUser[];
}

/** What of this node is still to be sent. While an instant is being counted, all of it is as of that instant. */
export interface Outbox {
  /** At most `most` of them, or a few more; changes of accounts first, in their order. Both are empty where all is sent. */
  take(most: number): Piece;
  /** The union has it: it is noted with the next commit. Pieces come in the order in which they were taken. */
  sent(piece: Piece): void;
  /** It is not known to have it: it is to be sent again, with whatever has changed since. */
  giveBack(piece: Piece): void;
  /** The union has lost something: all users, and all changes of accounts that are kept, are to be sent again. */
  again(): void;
  readonly waiting: number;
  /**
   * What the union remembers over a restart, plain data; stored in one batch with what was sent. Undefined where this node is in step
   * with no union, as its index is new or was used without one since: then all is to be sent again, whatever the union says.
   */
  readonly kept: unknown;
  keep(value: unknown): void;
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

/** What was counted at an instant. */
export interface Result {
  readonly hosts: readonly HostCount[];
  /** Nodes that did not come: where there are any it is a lower bound. */
  readonly missing: readonly string[];
  /** Per window, seconds: how much of it the logs of all nodes cover, the least of them. */
  readonly covered: readonly number[];
}

export type Counted =
  /** By this node, which has the lease: it is sent, then confirmed. */
  | ({ readonly kind: 'counted' } & Result)
  /** Another node has counted, and sends. */
  | ({ readonly kind: 'elsewhere' } & Result)
  /** Nothing is to be sent for this instant. `isTold`: the administrator has heard of it already. */
  | { readonly kind: 'away'; readonly why: string; readonly isTold?: true };

/** What this node knows of an instant. */
export interface Asked {
  readonly at: number;
  readonly hosts: readonly string[];
  /** In days. */
  readonly windows: readonly number[];
  /** Per window, seconds: how much of it the logs of this node cover. */
  readonly covered: readonly number[];
}

/** What `Barrier.count` gives: an instant is counted once for all nodes. */
export interface SharedCount {
  /** All lines up to the instant have been read, and none later. */
  count(asked: Asked, signal: AbortSignal): Promise<Counted>;
  /** The count of `at` has been sent by this node. */
  confirm(at: number): Promise<void>;
  /**
   * This node goes on behind `at`, counted or not: the union is told with whatever it is sent next. It counts no instant for which
   * this node has set no mark but has gone on, as it may know later things of its users.
   */
  passed(at: number): void;
}

export interface ClusterSettings {
  readonly url: string;
  readonly node: string;
  /** So many there are: more than half of them have to be there for a count. */
  readonly nodes: number;
  /** Of the pseudonyms; the same on all nodes. */
  readonly key: Buffer;
  /**
   * Who is counted and over how long, as a text. What a union holds depends on it, so that nodes between which it differs are of
   * different ones: who is counted no longer must be gone from it, and who is too old is dropped.
   */
  readonly counting?: string;
  readonly waitSeconds: number;
  readonly leaseSeconds: number;
  readonly slots: number;
}

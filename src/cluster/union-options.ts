/** What a node's way to the union is made with, and how it stands. */
import type { Scripts } from './scripts/scripts.ts';
import type { ClusterSettings, Outbox } from './seam.ts';
import type { View } from './view.ts';

export interface UnionOptions {
  readonly settings: ClusterSettings;
  readonly outbox: Outbox;
  /** Unix seconds. */
  readonly now: () => number;
  readonly tell: (level: 'info' | 'warn', sentence: string) => void;
  readonly signal: AbortSignal;
  /** How this node counts, which all nodes should do alike, as a text. */
  readonly about: string;
  /** Others than the product's, where a test takes one of their guards away. */
  readonly scripts?: Scripts;
}

export interface UnionState {
  readonly isConnected: boolean;
  /** Unix seconds; when the connection was made, or was lost. */
  readonly since: number;
  /** Users and changes that are not sent yet. */
  readonly waiting: number;
  readonly isSendingAll: boolean;
  /** Why there is no connection. */
  readonly problem: string | undefined;
  /** That there is none has been told. */
  readonly isAway: boolean;
  readonly view: View | undefined;
}

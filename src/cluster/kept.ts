/** What a node remembers of the union over a restart. */
import { randomBytes } from 'node:crypto';
import type { ClusterSettings } from './seam.ts';

export interface Kept {
  /** Of which union it is, and as which node. */
  readonly union: string;
  readonly node: string;
  /** Of this index: one that is made anew, or is another machine's, has another. */
  readonly life: string;
  /** By slot: the last batch that the union has for certain. */
  readonly acked: readonly number[];
  /** The last instant that is known to be counted and sent, or given up. */
  readonly counted: number;
  /** What was counted last, sent or not, as its text, and when; should the union forget it before all have heard of it. */
  readonly result: { readonly at: number; readonly text: string };
  /** All nodes that are known. */
  readonly members: readonly string[];
  /** Whether sending all has been begun with this union. */
  readonly isInStep: boolean;
}

/** `stored` where it is of this union and node; a new one else, with which all is sent again. */
export function keptOf(stored: unknown, union: string, { node, slots }: ClusterSettings): Kept {
  const kept = stored as Kept | undefined;
  if (kept?.union === union && kept.node === node && kept.acked.length === slots) return kept;
  return {
    ...{ union, node, life: randomBytes(8).toString('hex'), acked: Array.from({ length: slots }, () => 0) },
    ...{ counted: 0, result: { at: 0, text: '' }, members: [], isInStep: false },
  };
}

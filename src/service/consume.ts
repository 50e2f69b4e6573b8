/**
 * Blocks of whole lines into the state of a log, and with the place that was reached into the index: for `run`, its first start
 * and `backfill`. Nothing is asked for before what came last is stored, so a write that fails is made again here, and only here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Block } from '../source/source.ts';

/** Writes something; resolves when it is written. */
export type Store = (write: () => Promise<void>) => Promise<void>;

export interface Consumer<B extends Block> {
  /** Takes in what the lines say. */
  readonly apply: (block: B) => void | Promise<void>;
  /** Writes what was taken in, or leaves it to be written with a later block; may be called again when it fails. */
  readonly commit: (block: B) => Promise<void>;
  readonly store: Store;
}

export async function consume<B extends Block>(
  blocks: AsyncIterable<B>,
  { apply, commit, store }: Consumer<B>,
): Promise<void> {
  for await (const block of blocks) {
    await apply(block);
    await store(() => commit(block));
  }
}

/** For whoever is there to be told, and to begin again. */
export const storeOnce: Store = (write) => write();

export interface Patience {
  /** Ends the waiting: it rejects then. */
  readonly signal: AbortSignal;
  /** Called once when something cannot be written, with the reason, and when it has been. */
  readonly trouble: (reason: string) => void;
  readonly over: () => void;
  /** Milliseconds before the second attempt; twice as many before each that follows, up to thirty times as many. */
  readonly waitMs?: number;
}

const LONGEST_BACKOFF = 30;

/** For whoever must go on as soon as the disk has room again. */
export function storeWithPatience({ signal, trouble, over, waitMs = 1000 }: Patience): Store {
  let isTold = false;
  return async (write) => {
    for (let failures = 0; ; failures++) {
      try {
        await write();
        break;
      } catch (reason) {
        // guard: F33
        if (!isTold) trouble(reason instanceof Error ? reason.message : String(reason));
        isTold = true;
        await delay(waitMs * Math.min(2 ** failures, LONGEST_BACKOFF), undefined, { signal });
      }
    }
    if (isTold) over();
    isTold = false;
  };
}

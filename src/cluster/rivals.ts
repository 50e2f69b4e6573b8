/**
 * Two processes of one name: each would be counted without what the other one knows. So neither takes part until the other is gone, and the node is
 * missing, as everybody is told. Each takes the node from the other now and then, so that none of them can go on with it, and sees by that whether the other is there.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

const MOST_FENCED = 3;
const FENCED_MILLISECONDS = 60_000;
const CLAIM_MILLISECONDS = 3000;

/** By the clock of Redis, so that of two the later is known; one that is restored from an old dump is not later. */
export const epochAt = (seconds: number): string => `${Math.round(seconds * 1000)}.${randomBytes(8).toString('hex')}`;

/** Whether a process that came later than `own` has the node. One that stays away is always later. */
export function isLater(found: string | null | undefined, own: string): boolean {
  return Boolean(found) && found !== own && !(Number.parseInt(found ?? '', 10) < Number.parseInt(own, 10));
}

export class Rivals {
  /** When another process was the node, milliseconds of this process's life; the last few times. */
  #fenced: number[] = [];

  noteFenced(): void {
    this.#fenced.push(performance.now());
  }

  /** A process that was replaced by a new one was fenced once. Two that go on so are there at the same time. */
  get areThere(): boolean {
    this.#fenced = this.#fenced.filter((at) => at > performance.now() - FENCED_MILLISECONDS);
    return this.#fenced.length >= MOST_FENCED;
  }

  /** Until no other process has been the node for a minute. */
  async stayAway(connection: Connection, keys: Keys, node: string, signal: AbortSignal): Promise<void> {
    let own = '';
    for (let since = performance.now(); performance.now() - since < FENCED_MILLISECONDS;) {
      const claim = `away ${randomBytes(8).toString('hex')}`;
      const found = await Promise.all(keys.all.map((key) => connection.run('claim', key, node, claim)));
      if (found.some((each) => each !== own)) since = performance.now();
      own = claim;
      await pause(CLAIM_MILLISECONDS * (0.5 + Math.random()), undefined, { signal });
    }
    this.#fenced = [];
  }
}

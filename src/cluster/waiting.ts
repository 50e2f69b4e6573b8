/** How long a node waits for the others, and has waited: from when it is time, and when all of them can be there. */

/** A node whose clock is ahead by more, in seconds, is not held up until it is time. */
const MOST_AHEAD = 3600;

/** So much longer than `wait_seconds` a node waits for the leader. */
const LEADER_SECONDS = 30;

/** In seconds. */
export interface Patience {
  /** For nodes without which it can be counted. */
  readonly others: number;
  /** For what there is no count without, Redis and more than half of the nodes: those who come later count with what this node has told. */
  readonly needed: number;
  /** For all of it, and the leader. */
  readonly most: number;
}

export function patienceOf(waitSeconds: number): Patience {
  const most = waitSeconds + LEADER_SECONDS;
  return { others: waitSeconds, needed: Math.min(2 * waitSeconds, most), most };
}

export interface WaitingOptions {
  /** So many seconds are enough, and `over` is aborted. */
  readonly most: number;
  /** When this node was last in step with the union, as `performance.now()`: where it had lost Redis, so had the others. */
  readonly joinedAt: () => number;
  readonly signal: AbortSignal;
}

export class Waiting {
  readonly #options: WaitingOptions;
  readonly #enough = new AbortController();
  readonly over: AbortSignal;
  #from = performance.now();
  /** A timer, not `AbortSignal.timeout`: what is left is looked up when it fires. */
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WaitingOptions) {
    this.#options = options;
    this.over = AbortSignal.any([options.signal, this.#enough.signal]);
    this.#wait();
  }

  get seconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  /** By the clock of Redis it is time in so many seconds: others whose clocks are right do not come before. */
  isEarly(seconds: number): void {
    if (seconds > 0 && seconds <= MOST_AHEAD) this.#from = performance.now();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** A connection that breaks all the time does not put it off for ever. */
  get #begin(): number {
    const { most, joinedAt } = this.#options;
    return Math.max(this.#from, Math.min(joinedAt(), this.#from + most * 1000));
  }

  #wait(): void {
    const left = this.#options.most - this.seconds;
    if (left <= 0) this.#enough.abort();
    else this.#timer = setTimeout(() => this.#wait(), left * 1000 + 1);
  }
}

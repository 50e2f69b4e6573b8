/** What is under way to the union on one connection: a few pieces at a time, each slot's batches numbered one after the other. */
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { isLater } from './rivals.ts';
import type { Outbox, Piece } from './seam.ts';
import { operationsBySlot } from './shipment.ts';

interface Flight {
  readonly piece: Piece;
  /** By slot, the sequence number. */
  readonly seqs: ReadonlyMap<number, number>;
  readonly done: Promise<unknown>;
}

/** Another process has taken this node's place. */
export class Fenced extends Error {
  constructor(node: string) {
    super(
      `another process takes part as the node ${node}: give each node a name of its own (cluster.node); until then neither is counted`,
    );
  }
}

/** An administrator has said that this node is no more. */
export class Removed extends Error {
  constructor(node: string) {
    super(`this node was removed from the cluster, and takes part as ${node} when its daemon is started again`);
  }
}

export interface ShippingOptions {
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly keys: Keys;
  readonly pseudonyms: Pseudonyms;
  readonly node: string;
  readonly epoch: string;
  /** By slot, the number of the last batch. */
  readonly seqs: readonly number[];
}

export class Shipping {
  readonly #options: ShippingOptions;
  readonly #seqs: number[];
  readonly #flight: Flight[] = [];

  constructor(options: ShippingOptions) {
    this.#options = options;
    this.#seqs = [...options.seqs];
  }

  /** By slot, the number of the last batch that was sent. */
  get seqs(): readonly number[] {
    return [...this.#seqs];
  }

  get epoch(): string {
    return this.#options.epoch;
  }

  get underWay(): number {
    return this.#flight.length;
  }

  /** `passed`: the instant behind which this node has gone on; `latest`: the latest that it believes. */
  send(piece: Piece, passed: number, latest: number): void {
    const { keys, pseudonyms } = this.#options;
    const seqs = new Map<number, number>();
    const answers: Promise<void>[] = [];
    for (const [slot, operations] of operationsBySlot(piece, pseudonyms, keys.slots)) {
      const seq = (this.#seqs[slot] ?? 0) + 1;
      this.#seqs[slot] = seq;
      seqs.set(slot, seq);
      answers.push(this.#apply(slot, seq, [passed, latest, ...operations]));
    }
    const done = Promise.all(answers);
    done.catch(() => {});
    this.#flight.push({ piece, seqs, done });
  }

  /** The oldest of what is under way, once the union has it. */
  async arrival(): Promise<{ readonly piece: Piece; readonly seqs: ReadonlyMap<number, number> }> {
    const [first] = this.#flight;
    if (!first) throw new Error('nothing is under way');
    await first.done;
    this.#flight.shift();
    return first;
  }

  /** What is not known to have come. The latest first, so that changes of accounts come to stand in their order again. */
  giveBack(): void {
    for (const { piece } of this.#flight.splice(0).toReversed()) this.#options.outbox.giveBack(piece);
  }

  async #apply(slot: number, seq: number, rest: readonly (string | number | Buffer)[]): Promise<void> {
    const { connection, keys, node, epoch } = this.#options;
    const answer = await connection.run('apply', keys.slot(slot), node, epoch, seq, ...rest);
    const [word, last] = answer as [string, string | number];
    if (word === 'OK') return;
    if (word === 'FENCED' && isLater(String(last), epoch)) throw new Fenced(node);
    throw new Error('Redis has lost what this node has sent');
  }
}

/** Hands blocks over one at a time, and keeps offering a block that was refused (a full disk) until it is taken. */
import type { Block } from '../files/lines.ts';
import { Bell } from './bell.ts';

/** In ticks. */
const LONGEST_BACKOFF = 30;

export interface DeliveryOptions {
  readonly deliver: (block: Block) => Promise<void>;
  readonly tickMs: number;
  /** Called at the first refusal, with its reason, and when the block has been taken at last. */
  readonly trouble: (reason: unknown) => void;
  readonly over: () => void;
}

export class Delivery {
  private readonly options: DeliveryOptions;
  private readonly bell = new Bell();
  private closed = false;

  constructor(options: DeliveryOptions) {
    this.options = options;
  }

  /** False if it was closed before the block was taken. */
  async offer(block: Block): Promise<boolean> {
    const { deliver, tickMs, trouble, over } = this.options;
    for (let refusals = 0; !this.closed; refusals++) {
      try {
        await deliver(block);
        if (refusals > 0) over();
        return true;
      } catch (reason) {
        // guard: F33
        if (refusals === 0) trouble(reason);
        await this.bell.wait(tickMs * Math.min(2 ** refusals, LONGEST_BACKOFF));
      }
    }
    return false;
  }

  close(): void {
    this.closed = true;
    this.bell.ring();
  }
}

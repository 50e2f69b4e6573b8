/** What is kept of the form of a log's lines, to go on with those that come next: plain JSON. */
import type { UnwrapState } from './envelopes/unwrap.ts';

/** How lines are wrapped. */
export interface WrappingState {
  readonly envelope: string;
  readonly program: string;
  readonly inner?: string;
  readonly keepsInner: boolean;
  readonly unwrap: UnwrapState;
  readonly replaced?: Replaced;
}

/** The program in whose place another one came, and how many lines that has written since. */
export interface Replaced {
  readonly program: string;
  readonly lines: number;
}

/** What else is kept, beside how they are wrapped. */
export interface Kept {
  /** Lines that wait for those that come next, one character per byte. */
  readonly waiting?: string | undefined;
  /** Bytes behind the last line that was understood. */
  readonly strange?: number | undefined;
}

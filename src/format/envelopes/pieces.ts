/**
 * Lines that were written in pieces: docker and Kubernetes cut them at 16 KiB, journald at LineMax. What a remote party may put into
 * a message could begin the next piece, so a piece is never taken for a line. A line that never ends is given up after so many
 * pieces, or when the next one comes much later.
 */
import type { Cut } from './envelope.ts';

/** Kept of a line, bytes: its beginning, as what counts stands there. */
const LONGEST = 64 * 1024;
/** Of one line: 16 MiB of docker's, which is the longest line of a file, too. */
const MOST_PIECES = 1024;
/** Between the first piece and another one, seconds. */
const LATEST = 60;
/**
 * Lines of a standard output that are written into a text by journald are cut without a mark: by itself at LineMax, 48 KiB by default,
 * and by rsyslog at 8 KiB together with what is in front, while the rest comes as the next message or not at all.
 */
const LINE_MAX = 49_000;
const MESSAGE_SIZE = [7_900, 8_192] as const;

interface Pending {
  readonly text: string;
  readonly at: string;
  readonly pieces: number;
}

/** By stream; plain JSON. */
export type PieceState = Readonly<Record<string, Pending>>;

export class PieceJoiner {
  readonly #pending: Map<string, Pending>;

  constructor(state: PieceState = {}) {
    this.#pending = new Map(Object.entries(state));
  }

  get state(): PieceState | undefined {
    return this.#pending.size === 0 ? undefined : Object.fromEntries(this.#pending);
  }

  /** A piece that is not the last one. */
  add(cut: Cut): void {
    const before = this.#before(cut);
    const text = before?.text ?? '';
    const more = cut.text.toString('latin1', cut.from, Math.min(cut.to, cut.from + LONGEST - text.length));
    this.#pending.set(String(cut.stream), {
      text: text + more,
      at: before?.at ?? stampOf(cut),
      pieces: (before?.pieces ?? 0) + 1,
    });
  }

  /** The line whose last piece this is, or that it is by itself. */
  joined(cut: Cut): Cut {
    if (this.#pending.size === 0) return cut;
    const before = this.#before(cut);
    this.#pending.delete(String(cut.stream));
    if (!before) return cut;
    const head = Buffer.from(before.text, 'latin1');
    const rest = cut.text.subarray(cut.from, Math.min(cut.to, cut.from + LONGEST - head.length));
    cut.text = Buffer.concat([head, rest]);
    cut.from = 0;
    cut.to = cut.text.length;
    return cut;
  }

  /** What was taken for a whole line of an output may have been cut. */
  noteOutput(cut: Cut): void {
    const length = cut.to - cut.from;
    const [least, most] = MESSAGE_SIZE;
    const mayBeCut = length >= LINE_MAX || (length >= least && length <= most);
    if (mayBeCut) this.#pending.set(String(cut.stream), { text: '\t', at: stampOf(cut), pieces: 1 });
  }

  /** The pieces that this one goes on from. */
  #before(cut: Cut): Pending | undefined {
    const before = this.#pending.get(String(cut.stream));
    if (!before || before.pieces >= MOST_PIECES) return undefined;
    const apart = Date.parse(stampOf(cut)) - Date.parse(before.at);
    return Math.abs(apart) > LATEST * 1000 ? undefined : before;
  }
}

const stampOf = ({ stamp, stampLength }: Cut): string => stamp.toString('latin1', 0, stampLength);

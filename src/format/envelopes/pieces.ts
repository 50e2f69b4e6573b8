/**
 * Lines that were written in pieces: docker and Kubernetes cut them at 16 KiB, journald at LineMax. What a remote party may put into
 * a message could begin the next piece, so a piece is never taken for a line. A line that never ends is given up after so many
 * pieces, or when the next one comes much later.
 */
import { secondsBetween } from '../time/seconds-between.ts';
import type { Cut } from './envelope.ts';

/** Kept of a line, bytes: its beginning, as what counts stands there. */
const LONGEST = 64 * 1024;
/** Of one line: 16 MiB of docker's, which is the longest line of a file, too. */
const MOST_PIECES = 1024;
/** Between the first piece and another one, seconds. */
const LATEST = 60;
/**
 * Lines of a standard output are cut without a mark where a text is made of them or syslog takes them, and the rest comes as the next
 * message or not at all: at 2 KiB by journald before 235; at 8 KiB, together with what is in front, by rsyslog; at 16 KiB by docker
 * (daemon/logger/copier.go, defaultBufSize); and at LineMax, 48 KiB by default, by journald. Bytes.
 */
const SIZES = [
  [2048, 2048],
  [7_900, 8_192],
  [16_384, 16_384],
  [49_000, Infinity],
] as const;
/** Between what was cut so and its rest, seconds. */
const REST_LATEST = 5;
/** What syslog and journalctl show for a control character, of one byte. */
const ESCAPED = /#[0-3][0-7]{2}| {8}/g;

interface Pending {
  readonly text: string;
  readonly at: string;
  readonly pieces: number;
  readonly isUnseen?: true;
}

/** By stream; plain JSON. `isUnseen`: it may be no piece at all. */
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
    cut.lacksEnd ||= rest.length < cut.to - cut.from;
    cut.text = Buffer.concat([head, rest]);
    cut.from = 0;
    cut.to = cut.text.length;
    return cut;
  }

  /** What comes next may be the rest of what was taken for a whole line. */
  expectRest(cut: Cut): void {
    this.#pending.set(String(cut.stream), { text: '\t', at: stampOf(cut), pieces: 1, isUnseen: true });
  }

  /** The pieces that this one goes on from. */
  #before(cut: Cut): Pending | undefined {
    const before = this.#pending.get(String(cut.stream));
    if (!before || before.pieces >= MOST_PIECES) return undefined;
    const apart = secondsBetween(before.at, stampOf(cut));
    return Math.abs(apart) > (before.isUnseen ? REST_LATEST : LATEST) ? undefined : before;
  }
}

/** Whether what a record holds has a size at which it may have been cut. */
export function mayBeCut({ text, from, to }: Cut): boolean {
  const most = to - from;
  if (most < SIZES[0][0]) return false;
  let least = most;
  for (const [shown] of text.toString('latin1', from, to).matchAll(ESCAPED)) least -= shown.length - 1;
  return SIZES.some(([low, high]) => least <= high && most >= low);
}

const stampOf = ({ stamp, stampLength }: Cut): string => stamp.toString('latin1', 0, stampLength);

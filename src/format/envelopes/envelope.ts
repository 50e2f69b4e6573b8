/**
 * What a wrapping does to the lines of a server: syslog, journald, docker and others put a stamp, a name and more around each, and
 * escape or cut what is in it. An envelope takes one line apart after the other; `unwrap.ts` makes plain lines of what it finds.
 */

/** A line of the server, or the last piece of one. */
export const WHOLE = 0;
/** A piece of a line that goes on in the next record of its stream. */
export const PIECE = 1;
/** None of the server's, or not of this envelope. */
export const FOREIGN = 2;
/** Goes on with the message of the line before. */
export const CONTINUATION = 3;
/** Part of a record of several lines. */
export const HELD = 4;
export type Kind = typeof WHOLE | typeof PIECE | typeof FOREIGN | typeof CONTINUATION | typeof HELD;

const LONGEST_STAMP = 64;

/** One line taken apart. One object serves for all lines. */
export class Cut {
  /** The stamp without its fraction; its length is 0 where the envelope has none. */
  readonly stamp: Buffer = Buffer.alloc(LONGEST_STAMP);
  stampLength = 0;
  /** syslog's severity, 0 to 7; -1 where it is not told. */
  severity = -1;
  /** Of two outputs of one program, as lines of each are cut into pieces by themselves. */
  stream: 0 | 1 = 0;
  /** The program that wrote it; empty where that is not told. */
  program = '';
  /** What the server wrote: of `text` from `from` to `to`. */
  text: Buffer = this.stamp;
  from = 0;
  to = 0;
  /** What the server wrote goes on, but was left out. */
  lacksEnd = false;
  /** So many lines were held at once. */
  held = 0;
}

/** How the heads of a form are, which are a text in front of the line. */
export interface StampLayout {
  /** Behind them: one of these marks, and so many digits; 0: none, and no mark. */
  readonly fraction?: { readonly marks: readonly number[]; readonly digits: readonly number[] };
  /** What is written is a number of seconds with this base, so many ahead of unix time. */
  readonly number?: { readonly base: 10 | 16; readonly ahead: number };
  /** With one of these bytes in front of the body the head may be a longer one. */
  readonly longer?: readonly number[];
}

/** Such a head, in its parts. */
export interface KnownHead {
  readonly layout: StampLayout;
  /** Up to its fraction. */
  readonly stamped: Buffer;
  readonly stampFrom: number;
  readonly rest: Buffer;
  readonly zone: Buffer;
  readonly kind: Kind;
  readonly severity: number;
  readonly stream: 0 | 1;
  readonly program: string;
}

/** Plain JSON: what has to be known of records that began before. */
export type EnvelopeState = Readonly<Record<string, string | number>>;

/** Opens the lines of one log in their order. */
export interface Opener {
  /** Before the lines of a block, for what is cheaper to know of all of them at once. */
  begin?(bytes: Buffer): void;
  /** Takes apart what is in `bytes` from `from` to the newline at `end`. What is in `cut` holds until the next line is opened. */
  open(bytes: Buffer, from: number, end: number, cut: Cut): Kind;
  /**
   * Takes all lines at once that would be held of a record that ends in `bytes`; how many is in `cut`. Returns where the next one begins,
   * which is to be opened: at `from` where they are to be opened one after the other.
   */
  hold?(bytes: Buffer, from: number, cut: Cut): number;
  /** Heads of lines before, of which lines may be taken by what is compiled; another list where it has changed. */
  readonly heads?: readonly KnownHead[];
  /** Undefined: between two records. */
  readonly state?: EnvelopeState | undefined;
}

/** Kinds of records of which most are alike. */
export type UsualRecords =
  'journal, json' | 'journal, export' | 'docker, json' | 'prosody, json' | 'mongooseim, json' | 'head and text';

export interface Envelope {
  /** As `check` says it. */
  readonly name: string;
  /** Begins every line that may be of it, the first one of a record at least (one character per byte). */
  readonly begins: RegExp;
  /** A long message may have been cut without a mark, and a line of an output may go on in the next one. */
  readonly cutsUnseen?: true;
  /** Lines are longer than the server wrote them, as control characters are escaped or an entry has several. */
  readonly altersLengths?: true;
  /** Usual records of it are made plain by what is compiled, as of compiled-records.ts. */
  readonly usual?: UsualRecords;
  /** A record has so many lines, and not many more. */
  readonly linesOfRecord?: number;
  /** It looks like a stamp of the server's own: what is understood without it is not wrapped. */
  readonly isStampOnly?: true;
  open(state?: EnvelopeState): Opener;
}

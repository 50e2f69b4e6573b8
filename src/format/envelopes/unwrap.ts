/**
 * Blocks of wrapped lines made into blocks of plain ones, as the server itself would have written them into a file, so that every
 * dialect is read in every envelope. There is one plain line for each line that was wrapped: where a line is told by its number, it
 * is the same one. What is no line of the server's becomes a line that no server writes.
 */
import { LOST_END, type BareLine, type Dialect } from '../dialects/dialect.ts';
import type { StampForm } from '../time/stamp-form.ts';
import { areKnown, type CompiledRecords, type RecordForm } from './compiled-records.ts';
import {
  CONTINUATION,
  Cut,
  FOREIGN,
  HELD,
  PIECE,
  type Envelope,
  type EnvelopeState,
  type Kind,
  type Opener,
} from './envelope.ts';
import { mayBeCut, PieceJoiner, type PieceState } from './pieces.ts';

const NEWLINE = 10;
const TAB = 9;
const BLANK = 32;
const QUESTION = 63;
/** Stands for a line break inside a message: no part of a name, and none of a line that a server writes. */
const BREAK = 0x1e;
const LOST = LOST_END.charCodeAt(0);

/** How the lines of a log are wrapped; plain values. */
export interface Wrapping {
  readonly envelope: Envelope;
  /** The server's, where the envelope names programs: lines of others are none of its. Empty: none is named. */
  readonly program: string;
  /** The form of the stamps that the server writes itself. Where they tell no zone, those of the envelope take their place. */
  readonly inner?: StampForm | undefined;
  /** The server's own stamps are those that count. */
  readonly keepsInner: boolean;
}

/** What has to be known to go on with the next line; plain JSON. */
export interface UnwrapState {
  readonly record?: EnvelopeState | undefined;
  readonly pieces?: PieceState | undefined;
  /** The server writes lines to its standard output, and no messages to syslog. */
  readonly isOutput?: boolean | undefined;
}

type Reader = Pick<Dialect, 'bare' | 'tellsForged'>;

export class Unwrapper {
  readonly #wrapping: Wrapping;
  readonly #dialect: Reader;
  readonly #opener: Opener;
  readonly #joiner: PieceJoiner;
  readonly #cut = new Cut();
  readonly #bare: BareLine;
  /** For usual records, where there are such in this wrapping. */
  readonly #compiled: { readonly records: CompiledRecords; readonly form: RecordForm } | undefined;
  #out: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(wrapping: Wrapping, dialect: Reader, state: UnwrapState = {}, records?: CompiledRecords) {
    this.#wrapping = wrapping;
    this.#dialect = dialect;
    this.#opener = wrapping.envelope.open(state.record);
    this.#joiner = new PieceJoiner(state.pieces);
    const isOutput = state.isOutput ?? (wrapping.inner !== undefined || wrapping.keepsInner);
    this.#bare = { sourceEnd: 0, head: Buffer.alloc(0), message: 0, isOutput, program: wrapping.program };
    const form = formOf(wrapping, dialect);
    this.#compiled = records && form && { records, form };
  }

  get state(): UnwrapState {
    const [record, pieces] = [this.#opener.state, this.#joiner.state];
    return { ...(record && { record }), ...(pieces && { pieces }), isOutput: this.#bare.isOutput };
  }

  /** Plain lines, as many as there are in `bytes`, whose last byte is a newline. */
  unwrap(bytes: Buffer): Buffer {
    this.#out = Buffer.allocUnsafe(bytes.length + 1024);
    this.#length = 0;
    const opener = this.#opener;
    opener.begin?.(bytes);
    const compiled = this.#compiled;
    const records = compiled?.records.begin(compiled.form, bytes) ? compiled.records : undefined;
    for (let from = 0; from < bytes.length;) {
      if (records) from = this.#usual(records, bytes, from);
      if (from === bytes.length) break;
      if (opener.hold) from = this.#held(opener.hold(bytes, from, this.#cut));
      const end = bytes.indexOf(NEWLINE, from);
      this.#makeRoom(end - from + 256);
      this.#line(bytes, from, end);
      this.#out[this.#length++] = NEWLINE;
      from = end + 1;
    }
    return this.#out.subarray(0, this.#length);
  }

  /** Takes the records from `from` on that are usual; returns where the first other one begins. */
  #usual(records: CompiledRecords, { length }: Buffer, from: number): number {
    if (this.#joiner.state || this.#opener.state) return from;
    const stop = records.take(from, length, this.#bare, this.#opener.heads);
    if (stop === from) return from;
    const { plain } = records;
    this.#makeRoom(plain.length);
    this.#out.set(plain, this.#length);
    this.#length += plain.length;
    return stop;
  }

  /** The lines that were held, of which each is an empty one. */
  #held(next: number): number {
    const { held } = this.#cut;
    this.#makeRoom(held);
    for (let i = 0; i < held; i++) this.#out[this.#length++] = NEWLINE;
    return next;
  }

  #line(bytes: Buffer, from: number, end: number): void {
    const cut = this.#cut;
    cut.lacksEnd = false;
    const kind: Kind = this.#opener.open(bytes, from, end, cut);
    if (kind === HELD) return;
    if (kind === FOREIGN || cut.program !== this.#wrapping.program) {
      if (kind !== CONTINUATION) this.#out[this.#length++] = QUESTION;
      return;
    }
    if (kind === PIECE) this.#joiner.add(cut);
    else if (kind === CONTINUATION) this.#goOn(cut);
    else this.#record(cut);
  }

  /** A line by itself, or the last piece of one. */
  #record(cut: Cut): void {
    const isUnseen = this.#wrapping.envelope.cutsUnseen === true && !cut.lacksEnd && mayBeCut(cut);
    this.#whole(this.#joiner.joined(cut));
    if (isUnseen && this.#bare.isOutput && !this.#dialect.tellsForged) this.#joiner.expectRest(cut);
    if (!isUnseen && !cut.lacksEnd) return;
    // In the place of its last character, so that the line is as long as the server wrote it.
    if (cut.to === cut.from) this.#length++;
    else for (let i = 0; i < FURTHER && isFurther(this.#out[this.#length - 1]!); i++) this.#length--;
    this.#out[this.#length - 1] = LOST;
  }

  /** No line of its own, as it is undated: of the same length as the server wrote it, by which the end of a message is known. */
  #goOn({ text, from, to }: Cut): void {
    this.#copy(text, from, to);
    if (to - from > 1) this.#out[this.#length - (to - from)] = TAB;
  }

  #whole(cut: Cut): void {
    const { text, to } = cut;
    this.#makeRoom(to - cut.from + 256);
    if (to === cut.from) return;
    // What begins so goes on with the message before: no server's own line does.
    const { envelope, keepsInner, inner } = this.#wrapping;
    if (isBlank(text[cut.from]!) || (envelope.cutsUnseen && isEscapedTab(cut))) return this.#goOn(cut);
    if (keepsInner) return this.#copy(text, cut.from, to);
    if (inner) return this.#stamped(cut, inner);
    const bare = this.#bare;
    this.#stamp(cut);
    if (!this.#dialect.bare?.(text, cut.from, to, cut.severity, bare)) return this.#copy(text, cut.from, to);
    this.#copy(text, cut.from, bare.sourceEnd);
    this.#copy(bare.head, 0, bare.head.length);
    this.#copy(text, bare.message, to);
  }

  /** Of a server that stamps its messages itself: what has no such stamp is as it would be in its file, and none around it makes it dated. */
  #stamped(cut: Cut, form: StampForm): void {
    const own = ownStamp(cut, form);
    if (!own) return this.#copy(cut.text, cut.from, cut.to);
    if (!own.isZoned) this.#stamp(cut);
    this.#copy(cut.text, own.isZoned ? cut.from : own.behind, cut.to);
  }

  #stamp({ stamp, stampLength }: Cut): void {
    if (stampLength === 0) return;
    this.#copy(stamp, 0, stampLength);
    this.#out[this.#length++] = BLANK;
  }

  #copy(text: Buffer, from: number, to: number): void {
    const out = this.#out;
    let length = this.#length;
    for (let i = from; i < to; i++) {
      const byte = text[i]!;
      out[length++] = byte === NEWLINE ? BREAK : byte;
    }
    this.#length = length;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const out = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#length + bytes));
    this.#out.copy(out, 0, 0, this.#length);
    this.#out = out;
  }
}

/** Undefined where all records are of the definition. */
function formOf({ envelope, program, inner, keepsInner }: Wrapping, { bare }: Reader): RecordForm | undefined {
  const { usual } = envelope;
  const form = { program, bare };
  return usual && !inner && !keepsInner && areKnown(form) ? { ...form, usual } : undefined;
}

/** Of a character in UTF-8 a byte behind its first, and how many there may be. */
const FURTHER = 3;
const isFurther = (byte: number): boolean => (byte & 0xc0) === 0x80;

const isBlank = (byte: number): boolean => byte === BLANK || byte === TAB;

/** As rsyslog writes it: `#011`. */
const isEscapedTab = ({ text, from }: Cut): boolean =>
  text[from] === 35 && text[from + 1] === 48 && text[from + 2] === 49 && text[from + 3] === 49;

/**
 * The server's own stamp, and where what is behind it begins; undefined where there is none. One that tells its zone is as good as
 * the envelope's, and the line as the server wrote it, to the byte.
 */
function ownStamp({ text, from, to }: Cut, form: StampForm): { isZoned: boolean; behind: number } | undefined {
  const wall = form.read(text.toString('latin1', from, Math.min(to, from + 128)), 0);
  if (!wall) return undefined;
  let behind = from + wall.end;
  while (behind < to && isBlank(text[behind]!)) behind++;
  return { isZoned: wall.offset !== undefined, behind };
}

/**
 * `journalctl -o export`: an entry has a line for each field and ends with an empty one. A value with a line break in it stands
 * behind the name alone and eight bytes that tell its length, least first, and may hold any byte:
 *
 *     __REALTIME_TIMESTAMP=1795463737267370
 *     SYSLOG_IDENTIFIER=prosody
 *     MESSAGE=c2s562b3bf3ac40: Authenticated as carol@pro.test
 */
import {
  FOREIGN,
  HELD,
  PIECE,
  WHOLE,
  type Cut,
  type Envelope,
  type EnvelopeState,
  type Kind,
  type Opener,
} from './envelope.ts';
import { Scratch } from './json-text.ts';
import { makeStamp } from './made-stamp.ts';

const NEWLINE = 10;
const EQUALS = 61;
const LENGTH_BYTES = 8;
/** Kept of a value, bytes: what counts stands at the beginning of a message. */
const LONGEST = 64 * 1024;
/** Of one value: journald takes no larger entry. A length beyond it is none. */
const LARGEST = 768 * 1024 * 1024;
/** Fields whose values are kept; no two names are of one length. */
export const KEPT = [
  'MESSAGE',
  'SYSLOG_IDENTIFIER',
  'PRIORITY',
  '__REALTIME_TIMESTAMP',
  '_LINE_BREAK',
  'CONTAINER_PARTIAL_MESSAGE',
] as const;
const [MESSAGE, IDENTIFIER, PRIORITY, TIME, LINE_BREAK, PARTIAL] = [0, 1, 2, 3, 4, 5] as const;
const NAMES = KEPT.map((name) => Buffer.from(name, 'latin1'));
const BY_LENGTH: readonly number[] = Array.from({ length: 32 }, (_, length) =>
  NAMES.findIndex((name) => name.length === length),
);
/** Digits of a time in microseconds that are not of its seconds. */
const MICROSECONDS = 6;

interface Binary {
  field: string;
  /** Bytes of the length that are still to come, and the length so far. */
  lengthLeft: number;
  length: number;
  /** Bytes of the value, and the newline behind it, that are still to come. */
  left: number;
}

class ExportOpener implements Opener {
  /** The values of an entry that was not held as a whole, one behind the other. */
  readonly #values = new Scratch();
  /** What the values are in, and where each field's is: -1 where it has none. */
  #source: Buffer = this.#values.bytes;
  readonly #from = new Int32Array(KEPT.length).fill(-1);
  readonly #to = new Int32Array(KEPT.length);
  #binary: Binary | undefined;
  /** Lines of the entry have been opened one by one. */
  #isWithin: boolean;
  #program = '';

  constructor(state: EnvelopeState = {}) {
    const { field, lengthLeft, length, left, ...fields } = state;
    // More may be appended to the one that is not whole: it is the last one.
    for (const number of [...KEPT.keys()].toSorted((a, b) => Number(KEPT[a] === field) - Number(KEPT[b] === field))) {
      const value = fields[`=${KEPT[number]}`];
      if (value === undefined) continue;
      const bytes = Buffer.from(String(value), 'latin1');
      this.#begin(number);
      this.#append(number, bytes, 0, bytes.length);
    }
    if (typeof field === 'string')
      this.#binary = { field, lengthLeft: Number(lengthLeft), length: Number(length), left: Number(left) };
    this.#isWithin = Object.keys(state).length > 0;
  }

  get state(): EnvelopeState | undefined {
    const fields = KEPT.flatMap((name, number) =>
      this.#has(number) ? [[`=${name}`, this.#text(number)] as const] : [],
    );
    // No name of a field is one of those of `Binary`.
    return fields.length > 0 || this.#binary ? { ...Object.fromEntries(fields), ...this.#binary } : undefined;
  }

  /** The usual entry, of which nothing has to be copied: it ends in these bytes, and has no value behind a length. */
  hold(bytes: Buffer, from: number, cut: Cut): number {
    cut.held = 0;
    if (this.#isWithin) return from;
    for (let line = from, lines = 0; line < bytes.length; lines++) {
      if (bytes[line] === NEWLINE) {
        this.#source = bytes;
        cut.held = lines;
        return line;
      }
      const equals = behindName(bytes, line, bytes.length);
      if (equals === line || bytes[equals] !== EQUALS) break;
      const field = fieldAt(bytes, line, equals);
      const end = bytes.indexOf(NEWLINE, equals);
      if (field >= 0) {
        this.#from[field] = equals + 1;
        this.#to[field] = Math.min(end, equals + 1 + LONGEST);
      }
      line = end + 1;
    }
    this.#clear();
    return from;
  }

  open(bytes: Buffer, from: number, end: number, cut: Cut): Kind {
    if (this.#binary) return this.#goOn(bytes, from, end + 1, this.#binary);
    if (from === end) return this.#finish(cut);
    const equals = behindName(bytes, from, end);
    const isText = equals < end;
    if (equals === from || (isText && bytes[equals] !== EQUALS)) return FOREIGN;
    const field = fieldAt(bytes, from, equals);
    this.#isWithin = true;
    if (field >= 0) this.#begin(field);
    if (!isText)
      this.#binary = { field: bytes.toString('latin1', from, equals), lengthLeft: LENGTH_BYTES, length: 0, left: 0 };
    else if (field >= 0) this.#append(field, bytes, equals + 1, end);
    return HELD;
  }

  #has(field: number): boolean {
    return this.#from[field]! >= 0;
  }

  #text(field: number): string {
    return this.#source.toString('latin1', this.#from[field], this.#to[field]);
  }

  #begin(field: number): void {
    this.#from[field] = this.#to[field] = this.#values.length;
  }

  /** Of a value that is the last one begun. */
  #append(field: number, bytes: Buffer, from: number, to: number): void {
    const values = this.#values;
    const length = Math.min(to - from, LONGEST - (this.#to[field]! - this.#from[field]!));
    values.makeRoom(length);
    const { bytes: into, length: behind } = values;
    for (let i = 0; i < length; i++) into[behind + i] = bytes[from + i]!;
    this.#to[field] = values.length = behind + length;
    this.#source = into;
  }

  #clear(): void {
    for (let field = 0; field < KEPT.length; field++) this.#from[field] = -1;
    this.#values.length = 0;
  }

  /** Takes bytes of a value; the last one is a newline, of the value or behind it. */
  #goOn(bytes: Buffer, from: number, to: number, binary: Binary): Kind {
    let at = from;
    for (; binary.lengthLeft > 0 && at < to; at++) {
      binary.length += bytes[at]! * 256 ** (LENGTH_BYTES - binary.lengthLeft--);
      if (binary.lengthLeft > 0) continue;
      if (binary.length > LARGEST) {
        this.#binary = undefined;
        this.#clear();
        return FOREIGN;
      }
      binary.left = binary.length + 1;
    }
    const taken = Math.min(to - at, binary.left);
    const field = (KEPT as readonly string[]).indexOf(binary.field);
    // The newline behind the value is none of it.
    const value = Math.max(0, Math.min(taken, binary.left - 1));
    if (field >= 0) this.#append(field, bytes, at, at + value);
    binary.left -= taken;
    if (binary.lengthLeft === 0 && binary.left === 0) this.#binary = undefined;
    return HELD;
  }

  #finish(cut: Cut): Kind {
    const bytes = this.#source;
    const isEntry =
      this.#has(MESSAGE) &&
      this.#has(TIME) &&
      makeStamp(numberIn(bytes, this.#from[TIME]!, this.#to[TIME]! - MICROSECONDS), cut);
    if (isEntry) {
      cut.program = this.#programOf();
      cut.severity = this.#has(PRIORITY) ? numberIn(bytes, this.#from[PRIORITY]!, this.#to[PRIORITY]!) : -1;
      cut.stream = 0;
      cut.text = bytes;
      cut.from = this.#from[MESSAGE]!;
      cut.to = this.#to[MESSAGE]!;
      cut.lacksEnd = cut.to - cut.from === LONGEST;
    }
    const isCutShort =
      (this.#has(LINE_BREAK) && this.#text(LINE_BREAK) === 'line-max') ||
      (this.#has(PARTIAL) && this.#text(PARTIAL) === 'true');
    const isEmpty = !isEntry && this.#from.every((from) => from < 0);
    this.#clear();
    this.#isWithin = false;
    if (!isEntry) return isEmpty ? HELD : FOREIGN;
    return isCutShort ? PIECE : WHOLE;
  }

  /** One string for all entries. */
  #programOf(): string {
    if (!this.#has(IDENTIFIER)) return '';
    const from = this.#from[IDENTIFIER]!;
    const length = this.#to[IDENTIFIER]! - from;
    let isSame = length === this.#program.length;
    for (let i = 0; isSame && i < length; i++) isSame = this.#source[from + i] === this.#program.charCodeAt(i);
    if (!isSame) this.#program = this.#text(IDENTIFIER);
    return this.#program;
  }
}

/** The number of the field that is kept whose name stands there; -1 for another one. */
function fieldAt(bytes: Buffer, from: number, to: number): number {
  const field = BY_LENGTH[to - from] ?? -1;
  // To ask for what is not there takes long.
  const name = field < 0 ? undefined : NAMES[field];
  if (!name) return -1;
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return -1;
  return field;
}

/** The whole number that all of these bytes are; NaN where they are none. */
function numberIn(bytes: Buffer, from: number, to: number): number {
  let number = from < to ? 0 : NaN;
  for (let i = from; i < to; i++) number = isDigit(bytes[i]!) ? number * 10 + bytes[i]! - 48 : NaN;
  return number;
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

/** Where the name of a field ends. */
function behindName(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isOfName(bytes[at]!)) at++;
  return at;
}

const isOfName = (byte: number): boolean => (byte >= 65 && byte <= 90) || byte === 95 || isDigit(byte);

export const journalExport: Envelope = {
  name: 'journalctl -o export',
  usual: 'journal, export',
  cutsUnseen: true,
  altersLengths: true,
  linesOfRecord: 32,
  begins: /^(?:__CURSOR|__REALTIME_TIMESTAMP|MESSAGE)=/,
  open: (state) => new ExportOpener(state),
};

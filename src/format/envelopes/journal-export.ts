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
import { timeOf } from './made-stamp.ts';

const EQUALS = 61;
const LENGTH_BYTES = 8;
/** Kept of a value, bytes: what counts stands at the beginning of a message. */
const LONGEST = 64 * 1024;
/** Of one value: journald takes no larger entry. A length beyond it is none. */
const LARGEST = 768 * 1024 * 1024;
const KEPT: ReadonlySet<string> = new Set([
  'MESSAGE',
  'SYSLOG_IDENTIFIER',
  'PRIORITY',
  '__REALTIME_TIMESTAMP',
  '_LINE_BREAK',
  'CONTAINER_PARTIAL_MESSAGE',
]);

const FIRST_LETTERS = new Set([...KEPT].map((name) => name.charCodeAt(0)));

interface Binary {
  field: string;
  /** Bytes of the length that are still to come, and the length so far. */
  lengthLeft: number;
  length: number;
  /** Bytes of the value, and the newline behind it, that are still to come. */
  left: number;
}

class ExportOpener implements Opener {
  #fields = new Map<string, string>();
  #binary: Binary | undefined;

  constructor(state: EnvelopeState = {}) {
    const { field, lengthLeft, length, left, ...fields } = state;
    this.#fields = new Map(Object.entries(fields).map(([name, value]) => [name.slice(1), String(value)]));
    if (typeof field === 'string')
      this.#binary = { field, lengthLeft: Number(lengthLeft), length: Number(length), left: Number(left) };
  }

  get state(): EnvelopeState | undefined {
    if (this.#fields.size === 0 && !this.#binary) return undefined;
    // No name of a field is one of those of `Binary`.
    return { ...Object.fromEntries([...this.#fields].map(([name, value]) => [`=${name}`, value])), ...this.#binary };
  }

  open(bytes: Buffer, from: number, end: number, cut: Cut): Kind {
    if (this.#binary) return this.#goOn(bytes, from, end + 1, this.#binary);
    if (from === end) return this.#finish(cut);
    const equals = behindName(bytes, from, end);
    const isText = equals < end;
    if (equals === from || (isText && bytes[equals] !== EQUALS)) return FOREIGN;
    if (isText && !FIRST_LETTERS.has(bytes[from]!)) return HELD;
    const field = bytes.toString('latin1', from, equals);
    if (isText) this.#keep(field, bytes.toString('latin1', equals + 1, Math.min(end, equals + 1 + LONGEST)));
    else this.#binary = { field, lengthLeft: LENGTH_BYTES, length: 0, left: 0 };
    return HELD;
  }

  #keep(field: string, value: string): void {
    if (KEPT.has(field)) this.#fields.set(field, value);
  }

  /** Takes bytes of a value; the last one is a newline, of the value or behind it. */
  #goOn(bytes: Buffer, from: number, to: number, binary: Binary): Kind {
    let at = from;
    for (; binary.lengthLeft > 0 && at < to; at++) {
      binary.length += bytes[at]! * 256 ** (LENGTH_BYTES - binary.lengthLeft--);
      if (binary.lengthLeft > 0) continue;
      if (binary.length > LARGEST) {
        this.#binary = undefined;
        this.#fields.clear();
        return FOREIGN;
      }
      binary.left = binary.length + 1;
    }
    const taken = Math.min(to - at, binary.left);
    const before = this.#fields.get(binary.field) ?? '';
    const value = bytes.toString('latin1', at, at + Math.min(taken, LONGEST - before.length));
    this.#keep(binary.field, before + value);
    binary.left -= taken;
    if (binary.lengthLeft > 0 || binary.left > 0) return HELD;
    this.#binary = undefined;
    const whole = this.#fields.get(binary.field) ?? '';
    if (binary.length < LONGEST) this.#keep(binary.field, whole.slice(0, binary.length));
    return HELD;
  }

  #finish(cut: Cut): Kind {
    const fields = this.#fields;
    this.#fields = new Map();
    const message = fields.get('MESSAGE');
    const stamp = timeOf(Math.floor(Number(fields.get('__REALTIME_TIMESTAMP') ?? NaN) / 1e6));
    if (message === undefined || stamp === undefined) return fields.size === 0 ? HELD : FOREIGN;
    cut.stampLength = cut.stamp.write(stamp, 'latin1');
    cut.program = fields.get('SYSLOG_IDENTIFIER') ?? '';
    const priority = fields.get('PRIORITY');
    cut.severity = priority === undefined ? -1 : Number(priority);
    cut.stream = 0;
    cut.text = Buffer.from(message, 'latin1');
    cut.from = 0;
    cut.to = cut.text.length;
    cut.lacksEnd = message.length === LONGEST;
    const isCutShort = fields.get('_LINE_BREAK') === 'line-max' || fields.get('CONTAINER_PARTIAL_MESSAGE') === 'true';
    return isCutShort ? PIECE : WHOLE;
  }
}

/** Where the name of a field ends. */
function behindName(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isOfName(bytes[at]!)) at++;
  return at;
}

const isOfName = (byte: number): boolean => (byte >= 65 && byte <= 90) || byte === 95 || (byte >= 48 && byte <= 57);

export const journalExport: Envelope = {
  name: 'journalctl -o export',
  cutsUnseen: true,
  begins: /^(?:__CURSOR|__REALTIME_TIMESTAMP|MESSAGE)=/,
  open: (state) => new ExportOpener(state),
};

/**
 * Envelopes that are a text in front of the line. The text is nearly always that of the line before but for the digits of its
 * stamp, so it is compared with that one byte by byte, and taken apart by its pattern only where it differs.
 */
import { makeStamp } from './made-stamp.ts';
import { CONTINUATION, FOREIGN, WHOLE, type Cut, type Kind, type Opener } from './envelope.ts';

const ZERO = 48;
const NINE = 57;
const A = 97;
const F = 102;
const BLANK = 32;
const DOT = 46;
const COMMA = 44;
/** No head is longer, bytes. */
const LONGEST_HEAD = 512;
const FACILITY = 8;

/**
 * A pattern is made of the groups `before`, `stamp`, `fraction`, `zone` and `behind`, one directly behind the other and all of the
 * head; in `behind` or `before` may be `program`, `priority` (as in RFC 5424), `stream` and `part`.
 */
export interface TextHead {
  readonly pattern: RegExp;
  /** The zone of stamps that name none. */
  readonly zone?: string;
  /** What the line is, where its head tells. */
  readonly kindOf?: (groups: Groups) => Kind;
  /** What is written is a number, of which this makes unix seconds. */
  readonly secondsOf?: (stamp: Buffer, length: number) => number;
  /** Its digits, and those of the fraction, are hexadecimal. */
  readonly isHex?: boolean;
}

type Groups = Readonly<Record<string, string | undefined>>;

/** The head of the line before. */
interface Known {
  /** Up to its fraction. */
  readonly stamped: Buffer;
  readonly stampFrom: number;
  readonly rest: Buffer;
  readonly zone: Buffer;
  readonly kind: Kind;
  readonly severity: number;
  readonly stream: 0 | 1;
  readonly program: string;
  readonly isHex: boolean;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

export function openText(head: TextHead): Opener {
  const pattern = new RegExp(head.pattern.source, 'y');
  const { secondsOf } = head;
  let known: Known | undefined;
  const taken = (bytes: Buffer, from: number, end: number, cut: Cut, by: Known): Kind | undefined => {
    const body = follow(bytes, from, by, cut);
    if (body === 0) return undefined;
    if (secondsOf && !makeStamp(secondsOf(cut.stamp, cut.stampLength), cut)) return FOREIGN;
    return found(bytes, body, end, by, cut);
  };
  return {
    open(bytes, from, end, cut) {
      const kind = known && taken(bytes, from, end, cut, known);
      if (kind !== undefined) return kind;
      pattern.lastIndex = 0;
      const groups = pattern.exec(bytes.toString('latin1', from, Math.min(end, from + LONGEST_HEAD)))?.groups;
      if (!groups) return bytes[from] === BLANK ? rest(bytes, from, end, cut) : FOREIGN;
      known = knownOf(groups, head);
      return taken(bytes, from, end, cut, known) ?? FOREIGN;
    },
  };
}

/** journalctl indents the further lines of a message, and nothing else. */
function rest(bytes: Buffer, from: number, end: number, cut: Cut): Kind {
  cut.text = bytes;
  cut.from = from;
  cut.to = end;
  return CONTINUATION;
}

function found(bytes: Buffer, body: number, end: number, { kind, severity, stream, program }: Known, cut: Cut): Kind {
  cut.severity = severity;
  cut.stream = stream;
  cut.program = program;
  cut.text = bytes;
  cut.from = body;
  cut.to = Math.max(body, end);
  return kind;
}

function knownOf(groups: Groups, { zone = '', kindOf, isHex = false }: TextHead): Known {
  const { before = '', stamp = '', behind = '', priority, program = '', stream } = groups;
  const own = groups['zone'] ?? '';
  return {
    stamped: latin1(before + stamp),
    stampFrom: before.length,
    rest: latin1(own + behind),
    zone: latin1(own === '' && stamp !== '' ? zone : own),
    kind: kindOf?.(groups) ?? WHOLE,
    severity: priority === undefined ? -1 : Number(priority) % FACILITY,
    stream: stream === 'stderr' ? 1 : 0,
    program,
    isHex,
  };
}

/** Where the body begins behind a head like the one known; 0 where it is another one. Notes the stamp. */
function follow(bytes: Buffer, from: number, { stamped, stampFrom, rest, zone, isHex }: Known, cut: Cut): number {
  const { stamp } = cut;
  const isDigit = isHex ? isHexDigit : isDecimal;
  let length = 0;
  for (let i = 0; i < stamped.length; i++) {
    const byte = bytes[from + i]!;
    const known = stamped[i]!;
    if (byte !== known && !(i >= stampFrom && isDigit(known) && isDigit(byte))) return 0;
    if (i >= stampFrom) stamp[length++] = byte;
  }
  let at = from + stamped.length;
  const isMarked = bytes[at] === DOT || bytes[at] === COMMA;
  if (length > 0 && (isHex || (isMarked && isDigit(bytes[at + 1]!)))) {
    if (isMarked) at += 2;
    while (isDigit(bytes[at]!)) at++;
  }
  for (let i = 0; i < rest.length; i++) if (bytes[at + i] !== rest[i]) return 0;
  for (let i = 0; i < zone.length; i++) stamp[length++] = zone[i]!;
  cut.stampLength = length;
  return at + rest.length;
}

const isDecimal = (byte: number): boolean => byte >= ZERO && byte <= NINE;
const isHexDigit = (byte: number): boolean => isDecimal(byte) || (byte >= A && byte <= F);

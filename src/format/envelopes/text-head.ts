/**
 * Envelopes that are a text in front of the line. The text is nearly always that of the line before but for the digits of its
 * stamp, so it is compared with that one byte by byte, and taken apart by its pattern only where it differs.
 */
import { CONTINUATION, FOREIGN, WHOLE, type Cut, type Kind, type Opener } from './envelope.ts';

const ZERO = 48;
const NINE = 57;
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
  /** Makes another stamp of what is written. */
  readonly stampOf?: (stamp: string) => string | undefined;
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
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

export function openText(head: TextHead): Opener {
  const pattern = new RegExp(head.pattern.source, 'y');
  let known: Known | undefined;
  return {
    open(bytes, from, end, cut) {
      if (known) {
        const body = follow(bytes, from, known, cut);
        if (body > 0) return found(bytes, body, end, known, cut);
      }
      pattern.lastIndex = 0;
      const groups = pattern.exec(bytes.toString('latin1', from, Math.min(end, from + LONGEST_HEAD)))?.groups;
      const next = groups && knownOf(groups, head);
      if (!next) return bytes[from] === BLANK ? rest(bytes, from, end, cut) : FOREIGN;
      const body = follow(bytes, from, next, cut);
      // A stamp that is made holds for its line only.
      known = head.stampOf ? undefined : next;
      if (head.stampOf) {
        const stamp = head.stampOf(groups['stamp'] ?? '');
        if (stamp === undefined) return FOREIGN;
        cut.stampLength = cut.stamp.write(stamp, 'latin1');
      }
      return body > 0 ? found(bytes, body, end, next, cut) : FOREIGN;
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

function knownOf(groups: Groups, { zone = '', kindOf }: TextHead): Known {
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
  };
}

/** Where the body begins behind a head like the one known; 0 where it is another one. Notes the stamp. */
function follow(bytes: Buffer, from: number, { stamped, stampFrom, rest, zone }: Known, cut: Cut): number {
  const { stamp } = cut;
  let length = 0;
  for (let i = 0; i < stamped.length; i++) {
    const byte = bytes[from + i]!;
    const known = stamped[i]!;
    if (byte !== known && !(i >= stampFrom && isDigit(known) && isDigit(byte))) return 0;
    if (i >= stampFrom) stamp[length++] = byte;
  }
  let at = from + stamped.length;
  if (length > 0 && (bytes[at] === DOT || bytes[at] === COMMA) && isDigit(bytes[at + 1]!)) {
    at += 2;
    while (isDigit(bytes[at]!)) at++;
  }
  for (let i = 0; i < rest.length; i++) if (bytes[at + i] !== rest[i]) return 0;
  for (let i = 0; i < zone.length; i++) stamp[length++] = zone[i]!;
  cut.stampLength = length;
  return at + rest.length;
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

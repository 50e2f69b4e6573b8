/** Envelopes that are a text in front of the line: it is taken apart by a pattern where it is none that is known. */
import {
  CONTINUATION,
  FOREIGN,
  WHOLE,
  type Cut,
  type Kind,
  type KnownHead,
  type Opener,
  type StampLayout,
} from './envelope.ts';
import { mayGoOn, take } from './known-head.ts';

const BLANK = 32;
/** No head is longer, bytes. */
const LONGEST_HEAD = 512;
/** Of a fraction, bytes more than that of the line before has. */
const LONGEST_FRACTION = 16;
/** As lines of other programs stand between, and syslog's severity may be in the head. */
const MOST_KNOWN = 8;
const FACILITY = 8;

/**
 * A pattern is made of the groups `before`, `stamp`, `fraction`, `zone` and `behind`, one directly behind the other and all of the
 * head; in `behind` or `before` may be `program`, `priority` (as in RFC 5424), `stream` and `part`.
 */
export interface TextHead extends StampLayout {
  readonly pattern: RegExp;
  /** The zone of stamps that name none. */
  readonly zone?: string;
  /** What the line is, where its head tells. */
  readonly kindOf?: (groups: Groups) => Kind;
}

/** A point, and up to nine digits; or nothing. */
export const UP_TO_NINE = { marks: [46], digits: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] };

type Groups = Readonly<Record<string, string | undefined>>;

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

export function openText(form: TextHead): Opener {
  const pattern = new RegExp(form.pattern.source, 'y');
  let known: readonly KnownHead[] = [];
  return {
    /** The last one first. */
    get heads() {
      return known;
    },
    open(bytes, from, end, cut) {
      for (const head of known) {
        const kind = take(bytes, from, end, head, cut);
        if (kind !== undefined && !mayGoOn(bytes[cut.from]!, form)) return kind;
      }
      pattern.lastIndex = 0;
      const found = pattern.exec(bytes.toString('latin1', from, Math.min(end, from + LONGEST_HEAD)));
      if (!found) return bytes[from] === BLANK ? rest(bytes, from, end, cut) : FOREIGN;
      const head = knownOf(found.groups!, form);
      const behind = from + found[0].length;
      // What ends with the line, or with what is looked at, may go on in another one.
      const isWhole = behind < end && found[0].length < LONGEST_HEAD - LONGEST_FRACTION;
      if (isWhole && !mayGoOn(bytes[behind]!, form)) known = [head, ...known].slice(0, MOST_KNOWN);
      return take(bytes, from, end, head, cut) ?? FOREIGN;
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

function knownOf(groups: Groups, { zone = '', kindOf, ...layout }: TextHead): KnownHead {
  const { before = '', stamp = '', behind = '', priority, program = '', stream } = groups;
  const own = groups['zone'] ?? '';
  return {
    layout,
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

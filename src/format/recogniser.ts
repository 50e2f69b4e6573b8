/**
 * Which form the lines of a log have: what is around them, and which server wrote them. A form is held for the right one where lines
 * are the server's own in it and begin with a time. Of several the one holds in which the first lines are understood: what a remote
 * party can make a server write may look like any other form, but a log does not begin with it.
 */
import type { Dialect } from './dialects/dialect.ts';
import { Cut, FOREIGN, WHOLE, type Envelope } from './envelopes/envelope.ts';
import { Unwrapper, type Wrapping } from './envelopes/unwrap.ts';
import { ENVELOPES } from './envelopes.ts';
import { dialectNamed, DIALECTS, ownLines, recogniseDialect } from './format.ts';
import { isAllOf } from './time/behind-stamp.ts';
import { readingsOf } from './time/stamp-choice.ts';

export interface LineFormat {
  readonly dialect: Dialect;
  /** Undefined: the lines are as the server wrote them into a file. */
  readonly wrapping?: Wrapping | undefined;
}

/** Lines looked at of each form. */
const SAMPLE = 2000;
/** Own lines of which the stamps are looked at. */
const DATED = 20;
/** Programs in one log that may be the server. */
const PROGRAMS = 6;

interface Score {
  readonly format: LineFormat;
  /** The number of the first line that is the server's own. */
  readonly first: number;
  readonly events: number;
  readonly own: number;
}

/** Undefined where no line is understood. `server`: the name of a dialect, or `auto`. Lines are of one character per byte, without newline. */
export function recogniseFormat(lines: readonly string[], server = 'auto'): LineFormat | undefined {
  const found = recogniseDated(lines, server);
  // A log without stamps is known, too, so that what it lacks can be told.
  return found ?? plainFormat(lines, dialectNamed(server));
}

/** The same; undefined where no line that is understood begins with a time either. */
export function recogniseDated(lines: readonly string[], server = 'auto'): LineFormat | undefined {
  const named = dialectNamed(server);
  const dialects = named ? [named] : DIALECTS;
  const sample = lines.slice(0, SAMPLE);
  const wrapped = ENVELOPES.flatMap((envelope) => scoresIn(envelope, sample, dialects));
  const plain = dialects.flatMap((dialect) => scoreOf({ dialect }, sample) ?? []);
  const isStampOnly = ({ format }: Score): boolean => format.wrapping?.envelope.isStampOnly === true;
  const inOrder = [...wrapped.filter((each) => !isStampOnly(each)), ...plain, ...wrapped.filter(isStampOnly)];
  const [first, ...others] = inOrder;
  return first && others.reduce((a, b) => (isBetter(b, a) ? b : a), first).format;
}

function plainFormat(lines: readonly string[], named: Dialect | undefined): LineFormat | undefined {
  const dialect = named ?? recogniseDialect(lines);
  return dialect && ownLines(lines, dialect).length > 0 ? { dialect } : undefined;
}

function isBetter(a: Score, b: Score): boolean {
  if (a.format.wrapping?.envelope === b.format.wrapping?.envelope && a.events + b.events > 0)
    return a.events > b.events || (a.events === b.events && a.own > b.own);
  return a.first < b.first || (a.first === b.first && a.own > b.own);
}

/** Undefined where no line is understood and dated. */
function scoreOf(format: LineFormat, lines: readonly string[]): Score | undefined {
  const parser = format.dialect.begin();
  const own: string[] = [];
  let first = -1;
  let events = 0;
  for (const [i, line] of lines.entries()) {
    const kind = parser.parse(line, 0, line.length);
    if (kind === 'foreign' || kind === 'continuation' || kind === 'quoted') continue;
    if (first < 0) first = i;
    if (typeof kind === 'object' && kind.kind !== 'detail') events++;
    own.push(line);
  }
  return own.some((line) => line.length > 0) && areDated(own.slice(0, DATED), format.dialect)
    ? { format, first, events, own: own.length }
    : undefined;
}

function areDated(own: readonly string[], dialect: Dialect): boolean {
  const parser = dialect.begin();
  return readingsOf(own)
    .slice(0, 1)
    .some(({ form }) =>
      own.some((line) => {
        const wall = form.read(line, 0);
        return wall !== undefined && isAllOf(line, wall.end, parser.stampEndOf(line));
      }),
    );
}

function scoresIn(envelope: Envelope, lines: readonly string[], dialects: readonly Dialect[]): Score[] {
  const begin = lines.findIndex((line) => envelope.begins.test(line));
  if (begin < 0) return [];
  const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
  const { bodies, programs, hasStamp } = bodiesIn(envelope, bytes);
  return programs.flatMap((program) => {
    const inner = readingsOf((bodies.get(program) ?? []).slice(0, SAMPLE))[0]?.form;
    return dialects.flatMap((dialect) => {
      const scores = [
        ...(hasStamp ? [{ inner: undefined, keepsInner: false }] : []),
        ...(inner && hasStamp ? [{ inner, keepsInner: false }] : []),
        ...(inner ? [{ inner: undefined, keepsInner: true }] : []),
      ].flatMap((how) => {
        const wrapping = { envelope, program, ...how };
        const plain = new Unwrapper(wrapping, dialect).unwrap(bytes).toString('latin1').split('\n').slice(0, -1);
        return scoreOf({ dialect, wrapping }, plain) ?? [];
      });
      return scores.length === 0 ? [] : [preferred(scores)];
    });
  });
}

/** Stamps of its own that a server writes with their zone are as good as any, and finer. */
function preferred(scores: readonly [Score, ...Score[]] | readonly Score[]): Score {
  return scores.reduce((a, b) => (b.own > a.own ? b : a));
}

/** What stands in the lines of an envelope, by program; the programs with the most lines first. */
function bodiesIn(envelope: Envelope, bytes: Buffer) {
  const opener = envelope.open();
  const cut = new Cut();
  const bodies = new Map<string, string[]>();
  let hasStamp = false;
  for (let from = 0, end; (end = bytes.indexOf(10, from)) >= 0; from = end + 1) {
    const kind = opener.open(bytes, from, end, cut);
    if (kind === FOREIGN || kind > WHOLE) continue;
    hasStamp ||= cut.stampLength > 0;
    const all = bodies.get(cut.program) ?? [];
    all.push(cut.text.toString('latin1', cut.from, Math.min(cut.to, cut.from + 256)));
    bodies.set(cut.program, all);
  }
  const programs = [...bodies].toSorted(([, a], [, b]) => b.length - a.length).map(([program]) => program);
  return { bodies, programs: programs.slice(0, PROGRAMS), hasStamp };
}

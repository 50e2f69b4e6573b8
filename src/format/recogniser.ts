/**
 * Which form the lines of a log have: what is around them, and which server wrote them. A form is held for the right one where lines
 * are the server's own in it and begin with a time. Of several the one holds in which the first lines are understood: what a remote
 * party can make a server write may look like any other form, but a log does not begin with it.
 */
import type { Dialect } from './dialects/dialect.ts';
import { CONTINUATION, Cut, FOREIGN, HELD, type Envelope } from './envelopes/envelope.ts';
import { Unwrapper, type Wrapping } from './envelopes/unwrap.ts';
import { envelopesOf } from './envelopes.ts';
import { dialectNamed, DIALECTS, ownLines, recogniseDialect } from './format.ts';
import { isAllOf } from './time/behind-stamp.ts';
import { lengthOf, minuteOf, secondOf, type Minute } from './time/minute.ts';
import { readingsOf } from './time/stamp-choice.ts';
import type { StampForm } from './time/stamp-form.ts';
import { TIME_OF_DAY } from './time/time-of-day.ts';

export interface LineFormat {
  readonly dialect: Dialect;
  /** Undefined: the lines are as the server wrote them into a file. */
  readonly wrapping?: Wrapping | undefined;
}

/** What lines are in one form. */
export interface Score {
  readonly format: LineFormat;
  /** The numbers of the lines that are the server's own and begin with a time, from 0; there are some. */
  readonly ownAt: readonly number[];
  /** Of them, how many say something of sessions or of the server. */
  readonly events: number;
  /** One of them is of a server that starts. */
  readonly starts: boolean;
  /** How many lines the program wrote that wrote these; a record of several is one. */
  readonly lines: number;
}

/** Lines looked at of each form. */
export const SAMPLE = 2000;
/** Lines of a program by which the form of its own stamps is known. */
const TELLING = 200;

/** Undefined where no line is understood. `server`: the name of a dialect, or `auto`. Lines are of one character per byte, without newline. */
export function recogniseFormat(lines: readonly string[], server = 'auto'): LineFormat | undefined {
  const found = best(scoresOf(lines.slice(0, SAMPLE), server))?.format;
  // A log without stamps is known, too, so that what it lacks can be told.
  return found ?? plainFormat(lines, dialectNamed(server));
}

/** Each form in which some of these lines are understood and dated, the ones to be preferred first. */
export function scoresOf(lines: readonly string[], server = 'auto'): readonly Score[] {
  const named = dialectNamed(server);
  const dialects = named ? [named, ...(named.formerly ? [named.formerly] : [])] : DIALECTS;
  const wrapped = envelopesOf(lines).flatMap((envelope) => scoresIn(envelope, lines, dialects));
  const numbers = lines.map((_, i) => i);
  const plain = dialects.flatMap((dialect) => scoreOf({ dialect }, lines, { numbers, written: lines.length }) ?? []);
  const isStampOnly = ({ format }: Score): boolean => format.wrapping?.envelope.isStampOnly === true;
  return [...wrapped.filter((each) => !isStampOnly(each)), ...plain, ...wrapped.filter(isStampOnly)];
}

/** The one of them that is the form of the log; undefined where there are none. */
export function best([first, ...others]: readonly Score[]): Score | undefined {
  return first && others.reduce((a, b) => (isBetter(b, a) ? b : a), first);
}

function plainFormat(lines: readonly string[], named: Dialect | undefined): LineFormat | undefined {
  const dialect = named ?? recogniseDialect(lines);
  return dialect && ownLines(lines, dialect).length > 0 ? { dialect } : undefined;
}

function isBetter(a: Score, b: Score): boolean {
  const [own, otherOwn] = [a.ownAt.length, b.ownAt.length];
  const [first, otherFirst] = [a.ownAt[0]!, b.ownAt[0]!];
  const isOtherEnvelope = a.format.wrapping?.envelope !== b.format.wrapping?.envelope;
  // A line like "WARNING: TEXT", which a start script prints, reads as one of any server that logs to syslog.
  if (!isOtherEnvelope && a.events + b.events === 0 && isSameProgram(a, b)) return own > otherOwn;
  if (isOtherEnvelope || a.events + b.events === 0)
    return first < otherFirst || (first === otherFirst && own > otherOwn);
  // One that took the place of the other, as a new container does.
  if (areServers(a, b)) return first < otherFirst;
  return a.events > b.events || (a.events === b.events && own > otherOwn);
}

const isSameProgram = (a: Score, b: Score): boolean =>
  a.format.wrapping !== undefined && a.format.wrapping.program === b.format.wrapping?.program;

function areServers(a: Score, b: Score): boolean {
  return !isSameServer(a.format, b.format) && [a, b].every((each) => each.events > 0 && isServer(each));
}

/** Whether a program writes what a server does, and does not only repeat a line of it. */
export const isServer = ({ ownAt, lines }: Score): boolean => ownAt.length > 1 && ownAt.length * 3 >= lines * 2;

/** The parts of jabberd2 are programs of one server: `jabberd/sm`, `jabberd/c2s`. */
export const isSameServer = (a: LineFormat, b: LineFormat): boolean => serverOf(a) === serverOf(b);
const serverOf = ({ wrapping }: LineFormat): string | undefined => wrapping?.program.split('/', 1)[0];

/** Of plain lines, which stand so in what one program wrote; undefined where none is understood and dated. */
function scoreOf(
  format: LineFormat,
  lines: readonly string[],
  { numbers, written }: Pick<Part, 'numbers' | 'written'>,
): Score | undefined {
  const own = datedIn(lines, format.dialect).filter(({ isQuoted }) => !isQuoted);
  if (own.length === 0) return undefined;
  return {
    format,
    ownAt: own.map(({ number }) => numbers[number]!),
    events: own.filter(({ isEvent }) => isEvent).length,
    starts: own.some(({ isStart }) => isStart),
    lines: written,
  };
}

/** Which form the stamp had that was read last: to find it among all of them takes longer than to read it. */
export interface LastStamp {
  form?: StampForm | undefined;
}

/** The lines that their server wrote in that form with the time in front. `last`: of lines before them, and then of these. */
export const ownIn = (lines: readonly string[], format: LineFormat, last?: LastStamp): readonly OwnLine[] =>
  datedIn(plainLines(lines, format), format.dialect, last);

export interface OwnLine {
  readonly number: number;
  /** It may be the text of a remote party. */
  readonly isQuoted: boolean;
  readonly isEvent: boolean;
  /** Its server starts. */
  readonly isStart: boolean;
}

/** Of plain lines those of the server's own that begin with the time. */
function datedIn(lines: readonly string[], dialect: Dialect, last: LastStamp = {}): readonly OwnLine[] {
  const parser = dialect.begin();
  let minute: Minute | undefined;
  const isDated = (line: string, end: number): boolean => {
    if (minute && end === lengthOf(minute) && secondOf(minute, line, 0) !== undefined) return true;
    const wall = last.form?.read(line, 0);
    if (!wall || !isAllOf(line, wall.end, end)) return false;
    minute = minuteOf(line, 0, end, wall, 0);
    return true;
  };
  return lines.flatMap((line, number) => {
    const kind = parser.parse(line, 0, line.length);
    if (kind === 'foreign' || kind === 'continuation' || line === '') return [];
    const end = parser.stampEndOf(line);
    if (end < 1) return [];
    if (!isDated(line, end)) {
      last.form = readingsOf([line])[0]?.form ?? last.form;
      if (!isDated(line, end)) return [];
    }
    const isEvent = typeof kind === 'object' && kind.kind !== 'detail';
    const isStart = kind === 'first' || (isEvent && kind.kind === 'server-start');
    return [{ number, isQuoted: kind === 'quoted', isEvent, isStart }];
  });
}

function scoresIn(envelope: Envelope, lines: readonly string[], dialects: readonly Dialect[]): Score[] {
  const { parts, hasStamp } = partsOf(envelope, lines);
  return [...parts].flatMap(([program, part]) => {
    const { numbers, bodies } = part;
    const bytes = bytesOf(numbers.map((i) => lines[i]!));
    const inner = readingsOf(bodies)[0]?.form;
    // One body with a date may be the text of a remote party.
    const time = bodies.some((body) => TIME_OF_DAY.read(body, 0)) ? TIME_OF_DAY : undefined;
    const ofEnvelope = hasStamp ? [undefined, inner, time].filter((form, i) => i === 0 || form) : [];
    return dialects.flatMap((dialect) => {
      const scores = [
        ...ofEnvelope.map((form) => ({ inner: form, keepsInner: false })),
        ...(inner ? [{ inner: undefined, keepsInner: true }] : []),
      ].flatMap((how) => {
        const wrapping = { envelope, program, ...how };
        const plain = new Unwrapper(wrapping, dialect).unwrap(bytes).toString('latin1').split('\n').slice(0, -1);
        return scoreOf({ dialect, wrapping }, plain, part) ?? [];
      });
      return scores.length === 0 ? [] : [scores.reduce((a, b) => (b.ownAt.length > a.ownAt.length ? b : a))];
    });
  });
}

/** Lines (one character per byte) as their server would write them into a file; as they are where no form is recognised. */
export function plainLines(lines: readonly string[], format = recogniseFormat(lines)): readonly string[] {
  const plain = plainOf(format);
  return plain && lines.length > 0 ? plain(bytesOf(lines)).toString('latin1').split('\n').slice(0, -1) : lines;
}

/** Makes the lines of a form plain, each block for itself; undefined where they are. The last byte of a block is a newline. */
export function plainOf(format: LineFormat | undefined): ((bytes: Buffer) => Buffer) | undefined {
  const { wrapping, dialect } = format ?? {};
  return wrapping && dialect && ((bytes) => new Unwrapper(wrapping, dialect).unwrap(bytes));
}

const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`, 'latin1');

/** What one program wrote: the numbers of its lines, and what stands in the first of them. */
interface Part {
  readonly numbers: number[];
  /** Without those that are part of a record that ends in another one. */
  written: number;
  readonly bodies: string[];
}

/** The lines of an envelope by program. */
function partsOf(envelope: Envelope, lines: readonly string[]) {
  const bytes = bytesOf(lines);
  const opener = envelope.open();
  const cut = new Cut();
  const parts = new Map<string, Part>();
  let hasStamp = false;
  let last: Part | undefined;
  let held: number[] = [];
  for (let i = 0, from = 0; i < lines.length; from += lines[i++]!.length + 1) {
    const kind = opener.open(bytes, from, from + lines[i]!.length, cut);
    if (kind === HELD) {
      held.push(i);
      continue;
    }
    if (kind === FOREIGN) last = undefined;
    else if (kind !== CONTINUATION) last = parts.get(cut.program) ?? { numbers: [], written: 0, bodies: [] };
    const before = held;
    held = [];
    if (!last) continue;
    for (const each of before) last.numbers.push(each);
    last.numbers.push(i);
    last.written++;
    if (kind === CONTINUATION) continue;
    hasStamp ||= cut.stampLength > 0;
    parts.set(cut.program, last);
    if (last.bodies.length < TELLING)
      last.bodies.push(cut.text.toString('latin1', cut.from, Math.min(cut.to, cut.from + 256)));
  }
  return { parts, hasStamp };
}

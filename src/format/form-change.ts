/**
 * Where the lines of a log begin to have another form, as by another template of syslog, a server that was upgraded, or a container
 * that was made anew and has another name. What a remote party makes a server write must not look like it, and neither must another
 * program that writes into the same log, and repeats a line of the server: so there are lines of which it cannot be told yet.
 */
import { CONTINUATION, Cut, FOREIGN, HELD } from './envelopes/envelope.ts';
import type { Wrapping } from './envelopes/unwrap.ts';
import { secondsBetween } from './time/seconds-between.ts';
import { best, isSameServer, isServer, ownIn, scoresOf, type LineFormat, type Score } from './recogniser.ts';

/** No message of a server is longer, bytes: ejabberd cuts them at 102,400 characters. */
const LONGEST_MESSAGE = 4 * 102_400;
/** All of a message is written at once: lines that are further apart, seconds, are not of the same. */
const ONE_MESSAGE = 60;
/** Where no more lines come to tell, lines so far apart, seconds, are enough. */
const ONE_MESSAGE_AT_END = 5;
/** Lines that wait until they can be told, bytes; more of records that have many lines. */
const LONGEST_WAIT = 64 * 1024;
const LONGEST_WAIT_OF_RECORDS = 4 * LONGEST_WAIT;
/** Lines of another program by which it is the server: of one that starts before the one so far starts anew, of one at the beginning of a file, and else. */
const STARTING = 2;
const BEGINNING = 3;
export const GOING_ON = 20;
/** So many lines of a program, none of which is a server's, are enough to look at no more of them. */
const QUIET = 100;
/** Programs known so. */
const MOST_PROGRAMS = 1000;
/** What has none is no line of a server's with a time. */
const MAY_BE_DATED = /\d:\d\d|\d{10}|@40000000/;

export interface Known {
  /** The form of the lines so far. */
  readonly format: LineFormat;
  /** The setting: a dialect's name, or `auto`. */
  readonly server: string;
  /** The server marks the further lines of a message, so that none begins as a remote party likes. */
  readonly marks: boolean;
  /** The first of these lines may be the text of a remote party in a message before; undefined: that is never known. */
  readonly isQuoting?: boolean | undefined;
  /** The file has had no line of that form so far. */
  readonly isUnheard: boolean;
  /** Bytes of lines that are not understood right before these. */
  readonly strange: number;
  /** Nothing stands behind these lines yet. */
  readonly isLast: boolean;
  /** Nor will anything for now: what these lines tell is all that is to be had. */
  readonly isEnd: boolean;
  /** The program in whose place the one so far came, as long as that has not written much. */
  readonly replaced: string | undefined;
  /** Programs that wrote what a server does while the one so far did, too. */
  readonly rivals: ReadonlyMap<string, number>;
  /** Other programs, and how many lines of them were looked at of which none is a server's. */
  readonly quiet: Map<string, number>;
}

/** Another program that writes into the log what a server does. */
export interface Rival {
  readonly program: string;
  readonly lines: number;
}

/** Numbers of lines are from 0. */
export type Look =
  /** From line `at` on another form holds. */
  | { readonly kind: 'change'; readonly at: number; readonly format: LineFormat }
  /** What the lines from `at` on are is told by those that come next. */
  | { readonly kind: 'wait'; readonly at: number; readonly rivals: readonly Rival[] }
  /** Nothing changes before line `at`. */
  | { readonly kind: 'none'; readonly at: number; readonly rivals: readonly Rival[] };

/** Lines without one of the server's own. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where a line stands. */
interface Place {
  /** `outside`: nothing of what is around the others is around it, so it is no text of a message. `within`: part of a record. */
  readonly where: 'plain' | 'outside' | 'within' | 'same program' | 'other program';
  /** Of another program its name; else empty. */
  readonly program: string;
  /** When it was written; empty where that cannot be told. */
  readonly stamp: string;
}

/** What is found in at most `SAMPLE` lines, of one character per byte, the first of which is not understood. */
export function lookAt(lines: readonly string[], known: Known): Look {
  const { format, server } = known;
  const ownLines = ownIn(lines, format);
  const own = new Set(ownLines.map(({ number }) => number));
  const starts = new Set(ownLines.filter(({ isStart }) => isStart).map(({ number }) => number));
  const places = placesIn(lines, format.wrapping);
  const isQuiet = ({ program }: Place): boolean => (known.quiet.get(program) ?? 0) >= QUIET;
  const strange = [...lines.keys()].filter((i) => !own.has(i) && !isQuiet(places[i]!));
  const nothing: Look = { kind: 'none', at: lines.length, rivals: [] };
  if (!strange.some((i) => MAY_BE_DATED.test(lines[i]!))) return nothing;
  const isOther = (score: Score): boolean => !isSame(score.format, format);
  const overall = scoresOf(
    strange.map((i) => lines[i]!),
    server,
  ).filter(isOther);
  noteQuiet(
    strange.map((i) => places[i]!.program),
    overall,
    known.quiet,
  );
  if (overall.length === 0) return nothing;
  const telling = new Set(overall.flatMap(({ ownAt }) => ownAt.map((i) => strange[i]!)));
  const rivalsBefore = (end: number): readonly Rival[] => {
    const before = strange.findLastIndex((i) => i < end) + 1;
    return rivalsIn(overall, format, before);
  };
  let last: Span | undefined;
  for (const span of spansIn(lines.length, own)) {
    if (!isAnyIn(span, telling)) continue;
    // Of what stands behind other lines of the server's it is told when they have been read.
    if (!format.wrapping && known.isQuoting !== undefined && span.from > 0)
      return { kind: 'none', at: span.from, rivals: rivalsBefore(span.from) };
    last = span;
    const scores = scoresOf(lines.slice(span.from, span.to), server).filter(isOther);
    const isLast = span.to === lines.length;
    const judge = { known, span, places, overall, isBeforeStart: starts.has(span.to), bytes: bytesIn(lines, span) };
    const found = best(scores.filter((score) => judgementOf(score, judge) === 'yes'));
    if (found) return { kind: 'change', at: span.from, format: found.format };
    const mayBe = isLast && scores.some((score) => judgementOf(score, judge) === 'not yet');
    if (mayBe && known.isLast) return { kind: 'wait', at: span.from, rivals: rivalsBefore(span.from) };
  }
  const goesOn = last?.to === lines.length && last.from > 0 && !known.isLast;
  const at = goesOn ? last!.from : lines.length;
  return { kind: 'none', at, rivals: rivalsBefore(at) };
}

interface Judge {
  readonly known: Known;
  readonly span: Span;
  readonly places: readonly Place[];
  /** What all lines are in each form. */
  readonly overall: readonly Score[];
  /** Behind the span the server so far starts anew. */
  readonly isBeforeStart: boolean;
  readonly bytes: number;
}

/** Whether the log has that form from the span on. */
function judgementOf(score: Score, judge: Judge): 'yes' | 'no' | 'not yet' {
  const { known, span, places, bytes } = judge;
  const longest = known.format.wrapping?.envelope.linesOfRecord ? LONGEST_WAIT_OF_RECORDS : LONGEST_WAIT;
  const mayWait = bytes <= longest ? 'not yet' : 'no';
  const oneMessage = known.isEnd ? ONE_MESSAGE_AT_END : ONE_MESSAGE;
  const stampOf = (i: number): string => places[span.from + i]!.stamp;
  switch (places[span.from + score.ownAt[0]!]!.where) {
    case 'outside':
      return 'yes';
    case 'within':
      return 'no';
    case 'other program':
      return takesPlace(score, judge, mayWait);
    case 'same program':
      if (known.marks || bytes > LONGEST_MESSAGE) return 'yes';
      return secondsBetween(stampOf(score.ownAt[0]!), stampOf(score.ownAt.at(-1)!)) > oneMessage ? 'yes' : mayWait;
    case 'plain':
  }
  if (known.marks || known.isQuoting === false || (known.isUnheard && span.from === 0)) return 'yes';
  return bytes + (span.from === 0 ? known.strange : 0) > LONGEST_MESSAGE ? 'yes' : 'no';
}

/**
 * Another program is the server where it writes what a server does, while the one so far is silent. As long as that may only have
 * had nothing to say, the start of another one closes nobody's session: it may be a neighbour that repeats its lines.
 */
function takesPlace(
  score: Score,
  { known, overall, isBeforeStart }: Judge,
  mayWait: 'no' | 'not yet',
): 'yes' | 'no' | 'not yet' {
  const { format, isUnheard, isEnd, replaced, rivals } = known;
  const { starts, ownAt } = score;
  const program = score.format.wrapping?.program ?? '';
  if (score.format.dialect !== format.dialect || isSameServer(score.format, format)) return 'no';
  // Many a daemon says `error: TEXT`, as Prosody does to syslog.
  if (score.events === 0) return 'no';
  // What came in its place was a neighbour that repeated lines of it.
  if (program === replaced) return 'yes';
  const all = overall.find((each) => isSame(each.format, score.format)) ?? score;
  const isRival = rivals.has(program) || all.ownAt.length > ownAt.length;
  if (isEnd && isRival) return 'no';
  const needed = (starts && isBeforeStart) || isEnd ? STARTING : isUnheard ? BEGINNING : GOING_ON;
  const writesSo = ownAt.length >= GOING_ON || (isServer(score) && isServer(all));
  if (ownAt.length >= needed && writesSo) return 'yes';
  return starts || all.ownAt.length * 3 >= all.lines * 2 ? mayWait : 'no';
}

/** By their lines before the one that is `end` of those that were looked at. */
function rivalsIn(overall: readonly Score[], format: LineFormat, end: number): readonly Rival[] {
  const rivals = new Map<string, number>();
  for (const score of overall) {
    const { envelope, program = '' } = score.format.wrapping ?? {};
    const isOther = envelope === format.wrapping?.envelope && !isSameServer(score.format, format);
    const lines = score.ownAt.filter((i) => i < end).length;
    if (!isOther || score.events === 0 || lines === 0 || !isServer(score)) continue;
    rivals.set(program, Math.max(rivals.get(program) ?? 0, lines));
  }
  return [...rivals].map(([program, lines]) => ({ program, lines }));
}

const isSame = (a: LineFormat, b: LineFormat): boolean =>
  a.dialect === b.dialect &&
  a.wrapping?.envelope === b.wrapping?.envelope &&
  a.wrapping?.program === b.wrapping?.program &&
  a.wrapping?.inner?.name === b.wrapping?.inner?.name &&
  a.wrapping?.keepsInner === b.wrapping?.keepsInner;

function spansIn(lines: number, own: ReadonlySet<number>): readonly Span[] {
  const spans: Span[] = [];
  for (let from = 0, i = 0; i <= lines; i++) {
    if (i < lines && !own.has(i)) continue;
    if (i > from) spans.push({ from, to: i });
    from = i + 1;
  }
  return spans;
}

function isAnyIn({ from, to }: Span, numbers: ReadonlySet<number>): boolean {
  for (let i = from; i < to; i++) if (numbers.has(i)) return true;
  return false;
}

const bytesIn = (lines: readonly string[], { from, to }: Span): number =>
  lines.slice(from, to).reduce((sum, { length }) => sum + length + 1, 0);

function noteQuiet(programs: readonly string[], overall: readonly Score[], quiet: Map<string, number>): void {
  const loud = new Set(overall.map(({ format }) => format.wrapping?.program));
  if (quiet.size > MOST_PROGRAMS) quiet.clear();
  for (const program of programs)
    if (program !== '') quiet.set(program, loud.has(program) ? 0 : (quiet.get(program) ?? 0) + 1);
}

function placesIn(lines: readonly string[], wrapping: Wrapping | undefined): readonly Place[] {
  const nowhere = { program: '', stamp: '' };
  if (!wrapping) return lines.map(() => ({ where: 'plain', ...nowhere }));
  const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
  const opener = wrapping.envelope.open();
  const cut = new Cut();
  let from = 0;
  return lines.map(({ length }) => {
    const kind = opener.open(bytes, from, from + length, cut);
    from += length + 1;
    if (kind === FOREIGN) return { where: 'outside', ...nowhere };
    if (kind === HELD) return { where: 'within', ...nowhere };
    if (kind !== CONTINUATION && cut.program !== wrapping.program)
      return { where: 'other program', program: cut.program, stamp: '' };
    return { where: 'same program', program: '', stamp: cut.stamp.toString('latin1', 0, cut.stampLength) };
  });
}

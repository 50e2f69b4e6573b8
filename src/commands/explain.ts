/** `explain`: every line of a file beside the event found in it, for a log that is not understood. */
import type { Config } from '../config.ts';
import type { SessionEvent } from '../dialect/dialect.ts';
import { dialectNamed, recogniseDialect } from '../dialect/dialects.ts';
import { LineReader } from '../dialect/reader.ts';
import { readPiece, type Arrangement, type Piece } from '../log/archive.ts';
import { believedUntil } from '../pipeline/belief.ts';
import { readingOf } from '../pipeline/reading.ts';
import { firstLines } from '../pipeline/tally.ts';
import { printable } from '../report/table.ts';
import { tellRejected } from './findings.ts';
import { withInputs } from './inputs.ts';
import { print, type Io } from './io.ts';
import { showTime } from './instant.ts';

export interface ExplainArguments {
  readonly file: string;
  readonly json: boolean;
}

export async function explain(config: Config, { file, json }: ExplainArguments, io: Io): Promise<number> {
  return withInputs([file], config, io, async ({ arrangement, failed }, said) => {
    const pieces = arrangement.chains.flatMap((chain) => chain.pieces);
    // What has no stamps is no log for the other commands; to see why is what this one is for.
    const unstamped = arrangement.problems
      .filter(({ code }) => code === 'NO_STAMPS')
      .map(({ path }) => plainPiece(path, io));
    for (const piece of [...pieces, ...unstamped]) await explainPiece(piece, { config, arrangement, json }, said);
    return (failed && unstamped.length === 0) || io.signal.aborted ? 1 : 0;
  });
}

function plainPiece(path: string, io: Io): Piece {
  const year = new Date(io.now() * 1000).getUTCFullYear();
  return { path, log: path, firstAt: 0, lastAt: 0, year, textBytes: 0, sampleLines: [], head: Buffer.alloc(0) };
}

interface How {
  readonly config: Config;
  readonly arrangement: Arrangement;
  readonly json: boolean;
}

async function explainPiece(piece: Piece, { config, arrangement, json }: How, io: Io): Promise<void> {
  const { server, timezone } = readingOf(config, piece.log);
  const horizon = believedUntil({ arrangement, year: config.year, now: io.now(), permanent: false });
  const show: Describe = json ? jsonOf : (event, text) => textOf(event, text, timezone);
  let reader: LineReader | undefined;
  let line = 0;
  const onProblem = (sentence: string): void => io.log('warning', sentence);
  for await (const { bytes, position } of readPiece(piece, { signal: io.signal, complete: true, onProblem })) {
    // A line that is passed over for its length is a line of the file all the same.
    if (bytes.length === 0 && !position.done) await print(io, `${show(undefined, '', ++line)}\n`);
    if (bytes.length === 0) continue;
    reader ??= readerOf(bytes, { server, timezone, year: piece.year, horizon });
    const events = new Map<number, SessionEvent>();
    reader.read(bytes, (event, index) => events.set(index, event));
    await print(io, describe(bytes, line, events, show));
    line += countLines(bytes);
  }
  if (reader) tellRejected(reader.counts, io);
}

interface ReaderSettings {
  readonly server: string;
  readonly timezone: string;
  readonly year: number;
  readonly horizon: number;
}

function readerOf(bytes: Buffer, { server, timezone, year, horizon }: ReaderSettings): LineReader {
  const dialect = dialectNamed(server) ?? recogniseDialect(firstLines(bytes)) ?? dialectNamed('prosody');
  if (!dialect) throw new Error(`no dialect is named ${server}`);
  return new LineReader({ dialect, timezone, horizon: () => horizon, state: { clock: { year, last: undefined } } });
}

type Describe = (event: SessionEvent | undefined, text: string, line: number) => string;

function describe(bytes: Buffer, before: number, events: ReadonlyMap<number, SessionEvent>, show: Describe): string {
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  return lines.map((text, i) => `${show(events.get(i), text, before + i + 1)}\n`).join('');
}

function jsonOf(event: SessionEvent | undefined, _text: string, line: number): string {
  // That debug lines begin is no event of a session.
  if (!event || event.kind === 'detail') return JSON.stringify({ line, kind: null });
  const { kind, at, ...rest } = event;
  const { user, session, ...more } = { user: undefined, session: undefined, ...rest };
  return JSON.stringify({ line, kind, user, session, ...more, at });
}

function textOf(event: SessionEvent | undefined, text: string, timezone: string): string {
  return `${event && event.kind !== 'detail' ? eventText(event, timezone) : '-'}\t${printable(text)}`;
}

function eventText(event: SessionEvent, timezone: string): string {
  const who = 'user' in event ? ` ${event.user}` : '';
  const which = 'session' in event ? ` ${event.session}` : '';
  return `${showTime(event.at, timezone)} ${event.kind}${who}${which}`;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

/**
 * What a command and the daemon say to each other while old logs are read into the daemon's index. The command sees the files,
 * reads them, and says what it has found; the daemon asks for one block after the other. What comes from the command is looked
 * at field by field: it goes into the index.
 */
import type { LogConfig } from '../config/log-tables.ts';
import { dialectNamed } from '../format/format.ts';
import { STAMP_FORMS } from '../format/time/stamp-form.ts';
import { strftimeForm } from '../format/time/strftime.ts';
import type { ArchivedFile, Series } from '../service/archive/arrange.ts';
import type { GivenLog } from '../service/given-logs.ts';
import type { Fingerprint, Milestone, Position } from '../source/follow/position.ts';
import type { FileStat } from '../source/files/file-stat.ts';
import type { Block, JournalPosition } from '../source/source.ts';

/** The command's: these files are to be read, or what the journal has of a log. */
export interface FilesRequest {
  readonly series: readonly { readonly log: LogConfig; readonly files: readonly FileFacts[] }[];
  readonly year?: number;
}
export interface JournalRequest {
  readonly journal: LogConfig;
}

/** What is to be known of a file to read its lines; times are unix seconds. */
export interface FileFacts extends Pick<ArchivedFile, 'path' | 'firstAt' | 'lastAt' | 'year'> {
  /** The name of its stamps' form, where that is certain. */
  readonly stamp?: string;
}

type Json = Readonly<Record<string, unknown>>;

export function filesRequest(allSeries: readonly Series<GivenLog>[], year: number | undefined): FilesRequest {
  const series = allSeries.map(({ log, of, archivedFiles }) => ({
    log: { ...of.settings, path: log },
    files: archivedFiles.map(({ path, firstAt, lastAt, year: begins, stamp }) => ({
      ...{ path, firstAt, lastAt, year: begins },
      ...(stamp && { stamp: stamp.name }),
    })),
  }));
  return { series, ...(year !== undefined && { year }) };
}

/** The files of a request as `backfill` takes them. @throws {SyntaxError} */
export function seriesIn({ series }: Json): Series<GivenLog>[] {
  return list(series, (each) => {
    const settings = logIn(each['log']);
    const { path: log, timezone, timestamps, server } = settings;
    const archivedFiles = list(each['files'], (file): ArchivedFile => {
      const stamp = STAMP_FORMS.find(({ name }) => name === file['stamp']);
      return {
        ...{ path: text(file['path']), log, firstAt: number(file['firstAt']), lastAt: number(file['lastAt']) },
        ...{ year: number(file['year']), textBytes: Infinity, head: EMPTY, sampleLines: [] },
        ...(stamp && { stamp }),
      };
    });
    const of = { log, files: archivedFiles.map(({ path }) => path), timezone, timestamps, server, isByName: false };
    return { log, archivedFiles, of: { ...of, settings } };
  });
}

/** @throws {SyntaxError} */
export function yearIn({ year }: Json): number | undefined {
  return year === undefined ? undefined : number(year);
}

/** @throws {SyntaxError} */
export function logIn(value: unknown): LogConfig {
  const { name, path, server, timezone, timestamps } = object(value);
  const texts = [name, path, server, timezone, timestamps].map(text);
  const [named = '', at = '', by = '', zone = '', form = ''] = texts;
  // What they say of themselves, when they are none.
  Intl.DateTimeFormat('en', { timeZone: zone });
  if (form !== '' && !strftimeForm(form)) throw new SyntaxError(`${form} is no form of stamps`);
  if (by !== 'auto' && !dialectNamed(by))
    throw new SyntaxError(`the daemon knows no server ${by}: define it in the configuration of the daemon, too`);
  return { name: named, path: at, server: by, timezone: zone, timestamps: form, rotated: [] };
}

/** A block of lines as the command has read it. @throws {SyntaxError} */
export function blockIn<P extends Position | JournalPosition>(
  { continues, position, isBehindLoss }: Json,
  bytes: Buffer,
  positionIn: (value: unknown) => P,
): Block<P> {
  const place = positionIn(position);
  const isWhole = bytes.length === 0 || bytes.at(-1) === NEWLINE;
  if (!isWhole) throw new SyntaxError('a line is not whole');
  return {
    ...{ log: place.log, bytes, continues: continues === true, position: place, forgotten: [] },
    ...(isBehindLoss === true && { isBehindLoss }),
  };
}

/** @throws {SyntaxError} */
export function filePositionIn(value: unknown): Position {
  const found = object(value);
  return {
    ...{ id: text(found['id']), log: text(found['log']), offset: count(found['offset']) },
    ...{ head: fingerprint(object(found['head'])), marker: fingerprint(object(found['marker'])) },
    readAt: count(found['readAt']),
    ...optional('headLines', found['headLines'], (lines) => list(lines, fingerprint)),
    ...optional('start', found['start'], count),
    ...optional('milestones', found['milestones'], (all) => list(all, milestone)),
    ...optional('crc', found['crc'], count),
    ...optional('file', found['file'], fileStat),
    ...(found['done'] === true && { done: true }),
  };
}

/** @throws {SyntaxError} */
export function journalPositionIn(value: unknown): JournalPosition {
  const { id, log, cursor, readAt, isEmptied } = object(value);
  const position = { id: text(id), log: text(log), cursor: text(cursor), readAt: count(readAt) };
  return { ...position, ...(isEmptied === true && { isEmptied }) };
}

/** As `positionIn`, but of no other log: the files of that one would be read again, or not at all. */
export const ofLog =
  <P extends Position | JournalPosition>(log: string, positionIn: (value: unknown) => P) =>
  (value: unknown): P => {
    const position = positionIn(value);
    if (position.log !== log) throw new SyntaxError(`a position is of ${position.log}, not of ${log}`);
    return position;
  };

const NEWLINE = 10;
const EMPTY = Buffer.alloc(0);

const fingerprint = ({ length, hash }: Json): Fingerprint => ({ length: count(length), hash: text(hash) });
const milestone = ({ offset, hash }: Json): Milestone => ({ offset: count(offset), hash: text(hash) });

function fileStat(value: unknown): FileStat {
  const { path, dev, ino, size, mtimeMs } = object(value);
  return { path: text(path), dev: number(dev), ino: number(ino), size: number(size), mtimeMs: number(mtimeMs) };
}

function optional<K extends string, T>(name: K, value: unknown, read: (value: unknown) => T): { [key in K]?: T } {
  return value === undefined ? {} : ({ [name]: read(value) } as { [key in K]?: T });
}

function object(value: unknown): Json {
  if (typeof value !== 'object' || value === null) throw new SyntaxError('an object is missing');
  return value as Json;
}

function list<T>(value: unknown, read: (each: Json) => T): T[] {
  if (!Array.isArray(value)) throw new SyntaxError('a list is missing');
  return value.map((each) => read(object(each)));
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new SyntaxError('a text is missing');
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new SyntaxError('a number is missing');
  return value;
}

function count(value: unknown): number {
  const found = number(value);
  if (!Number.isSafeInteger(found) || found < 0) throw new SyntaxError('a number is below zero, or no whole one');
  return found;
}

/**
 * A store that makes lines and their position known in one step: whole records appended to one file. A record that was
 * cut off by a kill does not count, and is cut away before the next one is written.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { Position } from '../../src/source/follow/position.ts';
import type { StoredVerdicts } from '../../src/source/follow/verdicts.ts';

export interface Header {
  readonly log: string;
  readonly position: Position;
  readonly forgotten: readonly string[];
  readonly verdicts?: StoredVerdicts;
}

/** By log, and by id. */
export type Positions = ReadonlyMap<string, ReadonlyMap<string, Position>>;

const PREFIX = 8;
/** Bytes of journal between two notes of the positions: a start must not take longer the longer the torture lasts. */
const NOTE_EVERY = 4 * 1024 * 1024;
const END = Buffer.from('\nEND\n');

export class Journal {
  private readonly fd: number;
  private readonly path: string;
  private readonly known = new Map<string, Map<string, Position>>();
  private readonly knownVerdicts = new Map<string, StoredVerdicts>();
  private at = 0;
  private notedAt = 0;

  constructor(path: string, flags: 'r' | 'a+') {
    this.path = path;
    this.fd = openSync(path, flags);
  }

  static exists(path: string): boolean {
    return existsSync(path);
  }

  /** The next whole record. */
  next(withBytes: boolean): { header: Header; bytes: Buffer } | undefined {
    const prefix = this.read(this.at, PREFIX);
    if (prefix === undefined) return undefined;
    const headerLength = prefix.readUInt32LE(0);
    const bytesLength = prefix.readUInt32LE(4);
    const end = this.at + PREFIX + headerLength + bytesLength;
    if (this.read(end, END.length)?.equals(END) !== true) return undefined;
    const header = this.read(this.at + PREFIX, headerLength);
    const bytes = withBytes ? this.read(this.at + PREFIX + headerLength, bytesLength) : Buffer.alloc(0);
    if (header === undefined || bytes === undefined) return undefined;
    this.at = end + END.length;
    return { header: JSON.parse(header.toString()), bytes };
  }

  verdicts(log: string): StoredVerdicts | undefined {
    return this.knownVerdicts.get(log);
  }

  /** Reads what is there, and cuts away an unfinished end. */
  positions(): Positions {
    this.recall();
    for (let record = this.next(false); record !== undefined; record = this.next(false)) this.learn(record.header);
    ftruncateSync(this.fd, this.at);
    return this.known;
  }

  append(header: Header, bytes: Buffer): void {
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(PREFIX);
    prefix.writeUInt32LE(json.length, 0);
    prefix.writeUInt32LE(bytes.length, 4);
    const record = Buffer.concat([prefix, json, bytes, END]);
    for (let written = 0; written < record.length;) written += writeSync(this.fd, record, written);
    this.at += record.length;
    this.learn(header);
    if (this.at - this.notedAt >= NOTE_EVERY) this.note();
  }

  close(): void {
    closeSync(this.fd);
  }

  private learn({ log, position, forgotten, verdicts }: Header): void {
    if (verdicts) this.knownVerdicts.set(log, verdicts);
    const positions = this.known.get(log) ?? new Map<string, Position>();
    forgotten.forEach((id) => positions.delete(id));
    this.known.set(log, positions.set(position.id, position));
  }

  private note(): void {
    const known = [...this.known].map(([log, positions]) => [log, [...positions.values()]]);
    writeFileSync(`${this.path}.new`, JSON.stringify({ at: this.at, known, verdicts: [...this.knownVerdicts] }));
    renameSync(`${this.path}.new`, `${this.path}.note`);
    this.notedAt = this.at;
  }

  private recall(): void {
    if (!existsSync(`${this.path}.note`)) return;
    const note: { at: number; known: [string, Position[]][]; verdicts: [string, StoredVerdicts][] } = JSON.parse(
      readFileSync(`${this.path}.note`, 'utf8'),
    );
    const { at, known, verdicts } = note;
    for (const [log, each] of verdicts) this.knownVerdicts.set(log, each);
    this.at = this.notedAt = at;
    for (const [log, positions] of known)
      this.known.set(log, new Map(positions.map((position) => [position.id, position])));
  }

  private read(at: number, length: number): Buffer | undefined {
    if (at + length > fstatSync(this.fd).size) return undefined;
    const buffer = Buffer.allocUnsafe(length);
    return readSync(this.fd, buffer, 0, length, at) === length ? buffer : undefined;
  }
}

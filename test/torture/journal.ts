/**
 * A store that makes lines and their position known in one step: whole records appended to one file. A record that was
 * cut off by a kill does not count, and is cut away before the next one is written.
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Position } from '../../src/log/position.ts';

export interface Header {
  readonly log: string;
  readonly position: Position;
  readonly forgotten: readonly string[];
}

const PREFIX = 8;
const END = Buffer.from('\nEND\n');

export class Journal {
  private readonly fd: number;
  private at = 0;

  constructor(path: string, flags: 'r' | 'a+') {
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

  /** Reads what is there, and cuts away an unfinished end. */
  positions(): Map<string, Map<string, Position>> {
    const logs = new Map<string, Map<string, Position>>();
    for (let record = this.next(false); record !== undefined; record = this.next(false)) {
      const { log, position, forgotten } = record.header;
      const positions = logs.get(log) ?? new Map<string, Position>();
      forgotten.forEach((id) => positions.delete(id));
      logs.set(log, positions.set(position.id, position));
    }
    ftruncateSync(this.fd, this.at);
    return logs;
  }

  append(header: Header, bytes: Buffer): void {
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(PREFIX);
    prefix.writeUInt32LE(json.length, 0);
    prefix.writeUInt32LE(bytes.length, 4);
    const record = Buffer.concat([prefix, json, bytes, END]);
    for (let written = 0; written < record.length;) written += writeSync(this.fd, record, written);
  }

  close(): void {
    closeSync(this.fd);
  }

  private read(at: number, length: number): Buffer | undefined {
    if (at + length > fstatSync(this.fd).size) return undefined;
    const buffer = Buffer.allocUnsafe(length);
    return readSync(this.fd, buffer, 0, length, at) === length ? buffer : undefined;
  }
}

/** A log as it grows and is rotated on a disk, step by step, by what a case says of its files. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LogCase } from './case.ts';
import { textOf } from './drive.ts';
import type { Entry } from './prosody.ts';

interface Rotated {
  /** The name that it has in the end, without what compression adds. */
  readonly last: string;
  name: string;
  isCompressed: boolean;
}

export class Disk {
  readonly live: string;
  readonly #log: LogCase;
  readonly #directory: string;
  readonly #rotated: Rotated[] = [];
  readonly #counts: boolean;

  constructor(root: string, log: LogCase) {
    this.#log = log;
    this.#directory = join(root, log.directory);
    this.live = join(this.#directory, log.name);
    this.#counts = log.pieces.some(({ name }) => /\.\d{1,4}(\.gz)?$/.test(name));
    mkdirSync(this.#directory, { recursive: true });
  }

  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    appendFileSync(this.live, textOf(entries, this.#log));
  }

  /** The live file has the time of the last line that is not from the future. */
  touch(at: number): void {
    if (existsSync(this.live)) utimesSync(this.live, at, at);
  }

  /** What is live now becomes the piece called `name` in the end; an older one is compressed, if it is to be so. */
  rotate(name: string, isCompressed: boolean, at: number): void {
    this.touch(at);
    const all = [...this.#rotated, { last: name.replace(/\.gz$/, ''), name: '', isCompressed: false }];
    if (this.#counts) this.#shift();
    const own = all.at(-1);
    if (!own || !existsSync(this.live)) return;
    own.name = this.#counts ? this.#countName(1) : own.last;
    renameSync(this.live, join(this.#directory, own.name));
    writeFileSync(this.live, '');
    this.#rotated.push(own);
    const older = this.#rotated.at(-2);
    if (older && isCompressed && !older.isCompressed) this.#compress(older);
  }

  /** Older ones first, so that none is in the way. */
  #shift(): void {
    for (const [i, piece] of this.#rotated.entries()) {
      const name = `${this.#countName(this.#rotated.length - i + 1)}${piece.isCompressed ? '.gz' : ''}`;
      renameSync(join(this.#directory, piece.name), join(this.#directory, name));
      piece.name = name;
    }
  }

  #countName(age: number): string {
    const first = this.#log.pieces.some(({ name }) => /\.0(\.gz)?$/.test(name)) ? 0 : 1;
    return `${this.#log.name}.${age - 1 + first}`;
  }

  #compress(piece: Rotated): void {
    const path = join(this.#directory, piece.name);
    const { mtimeMs } = statSync(path);
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 1 }));
    utimesSync(`${path}.gz`, mtimeMs / 1000, mtimeMs / 1000);
    rmSync(path);
    piece.name = `${piece.name}.gz`;
    piece.isCompressed = true;
  }
}

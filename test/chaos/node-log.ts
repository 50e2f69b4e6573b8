/** The log of one node, as its server writes it while time passes, and as it is rotated. */
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { written, type NodeLine } from '../cluster/nodes-world.ts';

/** Rotated files that are kept: longer than any daemon is down. */
const KEPT = 9;

export class NodeLog {
  readonly path: string;
  readonly #lines: readonly NodeLine[];
  #written = 0;

  /** `lines`: in the order of time. */
  constructor(path: string, lines: readonly NodeLine[]) {
    this.path = path;
    this.#lines = lines;
    writeFileSync(path, '');
  }

  /** What happened up to an instant. */
  writeUntil(at: number): void {
    let end = this.#written;
    while (end < this.#lines.length && this.#lines[end]!.at <= at) end++;
    const text = this.#lines.slice(this.#written, end).map(written).join('');
    this.#written = end;
    if (text !== '') appendFileSync(this.path, text);
  }

  /** As logrotate does it, with `delaycompress` where some are compressed. */
  rotate(isCompressing: boolean): void {
    const file = (number: number, isCompressed = false): string => `${this.path}.${number}${isCompressed ? '.gz' : ''}`;
    for (let number = KEPT; number > 0; number--)
      for (const isCompressed of [false, true]) {
        if (!existsSync(file(number, isCompressed))) continue;
        if (number === KEPT) rmSync(file(number, isCompressed));
        else renameSync(file(number, isCompressed), file(number + 1, isCompressed));
      }
    if (isCompressing && existsSync(file(2))) {
      writeFileSync(file(2, true), gzipSync(readFileSync(file(2))));
      rmSync(file(2));
    }
    renameSync(this.path, file(1));
    writeFileSync(this.path, '');
  }
}

/** How far the reading of old logs has got: a bar on a terminal, elsewhere a line every few seconds. */
import { SingleBar } from 'cli-progress';
import type { Chain } from '../log/archive.ts';
import type { Io } from './io.ts';
import { showTime } from './instant.ts';

const EVERY_MS = 5000;
const MIB = 1024 * 1024;

export class Progress {
  readonly #io: Io;
  readonly #timezone: string;
  readonly #total: number;
  readonly #bytes = new Map<string, number>();
  readonly #began = performance.now();
  readonly #bar: SingleBar | undefined;
  #told = this.#began;

  constructor(chains: readonly Chain[], timezone: string, io: Io) {
    this.#io = io;
    this.#timezone = timezone;
    this.#total = chains.flatMap((chain) => chain.pieces).reduce((sum, piece) => sum + piece.textBytes, 0);
    if (!io.stderrIsTTY) return;
    const format = '{bar} {percentage}% of {size} MiB | {speed} MiB/s | {left} left | {date}';
    this.#bar = new SingleBar({
      format,
      stream: io.stderr,
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
      barsize: 24,
    });
    this.#bar.start(this.#total, 0, this.#figures(undefined));
  }

  /** `bytes` of the text of a file have been read, up to the instant `at`. */
  reached(path: string, bytes: number, at: number | undefined): void {
    this.#bytes.set(path, bytes);
    if (this.#bar) return this.#bar.update(Math.min(this.#read, this.#total), this.#figures(at));
    if (performance.now() - this.#told < EVERY_MS) return;
    this.#told = performance.now();
    const { size, speed, left, date } = this.#figures(at);
    this.#io.log(
      'info',
      `${Math.floor((100 * this.#read) / Math.max(1, this.#total))}% of ${size} MiB, ${speed} MiB/s, ${left} left, ${date}`,
    );
  }

  done(): void {
    this.#bar?.stop();
  }

  get #read(): number {
    return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  #figures(at: number | undefined): { size: string; speed: string; left: string; date: string } {
    const seconds = Math.max((performance.now() - this.#began) / 1000, 0.001);
    const rate = this.#read / seconds;
    return {
      size: (this.#total / MIB).toFixed(1),
      speed: (rate / MIB).toFixed(0),
      left: rate > 0 ? `${Math.ceil(Math.max(0, this.#total - this.#read) / rate)} s` : '?',
      date: at === undefined ? '' : showTime(at, this.#timezone),
    };
  }
}

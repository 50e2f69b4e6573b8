/** How far the reading of old logs has got: a bar on a terminal, elsewhere a line every few seconds. */
import type { Series } from '../service/archive/arrange.ts';
import { isUnicode, type Io } from './io.ts';
import { showTime } from './times.ts';

type Manner = 'bar' | 'lines' | 'nothing';

const EVERY_MS: Readonly<Record<Manner, number>> = { bar: 200, lines: 5000, nothing: Infinity };
const LONGEST_BAR = 24;
const MIB = 1024 * 1024;
/** Back to the first column, and delete to the end of the line. */
const ERASE = '\r\u001b[K';

/**
 * The bar is on the screen only while there is nothing else to say: a message, the signal to stop, a reader of the data
 * that goes away (`| head`) and the end take it away. So the last line of the terminal is clean however the reading ends.
 */
export class Progress {
  /** How to show it while data are printed: what is printed may come to the same terminal. */
  static besideData({ isTTY, isPiped, stderrIsTTY }: Io): Manner {
    if (!stderrIsTTY || isPiped) return 'lines';
    return isTTY ? 'nothing' : 'bar';
  }

  /** The command's `io`; what it says takes the bar's place. */
  readonly io: Io;
  readonly #timezone: string;
  readonly #total: number;
  readonly #bytes = new Map<string, number>();
  readonly #began = performance.now();
  readonly #manner: Manner;
  readonly #stop = (): void => this.done();
  #told: number;
  #isDrawn = false;
  #isDone = false;

  constructor(
    allSeries: readonly Pick<Series, 'archivedFiles'>[],
    timezone: string,
    io: Io,
    manner: Manner = io.stderrIsTTY ? 'bar' : 'lines',
  ) {
    this.io = {
      ...io,
      log: (level, message) => {
        this.#erase();
        io.log(level, message);
      },
    };
    this.#timezone = timezone;
    this.#total = allSeries
      .flatMap((series) => series.archivedFiles)
      .reduce((sum, archivedFile) => sum + archivedFile.textBytes, 0);
    this.#manner = manner;
    this.#told = this.#began;
    if (manner !== 'bar') return;
    io.signal.addEventListener('abort', this.#stop);
    // Before the listener that ends the process.
    io.stdout.prependListener('error', this.#stop);
  }

  /** `bytes` of the text of a file have been read, up to the instant `at`. */
  reached(path: string, bytes: number, at: number | undefined): void {
    this.#bytes.set(path, bytes);
    if (this.#isDone || performance.now() - this.#told < EVERY_MS[this.#manner]) return;
    this.#told = performance.now();
    if (this.#manner === 'bar') this.#draw(at);
    else this.io.log('info', this.#figures(at).join(', '));
  }

  done(): void {
    this.#isDone = true;
    this.#erase();
    this.io.signal.removeEventListener('abort', this.#stop);
    this.io.stdout.off('error', this.#stop);
  }

  #erase(): void {
    if (this.#isDrawn) this.io.stderr.write(ERASE);
    this.#isDrawn = false;
  }

  #draw(at: number | undefined): void {
    // A line that fills the last column wraps on some terminals.
    const columns = this.io.stderrColumns() - 1;
    this.io.stderr.write(ERASE + barLine(this.#share, this.#figures(at), columns, isUnicode(this.io)));
    this.#isDrawn = true;
  }

  get #read(): number {
    return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  get #share(): number {
    return Math.min(1, this.#read / Math.max(1, this.#total));
  }

  /** From the most important to the least. */
  #figures(at: number | undefined): string[] {
    const seconds = Math.max((performance.now() - this.#began) / 1000, 0.001);
    const rate = this.#read / seconds;
    const left = Math.ceil(Math.max(0, this.#total - this.#read) / Math.max(1, rate));
    return [
      `${Math.floor(100 * this.#share)}% of ${(this.#total / MIB).toFixed(1)} MiB`,
      `${left} s left`,
      `${(rate / MIB).toFixed(0)} MiB/s`,
      ...(at === undefined ? [] : [showTime(at, this.#timezone)]),
    ];
  }
}

/** As many of the figures as fit, and a bar where there is room for one. */
function barLine(share: number, figures: readonly string[], columns: number, isUnicode: boolean): string {
  const [full, empty] = isUnicode ? ['\u2588', '\u2591'] : ['#', '-'];
  const length = Math.min(LONGEST_BAR, columns - (figures[0]?.length ?? 0) - 1);
  const done = Math.round(share * length);
  const bar = length < 4 ? '' : `${full.repeat(done)}${empty.repeat(length - done)} `;
  const texts = figures.map((_, i) => bar + figures.slice(0, figures.length - i).join(' | '));
  return texts.find((text) => text.length <= columns) ?? (figures[0] ?? '').slice(0, Math.max(0, columns));
}

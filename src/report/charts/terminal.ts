/**
 * History drawn on the terminal: a panel per host with a line each for the month, the week and the day. With Unicode the lines are
 * Braille dots, eight to a character, which makes curves of what block characters would make stairs. Without colour the lines
 * differ in their pattern; without Unicode each has a letter.
 */
import type { Sample } from '../../activity/active-window.ts';
import { countAxis, shortCount, timeTicks, type CountAxis } from './axis.ts';
import {
  dateRange,
  hasLowerBounds,
  largestCount,
  largestHosts,
  linePieces,
  lines,
  LOWER_BOUNDS,
  type Drawn,
} from './series.ts';
import type { HostHistory } from './series.ts';
import { countOf, isCovered } from '../metric-name.ts';
import { printable } from '../table.ts';
import { hostLabel } from '../total.ts';

export interface ChartOptions {
  /** Width of the terminal; no line is longer. Below 40 it is taken as 40. */
  readonly columns: number;
  /** Greatest height of each panel's drawing in lines, 4 or more; by default 13. */
  readonly rows?: number;
  readonly color: boolean;
  readonly unicode: boolean;
  /** IANA name of the zone of the dates. */
  readonly timezone: string;
  /** Hosts that get a panel: those with the most users. */
  readonly panels?: number;
}

/** What is drawn where: `dots` is the character, `window` the line that gives it its colour, pale where it is a lower bound. */
interface Cell {
  dots: number;
  window: Drawn | undefined;
  isPale: boolean;
}

/** Dots of a Braille character by line and column, as bits of its code point. */
const braille = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** Green, cyan and magenta can be read on dark and on light terminals. */
const colors: Record<Drawn, string> = { 1: '32', 7: '36', 30: '35' };
const letters: Record<Drawn, string> = { 1: 'd', 7: 'w', 30: 'm' };
/** How many of so many dots in a row are drawn. */
interface Pattern {
  readonly of: number;
  readonly drawn: number;
}

/** Without colour. The daily line moves most, so it needs to be whole. */
const patterns: Record<Drawn, Pattern> = { 1: { of: 1, drawn: 1 }, 7: { of: 8, drawn: 4 }, 30: { of: 4, drawn: 1 } };
/** Of lower bounds: the same, more broken. */
const broken: Record<Drawn, Pattern> = { 1: { of: 4, drawn: 2 }, 7: { of: 16, drawn: 4 }, 30: { of: 8, drawn: 1 } };

function patternOf(window: Drawn, isWhole: boolean, { color }: ChartOptions): Pattern {
  if (!color) return (isWhole ? patterns : broken)[window];
  return isWhole ? { of: 1, drawn: 1 } : { of: 4, drawn: 2 };
}

/** The chart, with a newline at the end of each line. */
export function chart(samples: readonly Sample[], options: ChartOptions): string {
  const { shown, hidden } = largestHosts(samples, options.panels ?? 6);
  if (shown.length === 0) return 'Nothing to draw: no user was seen.\n';
  const panels = shown.map((host) => panel(host, options));
  if (hasLowerBounds(shown)) panels.push(wrapped(LOWER_BOUNDS, Math.max(40, options.columns)));
  if (hidden > 0) panels.push(`${hidden} ${hidden === 1 ? 'host' : 'hosts'} with fewer users not shown\n`);
  return panels.join('\n');
}

function panel(history: HostHistory, options: ChartOptions): string {
  const columns = Math.max(40, options.columns);
  const room = Math.max(4, options.rows ?? 13);
  const largest = largestCount(history);
  const axis = countAxis(largest, Math.max(2, Math.floor(room / 3)));
  // As many lines between any two ticks.
  const steps = axis.ticks.length - 1;
  const rows = Math.max(1, Math.floor((room - 1) / steps)) * steps + 1;
  const margin = Math.max(3, ...axis.ticks.map((tick) => shortCount(tick).length)) + 2;
  const width = columns - margin;
  const drawing = options.unicode
    ? drawDots(history, axis, width, rows, options)
    : drawLetters(history, axis, width, rows);
  return [
    title(history, columns, options),
    legend(history, columns, options),
    ...drawing.map((row, i) => countMargin(axis, i, rows, margin, options) + show(row, options)),
    ...timeMargin(history, margin, width, options),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function title(history: HostHistory, columns: number, options: ChartOptions): string {
  const dash = options.unicode ? '\u2013' : '-';
  const range = dateRange(history, options.timezone).join(` ${dash} `);
  const name = cut(printable(hostLabel(history.host)), columns, options);
  const room = columns - name.length - range.length;
  const bold = paint(name, '1', options);
  return room < 2 ? bold : bold + ' '.repeat(room) + paint(range, '2', options);
}

/** The latest figures, each with its line's look; closer together in a narrow terminal, and in lines of their own if even that is too wide. */
function legend({ latest }: HostHistory, columns: number, options: ChartOptions): string {
  const atLeast = options.unicode ? '\u2265' : '>=';
  const entries = lines.map(({ window, label }) => ({
    window,
    text: `${label} ${isCovered(latest, window) ? '' : atLeast}${countOf(latest, window)}`,
  }));
  const length = entries.reduce((sum, { text }) => sum + text.length, 0);
  const wide = length + 3 * 4 + 2 * 3 <= columns;
  const separator = wide ? '   ' : ' ';
  const texts = entries.map(({ window, text }) => mark(window, wide, options) + text);
  return texts.join(wide || length + 3 + 2 <= columns ? separator : '\n');
}

function mark(window: Drawn, wide: boolean, options: ChartOptions): string {
  if (!options.unicode) return wide ? `${letters[window].repeat(3)} ` : '';
  if (!wide) return paint('\u25cf', colors[window], options);
  const { of, drawn } = patterns[window];
  const dots = Array.from(
    { length: 6 },
    (_, x) => options.color || x % Math.min(of, 4) < Math.ceil((drawn * 4) / Math.max(of, 4)),
  );
  const text = [0, 2, 4]
    .map((x) => String.fromCodePoint(0x2800 + (dots[x] ? 0x04 : 0) + (dots[x + 1] ? 0x20 : 0)))
    .join('');
  return `${paint(text, colors[window], options)} `;
}

function drawDots(history: HostHistory, axis: CountAxis, width: number, rows: number, options: ChartOptions): Cell[][] {
  const cells = blank(width, rows);
  for (const { window } of lines) {
    trace(history, window, axis, 2 * width, 4 * rows, (x, y, isWhole, nth) => {
      const { of, drawn } = patternOf(window, isWhole, options);
      const cell = cells[y >> 2]?.[x >> 1];
      if (cell === undefined || nth % of >= drawn) return;
      cell.dots |= braille[y & 3]?.[x & 1] ?? 0;
      cell.window = window;
      cell.isPale = !isWhole;
    });
  }
  return cells;
}

function drawLetters(history: HostHistory, axis: CountAxis, width: number, rows: number): Cell[][] {
  const cells = blank(width, rows);
  for (const { window } of lines) {
    trace(history, window, axis, width, rows, (x, y, isWhole, nth) => {
      const cell = cells[y]?.[x];
      if (cell !== undefined && (isWhole || nth % 2 === 0)) cell.window = window;
    });
  }
  return cells;
}

function blank(width: number, rows: number): Cell[][] {
  return Array.from({ length: rows }, () =>
    Array.from({ length: width }, () => ({ dots: 0, window: undefined, isPale: false })),
  );
}

/** `nth`: which of the line's dots it is, as patterns go along the line; across the columns a steep line would vanish. */
type Dot = (x: number, y: number, isWhole: boolean, nth: number) => void;

/** Calls `dot` for every place that a line crosses; y grows downwards. */
function trace(
  { samples }: HostHistory,
  window: Drawn,
  axis: CountAxis,
  width: number,
  height: number,
  dot: Dot,
): void {
  let nth = 0;
  for (const { points, isCovered: isWhole } of linePieces(samples, window, width)) {
    let before: readonly [number, number] | undefined;
    for (const { x, value } of points) {
      const point = [Math.round(x * (width - 1)), Math.round((1 - value / axis.top) * (height - 1))] as const;
      for (const [column, row] of before ? between(before, point) : [point]) dot(column, row, isWhole, nth++);
      before = point;
    }
  }
}

/** The places from one to the other, without the first. */
function between(from: readonly [number, number], to: readonly [number, number]): (readonly [number, number])[] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const steps = Math.max(Math.abs(dx), Math.abs(dy));
  return Array.from(
    { length: steps },
    (_, i) => [from[0] + Math.round((dx * (i + 1)) / steps), from[1] + Math.round((dy * (i + 1)) / steps)] as const,
  );
}

/** One line of the drawing; neighbours of one colour share its codes. */
function show(row: readonly Cell[], options: ChartOptions): string {
  let text = '';
  for (let x = 0; x < row.length;) {
    const { window, isPale } = row[x] ?? {};
    const end = row.findIndex((cell, i) => i > x && (cell.window !== window || cell.isPale !== isPale));
    const run = row.slice(x, end === -1 ? row.length : end);
    text +=
      window === undefined
        ? ' '.repeat(run.length)
        : paint(
            run.map((cell) => glyph(cell, window, options)).join(''),
            (isPale ? '2;' : '') + colors[window],
            options,
          );
    x += run.length;
  }
  return text;
}

function glyph({ dots }: Cell, window: Drawn, { unicode }: ChartOptions): string {
  return unicode ? String.fromCodePoint(0x2800 + dots) : letters[window];
}

/** The number of a tick, and the axis itself, left of one line of the drawing. */
function countMargin(axis: CountAxis, row: number, rows: number, margin: number, options: ChartOptions): string {
  const tick = axis.ticks.find((each) => Math.round((1 - each / axis.top) * (rows - 1)) === row);
  const [plain, marked] = options.unicode ? ['\u2502', '\u2524'] : ['|', '+'];
  const number = tick === undefined ? '' : shortCount(tick);
  return paint(`${number.padStart(margin - 2)} ${tick === undefined ? plain : marked}`, '2', options);
}

/** The axis of time and its dates. A label stands below its mark, or is left out where it would touch another or the edge. */
function timeMargin({ samples, latest }: HostHistory, margin: number, width: number, options: ChartOptions): string[] {
  const first = samples[0]?.at ?? latest.at;
  const [corner, plain, marked] = options.unicode ? ['\u2514', '\u2500', '\u252c'] : ['+', '-', '+'];
  const axis = Array.from({ length: width }, () => plain);
  let labels = '';
  for (const { at, label } of timeTicks(first, latest.at, options.timezone, Math.max(1, Math.floor(width / 8)))) {
    const x = Math.round(((at - first) / Math.max(1, latest.at - first)) * (width - 1));
    const start = Math.max(0, margin + x - Math.floor(label.length / 2));
    if ((labels !== '' && start <= labels.length) || start + label.length > margin + width) continue;
    axis[x] = marked;
    labels = labels.padEnd(start) + label;
  }
  const line = `${' '.repeat(margin - 1)}${corner}${axis.join('')}`;
  return [paint(line, '2', options), paint(labels, '2', options)];
}

/** In lines of whole words, each with a newline. */
function wrapped(text: string, columns: number): string {
  const rows: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${rows.at(-1) ?? ''} ${word}`.trimStart();
    if (rows.length > 0 && longer.length <= columns) rows[rows.length - 1] = longer;
    else rows.push(word);
  }
  return rows.map((row) => `${row}\n`).join('');
}

function cut(text: string, columns: number, { unicode }: ChartOptions): string {
  const more = unicode ? '\u2026' : '...';
  return text.length <= columns ? text : text.slice(0, columns - more.length) + more;
}

function paint(text: string, code: string, { color }: ChartOptions): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text;
}

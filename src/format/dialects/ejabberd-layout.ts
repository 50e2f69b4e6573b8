/**
 * The head of a line of ejabberd's: in the file (ejabberd_logger.erl, file_template), on the console (console_template), which
 * since 26.07 is coloured even into a pipe, and in both as lager wrote them until 20.x.
 *
 *     2026-11-23 19:29:20.030291+00:00 [info] <0.752.0>@ejabberd_c2s:bind/2:450 MESSAGE
 *     2016-08-26 08:27:03.437 [info] <0.31224.0>@ejabberd_c2s:terminate:1793 MESSAGE
 *     2026-11-23 19:29:20.030291+00:00 [info] MESSAGE
 *
 * lager's console has the time without the day; where its lines are wrapped the stamp of the wrapping stands in its place:
 *
 *     Nov 23 19:29:20 [info] MESSAGE
 *     Mon 2026-11-23 19:29:20 UTC [info] MESSAGE
 */

import type { LogLevel } from '../log-level.ts';

/** A sequence that colours what follows. */
const COLOURS = String.raw`(?:\x1b\[[0-9;]{0,16}m){0,4}`;
const WEEKDAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** svlogd has an underscore behind it. */
const DATE = String.raw`(?:(?:${WEEKDAY})?\d{4}-\d\d-\d\d[ T_]|(?:${MONTHS.join('|')}) [ \d]\d )`;
const ZONE = String.raw`(?:Z| ?[+-]\d\d(?::?\d\d)?| [A-Z][A-Za-z]{1,4})`;
const STAMP = String.raw`${DATE}\d\d:\d\d:\d\d(?:[.,]\d{1,9})?${ZONE}?`;
const LEVEL = String.raw`\[(?:debug|info|notice|warning|error|critical|alert|emergency)\]`;
/** Builds with Elixir write `#PID<0.1.0>`. */
const PROCESS = String.raw`(?:#PID)?<\d{1,10}\.\d{1,10}\.\d{1,10}>(?:@[^\s:]{1,128}:\S{1,160})? `;
const HEAD = new RegExp(`${STAMP} ${COLOURS}${LEVEL} ${COLOURS}(?:${PROCESS})?`, 'y');

/**
 * `(tls|<0.752.0>) `, before 17.03 `({socket_state,gen_tcp,#Port<0.28474>,<0.31224.0>}) `; MongooseIM 3 has a map in it, with blanks.
 */
const SOCKET = /\((?:[^()\s]{1,1024}|\{socket_state,[^()\n]{1,2048}\})\) /y;
const PROCESSES = /<\d+\.\d+\.\d+>/g;
/** Ends a message on a coloured console. */
const COLOUR_END = '\x1b[0m';
const CR = 13;
const DASH = 45;
const ESC = 27;
const AT_SIGN = 64;
const BRACKET = 40;

/** Where the parts of a line are; the numbers are offsets, and both of a part are 0 where it is not told. */
export interface Parts {
  readonly level: number;
  readonly levelEnd: number;
  /** The module that printed it. */
  readonly module: number;
  readonly moduleEnd: number;
  /** The process that stands for the session: its own, on the console that of its socket. */
  readonly process: number;
  readonly processEnd: number;
  readonly stampEnd: number;
  /** Behind the socket, where there is one. */
  readonly message: number;
  /** Before what ends the line beside the newline. */
  readonly end: number;
}

/** Whether a line begins as every one of ejabberd's own does: with a date. */
export function beginsWithDate(text: string, start: number): boolean {
  const first = text.charCodeAt(start);
  if (isDigit(first)) return text.charCodeAt(start + 4) === DASH && text.charCodeAt(start + 7) === DASH;
  if (!isCapital(first)) return false;
  WORDED_DATE.lastIndex = start;
  return WORDED_DATE.test(text);
}

const WORDED_DATE = new RegExp(`${DATE}\\d\\d:`, 'y');
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isCapital = (code: number): boolean => code >= 65 && code <= 90;

/** From the first colon of a stamp to behind its second: `:29:20`. */
export const TO_SECOND = 6;

/** The stamp of a line that begins with a date, up to the second. */
export const secondIn = (text: string, start: number): string =>
  text.slice(start, text.indexOf(':', start) + TO_SECOND);

/** Undefined where the line is none of ejabberd's, or a further one of a message. */
export function partsOf(text: string, start: number, lineEnd: number): Parts | undefined {
  if (!beginsWithDate(text, start)) return undefined;
  HEAD.lastIndex = start;
  if (!HEAD.test(text)) return undefined;
  const body = HEAD.lastIndex;
  if (body > lineEnd) return undefined;
  const bracket = text.indexOf('[', start);
  const stampEnd = bracket - (text.charCodeAt(bracket - 1) === ESC ? 2 : 1);
  const level = text.indexOf('[', pastColours(text, stampEnd + 1)) + 1;
  const levelEnd = text.indexOf(']', level);
  const who = text.indexOf('<', levelEnd);
  const own = who < 0 || who >= body ? 0 : who;
  const ownEnd = own === 0 ? 0 : text.indexOf('>', own) + 1;
  const hasModule = own > 0 && text.charCodeAt(ownEnd) === AT_SIGN;
  const socketEnd = text.charCodeAt(body) === BRACKET ? socketEndIn(text, body, lineEnd) : body;
  const [process, processEnd] = own > 0 ? [own, ownEnd] : lastProcess(text, body, socketEnd);
  // Written out, as this is done for each line and spreading costs a hundred times as much.
  return {
    level,
    levelEnd,
    process,
    processEnd,
    stampEnd,
    module: hasModule ? ownEnd + 1 : 0,
    moduleEnd: hasModule ? text.indexOf(':', ownEnd) : 0,
    message: socketEnd,
    end: Math.max(socketEnd, endOf(text, lineEnd)),
  };
}

function pastColours(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === ESC) at = text.indexOf('m', at) + 1;
  return at;
}

/** Behind the socket that stands there; `body` when none does. */
function socketEndIn(text: string, body: number, lineEnd: number): number {
  SOCKET.lastIndex = body;
  return SOCKET.test(text) && SOCKET.lastIndex <= lineEnd ? SOCKET.lastIndex : body;
}

function lastProcess(text: string, from: number, to: number): readonly [number, number] {
  const process = text.slice(from, to).match(PROCESSES)?.at(-1);
  if (process === undefined) return [0, 0];
  const at = text.lastIndexOf(process, to);
  return [at, at + process.length];
}

/** Where the text of a line ends whose newline is at `lineEnd`. */
export function endOf(text: string, lineEnd: number): number {
  let end = lineEnd;
  // A terminal adds one more, as docker does with `tty`.
  while (text.charCodeAt(end - 1) === CR) end--;
  return text.startsWith(COLOUR_END, end - COLOUR_END.length) ? end - COLOUR_END.length : end;
}

/** At a level of notice or above no session is told. */
const LEVELS: Readonly<Record<string, LogLevel>> = { debug: 'debug', info: 'info', notice: 'warn', warning: 'warn' };

export function levelOf(line: string): LogLevel | undefined {
  const parts = partsOf(line, 0, line.length);
  return parts && (LEVELS[line.slice(parts.level, parts.levelEnd)] ?? 'error');
}

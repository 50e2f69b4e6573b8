/**
 * The head of a line of ejabberd's: in the file (ejabberd_logger.erl, file_template), on the console (console_template), which
 * since 26.07 is coloured even into a pipe, and in both as lager wrote them until 20.x.
 *
 *     2026-11-23 19:29:20.030291+00:00 [info] <0.752.0>@ejabberd_c2s:bind/2:450 MESSAGE
 *     2016-08-26 08:27:03.437 [info] <0.31224.0>@ejabberd_c2s:terminate:1793 MESSAGE
 *     2026-11-23 19:29:20.030291+00:00 [info] MESSAGE
 */

import type { LogLevel } from '../log-level.ts';

/** A sequence that colours what follows. */
const COLOURS = String.raw`(?:\x1b\[[0-9;]{0,16}m){0,4}`;
const STAMP = String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:\d\d)?`;
const LEVEL = String.raw`\[(?<level>debug|info|notice|warning|error|critical|alert|emergency)\]`;
/** Builds with Elixir write `#PID<0.1.0>`. */
const PROCESS = String.raw`(?:#PID)?(?<process><\d{1,10}\.\d{1,10}\.\d{1,10}>)(?:@(?<module>[^\s:]{1,128}):\S{1,160})? `;
const HEAD = new RegExp(`(?<stamp>${STAMP}) ${COLOURS}${LEVEL} ${COLOURS}(?:${PROCESS})?`, 'y');

/** `(tls|<0.752.0>) `, before 17.03 `({socket_state,gen_tcp,#Port<0.28474>,<0.31224.0>}) ` */
const SOCKET = /\(([^()\s]{1,1024})\) /y;
const PROCESSES = /<\d+\.\d+\.\d+>/g;
/** Ends a message on a coloured console. */
const COLOUR_END = '\x1b[0m';
const CR = 13;
const DASH = 45;

/** Where the parts of a line are; the numbers are offsets. */
export interface Parts {
  readonly level: string;
  /** The module that printed it; undefined where the layout does not tell. */
  readonly module: string | undefined;
  /** The process that stands for the session: its own, on the console that of its socket; undefined where none is told. */
  readonly process: string | undefined;
  readonly stampEnd: number;
  /** Behind the socket, where there is one. */
  readonly message: number;
  /** Before what ends the line beside the newline. */
  readonly end: number;
}

/** Whether a line begins as every one of ejabberd's own does: with a date. */
export const beginsWithDate = (text: string, start: number): boolean =>
  text.charCodeAt(start + 4) === DASH && text.charCodeAt(start + 7) === DASH && /\d/.test(text[start] ?? '');

/** Undefined where the line is none of ejabberd's, or a further one of a message. */
export function partsOf(text: string, start: number, lineEnd: number): Parts | undefined {
  if (!beginsWithDate(text, start)) return undefined;
  HEAD.lastIndex = start;
  const groups = HEAD.exec(text)?.groups;
  if (!groups || HEAD.lastIndex > lineEnd) return undefined;
  const { level = '', stamp = '', module, process } = groups;
  const body = HEAD.lastIndex;
  SOCKET.lastIndex = body;
  const socket = SOCKET.exec(text)?.[1];
  const message = socket === undefined || SOCKET.lastIndex > lineEnd ? body : SOCKET.lastIndex;
  return {
    ...{ level, module, message },
    process: process ?? socket?.match(PROCESSES)?.at(-1),
    stampEnd: start + stamp.length,
    end: Math.max(message, endOf(text, lineEnd)),
  };
}

/** Where the text of a line ends whose newline is at `lineEnd`. */
export function endOf(text: string, lineEnd: number): number {
  const end = text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
  return text.startsWith(COLOUR_END, end - COLOUR_END.length) ? end - COLOUR_END.length : end;
}

/** At a level of notice or above no session is told. */
const LEVELS: Readonly<Record<string, LogLevel>> = { debug: 'debug', info: 'info', notice: 'warn', warning: 'warn' };

export function levelOf(line: string): LogLevel | undefined {
  const level = partsOf(line, 0, line.length)?.level;
  return level === undefined ? undefined : (LEVELS[level] ?? 'error');
}

/** At which level a server writes its log: what can stand in it at all. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The word before the tab that stands before the message, in the file and in the console layout of Prosody. */
const LEVEL = /^[^\t]*?[\t ](?:\x1b\[[0-9;]*m)?(debug|info|warn|error) *(?:\x1b\[[0-9;]*m)?\t/;

/** Levels of which there are lines, of lines (one character per byte) that Prosody wrote, among others perhaps. */
export function levelsOf(lines: readonly string[]): ReadonlySet<LogLevel> {
  return new Set(lines.flatMap((line) => (LEVEL.exec(line)?.[1] as LogLevel | undefined) ?? []));
}

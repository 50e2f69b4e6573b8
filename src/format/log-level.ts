/** At which level a server writes its log: what can stand in it at all. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface Levels {
  /** As a dialect has it. */
  readonly levelOf: (line: string) => LogLevel | undefined;
}

/** Levels of which there are lines, of lines (one character per byte) that a server wrote, among others perhaps. */
export function levelsOf(lines: readonly string[], { levelOf }: Levels): ReadonlySet<LogLevel> {
  return new Set(lines.flatMap((line) => levelOf(line) ?? []));
}

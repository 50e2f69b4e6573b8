/** At which level a server writes its log: what can stand in it at all. */
import type { Dialect } from './dialects/dialect.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Levels of which there are lines, of lines (one character per byte) that a server wrote, among others perhaps. */
export function levelsOf(lines: readonly string[], { levelOf }: Pick<Dialect, 'levelOf'>): ReadonlySet<LogLevel> {
  return new Set(lines.flatMap((line) => levelOf(line) ?? []));
}

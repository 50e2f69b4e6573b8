/** The dialects there are, and how the dialect of a log is recognised. */
import type { Dialect } from './dialect.ts';
import { prosody } from './prosody.ts';

export const DIALECTS: readonly Dialect[] = [prosody];

/** By its name in `server = "..."`; undefined for `auto` and for names that mean nothing. */
export function dialectNamed(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name);
}

/**
 * The dialect in which most of these lines (one character per byte, no newline) are written: at least half of those that
 * are not empty. Undefined when there is none.
 */
export function recogniseDialect(lines: readonly string[]): Dialect | undefined {
  const full = lines.filter((line) => line !== '');
  const scored = DIALECTS.map((dialect) => ({ dialect, share: shareUnderstood(dialect, full) }));
  const best = scored.toSorted((a, b) => b.share - a.share)[0];
  return best && best.share >= 0.5 ? best.dialect : undefined;
}

function shareUnderstood(dialect: Dialect, lines: readonly string[]): number {
  const parser = dialect.begin();
  const kinds = lines.map((line) => parser.parse(line, 0, line.length));
  // A file of nothing but continuation lines is nobody's.
  const own = kinds.filter((kind) => kind !== 'foreign' && kind !== 'continuation').length;
  const foreign = kinds.filter((kind) => kind === 'foreign').length;
  return own === 0 ? 0 : own / (own + foreign);
}

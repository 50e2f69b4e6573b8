/** The dialects there are, and how the dialect of a log is recognised. */
import type { Dialect } from './dialects/dialect.ts';
import { prosody } from './dialects/prosody.ts';

export const DIALECTS: readonly Dialect[] = [prosody];

/** By its name in `server = "..."`; undefined for `auto` and for names that mean nothing. */
export function dialectNamed(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name);
}

/**
 * The dialect in which most of these lines (one character per byte, no newline) are written; undefined when none of them is
 * understood. Other programs may write into the same log, so a share of foreign lines says nothing against it.
 */
export function recogniseDialect(lines: readonly string[]): Dialect | undefined {
  const scored = DIALECTS.map((dialect) => ({ dialect, own: ownLines(dialect, lines) }));
  const [best] = scored.toSorted((a, b) => b.own - a.own);
  return best && best.own > 0 ? best.dialect : undefined;
}

/** Continuation lines are nobody's. */
function ownLines(dialect: Dialect, lines: readonly string[]): number {
  const parser = dialect.begin();
  const kinds = lines.map((line) => parser.parse(line, 0, line.length));
  return kinds.filter((kind) => kind !== 'foreign' && kind !== 'continuation').length;
}

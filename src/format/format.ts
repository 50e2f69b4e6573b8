/** The dialects there are, and how that of plain lines is recognised. */
import { customDialect, type DialectDefinition, type Engine } from './dialects/custom.ts';
import type { Dialect } from './dialects/dialect.ts';
import { ejabberd } from './dialects/ejabberd.ts';
import { jabberd2 } from './dialects/jabberd2.ts';
import { metronome } from './dialects/metronome.ts';
import { mongooseim } from './dialects/mongooseim.ts';
import { openfire } from './dialects/openfire.ts';
import { prosody } from './dialects/prosody.ts';
import { tigase } from './dialects/tigase.ts';

export const DIALECTS: readonly Dialect[] = [prosody, ejabberd, jabberd2, metronome, mongooseim, openfire, tigase];

/** Those of the configuration, by their names. */
let custom: ReadonlyMap<string, Dialect> = new Map();

/** From here on these dialects of the configuration have their names in `server = "..."`, and no others. */
export function defineDialects(definitions: readonly DialectDefinition[], engine: () => Engine): void {
  custom = new Map(definitions.map((definition) => [definition.name, customDialect(definition, engine())]));
}

/** By its name in `server = "..."`; undefined for `auto` and for names that mean nothing. */
export function dialectNamed(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name) ?? custom.get(name);
}

/** So many lines of a server's own are enough to know a log by. */
const ENOUGH = 200;

/**
 * The dialect in which most of these lines (one character per byte, no newline) are written; undefined when none of them is
 * understood. Other programs may write into the same log, so a share of foreign lines says nothing against it.
 */
export function recogniseDialect(lines: readonly string[]): Dialect | undefined {
  const scored = DIALECTS.map((dialect) => ({ dialect, own: ownLines(lines, dialect).length }));
  const [best] = scored.toSorted((a, b) => b.own - a.own);
  return best && best.own > 0 ? best.dialect : undefined;
}

/**
 * The first of these lines that their server wrote. By them the stamps of a log are known: those of other programs may have
 * another form. Continuation lines are nobody's.
 */
export function ownLines(lines: readonly string[], dialect = recogniseDialect(lines)): readonly string[] {
  const parser = dialect?.begin();
  const own: string[] = [];
  for (const line of lines) {
    const kind = parser?.parse(line, 0, line.length) ?? 'foreign';
    if (kind !== 'foreign' && kind !== 'continuation') own.push(line);
    if (own.length === ENOUGH) break;
  }
  return own;
}

/** The same; where there are none, the first of all lines. */
export function tellingLines(lines: readonly string[]): readonly string[] {
  const own = ownLines(lines);
  return own.length > 0 ? own : lines.slice(0, ENOUGH);
}

/**
 * On which line of a TOML file a key is set: the parser does not tell. Good enough to point a person at; nothing else may
 * depend on it.
 */

const TABLE = /^\s*\[\s*([\w.-]+)\s*\]/;
const ARRAY_TABLE = /^\s*\[\[\s*([\w.-]+)\s*\]\]/;
const KEY = /^\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*=/;

/** Dotted key to line, the first line being 1; the tables of an array are numbered from 0: `log.0.path`. */
export function linesOfKeys(toml: string): Map<string, number> {
  const lines = new Map<string, number>();
  const seen = new Map<string, number>();
  let table = '';
  for (const [index, line] of toml.split('\n').entries()) {
    const opened = tableOf(line, seen);
    const key = KEY.exec(line)?.[1]?.replaceAll(/\s/g, '');
    if (opened !== undefined) table = opened;
    const dotted = opened ?? (key === undefined ? undefined : table === '' ? key : `${table}.${key}`);
    if (dotted !== undefined && !lines.has(dotted)) lines.set(dotted, index + 1);
  }
  return lines;
}

function tableOf(line: string, seen: Map<string, number>): string | undefined {
  const name = ARRAY_TABLE.exec(line)?.[1];
  if (name === undefined) return TABLE.exec(line)?.[1];
  const number = seen.get(name) ?? 0;
  seen.set(name, number + 1);
  return `${name}.${number}`;
}

/** The TOML file as values by dotted key. What has no place in it is named, with the key that was probably meant. */
import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { Value } from './layers.ts';
import { DIALECT_PATTERNS, FILE_KEYS, LOG_PATH, LOG_ROTATED, PATHS } from './settings.ts';
import { linesOfKeys } from './toml-lines.ts';

export interface ConfigFile {
  /** `statsd.host` and the like. */
  readonly values: ReadonlyMap<string, Value>;
  /** One map per `[[log]]` table, by keys as `log.path`; undefined when there is none. */
  readonly logs: readonly { readonly values: ReadonlyMap<string, Value>; readonly origin: string }[] | undefined;
  /** The tables `[dialect.NAME]` by their names, and what is in each: `start` and `end`. */
  readonly dialects: ReadonlyMap<string, { readonly values: ReadonlyMap<string, Value>; readonly origin: string }>;
  readonly problems: readonly string[];
}

const FROM_FILE = [LOG_PATH.key, LOG_ROTATED.key, ...PATHS];
const TABLES = [...new Set(FILE_KEYS.map((key) => key.slice(0, key.indexOf('.')))), 'dialect'];

export function readConfigFile(path: string, text: string): ConfigFile {
  try {
    return take(path, parse(text), linesOfKeys(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n', 1)[0]?.replace('Invalid TOML document: ', '');
    // As where a table of the README is put behind the example configuration, in which all tables are.
    const advice = reason?.includes('already defined')
      ? 'it is there further up: put together what is in both'
      : 'correct this line';
    const problem = `${path} line ${error.line}: column ${error.column} is not TOML (${reason}): ${advice}`;
    return { values: new Map(), logs: undefined, dialects: new Map(), problems: [problem] };
  }
}

function take(path: string, toml: object, lines: ReadonlyMap<string, number>): ConfigFile {
  const values = new Map<string, Value>();
  const problems: string[] = [];
  let logs: ConfigFile['logs'];
  const dialects: Map<string, { values: Map<string, Value>; origin: string }> = new Map();
  const where = (key: string): string => (lines.has(key) ? `${path} line ${lines.get(key)}` : path);
  for (const [table, content] of Object.entries(toml)) {
    const entries: unknown = content;
    if (!TABLES.includes(table)) problems.push(`${where(table)}: unknown ${unknownKey(table, TABLES)}`);
    else if (table === 'dialect') takeDialects(entries);
    else if (table === 'log' && isListOfTables(entries)) logs = entries.map((entry, i) => logOf(entry, `log.${i}`));
    else if (table === 'log')
      problems.push(`${where(table)}: log must be a list of tables: write [[log]] above path = "..."`);
    else if (isTable(entries)) for (const [key, value] of valuesIn(entries, table, table)) values.set(key, value);
    else problems.push(`${where(table)}: ${table} must be a table: write [${table}] on a line of its own`);
  }
  return { values, logs, dialects, problems };

  function takeDialects(tables: unknown): void {
    const named = isTable(tables) ? Object.entries(tables) : [];
    if (named.length === 0 || !named.every(([, content]) => isTable(content)))
      problems.push(`${where('dialect')}: a dialect has a name: write [dialect.NAME] on a line of its own`);
    else for (const [name, content] of named) dialects.set(name, dialectOf(name, content));
  }

  function dialectOf(name: string, content: object): { values: Map<string, Value>; origin: string } {
    const found = new Map<string, Value>();
    for (const [key, raw] of Object.entries(content)) {
      const origin = where(`dialect.${name}.${key}`);
      if (DIALECT_PATTERNS.some((pattern) => pattern === key)) found.set(key, { raw, isText: false, origin });
      else problems.push(`${origin}: unknown ${unknownKey(key, DIALECT_PATTERNS)}`);
    }
    return { values: found, origin: where(`dialect.${name}`) };
  }

  function logOf(entry: object, place: string): { values: ReadonlyMap<string, Value>; origin: string } {
    return { values: valuesIn(entry, 'log', place), origin: where(place) };
  }

  function valuesIn(entries: object, table: string, place: string): Map<string, Value> {
    const found = new Map<string, Value>();
    for (const [name, raw] of Object.entries(entries)) {
      const key = `${table}.${name}`;
      const origin = where(`${place}.${name}`);
      if (FILE_KEYS.includes(key))
        found.set(key, { raw: FROM_FILE.includes(key) ? fromFile(raw) : raw, isText: false, origin });
      else problems.push(`${origin}: unknown ${unknownKey(key, FILE_KEYS)}`);
    }
    return found;
  }

  /** Paths in a file are relative to the file. */
  function fromFile(raw: unknown): unknown {
    if (Array.isArray(raw)) return raw.map(fromFile);
    return typeof raw === 'string' && raw !== '' ? resolve(dirname(path), raw) : raw;
  }
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function isListOfTables(value: unknown): value is object[] {
  return Array.isArray(value) && value.every(isTable);
}

/** `key "statsd.prot": did you mean "statsd.port"?`, or what there is when nothing is near. */
export function unknownKey(key: string, known: readonly string[]): string {
  const [nearest] = known.map((name) => ({ name, far: distance(key, name) })).toSorted((a, b) => a.far - b.far);
  const near = nearest !== undefined && nearest.far <= Math.max(2, key.length / 4);
  const table = key.slice(0, key.indexOf('.') + 1);
  const listed = known.filter((name) => name.startsWith(table));
  const advice = near
    ? `did you mean ${nearest.name}?`
    : `remove it; there are ${(listed.length > 0 ? listed : known).join(', ')}`;
  return `key ${JSON.stringify(key)}: ${advice}`;
}

/** Levenshtein's. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i += 1) {
    const above = row;
    row = [i + 1];
    for (let j = 0; j < b.length; j += 1)
      row.push(Math.min((above[j] ?? 0) + (a[i] === b[j] ? 0 : 1), (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
  }
  return row[b.length] ?? 0;
}

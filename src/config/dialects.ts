/** The dialects of servers that nobody knows here: from the tables `[dialect.NAME]` of the file. */
import { problemOf, type DialectDefinition } from '../format/dialects/custom.ts';
import { loadRe2 } from './re2.ts';
import type { ConfigFile } from './config-file.ts';
import type { ConfigLayers } from './layers.ts';
import { DIALECT_NAME, DIALECT_PATTERNS, dialectPattern } from './settings.ts';

export function takeDialects(layers: ConfigLayers, { dialects }: ConfigFile): DialectDefinition[] {
  return [...dialects].flatMap(([name, { values, origin }]) => {
    const known = layers.read(DIALECT_NAME, 'the NAME of a [dialect.NAME]', { raw: name, isText: false, origin });
    const patterns = DIALECT_PATTERNS.map((which) => {
      const value = values.get(which);
      if (!value) {
        layers.problems.push(`${origin}: this [dialect.${name}] has no ${which}: add ${which} = '^(?<time>...) ...'`);
        return undefined;
      }
      const key = `dialect.${name}.${which}`;
      const pattern = layers.read(dialectPattern(which), key, value);
      const problem = pattern === undefined ? undefined : problemOf(which, pattern, loadRe2());
      if (problem !== undefined) layers.refuse(value, `${key} ${problem}`);
      return problem === undefined ? pattern : undefined;
    });
    const [start, end] = patterns;
    return known === undefined || start === undefined || end === undefined ? [] : [{ name, start, end }];
  });
}

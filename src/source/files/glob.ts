/** Files by a pattern, as a shell finds them: for flags that no shell expands, as in `--log main=/backup/*.gz`. */
import { join, resolve, sep } from 'node:path';
import { namesIn, statsAt } from './file-stat.ts';

const MAGIC = /[*?[]/;

/**
 * Absolute paths, sorted; a pattern without `*`, `?` and `[...]` is a path, whether it exists or not. No directories.
 * @throws {SyntaxError} for a range of characters that goes backwards
 */
export function filesLike(pattern: string): string[] {
  const path = resolve(pattern);
  if (!MAGIC.test(path)) return [path];
  const parts = path.split(sep).slice(1);
  const found = parts.reduce<string[]>((places, part) => places.flatMap((place) => within(place, part)), [sep]);
  return found.filter((each) => statsAt(each)?.isDirectory() === false).toSorted();
}

function within(directory: string, part: string): string[] {
  if (!MAGIC.test(part)) return [join(directory, part)];
  const like = expressionOf(part);
  return namesIn(directory)
    .filter((name) => like.test(name))
    .map((name) => join(directory, name));
}

/** Names that begin with a dot are hidden, unless the pattern does. */
function expressionOf(part: string): RegExp {
  const source = part.replaceAll(/\[!?[^\]]+\]|[*?]|[^*?[]+|\[/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (token.length > 2 && token.startsWith('[')) return token.replace('[!', '[^').replaceAll('\\', '\\\\');
    return token.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
}

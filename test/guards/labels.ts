/** Statements of the source that are labelled: what stands behind a line `// guard: F8` or `// guard: F8, F10`. */

const LABEL = /^[ ]*\/\/ guard: (.+)\n/gm;
const OPEN = '([{';
const CLOSE = ')]}';

export interface Labelled {
  readonly label: string;
  /** Where the statement is in the source. */
  readonly from: number;
  readonly to: number;
}

export function labelledIn(source: string): Labelled[] {
  return [...source.matchAll(LABEL)].flatMap((match) => {
    const from = match.index + match[0].length;
    const to = endOfStatement(source, from);
    return `${match[1]}`.split(', ').map((label) => ({ label, from, to }));
  });
}

/** Behind its semicolon, its block, or before the comma that ends a property. */
function endOfStatement(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === "'" || char === '`') at = source.indexOf(char, at + 1);
    else if (OPEN.includes(char)) depth++;
    else if (CLOSE.includes(char) && --depth === 0 && char === '}' && /^\s*(?![;,.):?\s])/.test(source.slice(at + 1)))
      return at + 1;
    else if (depth === 0 && char === ';') return at + 1;
    else if (depth === 0 && char === ',') return at;
  }
  throw new Error(`no statement ends behind ${JSON.stringify(source.slice(from, from + 80))}`);
}

/**
 * Which version of its server writes a log. Only the line with which the server started tells, and that may be long ago: so
 * the whole log is searched for it, the rotated files, too, where the live one begins behind it. For `check`.
 */
import type { Dialect } from '../format/dialects/dialect.ts';
import { plainLines, recogniseFormat } from '../format/recogniser.ts';
import { ArchiveError } from '../source/files/archive-error.ts';
import { openText } from '../source/files/compression.ts';
import { rotatedFiles } from '../source/files/siblings.ts';

const NEWLINE = 10;
/** No line that tells the version is longer, bytes. */
const LONGEST = 4096;

/** Undefined where no line tells it, or the last one names no number. */
export async function lastVersion(path: string, dialect: Dialect): Promise<string | undefined> {
  const newestFirst = rotatedFiles(path).siblings.toReversed();
  for (const file of [path, ...newestFirst.map((sibling) => sibling.path)]) {
    const started = await lastStart(file, dialect);
    if (started) return started.version;
  }
  return undefined;
}

async function lastStart(path: string, dialect: Dialect): Promise<{ version: string | undefined } | undefined> {
  let found: { version: string | undefined } | undefined;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const block of openText(path)) {
      const text = Buffer.concat([rest, block]);
      const end = text.lastIndexOf(NEWLINE) + 1;
      found = startIn(text.subarray(0, end), dialect) ?? found;
      rest = text.subarray(Math.max(end, text.length - LONGEST));
    }
  } catch (error) {
    // What can be read of a file says what it says; that it cannot be read is told where it is to be counted.
    if (!(error instanceof ArchiveError)) throw error;
  }
  return found;
}

/** The last start of the server in whole lines. */
function startIn(text: Buffer, dialect: Dialect): { version: string | undefined } | undefined {
  for (let at = text.lastIndexOf(dialect.welcome); at >= 0;) {
    const start = text.lastIndexOf(NEWLINE, at) + 1;
    const raw = [text.toString('latin1', start, text.indexOf(NEWLINE, at))];
    const [line = ''] = plainLines(raw, recogniseFormat(raw, dialect.name));
    const parser = dialect.begin();
    const found = parser.parse(line, 0, line.length);
    if (typeof found === 'object' && found.kind === 'server-start') return { version: parser.version };
    at = start === 0 ? -1 : text.lastIndexOf(dialect.welcome, start - 1);
  }
  return undefined;
}

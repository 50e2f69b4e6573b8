/**
 * Archives for tests, as xz, zstd and bzip2 make them. They are committed, since the tests must not need these programs:
 * each is named after the text in it. A text that has none yet is compressed once, by the program, into this source tree.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ArchiveError } from '../../src/source/files/archive-error.ts';
import { decompressed } from '../../src/source/files/decompress.ts';
import { compressionOf } from '../../src/source/files/file-kind.ts';

const FOLDER = fileURLToPath(new URL('../../../test/source/archives/', import.meta.url));
/** Ending of a file name -> the program that makes such files. */
const PROGRAMS: Readonly<Record<string, string>> = { '.xz': 'xz', '.zst': 'zstd', '.bz2': 'bzip2' };

/** `text` as a file of this ending holds it; as it is for an ending that means no compression. */
export function archive(ending: string, text: Buffer): Buffer {
  if (ending === '.gz') return gzipSync(text);
  const program = PROGRAMS[ending];
  return program === undefined ? text : committed(ending, program, text);
}

function committed(ending: string, program: string, text: Buffer): Buffer {
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const path = join(FOLDER, `${name}${ending}`);
  if (!existsSync(path)) make(path, program, text);
  return readFileSync(path);
}

function make(path: string, program: string, text: Buffer): void {
  mkdirSync(FOLDER, { recursive: true });
  try {
    writeFileSync(path, execFileSync(program, ['-c', '-9'], { input: text, maxBuffer: 2 ** 28 }));
  } catch (error) {
    throw new Error(`${path} is missing: run this test where there is \`${program}\`, and commit the file`, {
      cause: error,
    });
  }
}

const SHORTEST = Buffer.from('a\n');

/** Each way a log may be kept, and why this machine cannot read it: a program that it takes is not there. */
export const ENDINGS: readonly { readonly ending: string; readonly skip: string | false }[] = await Promise.all(
  ['', '.gz', ...Object.keys(PROGRAMS)].map(async (ending) => ({ ending, skip: await whyUnreadable(ending) })),
);

async function whyUnreadable(ending: string): Promise<string | false> {
  try {
    const compression = compressionOf(archive(ending, SHORTEST));
    if (compression) for await (const _ of decompressed(compression, () => shortest(ending), { name: ending }));
    return false;
  } catch (error) {
    if (error instanceof ArchiveError && error.code === 'NO_PROGRAM') return error.message;
    throw error;
  }
}

async function* shortest(ending: string): AsyncGenerator<Buffer, void, undefined> {
  yield archive(ending, SHORTEST);
}

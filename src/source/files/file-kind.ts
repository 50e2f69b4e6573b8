/**
 * What a file is, by its first bytes and not by its name: names lie (`prosody.log.1` that `gzip` was piped into, `old.gz` that a
 * browser has unpacked).
 */
import { readSync } from 'node:fs';
import { ArchiveError } from './archive-error.ts';

export type Compression = 'gzip' | 'xz' | 'zstd' | 'bzip2';

const MAGIC: readonly (readonly [hex: string, compression: Compression])[] = [
  ['1f8b', 'gzip'],
  ['fd377a585a00', 'xz'],
  ['28b52ffd', 'zstd'],
  ['425a68', 'bzip2'],
];

/** What people give by mistake, and what they should do instead. */
const FOREIGN: readonly (readonly [hex: string, sentence: string])[] = [
  ['504b0304', 'is a zip archive: unpack it and give the files in it'],
  ['377abcaf271c', 'is a 7z archive: unpack it and give the files in it'],
  ['526172211a07', 'is a rar archive: unpack it and give the files in it'],
  ['04224d18', 'is compressed with lz4: pipe it in with `lz4 -dc FILE | ... -`'],
  ['4c5a4950', 'is compressed with lzip: pipe it in with `lzip -dc FILE | ... -`'],
  ['894c5a4f000d0a1a0a', 'is compressed with lzop: pipe it in with `lzop -dc FILE | ... -`'],
  ['1f9d', 'is compressed with compress: pipe it in with `zcat FILE | ... -`'],
  ['5d0000', 'is compressed with lzma: pipe it in with `xz -dc FILE | ... -`'],
  ['4c504b5348485248', 'is a systemd journal: pipe it in with `journalctl --file FILE -o cat | ... -`'],
  ['53514c69746520666f726d6174', 'is an SQLite database, not a log'],
  ['7f454c46', 'is a program, not a log'],
  ['25504446', 'is a PDF, not a log'],
];

const BROTLI = 'is compressed with brotli: pipe it in with `brotli -dc FILE | ... -`';

/** Bytes that tell what a file is, but for a tar, which is known by its block. */
export const FIRST_BYTES = 512;

const startsWith = (bytes: Uint8Array, hex: string): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, hex.length / 2)).toString('hex') === hex;

/** How a file that begins with these bytes is compressed; six bytes are enough. Undefined for plain text. */
export function compressionOf(bytes: Uint8Array): Compression | undefined {
  return MAGIC.find(([hex]) => startsWith(bytes, hex))?.[1];
}

/** Unix seconds: the modification time of the original that a gzip header carries, undefined when it carries none. */
export function gzipTime(bytes: Uint8Array): number | undefined {
  if (compressionOf(bytes) !== 'gzip' || bytes.length < 8) return undefined;
  const seconds = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  return seconds === 0 ? undefined : seconds;
}

/** Why a file cannot be a log, and what to do; undefined when it may be one. `first` are its first bytes, or those behind unpacking. */
export function foreignKind(first: Buffer, name: string): string | undefined {
  if (first.toString('latin1', 257, 262) === 'ustar') return 'is a tar archive: unpack it and give the files in it';
  const isBrotli = /\.br$/i.test(name) && !isText(first);
  return FOREIGN.find(([hex]) => startsWith(first, hex))?.[1] ?? (isBrotli ? BROTLI : undefined);
}

/** Throws an `ArchiveError` with that advice. */
export function refuseForeign(first: Buffer, name: string): void {
  const foreign = foreignKind(first, name);
  if (foreign !== undefined) throw new ArchiveError('NOT_A_LOG', name, foreign);
}

/** How an open file is compressed, by its first bytes. Throws an `ArchiveError` if it cannot be a log. */
export function compressionIn(fd: number, name: string): Compression | undefined {
  const first = Buffer.alloc(FIRST_BYTES);
  refuseForeign(first.subarray(0, readSync(fd, first, 0, first.length, 0)), name);
  return compressionOf(first);
}

/** brotli has no first bytes of its own: by its name a file is one, unless it holds text. */
function isText(first: Buffer): boolean {
  // The last character may have been cut.
  return !/[\0-\x08\x0e-\x1a\x1c-\x1f]|\ufffd(?!\ufffd{0,2}$)/.test(first.toString('utf8'));
}

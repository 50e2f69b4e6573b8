/**
 * What V8 has compiled of a file, kept for the next start: to compile the program is a third of what a start takes. V8 looks itself whether it is of
 * the same version and flags, and not whether it is whole or of the same text, so that is told by checksums. What is kept is run, so it must be this user's
 * in a directory that is nobody else's. Where anything is otherwise there is none, and the next start takes longer: nobody is told.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

/** Bytes: the checksum of the text, and that of what was compiled. */
const HEAD = 8;

/** `uid`: of this process. Undefined where there is none that may be used. */
export function readCode(path: string, text: Buffer, uid: number): Buffer | undefined {
  try {
    if (!isPrivate(statSync(dirname(path)), uid)) return undefined;
    const kept = readOwn(path, uid);
    const code = kept.subarray(HEAD);
    const isWhole = kept.length > HEAD && kept.readUInt32LE(0) === crc32(text) && kept.readUInt32LE(4) === crc32(code);
    return isWhole ? code : undefined;
  } catch {
    return undefined;
  }
}

/** In one go, as others may be starting. */
export function writeCode(path: string, text: Buffer, code: Buffer, uid: number): void {
  const next = `${path}.next`;
  try {
    if (!isPrivate(statSync(dirname(path)), uid)) return;
    rmSync(next, { force: true });
    const head = Buffer.alloc(HEAD);
    head.writeUInt32LE(crc32(text), 0);
    head.writeUInt32LE(crc32(code), 4);
    writeFileSync(next, Buffer.concat([head, code]), { mode: 0o600, flag: 'wx' });
    renameSync(next, path);
  } catch {
    return;
  }
}

function readOwn(path: string, uid: number): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return isPrivate(fstatSync(fd), uid) ? readFileSync(fd) : Buffer.alloc(0);
  } finally {
    closeSync(fd);
  }
}

/** Nobody else may write to it. */
const isPrivate = ({ uid, mode }: Stats, own: number): boolean => uid === own && (mode & 0o022) === 0;

/**
 * How one record of the index is written: `checksum payload`, both short text; of bytes, the checksum is the first four.
 *
 * LevelDB does not verify its own block checksums when it reads (`level` does not expose the option): of 300 single
 * flipped bits 95 gave wrong or missing data without an error. So each record carries a checksum over its room, its key
 * and its payload, and all checksums together make the digest of the whole index (digest.ts).
 */
import { crc32 } from 'node:zlib';
import type { LastSeen } from '../activity/user-table.ts';

/** Bytes of the checksum before others. */
const HEAD = 4;

/** Four tables of 256: of a byte, and of one with as many of 0 behind it as its table has before it, so that four are taken at a time. */
const TABLES = new Int32Array(4 * 256);
for (let i = 0; i < TABLES.length; i++) {
  let crc = i < 256 ? i : TABLES[i - 256]!;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  TABLES[i] = crc;
}

/**
 * The CRC-32 as a signed 32-bit integer: V8 keeps those without a heap object. Nearly all records are short and ASCII, and
 * then to join them in one string for zlib takes longer than this.
 */
export function checksum(room: string, key: string, payload: string): number {
  bits = 0;
  const crc = ~crcOf(payload, crcOf('\0', crcOf(key, crcOf('\0', crcOf(room, -1)))));
  return bits < 128 ? crc : crc32(`${room}\0${key}\0${payload}`) | 0;
}

/** Of all characters since it was 0. */
let bits = 0;

function crcOf(text: string, before: number): number {
  let crc = before;
  let all = 0;
  let i = 0;
  for (const end = text.length - 3; i < end; i += 4) {
    const first = text.charCodeAt(i);
    const second = text.charCodeAt(i + 1);
    const third = text.charCodeAt(i + 2);
    const fourth = text.charCodeAt(i + 3);
    all |= first | second | third | fourth;
    const four = crc ^ (first | (second << 8) | (third << 16) | (fourth << 24));
    crc =
      TABLES[768 | (four & 255)]! ^
      TABLES[512 | ((four >>> 8) & 255)]! ^
      TABLES[256 | ((four >>> 16) & 255)]! ^
      TABLES[four >>> 24]!;
  }
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    all |= code;
    crc = TABLES[(crc ^ code) & 255]! ^ (crc >>> 8);
  }
  bits |= all;
  return crc;
}

/** Likewise of bytes; never 0. */
export function checksumOfBytes(room: string, key: string, payload: Buffer): number {
  return crc32(payload, ~crcOf('\0', crcOf(key, crcOf('\0', crcOf(room, -1)))) >>> 0) | 0 || 1;
}

export function encodeBytes(hash: number, payload: Buffer): Buffer {
  const value = Buffer.allocUnsafe(HEAD + payload.length);
  value.writeInt32LE(hash);
  value.set(payload, HEAD);
  return value;
}

export function decodeBytes(room: string, key: string, value: Buffer): { payload: Buffer; hash: number } | undefined {
  const payload = value.subarray(HEAD);
  const hash = checksumOfBytes(room, key, payload);
  return value.length >= HEAD && value.readInt32LE() === hash ? { payload, hash } : undefined;
}

export function encode(hash: number, payload: string): string {
  return `${(hash >>> 0).toString(36)} ${payload}`;
}

/** The payload and its checksum, or undefined when they do not belong together. */
export function decode(room: string, key: string, value: string): { payload: string; hash: number } | undefined {
  const blank = value.indexOf(' ');
  const payload = value.slice(blank + 1);
  const hash = checksum(room, key, payload);
  // guard: F24-record
  return value.slice(0, Math.max(blank, 0)) === (hash >>> 0).toString(36) ? { payload, hash } : undefined;
}

/**
 * A user of an index of version 1. `login,logout,flags`: instants in base 36, empty where unknown; flags the sum of 1 (disabled)
 * and 2 (resumes). A fourth part is there only where a sighting lies ahead.
 */
export function decodeUser(payload: string): LastSeen {
  const [login, logout, flags, ahead] = payload.split(',');
  const record: LastSeen = {};
  if (login) record.login = Number.parseInt(login, 36);
  if (logout) record.logout = Number.parseInt(logout, 36);
  if (ahead) record.ahead = Number.parseInt(ahead, 36);
  if (Number(flags) & 1) record.disabled = true;
  if (Number(flags) & 2) record.resumes = true;
  return record;
}

/**
 * How one record of the index is written: `checksum payload`, both short text.
 *
 * LevelDB does not verify its own block checksums when it reads (`level` does not expose the option): of 300 single
 * flipped bits 95 gave wrong or missing data without an error. So each record carries a checksum over its room, its key
 * and its payload, and all checksums together make the digest of the whole index (digest.ts).
 */
import { crc32 } from 'node:zlib';

/** Unix seconds of the last login and the last logout. Mutable: there is one per user in memory, and a million users. */
export interface UserRecord {
  login?: number;
  logout?: number;
  disabled?: true;
  /** Was seen to resume a session. */
  resumes?: true;
  /** Seen at a time that had not come yet. */
  ahead?: number;
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc;
});

/**
 * The CRC-32 as a signed 32-bit integer: V8 keeps those without a heap object. Nearly all records are short and ASCII, and
 * then to join them in one string for zlib takes longer than this.
 */
export function checksum(room: string, key: string, payload: string): number {
  return isAscii(key) && isAscii(payload)
    ? ~crcOf(payload, crcOf('\0', crcOf(key, crcOf('\0', crcOf(room, -1)))))
    : crc32(`${room}\0${key}\0${payload}`) | 0;
}

function isAscii(text: string): boolean {
  let all = 0;
  for (let i = 0; i < text.length; i++) all |= text.charCodeAt(i);
  return all < 128;
}

function crcOf(text: string, before: number): number {
  let crc = before;
  for (let i = 0; i < text.length; i++) crc = TABLE[(crc ^ text.charCodeAt(i)) & 255]! ^ (crc >>> 8);
  return crc;
}

export function encode(hash: number, payload: string): string {
  return `${(hash >>> 0).toString(36)} ${payload}`;
}

/** The payload and its checksum, or undefined when they do not belong together. */
export function decode(room: string, key: string, value: string): { payload: string; hash: number } | undefined {
  const blank = value.indexOf(' ');
  const payload = value.slice(blank + 1);
  const hash = checksum(room, key, payload);
  return value.slice(0, Math.max(blank, 0)) === (hash >>> 0).toString(36) ? { payload, hash } : undefined;
}

/**
 * `login,logout,flags`: instants in base 36, empty where unknown; flags the sum of 1 (disabled) and 2 (resumes). A fourth
 * part is there only where a sighting lies ahead.
 */
export function encodeUser(record: UserRecord): string {
  const ahead = record.ahead === undefined ? '' : `,${instant(record.ahead)}`;
  return `${instant(record.login)},${instant(record.logout)},${(record.disabled ? 1 : 0) + (record.resumes ? 2 : 0) || ''}${ahead}`;
}

export function decodeUser(payload: string): UserRecord {
  const first = payload.indexOf(',');
  const second = payload.indexOf(',', first + 1);
  const record: UserRecord = {};
  if (first > 0) record.login = Number.parseInt(payload.slice(0, first), 36);
  if (second > first + 1) record.logout = Number.parseInt(payload.slice(first + 1, second), 36);
  const third = payload.indexOf(',', second + 1);
  const flags = Number(payload.slice(second + 1, third < 0 ? undefined : third));
  if (third > 0) record.ahead = Number.parseInt(payload.slice(third + 1), 36);
  if (flags & 1) record.disabled = true;
  if (flags & 2) record.resumes = true;
  return record;
}

function instant(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (!Number.isSafeInteger(seconds)) throw new TypeError(`an instant must be whole unix seconds, not ${seconds}`);
  return seconds.toString(36);
}

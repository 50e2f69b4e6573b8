/** Bytes of lines compared, and looked for. */

const BLANK = 32;
const TILDE = 126;

export function startsWith(bytes: Buffer, at: number, needle: Buffer): boolean {
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
}

export function includes(bytes: Buffer, from: number, to: number, text: Buffer): boolean {
  for (let i = from; i + text.length <= to; i++) if (startsWith(bytes, i, text)) return true;
  return false;
}

/** Whether all bytes from `from` to `to` are printable, or blanks. */
export function arePlain(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! < BLANK || bytes[i]! > TILDE) return false;
  return true;
}
